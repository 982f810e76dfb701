"""A plan's text as the server printed it, once everything that carried it there has been taken off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from advisor.model.engine import EngineName
from advisor.model.plan import PlanFormat, PlanWarning


@dataclass(slots=True)
class Excerpt:
    """One plan's text, between `decoration` (which makes it) and the readers (which read it)."""

    text: str
    """Lines end with \\n alone."""
    lines: Sequence[int]
    """Number in the input, from 1, of each line of ``text``: the first physical line where wrapped ones were joined."""
    format: PlanFormat
    engine: EngineName | None = None
    """Where form or surroundings tell; the readers of one engine need not ask."""
    query: str | None = None
    """The statement that stood with it (an EXPLAIN command above, a log's statement), without the EXPLAIN part."""
    warnings: list[PlanWarning] = field(default_factory=list)
    """What had to be supposed, or was left over, when the decorations were taken off."""

    def number(self, index: int) -> int:
        """Line of the input for a line of the text (from 0); the last known one beyond its end."""
        if not self.lines:
            return 1
        return self.lines[min(index, len(self.lines) - 1)]
