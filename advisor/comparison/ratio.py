"""After / before, with the error of its logarithm."""

from __future__ import annotations

import math
from dataclasses import dataclass

from advisor.comparison.student import critical, two_sided

#: Two tests at 5 % each show that a ratio lies within a margin; they are the 90 % interval (Schuirmann 1987).
_EQUIVALENCE = 0.10


@dataclass(frozen=True, slots=True)
class Ratio:
    """``error`` is that of its logarithm; None: a ratio without an interval."""

    value: float
    error: float | None = None
    df: float = 0.0

    @property
    def low(self) -> float | None:
        """Lower end of the 95 % interval."""
        return None if self.error is None else self.value * math.exp(-critical(self.df) * self.error)

    @property
    def high(self) -> float | None:
        """Upper end."""
        return None if self.error is None else self.value * math.exp(min(critical(self.df) * self.error, 600.0))

    def p(self) -> float:
        """Two-sided p-value of the ratio being 1; NaN where there is no interval."""
        return math.nan if self.error is None else two_sided(math.log(self.value) / self.error, self.df)

    def within(self, margin: float) -> bool:
        """Whether it is shown to lie between 1 / margin and margin."""
        if self.error is None:
            return False
        return abs(math.log(self.value)) + critical(self.df, _EQUIVALENCE) * self.error <= math.log(margin)

    def over(self, factor: float) -> Ratio:
        """The ratio beside that of everything else."""
        return Ratio(self.value / factor, self.error, self.df)


@dataclass(frozen=True, slots=True)
class Times:
    """How much longer a call takes, by two statistics. None: not to be known."""

    typical: Ratio | None = None
    """Ratio of geometric means."""
    mean: Ratio | None = None
    """Ratio of means."""

    @property
    def known(self) -> list[Ratio]:
        """Those with an interval, the typical call first."""
        return [r for r in (self.typical, self.mean) if r is not None and r.error is not None]

    def p(self) -> float:
        """Of the time having changed: the smaller of the two, doubled for the choice (Bonferroni)."""
        known = self.known
        return min(1.0, len(known) * min(r.p() for r in known)) if known else math.nan

    def over(self, factor: float) -> Times:
        """Both beside that of everything else."""
        return Times(*(None if r is None else r.over(factor) for r in (self.typical, self.mean)))
