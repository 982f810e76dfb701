"""Judgements of many configurations on one shadow, without touching a table: hints hide what a configuration lacks.

All candidates stand beside each other, and each query names those to be ignored (`hinted`). What a hint cannot reach,
an index of a view's table, is told by the plan: it is considered there. Such a query is asked as `explain` asks it,
with indexes that are IGNORED by the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from advisor.catalog.snapshot.literals import translation
from advisor.model.planning import Configuration, Judged, Query
from advisor.model.snapshot import Snapshot
from advisor.planners.mariadb import stubs
from advisor.planners.mariadb.cost import Modelled, Sizes, modelled, sizes
from advisor.planners.mariadb.hinted import aliases, hinted
from advisor.planners.mariadb.names import index_named
from advisor.planners.mariadb.tables import Identity
from advisor.planners.mariadb.world import World
from advisor.planners.mysql import settings
from advisor.planners.mysql.explaining import Refused, lost, prepared

if TYPE_CHECKING:
    import pymysql

_REMEMBERED = 20_000
"""Texts of queries that are ready to be sent."""


@dataclass(frozen=True, slots=True)
class _Ready:
    text: str
    aliases: dict[str, str]


class Judge:
    """Asks the server of one world."""

    def __init__(self, world: World, snapshot: Snapshot, seconds: int) -> None:
        """``seconds`` bound each EXPLAIN."""
        self.world = world
        self.snapshot = snapshot
        self.seconds = seconds
        self._ready: dict[Query, _Ready | None] = {}
        self._session: tuple[object, pymysql.Connection[Any], Sizes] | None = None

    def judge(self, queries: Sequence[Query], configuration: Configuration) -> list[Judged | None]:
        """As `Planner.judge`, for a configuration without growth. Raises PlannerError and pymysql.Error."""
        settings.check(configuration.settings)
        hidden = [index_named(self.world.tables, name, self.world.database) for name in configuration.hide]
        added = self.world.offer(configuration.add)
        wanted = set(added)
        ignored: dict[Identity, list[str]] = {}
        for identity, names in self.world.candidates().items():
            if others := [name for name in names if (identity, name) not in wanted]:
                ignored[identity] = others
        for identity, name in hidden:
            ignored.setdefault(identity, []).append(name)
        connection, known = self._connected()
        found: list[Judged | None] = []
        slowly: list[int] = []
        with connection.cursor() as cursor:
            if configuration.settings:
                settings.put(cursor, configuration.settings)
            for place, query in enumerate(queries):
                ready = self._made_ready(query)
                brief = None if ready is None else self._asked(cursor, ready, ignored, known)
                if isinstance(brief, str):
                    slowly.append(place)
                    brief = None
                found.append(None if brief is None else self._told(brief, added))
        if configuration.settings:
            self.close()
        if slowly:
            self.world.configure(configuration)
            connection, known = self._connected()
            with connection.cursor() as cursor:
                settings.put(cursor, configuration.settings)
                for place in slowly:
                    ready = self._made_ready(queries[place])
                    brief = None if ready is None else self._asked(cursor, ready, {}, known)
                    found[place] = None if brief is None or isinstance(brief, str) else self._told(brief, added)
            if configuration.settings:
                self.close()
        return found

    def _asked(
        self, cursor: Any, ready: _Ready, ignored: dict[Identity, list[str]], known: Sizes
    ) -> Modelled | str | None:
        """The plan in brief; None: there is none; text: hints cannot say it."""
        import pymysql

        by_name: dict[str, list[str]] = {}
        for (_, table), names in ignored.items():
            by_name.setdefault(table.lower(), []).extend(names)
        if len(by_name) < len(ignored):
            return "tables of the same name"
        text = hinted(ready.text, by_name) if by_name else ready.text
        try:
            cursor.execute("EXPLAIN FORMAT=JSON " + text)
            document = "".join(str(row[0]) for row in cursor.fetchall())
        except pymysql.Error as failure:
            if lost(failure):
                raise
            return "refused" if text != ready.text else None
        brief = modelled(document, ready.text, known, ready.aliases)
        if brief is not None and brief.considered & {name.lower() for names in by_name.values() for name in names}:
            return "considered all the same"
        return brief

    def _told(self, brief: Modelled, added: Sequence[tuple[Identity, str]]) -> Judged:
        places: dict[str, set[int]] = {}
        for place, (_, name) in enumerate(added):
            places.setdefault(name.lower(), set()).add(place)
        spelled = {table.name.lower(): table.name for table in self.world.tables.values()}
        return Judged(
            cost=brief.cost,
            rows=brief.rows,
            new=frozenset(place for _, name in brief.used for place in places.get(name.lower(), ())),
            existing=frozenset(
                f"{spelled.get(table, table)}.{name}" for table, name in brief.used if name.lower() not in places
            ),
            modelled=True,
        )

    def _made_ready(self, query: Query) -> _Ready | None:
        """What is sent for a query; None where nothing is. Rows that it names by key stand from then on."""
        if query in self._ready:
            return self._ready[query]
        done = translation(query.sql, self.snapshot, query.parameters)
        ready = None
        try:
            text, _ = prepared(Query(done.sql, done.parameters, query.generic))
        except Refused:
            pass
        else:
            with self.world.admin.cursor() as cursor:
                for table, given in stubs.literal_keys(text, self.world.tables, self.world.database):
                    if table.sampled:
                        stubs.add(cursor, table, given)
            ready = _Ready(text, aliases(text, {table.name.lower() for table in self.world.tables.values()}))
        if len(self._ready) >= _REMEMBERED:
            self._ready.clear()
        self._ready[query] = ready
        return ready

    def _connected(self) -> tuple[pymysql.Connection[Any], Sizes]:
        """A session that may only plan, and the sizes by which its plans are costed; new after each restart."""
        admin = self.world.admin
        state = (admin, len(self.world.candidates()), self.world.altered)
        if self._session is None or self._session[0] != state or not self._session[1].open:
            self.close()
            connection = self.world.server.connect("planner", self.world.database)
            with connection.cursor() as cursor:
                cursor.execute(f"SET SESSION max_statement_time = {self.seconds}")
            with admin.cursor() as cursor:
                self._session = state, connection, sizes(cursor)
        return self._session[1], self._session[2]

    def close(self) -> None:
        """Ends the session."""
        if self._session is not None and self._session[1].open:
            self._session[1].close()
        self._session = None
