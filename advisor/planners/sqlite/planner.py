"""The planner of SQLite: EXPLAIN QUERY PLAN in a copy of the schema with its statistics, or on the database itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from advisor.catalog.errors import CatalogError
from advisor.catalog.live.dsn import Address
from advisor.catalog.snapshot.literals import translation, untranslate
from advisor.model.counted import counted
from advisor.model.engine import Engine
from advisor.model.planning import Answer, Configuration, IndexSize, Judged, PlannedBy, Query, StatisticsKind
from advisor.model.snapshot import Snapshot
from advisor.planners.closing import Closing
from advisor.planners.errors import PlannerError
from advisor.planners.planner import PRESENT
from advisor.planners.sqlite import candidate, cost
from advisor.planners.sqlite.library import Library, SqliteError, of_file, use_apsw, version_of
from advisor.planners.sqlite.statement import StatementError, prepared
from advisor.planners.sqlite.world import World, build, drop
from advisor.plans.errors import PlanError

EXPLAIN_SECONDS = 10.0
"""For one statement: SQLite plans in well under a second, a join of 64 tables too."""
_WORLDS = 8
"""In-memory databases kept open."""
_TRIES = 20
"""Functions and collations that one statement may need stand-ins for."""
#: Pragmas that change plans and nothing else.
_SETTINGS = frozenset({"automatic_index", "case_sensitive_like", "reverse_unordered_selects"})
_SWITCH = frozenset({"0", "1", "on", "off", "true", "false", "yes", "no"})


class SqlitePlanner(Closing):
    """Answers with SQLite's own planner. `open` a snapshot, or `of_database` a file."""

    def __init__(self, snapshot: Snapshot, live: Library | None = None) -> None:
        self.snapshot = snapshot
        self._live = live
        self._sampled = any(row.source == "sqlite_stat4" for row in snapshot.rows)
        self._apsw = use_apsw(snapshot.header.version_number, samples=self._sampled)
        self._worlds: dict[Configuration, tuple[World, tuple[IndexSize, ...]]] = {}
        self._answers: dict[tuple[Query, Configuration], Answer] = {}
        self._statistics: dict[Configuration, cost.Statistics] = {}
        self._by = self._described(PRESENT)

    @classmethod
    def open(cls, snapshot: Snapshot) -> SqlitePlanner:
        """A shadow of a snapshot. Raises PlannerError."""
        if snapshot.header.engine.name != "sqlite":
            raise PlannerError(f"a snapshot of {snapshot.header.engine.name} cannot be planned by SQLite")
        return cls(snapshot)

    @classmethod
    def of_database(cls, where: Address) -> SqlitePlanner:
        """The database itself, read-only; other worlds than the present one are planned in a shadow of it. Raises
        PlannerError or CatalogError."""
        from advisor.catalog.snapshot.sqlite import BUSY_SECONDS, capture, file_of

        snapshot, _ = capture(where)
        sampled = any(row.source == "sqlite_stat4" for row in snapshot.rows)
        apsw = use_apsw(snapshot.header.version_number, samples=sampled)
        try:
            return cls(snapshot, of_file(file_of(where), apsw=apsw, busy_seconds=BUSY_SECONDS))
        except SqliteError as error:
            raise CatalogError(f"sqlite:///{where.database or ''}: {error}") from None

    @property
    def planned_by(self) -> PlannedBy:
        """Who answers for the present."""
        return self._by

    def explain(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Answer]:
        """One answer a query. Raises PlannerError for a configuration that cannot be had."""
        open_ones = [query for query in queries if (query, configuration) not in self._answers]
        if open_ones:
            library, sizes, problems = self._library(configuration)
            by = self._by if configuration == PRESENT else self._described(configuration)
            if problems:
                by = msgspec.structs.replace(by, notes=(*by.notes, *problems))
            for query in open_ones:
                self._answers[query, configuration] = self._answer(query, configuration, library, sizes, by)
        return [self._answers[query, configuration] for query in queries]

    def judge(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Judged | None]:
        """Modelled costs (`cost`), and the indexes of each plan. Raises PlannerError as `explain` does."""
        library, sizes, _ = self._library(configuration)
        statistics = self._statistics.get(configuration)
        if statistics is None:
            if len(self._statistics) >= _WORLDS:
                self._statistics.clear()
            statistics = self._statistics[configuration] = cost.statistics(library)
        places: dict[str, set[int]] = {}
        for place, size in enumerate(sizes):
            places.setdefault(size.name.lower(), set()).add(place)
        return [self._judged(query, library, statistics, places) for query in queries]

    def _judged(
        self, query: Query, library: Library, statistics: cost.Statistics, places: Mapping[str, set[int]]
    ) -> Judged | None:
        done = translation(query.sql, self.snapshot, None if query.generic else query.parameters)
        try:
            statement = prepared(done.sql, done.parameters, empty=not library.samples)
            rows = self._rows(library, statement.sql, statement.values, [])
        except (SqliteError, StatementError):
            return None
        if not rows:
            return None
        found = cost.modelled(rows, statement.sql, statistics)
        return Judged(
            cost=found.cost,
            rows=found.rows,
            new=frozenset(place for name in found.indexes for place in places.get(name, ())),
            existing=frozenset(statistics.known_as(name) for name in found.indexes if name not in places),
            modelled=True,
        )

    def sizes(self, indexes: Sequence[str]) -> list[IndexSize]:
        """Sizes of indexes that do not exist: guesses, and said to be. Raises PlannerError."""
        return list(self._world(Configuration(add=tuple(indexes)))[1])

    def close(self) -> None:
        """Ends the databases in memory and the connection."""
        for world, _ in self._worlds.values():
            world.library.close()
        self._worlds.clear()
        if self._live is not None:
            self._live.close()

    def _library(self, configuration: Configuration) -> tuple[Library, tuple[IndexSize, ...], tuple[str, ...]]:
        if self._live is not None and configuration == PRESENT:
            return self._live, (), ()
        world, sizes = self._world(configuration)
        return world.library, sizes, tuple(dict.fromkeys(world.problems))

    def _world(self, configuration: Configuration) -> tuple[World, tuple[IndexSize, ...]]:
        found = self._worlds.pop(configuration, None)
        if found is None:
            found = self._built(configuration)
            while len(self._worlds) >= _WORLDS:
                oldest = next(iter(self._worlds))
                self._worlds.pop(oldest)[0].library.close()
        self._worlds[configuration] = found
        return found

    def _built(self, configuration: Configuration) -> tuple[World, tuple[IndexSize, ...]]:
        for name, value in configuration.settings:
            if name.lower() not in _SETTINGS or value.lower() not in _SWITCH:
                raise PlannerError(
                    f"setting {name}={value}: SQLite's plans depend on {', '.join(sorted(_SETTINGS))}, each on or off"
                )
        hidden = frozenset(self._index(name) for name in configuration.hide)
        snapshot = self.snapshot
        if configuration.scale:
            from advisor.planners.growth.scale import scale

            snapshot = scale(snapshot, {one.table: one.factor for one in configuration.scale}, configuration.days)
        # What hidden indexes say of their columns is known all the same: new ones are modelled by it.
        later = hidden if configuration.add else frozenset()
        world = build(snapshot, apsw=self._apsw, hidden=hidden - later)
        try:
            sizes = tuple(candidate.add(world, snapshot, configuration.add)) if configuration.add else ()
            if later:
                drop(world, later)
            for name, value in configuration.settings:
                world.library.run(f"PRAGMA {name.lower()} = {value.lower()}")
        except BaseException:
            world.library.close()
            raise
        return world, sizes

    def _index(self, name: str) -> str:
        """An index to hide, in lower case."""
        bare = name.lower().removeprefix("main.").strip('"`[]')
        if bare.startswith("sqlite_autoindex_"):
            raise PlannerError(f"{name}: belongs to a PRIMARY KEY or UNIQUE of its table and cannot be hidden")
        if not any(one.kind == "index" and one.name.lower() == bare for one in self.snapshot.objects):
            raise PlannerError(f"{name}: there is no such index in this snapshot")
        return bare

    def _answer(
        self, query: Query, configuration: Configuration, library: Library, sizes: tuple[IndexSize, ...], by: PlannedBy
    ) -> Answer:
        from advisor.plans.read import read

        given = None if query.generic else query.parameters
        done = translation(query.sql, self.snapshot, given)
        notes = list(done.notes)
        answer = Answer(query=query, configuration=configuration, planned_by=by, indexes=sizes)
        try:
            statement = prepared(done.sql, done.parameters, empty=not library.samples)
            if statement.unbound:
                notes.append(f"planned without the values of {counted(statement.unbound, 'parameter')}")
            rows = self._rows(library, statement.sql, statement.values, notes)
            text = _tree(rows)
            plan = read(text, engine="sqlite").plans[0] if rows else None
        except (SqliteError, StatementError, PlanError) as error:
            return msgspec.structs.replace(
                answer, error=untranslate(" ".join(str(error).split()), done.mapping), notes=tuple(notes)
            )
        if plan is None:
            return msgspec.structs.replace(
                answer, error="SQLite reads no table for this statement: there is nothing to plan", notes=tuple(notes)
            )
        plan.engine = Engine("sqlite", library.version)
        plan.query = query.sql
        return msgspec.structs.replace(answer, plan=plan, notes=tuple(notes))

    def _rows(
        self, library: Library, sql: str, values: dict[str, object], notes: list[str]
    ) -> list[tuple[object, ...]]:
        for _ in range(_TRIES):
            try:
                return library.explain(sql, values, EXPLAIN_SECONDS)
            except SqliteError as error:
                made = library.stand_in(str(error))
                if made is None:
                    if "interrupt" in str(error).lower():
                        raise SqliteError(f"no plan within {EXPLAIN_SECONDS:.0f} s") from None
                    raise
                notes.append(f"{made} is not known here: a stand-in")
        raise SqliteError("too many functions that are not known here")

    def _described(self, configuration: Configuration) -> PlannedBy:
        header = self.snapshot.header
        shadow = self._live is None or configuration != PRESENT
        version = version_of(apsw=self._apsw)
        production = header.engine.version
        same = None if production is None else production.split(".")[:2] == version.split(".")[:2]
        statistics: StatisticsKind = "live" if not shadow else "scaled" if configuration.scale else header.statistics
        notes = list(header.missing)
        if self._sampled and not self._apsw:
            notes.append("sqlite_stat4 is not used: install advisor[sqlite] for a SQLite that reads it")
        return PlannedBy(
            planner="shadow" if shadow else "live",
            engine="sqlite",
            version=version,
            production=Engine("sqlite", production),
            same_major=same,
            statistics=statistics,
            captured_at=header.captured_at,
            values=header.values,
            exactness=_exactness(shadow, same, production, version, configuration),
            notes=tuple(notes),
        )


