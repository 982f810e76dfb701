"""The one interface of all planners."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from advisor.model.planning import Answer, Configuration, IndexSize, Judged, PlannedBy, Query

#: The world as it was captured.
PRESENT = Configuration()


class Planner(Protocol):
    """Answers "what would the optimizer do, and at what cost, under this configuration?" Use it as a context."""

    @property
    def planned_by(self) -> PlannedBy:
        """Who answers. Of a scaled configuration the answers say so themselves."""
        ...

    def explain(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Answer]:
        """One answer a query, in order; a query that cannot be planned has an answer with ``error``.

        Asked again, an answer comes from memory. Raises PlannerError for a configuration that cannot be had here (an
        index on a column that does not exist, hypothetical indexes where the engine has none).
        """
        ...

    def judge(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Judged | None]:
        """Cost and used indexes of each query, None where it cannot be planned: cheap, and not remembered as text.

        Raises PlannerError as `explain` does.
        """
        ...

    def sizes(self, indexes: Sequence[str]) -> list[IndexSize]:
        """Size of indexes that do not exist. Raises PlannerError as `explain` does."""
        ...

    def close(self) -> None:
        """End it: servers stopped, directories gone."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
