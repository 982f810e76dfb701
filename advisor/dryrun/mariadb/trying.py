"""Statements run one after the other on the copy, and what the server let them do."""

from __future__ import annotations

import contextlib
import re
from typing import Any

from msgspec.structs import replace

from advisor.catalog.ddl.cursor import Cursor, Unexpected
from advisor.catalog.ddl.lexer import Statement, single
from advisor.catalog.ddl.operations import Name
from advisor.catalog.live.mysql_connection import message
from advisor.dryrun.mariadb.asking import ladder, question
from advisor.dryrun.mariadb.branching import SETS, with_bodies
from advisor.dryrun.mariadb.forbidden import advances, forbidden
from advisor.dryrun.mariadb.host import Host
from advisor.dryrun.mariadb.names import renamed
from advisor.dryrun.mariadb.observing import later, trees
from advisor.dryrun.mariadb.probed import probed, way_taken
from advisor.dryrun.mariadb.refusals import REFUSED, untried
from advisor.dryrun.mariadb.session import Session
from advisor.migrations.static.mysql.alter import Alter, read_alter
from advisor.migrations.static.mysql.clauses import Clause
from advisor.migrations.static.mysql.decide import decide
from advisor.migrations.static.mysql.foretell import Reader
from advisor.migrations.static.mysql.operations import version_of
from advisor.migrations.static.mysql.tables import MTable
from advisor.migrations.static.mysql.way import Way
from advisor.model import environment
from advisor.model.migration import Failure, MigrationStatement, Outcome

_DEFINER = re.compile(r"\sDEFINER\s*=\s*(?:`[^`]*`|'[^']*'|\w+)(?:\s*@\s*(?:`[^`]*`|'[^']*'|[\w.%]+))?", re.IGNORECASE)
_WRITES = frozenset({"INSERT", "REPLACE", "UPDATE", "DELETE", "WITH", "CALL", "BEGIN", "EXECUTE"})
_OPAQUE = frozenset({"CALL", "BEGIN", "EXECUTE", "IF", "WHILE", "FOR", "LOOP", "REPEAT", "CASE"})


