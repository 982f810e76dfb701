"""What a migration does to MySQL or MariaDB, told from its text, the schema and the manual: no server is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from advisor.catalog.ddl.cursor import Cursor, Unexpected
from advisor.catalog.ddl.lexer import Statement, single
from advisor.migrations.static.mysql.alter import Alter, read_alter
from advisor.migrations.static.mysql.altering import altered, optimized
from advisor.migrations.static.mysql.definitions import defined
from advisor.migrations.static.mysql.effects import under
from advisor.migrations.static.mysql.known import Known
from advisor.migrations.static.mysql.locking import locked
from advisor.migrations.static.mysql.session import Session, apply, assignments
from advisor.migrations.static.mysql.tables import MTable
from advisor.migrations.static.mysql.told import Told
from advisor.migrations.static.mysql.writing import written
from advisor.model.catalog import Catalog
from advisor.model.engine import Engine
from advisor.model.migration import Change, ChangeAction, Evidence, Foretold, MigrationStatement, Outcome, Script

_HARMLESS: dict[str, ChangeAction] = {
    "SELECT": "select", "WITH": "select", "VALUES": "select", "SHOW": "other", "DESCRIBE": "other", "DESC": "other",
    "EXPLAIN": "other", "GRANT": "privileges", "REVOKE": "privileges", "BEGIN": "other", "START": "other",
    "COMMIT": "other", "ROLLBACK": "other", "SAVEPOINT": "other", "RELEASE": "other", "ANALYZE": "analyze",
    "CHECK": "other", "CHECKSUM": "other", "HELP": "other", "KILL": "other", "DEALLOCATE": "other",
    "CLOSE": "other", "HANDLER": "other", "CACHE": "other", "RESET": "other", "PURGE": "other",
    "INSTALL": "other", "UNINSTALL": "other", "CHANGE": "other", "STOP": "other", "XA": "other",
}  # fmt: skip
#: What is there twice, or is not there (manual, "Server Error Message Reference").
_HANGS = frozenset(
    {"1007", "1008", "1050", "1051", "1054", "1060", "1061", "1068", "1072", "1091", "1146", "1826", "3822"}
)
_OPAQUE = frozenset({"CALL", "DO", "EXECUTE", "IF", "WHILE", "FOR", "LOOP", "REPEAT", "DECLARE", "CASE"})


def foretell(
    scripts: Sequence[Script], catalog: Catalog | None, engine: Engine, *, base: Sequence[Script] = ()
) -> Foretold:
    """One outcome a statement, in order. A version that is not known is taken for a recent one, and a note says so."""
    reader = Reader(catalog, engine)
    reader.replay(base)
    outcomes = [outcome for script in scripts for outcome in reader.script(script)]
    return Foretold(engine=engine, outcomes=tuple(outcomes), notes=tuple(reader.notes))


class Reader(Known):
    """Statements one after the other over a schema that follows them."""

    def replay(self, base: Sequence[Script]) -> None:
        """Earlier migrations: their tables were there before."""
        kept = list(self.notes)
        for script in base:
            self.script(script)
        self.notes = kept
        self.state.settle()

    def script(self, script: Script) -> list[Outcome]:
        """One migration, in a session of its own."""
        self.session = Session()
        self.state.schema = None
        return [self.outcome(one) for one in script.statements]

    def outcome(self, one: MigrationStatement) -> Outcome:
        """Of one statement; the schema is then as after it."""
        session = self.session
        before = session.held()
        try:
            told = self._told(single(one.sql, "mysql"), one)
        except (Unexpected, ValueError, IndexError, RecursionError, AssertionError) as reason:
            told = Told(uncertain=f"the statement is not understood: {reason}", changes=(Change(action="other"),))
        if told.failure is not None and self.opaque is not None and told.failure.code in _HANGS:
            told = Told(
                changes=told.changes or (Change(action="other"),),
                uncertain=f"{told.failure.message}, unless line {self.opaque.line} of {self.opaque.file} changed that",
            )
        elif told.opaque:
            self.opaque = one
        if not session.locked:
            before = ()
        self.behind = self.behind or (told.uncertain is not None and not told.locks and not told.work)
        held = tuple(lock for lock in before if lock.relation not in {mine.relation for mine in told.locks})
        stronger = tuple(lock for lock in before if lock not in held)
        return Outcome(
            evidence=self._evidence(told),
            locks=(*told.locks, *stronger, *held),
            work=under(before, told.locks, told.work),
            created=told.created,
            changes=told.changes,
            failure=told.failure,
            algorithm=told.algorithm,
            lock_timeout_ms=told.wait_ms if told.wait_ms is not None else session.lock_wait_ms,
            statement_timeout_ms=session.statement_ms,
            uncertain=told.uncertain,
        )

    def _evidence(self, told: Told) -> Evidence:
        if not self.mariadb:
            return "documentation"
        return "text" if told.unknown or (self.catalog is None and not self.state.tables) else "schema"

    def resolve(self, alter: Alter) -> tuple[MTable, list[MTable]]:
        """The table that a statement is about, as it is before it, and those that its foreign keys name."""
        self.heed(alter)
        table, _ = self.table(alter.table)
        return replace(table), self.parents(table, alter)

    # ------------------------------------------------------------------ by the first word
    def _told(self, statement: Statement, one: MigrationStatement) -> Told:
        if not statement.tokens:
            raise Unexpected(statement.note or "it is empty")
        c = Cursor(statement, "mysql")
        verb = c.token.upper
        alter = read_alter(statement, self.engine.name) if verb in ("ALTER", "CREATE", "DROP") else None
        if alter is not None:
            return altered(self, alter)
        match verb:
            case "CREATE" | "ALTER" | "DROP" | "RENAME" | "TRUNCATE":
                return defined(self, statement, c, verb)
            case "INSERT" | "REPLACE" | "UPDATE" | "DELETE" | "LOAD":
                return written(self, c)
            case "SET":
                return self._set(c)
            case "USE":
                c.next()
                self.state.schema = c.identifier()
                return Told(changes=(Change(action="other", name=self.state.schema),))
            case "LOCK" | "UNLOCK" | "FLUSH":
                return locked(self, c, verb, one.line)
            case "OPTIMIZE" | "REPAIR":
                return optimized(self, c, verb)
            case "PREPARE":
                return self._prepare(c)
            case "EXECUTE":
                return self._execute(c, one)
        if (verb == "BEGIN" and c.ahead(1).upper == "NOT") or verb in _OPAQUE:
            return self._opaque(verb)
        if verb == "WITH":
            words = {token.upper for token in c.tokens}
            if words & {"UPDATE", "DELETE", "INSERT"}:
                return Told(uncertain="which rows a WITH changes is not read", changes=(Change(action="update"),))
        if verb in _HARMLESS or c.sees("("):
            if verb in ("BEGIN", "START"):
                self.session.unlock()
            return Told(changes=(Change(action=_HARMLESS.get(verb, "select")),))
        raise Unexpected(f"unknown statement {c.token.text[:40]!r}")

    def _opaque(self, verb: str) -> Told:
        if verb == "DO":
            return Told(changes=(Change(action="select"),))
        action: ChangeAction = "call" if verb == "CALL" else "do"
        what = "a procedure" if verb == "CALL" else "a block"
        told = f"what {what} does is only seen where it runs"
        return Told(uncertain=told, changes=(Change(action=action),), opaque=True)

    def _prepare(self, c: Cursor) -> Told:
        c.next()
        name = c.identifier().lower()
        c.expect("FROM")
        self.session.prepared[name] = c.token.text if c.token.kind == "string" else None
        return Told(changes=(Change(action="other"),))

    def _execute(self, c: Cursor, one: MigrationStatement) -> Told:
        c.next()
        if c.accept("IMMEDIATE"):
            text = c.token.text if c.token.kind == "string" else None
        else:
            text = self.session.prepared.get(c.identifier().lower())
        if text is None:
            told = "the statement is put together as the migration runs"
            return Told(uncertain=told, changes=(Change(action="do"),), opaque=True)
        return self._told(single(text, "mysql"), one)

    def _set(self, c: Cursor) -> Told:
        words = [token.upper for token in c.tokens[:2]]
        if words[1:2] == ["STATEMENT"]:
            # SET STATEMENT name = value FOR statement
            at = next((n for n, token in enumerate(c.tokens) if token.upper == "FOR"), None)
            if at is None:
                raise Unexpected("SET STATEMENT without FOR")
            session, self.session = self.session, Session(replace(self.session.switches), locked=self.session.locked)
            try:
                inner = Cursor(Statement([c.tokens[0], *c.tokens[2:at]], 1, c.text), "mysql")
                for name, value in assignments(inner):
                    apply(self.session, name, value)
                rest = Statement(c.tokens[at + 1 :], 1, c.text)
                told = self._told(rest, MigrationStatement(file="", line=0, end_line=0, sql="", transaction=None))
                told.wait_ms = told.wait_ms if told.wait_ms is not None else self.session.lock_wait_ms
                return told
            finally:
                self.session = session
        done = []
        for name, value in assignments(c):
            if name.startswith("@") and not name.startswith("@@"):
                done.append(Change(action="set", name=name))
            else:
                done.append(apply(self.session, name, value))
        return Told(changes=tuple(done) or (Change(action="set"),))
