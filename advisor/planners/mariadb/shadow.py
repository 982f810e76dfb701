"""Plans of MariaDB over synthetic rows, in a throwaway server that believes they are production's.

Never exact: see `exactness`. Queries are only explained.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from advisor.catalog.live.mysql_connection import message
from advisor.catalog.snapshot.literals import Translation, translation, untranslate
from advisor.model.planning import Answer, Configuration, IndexSize, Judged, PlannedBy, Query
from advisor.model.snapshot import Snapshot
from advisor.planners.closing import Closing
from advisor.planners.errors import PlannerError
from advisor.planners.mariadb import stubs
from advisor.planners.mariadb.binaries import MariadbBinaries, find
from advisor.planners.mariadb.exactness import SCALED, planned_by
from advisor.planners.mariadb.judging import Judge
from advisor.planners.mariadb.world import World
from advisor.planners.mysql import settings
from advisor.planners.mysql.explaining import Refused, explain, prepared
from advisor.planners.planner import PRESENT

#: For one EXPLAIN: joins of many tables take seconds to plan.
_STATEMENT_SECONDS = 20


class MariadbShadow(Closing):
    """The planner of one snapshot. Use it as a context."""

    def __init__(self, world: World, by: PlannedBy) -> None:
        """Takes the world over: `close` ends it."""
        self.world = world
        self.snapshot: Snapshot = world.snapshot
        self._by = by
        self._answers: dict[tuple[Query, Configuration], Answer] = {}
        self._judge = Judge(world, world.snapshot, _STATEMENT_SECONDS)

    @classmethod
    def open(cls, snapshot: Snapshot, *, binaries: MariadbBinaries | None = None) -> MariadbShadow:
        """Makes it: some seconds for a small schema, and about half a second a table.

        Raises PlannerError: no mariadbd here, a snapshot of another product.
        """
        if snapshot.header.engine.name != "mariadb":
            raise PlannerError(
                f"a snapshot of {snapshot.header.engine.name} cannot be planned by MariaDB, whose optimizer differs"
            )
        programs = binaries or find()
        world = World(snapshot, programs)
        return cls(world, planned_by(snapshot, programs, world.problems))

    @property
    def planned_by(self) -> PlannedBy:
        """MariaDB's version here, and how far it agrees with production's."""
        return self._by

    def explain(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Answer]:
        """One answer a query. A new index costs a restart of the server, about two seconds for all that are added.

        Raises PlannerError for a configuration that cannot be had, and when the server is lost.
        """
        settings.check(configuration.settings)
        wanted = [query for query in dict.fromkeys(queries) if (query, configuration) not in self._answers]
        if wanted:
            import pymysql

            try:
                self._ask(wanted, configuration)
            except (pymysql.Error, OSError) as error:
                raise PlannerError(f"the MariaDB shadow: {message(error)}") from None
        return [self._answers[query, configuration] for query in queries]

    def judge(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Judged | None]:
        """Modelled costs (`cost`), and the indexes of each plan.

        Candidates that were not there before cost one restart of the server together; `prepare` makes those of a search
        beforehand. Raises PlannerError as `explain` does.
        """
        import pymysql

        if configuration.scale:
            raise PlannerError("judgements of a grown world cannot be had in MariaDB's shadow; its plans can")
        try:
            return self._judge.judge(queries, configuration)
        except (pymysql.Error, OSError) as error:
            raise PlannerError(f"the MariaDB shadow: {message(error)}") from None

    def prepare(self, indexes: Sequence[str]) -> None:
        """Makes the candidates of a search together: configurations of them are then quick. Raises PlannerError.

        A table has 64 indexes at most, candidates included: of more the oldest are made again when they are asked for.
        """
        import pymysql

        try:
            self.world.offer(indexes)
        except (pymysql.Error, OSError) as error:
            raise PlannerError(f"the MariaDB shadow: {message(error)}") from None

    def sizes(self, indexes: Sequence[str]) -> list[IndexSize]:
        """Modelled sizes: rows by the width of the columns and the primary key, pages filled to 15/16.

        Raises PlannerError for an index that cannot be had.
        """
        return list(self.world.sizes(indexes))

    def close(self) -> None:
        """Server stopped, directory gone. A second call does nothing."""
        self._judge.close()
        self.world.close()

    def _ask(self, queries: Sequence[Query], configuration: Configuration) -> None:
        sizes = self.world.configure(configuration)
        by = self._by
        if configuration.scale:
            by = msgspec.structs.replace(by, statistics="scaled", exactness=by.exactness + SCALED)
        asked = {query: translation(query.sql, self.snapshot, query.parameters) for query in queries}
        with self.world.admin.cursor() as cursor:
            for done in asked.values():
                self._stubs(cursor, done)
        with self.world.server.connect("planner", self.world.database) as planner, planner.cursor() as cursor:
            cursor.execute(f"SET SESSION max_statement_time = {_STATEMENT_SECONDS}")
            settings.put(cursor, configuration.settings)
            for query, done in asked.items():
                answer = self._answer(cursor, query, done, configuration, by)
                self._answers[query, configuration] = msgspec.structs.replace(answer, indexes=sizes)

    def _stubs(self, cursor: Any, done: Translation) -> None:
        """The rows that a query names by key."""
        try:
            text, _ = prepared(Query(done.sql, done.parameters))
        except Refused:
            return
        for table, given in stubs.literal_keys(text, self.world.tables, self.world.database):
            if table.sampled:
                stubs.add(cursor, table, given)

    def _answer(
        self, cursor: Any, query: Query, done: Translation, configuration: Configuration, by: PlannedBy
    ) -> Answer:
        """The plan of a query whose literals are tokens where masking made them so, with the user's own again."""
        # They come back inside JSON strings.
        mapping = {token: json.dumps(text, ensure_ascii=False)[1:-1] for token, text in done.mapping.items()}
        sent = Query(done.sql, done.parameters, query.generic)
        answer = explain(cursor, sent, configuration, by, lambda text: untranslate(text, mapping))
        if answer.plan is not None:
            answer.plan.query = query.sql
        return msgspec.structs.replace(answer, query=query, notes=answer.notes + done.notes)