class Trial:
    """The copy, and the reading of the same statements beside it."""

    def __init__(self, host: Host, reader: Reader, database: str, settings: dict[str, str], *, foreign: bool) -> None:
        self.host = host
        self.reader = reader
        self.database = database
        self.foreign = foreign
        self.version = version_of(host.product, host.version)
        self.behind = False
        self._asked_where = False
        """A variable may hold another text in production."""
        self.whole = False
        """All tables of the schema are on the copy."""
        self.session = Session(host, database, settings, self.version, self._forget)

    # ------------------------------------------------------------------ sessions
    def begin(self) -> None:
        """A new session, as a script has one. Raises PlannerError."""
        self.session.begin()

    def end(self) -> None:
        """The session ends: what it locked is free."""
        self.session.end()

    def _forget(self) -> None:
        """What the reading knew of the session before."""
        self.reader.session = type(self.reader.session)()
        self.reader.state.schema = None

    # ------------------------------------------------------------------ one statement
    def run(self, one: MigrationStatement) -> Outcome:
        """It runs on the copy; what it was let do, or what the manual says with the reason why it was not run."""
        statement = single(one.sql, "mysql")
        text = self._prepared(one, statement)
        if text is not None:
            inner = replace(self.run(replace(one, sql=text)), hidden=(text,))
            return self._elsewhere(one, inner) if self._asked_where else inner
        if SETS.match(one.sql) and environment.MYSQL.search(one.sql):
            self._asked_where = True
        reason = self._refused(statement)
        alter, table, parents = self._alter(one.sql)
        optimized = self._optimized(one.sql) if statement.tokens and statement.tokens[0].upper == "OPTIMIZE" else None
        otherwise = self._otherwise(alter, table)
        said = self.reader.outcome(one)
        if reason is not None:
            self.behind = self.behind or advances(statement)
            return replace(said, why_not=reason) if reason else replace(said, evidence="executed")
        sql = renamed(_DEFINER.sub("", one.sql, count=1), self.host.databases)
        if alter is not None and table is not None and not table.temporary and not table.view:
            managed = any(clause.kind in ("partition", "tablespace") for clause in alter.clauses)
            if not managed:
                seen = self._asked(one, sql, alter, table, parents, said)
                ran = seen.evidence == "probed"
                return replace(said, why_not=otherwise) if otherwise is not None and ran else seen
        if optimized is not None:
            return self._asked_force(sql, optimized, said)
        return self._ran(one, sql, statement, said)

    def _refused(self, statement: Statement) -> str | None:
        """Why it is never sent; empty: it needs not be."""
        reason = forbidden(statement)
        if reason is not None:
            return reason
        tokens = statement.tokens
        words = [token.upper for token in tokens]
        if words[0] == "CREATE" and {"DATABASE", "SCHEMA"} & set(words[1:4]):
            return self._database(tokens)
        if words[0] == "USE":
            return self._use(tokens[-1].text)
        return None

    def _database(self, tokens: list[Any]) -> str | None:
        """CREATE DATABASE is ours to do: the owner may make none."""
        import pymysql

        names = [t.text for t in tokens[2:] if t.kind in ("word", "quoted") and t.upper not in ("IF", "NOT", "EXISTS")]
        if not names or names[0].lower() in ("mysql", "sys", "information_schema", "performance_schema"):
            return "it is a database of the server's own"
        if names[0] in self.host.databases:
            return None
        try:
            self.host.create(names[0])
        except pymysql.Error as error:
            return message(error)
        return ""

    def _use(self, database: str) -> str | None:
        import pymysql

        if database in self.host.databases:
            self.session.here = database
            return None
        if self.reader.catalog is not None and self.reader.catalog.default_schema not in (None, database):
            return "the copy has no such database"
        # The one schema there is has no name of its own.
        try:
            self.host.databases[database] = self.host.real(self.database)
            if self.host.product == "mariadb" and self.host.databases[database] != database:
                self.session.here = self.database
        except pymysql.Error as error:
            return message(error)
        return None

    # ------------------------------------------------------------------ ALTER TABLE
    def _alter(self, sql: str) -> tuple[Alter | None, MTable | None, list[MTable]]:
        statement = single(sql, "mysql")
        try:
            alter = read_alter(statement, self.reader.engine.name) if statement.tokens else None
        except (Unexpected, ValueError, RecursionError):
            return None, None, []
        if alter is None:
            return None, None, []
        table, parents = self.reader.resolve(alter)
        return alter, table, parents

    def _optimized(self, sql: str) -> tuple[Alter, MTable, list[MTable]] | None:
        c = Cursor(single(sql, "mysql"), "mysql")
        c.next()
        c.accept_any("NO_WRITE_TO_BINLOG", "LOCAL")
        if not c.accept("TABLE") and not c.accept("TABLES"):
            return None
        try:
            name = c.name()
        except Unexpected:
            return None
        alter = Alter(name, [Clause("force")])
        table, parents = self.reader.resolve(alter)
        return (alter, table, parents) if c.done and table.engine.startswith("innodb") else None

    def _otherwise(self, alter: Alter | None, table: MTable | None) -> str | None:
        """Production is of another version than the server, and by the manual its way is another."""
        if not self.foreign or alter is None or table is None:
            return None
        name, switches = self.reader.engine.name, self.reader.session.switches
        there = decide(alter, table, name, self.reader.version, switches)
        here = decide(alter, table, name, self.version, switches)
        if (there.algorithm, there.lock, there.rebuilds) == (here.algorithm, here.lock, here.rebuilds):
            return None
        return f"{name} {self.reader.engine.version} runs it another way than the server that was at hand"

    def _place(self, name: Name) -> str:
        return self.host.real(name.schema or self.session.here)

    def _asked(
        self, one: MigrationStatement, sql: str, alter: Alter, table: MTable, parents: list[MTable], said: Outcome
    ) -> Outcome:
        statement = single(sql, "mysql")
        again = read_alter(single(sql, "mysql"), self.reader.engine.name)
        assert again is not None
        asked = alter.algorithm or self.session.algorithm()
        database = self._place(alter.table)
        before = trees(self.host, database, alter.table.name)
        for algorithm, lock in ladder(self.host.product, self.version, asked, alter.lock):
            error = self.session.execute(question(statement, again, algorithm, lock))
            if error is None:
                way = way_taken(self.host, algorithm, lock, before, alter, table, asked is not None)
                return probed(way, table, parents, said)
            if error[0] not in REFUSED:
                if error[0] != 1064:
                    return self._failed(error, statement, said)
                break
        error = self.session.execute(sql)
        if error is not None:
            return self._failed(error, statement, said)
        rebuilt, built = later(self.host, before)
        seen = "COPY" if rebuilt else said.algorithm or "INSTANT"
        return probed(Way(seen, "SHARED" if rebuilt else "NONE", rebuilt, built), table, parents, said)  # type: ignore[arg-type]

    def _asked_force(self, sql: str, optimized: tuple[Alter, MTable, list[MTable]], said: Outcome) -> Outcome:
        """OPTIMIZE TABLE of InnoDB is ALTER TABLE ... FORCE."""
        alter, table, parents = optimized
        name = f"`{self._place(alter.table)}`.`{alter.table.name.replace('`', '``')}`"
        before = trees(self.host, self._place(alter.table), alter.table.name)
        for algorithm, lock in ladder(self.host.product, self.version, self.session.algorithm(), None):
            error = self.session.execute(f"ALTER TABLE {name} ALGORITHM={algorithm}, LOCK={lock}, FORCE")
            if error is None:
                return probed(way_taken(self.host, algorithm, lock, before, alter, table, False), table, parents, said)
            if error[0] not in REFUSED:
                return self._failed(error, single(sql, "mysql"), said)
        return replace(said, why_not="the server takes no ALGORITHM for it")

    # ------------------------------------------------------------------ the rest
    def _ran(self, one: MigrationStatement, sql: str, statement: Statement, said: Outcome) -> Outcome:
        opaque = said.uncertain is not None and statement.tokens[0].upper in _OPAQUE
        logged = opaque and self.session.log(True)
        error = self.session.execute(sql)
        texts = self.session.logged() if logged else ()
        if error is not None:
            return self._failed(error, statement, said)
        if said.failure is not None:
            said = replace(said, failure=None)
        if logged:
            return self._elsewhere(one, self._seen_through(one, texts, said))
        if statement.tokens[0].upper == "PREPARE":
            self._remember(statement)
        return replace(said, evidence="executed")

    def _elsewhere(self, one: MigrationStatement, seen: Outcome) -> Outcome:
        """What asks who runs it, where or when, or catches errors, may do something else in production."""
        text = with_bodies(self.host, one.sql)
        if seen.uncertain is None and (
            self._asked_where or environment.MYSQL.search(text) or environment.catches(text)
        ):
            return replace(seen, uncertain="what it does may depend on who runs it, where and when")
        return seen

    def _seen_through(self, one: MigrationStatement, texts: tuple[str, ...], said: Outcome) -> Outcome:
        """The statement as the sum of those that it ran."""
        inside = [self.reader.outcome(replace(one, sql=text)) for text in texts[:200]]
        return replace(
            said,
            evidence="executed",
            uncertain=next((each.uncertain for each in inside if each.uncertain is not None), None),
            hidden=texts[:200],
            locks=tuple(dict.fromkeys((*said.locks, *(lock for each in inside for lock in each.locks)))),
            work=tuple(dict.fromkeys((*said.work, *(work for each in inside for work in each.work)))),
            created=tuple(dict.fromkeys(name for each in inside for name in each.created)),
            changes=tuple(change for each in inside for change in each.changes) or said.changes,
        )

    def _remember(self, statement: Statement) -> None:
        """The text of a prepared statement that a variable holds."""
        tokens = statement.tokens
        at = next((n for n, token in enumerate(tokens) if token.upper == "FROM"), None)
        if at is None or self.session.connection is None or at + 2 >= len(tokens) or tokens[at + 1].text != "@":
            return
        with contextlib.suppress(Exception), self.session.connection.cursor() as cursor:
            cursor.execute(f"SELECT @`{tokens[at + 2].text.replace('`', '``')}`")
            value = cursor.fetchone()[0]
            text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
            self.reader.session.prepared[tokens[1].text.lower()] = text if isinstance(text, str) else None

    def _prepared(self, one: MigrationStatement, statement: Statement) -> str | None:
        """The text that EXECUTE runs, where it is known whole."""
        words = [token.upper for token in statement.tokens]
        if words[:1] != ["EXECUTE"] or len(words) != 2:
            return None
        text = self.reader.session.prepared.get(statement.tokens[1].text.lower())
        return text if text is not None and "?" not in text else None

    def _failed(self, error: tuple[int, str], statement: Statement, said: Outcome) -> Outcome:
        code, words = error
        verb = statement.tokens[0].upper if statement.tokens else ""
        why = untried(code, words[:200], writes=verb in _WRITES, behind=self.behind, foreign=self.foreign)
        if why is None and code in (1146, 1051) and not self.whole:
            why = f"the schema is not known whole: {words[:200]}"
        if why is None and code == 2013:
            why = "the server ended it"
        if why is not None:
            self.behind = self.behind or advances(statement)
            return replace(said, why_not=why)
        return replace(said, evidence="executed", failure=Failure(message=words[:400], code=str(code)))
