"""A staging copy: where indexes may be built for a while and statements be executed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from advisor.catalog.live.dsn import address
from advisor.model.engine import Engine, engine_of_scheme
from advisor.model.indexing import IndexDefinition
from advisor.model.planning import Query
from advisor.recommend.measuring.errors import MeasuringError
from advisor.recommend.measuring.outcome import Run

#: Names of all indexes that are built here begin so; with a comment that says it too, they are ours to drop.
PREFIX = "advisor_measure_"
#: What is going on and how far it is, 0 to 1.
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Built:
    """An index that stands on the staging copy for the time of the run."""

    index: IndexDefinition
    name: str
    owner: str = ""
    """Its schema, or its table where names are the table's own."""
    bytes: int | None = None
    seconds: float | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the planner would do."""

    key: str
    """Equal for equal plans: operators, indexes and conditions, without costs and row counts."""
    new: frozenset[int]
    """Built indexes that it uses, by position."""
    existing: frozenset[str]
    cost: float | None
    rows: float | None
    refused: str | None = None
    """Why it is not executed."""


class World(Protocol):
    """The staging copy with some of the indexes and without the others."""

    def see(self, query: Query) -> Seen | str:
        """The plan, not executed; a text says why there is none."""
        ...

    def run(self, query: Query, seconds: float) -> Run | str:
        """Executes a query once, read-only, for at most so long; a text says why it failed."""
        ...


class Staging(Protocol):
    """One server. Use it as a context: what was built is gone at its end, whatever ended it."""

    @property
    def engine(self) -> Engine: ...

    @property
    def origin(self) -> str:
        """Safe to print."""
        ...

    @property
    def built(self) -> Sequence[Built]: ...

    @property
    def notes(self) -> list[str]: ...

    def build(self, definitions: Sequence[IndexDefinition], progress: Progress, deadline: float | None) -> None:
        """Builds each; one that cannot be built has its error. After ``deadline`` (monotonic) no further one."""
        ...

    def world(self, visible: frozenset[int], hide: Sequence[str] = ()) -> AbstractContextManager[World]:
        """Only these of the built indexes stand, and none of the existing ones named in ``hide``, until it ends."""
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_staging(dsn: str, *, allow_writers: bool = False) -> Staging:
    """Connects, refuses what looks like production unless ``allow_writers``, and clears what a killed run left behind.

    Raises MeasuringError.
    """
    try:
        where = address(dsn)
    except ValueError as error:
        raise MeasuringError(f"--measure: {error}") from None
    engine = engine_of_scheme(where.scheme)
    if engine == "postgresql":
        from advisor.recommend.measuring.postgresql import PostgresqlStaging

        return PostgresqlStaging.open(where, allow_writers=allow_writers)
    if engine in ("mariadb", "mysql"):
        from advisor.recommend.measuring.mariadb import MariadbStaging

        return MariadbStaging.open(where, allow_writers=allow_writers)
    raise MeasuringError("--measure: name a staging copy that runs PostgreSQL or MariaDB (postgresql://, mariadb://)")
