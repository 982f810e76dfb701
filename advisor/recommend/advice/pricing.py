"""Prices of indexes, each asked for once, and what they are in units of the objective."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.indexing import IndexDefinition, Price
from advisor.recommend.advice.inputs import Inputs
from advisor.recommend.advice.present import Present
from advisor.recommend.price import prices

#: Bytes of what must not be chosen.
_TOO_LARGE = 1 << 60


class Prices:
    """Answers the search's questions about size and upkeep."""

    def __init__(self, inputs: Inputs, now: Present) -> None:
        self._inputs = inputs
        self._timed = now.unit == "seconds_per_hour"
        self._statements = now.statements
        self._known: dict[IndexDefinition, Price] = {}
        self.tables_bytes = tables_bytes(inputs)
        """Of all tables; None where no size is known."""

    def of(self, indexes: Sequence[IndexDefinition]) -> list[Price]:
        """Prices in order. Raises PlannerError for an index that cannot be made."""
        new = [one for one in dict.fromkeys(indexes) if one not in self._known]
        if new:
            self._known.update(zip(new, self._asked(new), strict=True))
        return [self._known[one] for one in indexes]

    def pairs(self, indexes: Sequence[IndexDefinition]) -> list[tuple[int, float]]:
        """Bytes and upkeep: seconds an hour of writes, where the objective is in seconds and the writes are known.

        An index of unknown size fits into no budget, unless no size at all can be known.
        """
        unknown = 0 if self._inputs.planner.planned_by.statistics == "default" else _TOO_LARGE
        return [
            (
                unknown if one.bytes is None else one.bytes,
                (one.write_seconds_per_hour or 0.0) if self._timed else 0.0,
            )
            for one in self.of(indexes)
        ]

    def notes(self, indexes: Sequence[IndexDefinition]) -> list[str]:
        """What the prices of these could not take into account."""
        unknown = [one for one in self.of(indexes) if one.write_seconds_per_hour is None]
        if not unknown:
            return []
        first = next(
            (one.notes[0] for one in unknown if one.notes), "neither counters nor a complete log tell of writes"
        )
        whose = "the indexes" if len(unknown) == len(indexes) else f"{len(unknown)} of the {len(indexes)} indexes"
        return [f"What writing {whose} costs is not known: {first}."]

    def _asked(self, indexes: Sequence[IndexDefinition]) -> list[Price]:
        return prices(
            indexes,
            planner=self._inputs.planner,
            snapshot=self._inputs.snapshot,
            catalog=self._inputs.catalog,
            statements=self._inputs.statements,
            capture=self._inputs.capture,
        )


def tables_bytes(inputs: Inputs) -> int | None:
    """Bytes of all tables: what a budget in per cent is a share of."""
    known = [table.bytes for table in inputs.catalog.tables.values() if table.bytes is not None]
    return sum(known) if known else None
