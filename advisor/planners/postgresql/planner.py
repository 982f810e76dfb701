"""The shadow as a planner: PostgreSQL itself plans, with another database's statistics, under any configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from advisor.catalog.snapshot.literals import Translation, translation, untranslate
from advisor.model.engine import Engine
from advisor.model.limits import LIMITS
from advisor.model.planning import Answer, Configuration, IndexSize, Judged, PlannedBy, Query, Scale
from advisor.model.snapshot import Snapshot
from advisor.planners.closing import Closing
from advisor.planners.errors import PlannerError
from advisor.planners.planner import PRESENT
from advisor.planners.postgresql import configuration as server
from advisor.planners.postgresql.exactness import planned_by
from advisor.planners.postgresql.explaining import Explained, Explainer
from advisor.planners.postgresql.named import Names
from advisor.planners.postgresql.parameters import Asked, asked
from advisor.planners.postgresql.shadow import Shadow
from advisor.planners.postgresql.whatif import WhatIf, World

if TYPE_CHECKING:
    import psycopg

    from advisor.planners.postgresql.binaries import Binaries

_SECONDS = 10.0
"""For one EXPLAIN: joins of many tables take seconds to plan."""
_SCALED = 4
"""Grown shadows that run at a time; each is a server."""
_REMEMBERED = 20_000
"""Judgements, and texts of queries made ready; a judgement is some hundred bytes and names what it was asked."""
_WORLDS = 512
"""Configurations whose meaning is remembered."""
#: Beside the planner's own settings: how names and dates of a query are read.
_READING = frozenset({"search_path", "timezone", "datestyle", "intervalstyle", "row_security"})


@dataclass(frozen=True, slots=True)
class Told:
    """What the server said of one query, and what became of its text before."""

    explained: Explained
    translated: Translation
    notes: tuple[str, ...]

    @property
    def size(self) -> int:
        """Characters held, about."""
        return len(self.explained.text or "") + len(self.translated.sql) + 400


class ShadowPlanner(Closing):
    """Answers from a shadow. Use it as a context: its servers end with it."""

    def __init__(self, shadow: Shadow, *, notes: Sequence[str] = ()) -> None:
        """Takes the shadow over: `close` ends it."""
        self.shadow = shadow
        self.snapshot: Snapshot = shadow.snapshot
        self._whatif = WhatIf(shadow, self._park)
        self._connection: psycopg.Connection[Any] | None = None
        self._known: dict[tuple[Query, Configuration], Told] = {}
        self._held = 0
        self._judged: dict[tuple[Query, Configuration], Judged | None] = {}
        self._ready: dict[Query, tuple[Asked | str, Translation]] = {}
        self._worlds: dict[Configuration, World] = {}
        self._names = Names(self._whatif)
        self._explainer = Explainer(self._whatif.switch, shadow.cluster.end_session, _SECONDS)
        self._scaled: dict[tuple[tuple[Scale, ...], float | None], ShadowPlanner] = {}
        self._by = planned_by(shadow, notes)

    @classmethod
    def open(
        cls,
        snapshot: Snapshot,
        *,
        binaries: Binaries | None = None,
        cache: bool = True,
        notes: Sequence[str] = (),
    ) -> ShadowPlanner:
        """The shadow of a snapshot, running. Raises PlannerError where no server can run here."""
        return cls(Shadow.open(snapshot, binaries=binaries, cache=cache), notes=notes)

    @property
    def planned_by(self) -> PlannedBy:
        """PostgreSQL's version, and how exact its answers are."""
        return self._by

    # ------------------------------------------------------------------ asking
    def explain(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Answer]:
        """One answer a query, in order; a query that cannot be planned has its error.

        Raises PlannerError for a configuration that cannot be had: an index on a column that does not exist, a setting
        that is not the planner's, a table to grow that is not there.
        """
        if configuration.scale:
            inner = self._grown(configuration.scale, configuration.days)
            rest = msgspec.structs.replace(configuration, scale=(), days=None)
            return [
                msgspec.structs.replace(answer, configuration=configuration) for answer in inner.explain(queries, rest)
            ]
        found = self._explained(queries, configuration)
        return [self._answer(query, configuration, one) for query, one in zip(queries, found, strict=True)]

    def judge(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Judged | None]:
        """Cost and used indexes of each query's plan, None where there is none: for searches that look at no plan.

        Indexes where conflicts are looked for (ON CONFLICT) count as used. Raises PlannerError as `explain` does.
        """
        if configuration.scale:
            rest = msgspec.structs.replace(configuration, scale=(), days=None)
            return self._grown(configuration.scale, configuration.days).judge(queries, rest)
        known = self._judged
        told = {query: known[query, configuration] for query in queries if (query, configuration) in known}
        new = [query for query in dict.fromkeys(queries) if query not in told]
        if new:
            world = self._world(configuration)
            found = self._names.judge(world, new, lambda some, verbose: self._ask(some, world, verbose))
            if len(known) > _REMEMBERED:
                known.clear()
            for query, one in zip(new, found, strict=True):
                told[query] = known[query, configuration] = one
        return [told[query] for query in queries]

    def costs(
        self, queries: Sequence[Query], configuration: Configuration = PRESENT
    ) -> list[tuple[float, float] | None]:
        """Total cost and rows of each query's plan, None where there is none."""
        return [
            None if one is None or one.rows is None else (one.cost, one.rows)
            for one in self.judge(queries, configuration)
        ]

    def sizes(self, indexes: Sequence[str]) -> list[IndexSize]:
        """Size of indexes that do not exist. Raises PlannerError for one that could not be made."""
        return self._whatif.sizes(indexes)

    def prepare(self, indexes: Sequence[str]) -> None:
        """Makes the candidates of a search together: configurations of them are then quick. Raises PlannerError."""
        self._whatif.prepare(indexes)

    def forget(self, indexes: Sequence[str]) -> None:
        """Removes candidates that a search wants no longer, so that it stays bounded in memory and on disk.

        Asked for again, they are made again. Raises PlannerError.
        """
        self._whatif.forget(indexes)

    # ------------------------------------------------------------------ inside
    def _world(self, configuration: Configuration) -> World:
        known = self._worlds.get(configuration)
        if known is not None and self._whatif.stands(known):
            return known
        for name, value in configuration.settings:
            if not server.PLANNER.fullmatch(name.lower()) and name.lower() not in _READING:
                raise PlannerError(f"{name[:60]!r} is no setting that only changes plans")
            if "\0" in value:
                raise PlannerError(f"the value of {name} holds a zero byte")
        world = self._whatif.world(self.connection, configuration.add, configuration.hide, configuration.settings)
        while len(self._worlds) >= _WORLDS:
            del self._worlds[next(iter(self._worlds))]
        self._worlds[configuration] = world
        return world

    def _explained(self, queries: Sequence[Query], configuration: Configuration) -> list[Told]:
        """What is known of each, asked for where it is not."""
        world = self._world(configuration)
        new = [query for query in dict.fromkeys(queries) if (query, configuration) not in self._known]
        found = dict(zip(new, self._ask(new, world), strict=True))
        told = [found[query] if query in found else self._known[query, configuration] for query in queries]
        for query, one in found.items():
            self._known[query, configuration] = one
            self._held += one.size
        while self._held > LIMITS.planner_answer_bytes:
            oldest = next(iter(self._known))
            self._held -= self._known.pop(oldest).size
        return told

    def _ask(self, queries: Sequence[Query], world: World, verbose: bool = False) -> list[Told]:
        ready = [self._made_ready(query) for query in queries]
        sent = [one for one, _ in ready if not isinstance(one, str)]
        planned = iter(self._plan(sent, world, verbose) if sent else [])
        return [
            Told(Explained(None, one), words, ()) if isinstance(one, str) else Told(next(planned), words, one.notes)
            for one, words in ready
        ]

    def _park(self) -> None:
        """No candidate is seen from here on, and no index is hidden."""
        import psycopg

        try:
            self._explainer.put(self.connection, World())
        except psycopg.Error as error:
            raise PlannerError(f"the shadow's server was lost: {' '.join(str(error).split())}") from None

    def _made_ready(self, query: Query) -> tuple[Asked | str, Translation]:
        """What is sent for a query, or why nothing is."""
        known = self._ready.get(query)
        if known is None:
            words = translation(query.sql, self.snapshot, query.parameters)
            known = asked(msgspec.structs.replace(query, sql=words.sql, parameters=words.parameters)), words
            if len(self._ready) > _REMEMBERED:
                self._ready.clear()
            self._ready[query] = known
        return known

    def _plan(self, statements: Sequence[Asked], world: World, verbose: bool = False) -> list[Explained]:
        """Plans them in one transaction; when one ends the session, the others are planned again, each alone."""
        import psycopg

        try:
            return self._explainer.explain(self.connection, world, statements, verbose=verbose)
        except psycopg.Error:
            if not self.shadow.cluster.running:
                raise PlannerError("the shadow's server has ended while it planned") from None
        if len(statements) == 1:
            return [Explained(None, f"planning it ended the session (it may take {_SECONDS:.0f} s)")]
        return [self._plan([each], world, verbose)[0] for each in statements]

    def _answer(
        self,
        query: Query,
        configuration: Configuration,
        told: Told,
    ) -> Answer:
        explained, translated = told.explained, told.translated
        world = self._world(configuration)
        shown = explained
        if explained.text is not None and translated.mapping:
            shown = Explained(_in_json(explained.text, translated.mapping))
        plan = shown.plan()
        if plan is not None:
            plan.query = query.sql
            plan.engine = Engine("postgresql", self._by.version)
        brief = explained.brief
        return Answer(
            query=query,
            configuration=configuration,
            plan=plan,
            error=explained.error,
            cost=None if brief is None else brief.cost,
            rows=None if brief is None else brief.rows,
            planned_by=self._by,
            indexes=tuple(each.size for each in world.made),
            notes=(*told.notes, *world.notes, *translated.notes),
        )

    def _grown(self, factors: tuple[Scale, ...], days: float | None) -> ShadowPlanner:
        """The planner of the grown world; the one asked least recently is closed for a fifth."""
        from advisor.planners.growth.scale import grow

        key = tuple(sorted(factors, key=lambda one: one.table)), days
        inner = self._scaled.pop(key, None)
        if inner is None:
            growth = grow(self.snapshot, {one.table: one.factor for one in factors}, days)
            while len(self._scaled) >= _SCALED:
                self._scaled.pop(next(iter(self._scaled))).close()
            inner = ShadowPlanner.open(growth.snapshot, binaries=self.shadow.cluster.binaries, notes=growth.notes)
        self._scaled[key] = inner
        return inner

    @property
    def connection(self) -> psycopg.Connection[Any]:
        """The session that plans; a new one where it was ended."""
        if self._connection is None or self._connection.closed or self._connection.broken:
            self._connection = self.shadow.connect()
        return self._connection

    # ------------------------------------------------------------------ ending
    def close(self) -> None:
        """Ends the servers, grown ones too. A second call does nothing."""
        for inner in self._scaled.values():
            inner.close()
        self._scaled.clear()
        if self._connection is not None:
            self._connection.close()
        self.shadow.close()


def _in_json(text: str, mapping: Mapping[str, str]) -> str:
    """The plan with the user's literals again, within its strings."""
    import json

    def shown(value: Any) -> Any:
        if isinstance(value, str):
            return untranslate(value, mapping)
        if isinstance(value, list):
            return [shown(each) for each in value]
        if isinstance(value, dict):
            return {key: shown(each) for key, each in value.items()}
        return value

    return json.dumps(shown(json.loads(text)), ensure_ascii=False)
