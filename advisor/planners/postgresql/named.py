"""From the names that plans show to indexes: the candidates of a configuration by position, existing ones by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Protocol

from advisor.model.planning import Judged, Query
from advisor.planners.postgresql.explaining import Explained
from advisor.planners.postgresql.whatif import WhatIf, World


class Told(Protocol):
    """What the server said of a query."""

    @property
    def explained(self) -> Explained:
        """The plan, or the error."""
        ...


#: Asks for plans of queries, with the schemas of what they read or without.
Ask = Callable[[Sequence[Query], bool], Sequence[Told]]


class _AmbiguousError(Exception):
    """Several schemas have an index of the name."""


class Names:
    """The indexes of one shadow by name."""

    def __init__(self, whatif: WhatIf) -> None:
        self._whatif = whatif
        self._qualified: set[Query] = set()
        """Queries whose plans show names that several schemas have: asked with schemas from the start."""

    @cached_property
    def _existing(self) -> Mapping[str, Mapping[str, str]]:
        """Name, schema, and what it is known as."""
        found: dict[str, dict[str, str]] = {}
        for one in self._whatif.existing.values():
            found.setdefault(one.name, {})[one.schema] = one.known_as
        return found

    def judge(self, world: World, queries: Sequence[Query], ask: Ask) -> list[Judged | None]:
        """What plans say in brief; asks a second time where a name is of several schemas."""
        places: dict[str, dict[str, set[int]]] = {}
        for position, made in enumerate(world.made):
            for part in made.parts:
                places.setdefault(part.name, {}).setdefault(part.schema, set()).add(position)
        found: dict[Query, Judged | None] = {}
        for verbose in (False, True):
            some = [query for query in queries if query not in found and (query in self._qualified) == verbose]
            for query, told in zip(some, ask(some, verbose) if some else (), strict=True):
                try:
                    found[query] = self._judged(told.explained, places)
                except _AmbiguousError:
                    self._qualified.add(query)
        return [found.get(query) for query in queries]

    def _judged(self, explained: Explained, places: Mapping[str, Mapping[str, set[int]]]) -> Judged | None:
        brief = explained.brief
        if brief is None:
            return None
        new: set[int] = set()
        existing: set[str] = set()
        for told, name in brief.indexes:
            made, known = places.get(name, {}), self._existing.get(name, {})
            if told is None and len(made) + len(known) > 1:
                raise _AmbiguousError
            schema = told or next(iter(made or known), "")
            if schema in made:
                new |= made[schema]
            elif schema in known:
                existing.add(known[schema])
            else:
                existing.add(f"{schema}.{name}" if schema else name)
        return Judged(cost=brief.cost, rows=brief.rows, new=frozenset(new), existing=frozenset(existing))