def _exactness(
    shadow: bool, same: bool | None, production: str | None, version: str, configuration: Configuration
) -> str:
    if not shadow:
        text = "SQLite's own planner on the database itself"
    else:
        text = "SQLite plans by schema and statistics alone: with the same ones and the same version plans are the same"
    if configuration.add:
        text += "; an index that does not exist has modelled statistics, and at most another one's samples"
    if same is None:
        return f"{text}; the version that the application uses is not known, {version} planned"
    if not same:
        return f"{text}; {production} wrote the file last, {version} planned, and planners of two versions differ"
    return text


def _tree(rows: Sequence[Sequence[object]]) -> str:
    """The rows (id, parent, not used, detail) as the shell draws them."""
    below: dict[object, list[tuple[object, str]]] = {}
    for number, parent, _, detail in rows:
        below.setdefault(parent, []).append((number, " ".join(str(detail).split())))
    lines = ["QUERY PLAN"]

    def draw(parent: object, indent: str) -> None:
        found = below.get(parent, [])
        for place, (number, detail) in enumerate(found):
            last = place == len(found) - 1
            lines.append(f"{indent}{'`' if last else '|'}--{detail}")
            if number != parent:
                draw(number, indent + ("   " if last else "|  "))

    draw(0, "")
    return "\n".join(lines)
