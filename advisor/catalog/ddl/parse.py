"""From the tokens of a DDL statement to what it does."""

from __future__ import annotations

from advisor.catalog.ddl.alter import alter_index, alter_table
from advisor.catalog.ddl.columns import Columns
from advisor.catalog.ddl.create import (
    create_domain,
    create_function,
    create_index,
    create_policy,
    create_trigger,
    create_type,
    create_view,
)
from advisor.catalog.ddl.create_table import create_table
from advisor.catalog.ddl.cursor import Cursor, Unexpected
from advisor.catalog.ddl.lexer import Statement
from advisor.catalog.ddl.operations import Drop, Irrelevant, Operation, RenameTables, SetPath, Truncate
from advisor.model.engine import EngineName, dialect_of

#: First words of statements that change nothing that a catalog holds.
_IRRELEVANT = frozenset(
    """
    SELECT INSERT UPDATE DELETE REPLACE WITH VALUES COPY SET RESET BEGIN START COMMIT ROLLBACK END SAVEPOINT
    RELEASE LOCK UNLOCK GRANT REVOKE COMMENT ANALYZE ANALYSE VACUUM REINDEX CLUSTER OPTIMIZE REPAIR CHECK DO CALL
    EXPLAIN PRAGMA ATTACH DETACH NOTIFY LISTEN SHOW FLUSH DECLARE FETCH CLOSE DISCARD CHECKPOINT REASSIGN SECURITY
    REFRESH IMPORT LOAD HANDLER KILL PREPARE EXECUTE DEALLOCATE XA CHANGE STOP PURGE INSTALL UNINSTALL SIGNAL
    ABORT MERGE DESCRIBE DESC SOURCE
    """.split()  # noqa: SIM905
)
#: CREATE, ALTER and DROP of these, too.
_IRRELEVANT_OBJECTS = frozenset(
    """
    EXTENSION SEQUENCE FUNCTION PROCEDURE AGGREGATE OPERATOR CAST COLLATION CONVERSION LANGUAGE ROLE USER GROUP
    DATABASE TABLESPACE PUBLICATION SUBSCRIPTION SERVER EVENT RULE TEXT ACCESS STATISTICS TRANSFORM DEFAULT LARGE
    ROUTINE SYSTEM EVENT PACKAGE INSTANCE LOGFILE SPATIAL RESOURCE PROCEDURAL TRUSTED USER
    """.split()  # noqa: SIM905
)


def parse(statement: Statement, engine: EngineName) -> Operation:
    """What a statement does. Raises Unexpected with the reason when its form is not known."""
    try:
        return _Parser(statement, engine).statement()
    except RecursionError as error:
        raise Unexpected("nested too deeply") from error
    except ValueError as error:
        raise Unexpected(str(error)) from error


class _Parser:
    def __init__(self, statement: Statement, engine: EngineName) -> None:
        self.engine = engine
        self.c = Cursor(statement, dialect_of(engine))
        self.columns = Columns(self.c, engine)

    def statement(self) -> Operation:
        c = self.c
        verb = c.token.upper
        if c.accept("CREATE"):
            return self._create()
        if c.accept("ALTER"):
            return self._alter()
        if c.accept("DROP"):
            return self._drop()
        if c.accept("TRUNCATE"):
            c.accept("TABLE")
            c.accept("ONLY")
            names = [c.name()]
            while c.accept(","):
                names.append(c.name())
            return Truncate(tuple(names))
        if c.accept("RENAME", "TABLE") or c.accept("RENAME", "TABLES"):
            return self._rename()
        if c.accept("USE"):
            return SetPath((c.identifier(),))
        if verb == "SET" and self.engine == "postgresql":
            return self._set()
        if verb == "SELECT" and self.engine == "postgresql" and c.ahead(3).text == "set_config":
            arguments = [t.text for t in c.tokens if t.kind == "string"]
            if arguments[:1] == ["search_path"]:
                return SetPath(tuple(part.strip() for part in "".join(arguments[1:2]).split(",") if part.strip()))
        if verb in _IRRELEVANT:
            return Irrelevant(verb.lower())
        if c.sees("("):
            return Irrelevant("select")
        raise Unexpected(f"unknown statement {c.token.text[:40]!r}")

    # ------------------------------------------------------------------ CREATE
    def _create(self) -> Operation:
        c = self.c
        c.accept("OR", "REPLACE")
        temporary = False
        foreign = False
        unlogged = False
        while True:
            if c.accept_any("TEMPORARY", "TEMP"):
                temporary = True
            elif c.accept("UNLOGGED"):
                unlogged = True
            elif c.accept_any("GLOBAL", "LOCAL", "RECURSIVE", "VIRTUAL", "AGGREGATE", "ONLINE", "OFFLINE"):
                continue
            elif c.accept("ALGORITHM", "="):
                c.next()
            elif c.accept("DEFINER", "="):
                self._definer()
            elif c.accept("SQL", "SECURITY"):
                c.next()
            elif c.accept("FOREIGN") and c.sees("TABLE"):
                foreign = True
            else:
                break
        if c.accept("TABLE"):
            return create_table(c, self.columns, temporary=temporary, foreign=foreign, unlogged=unlogged)
        unique = method = None
        if c.accept("UNIQUE"):
            unique = True
        elif c.ahead(1).upper == "INDEX" and (word := c.accept_any("FULLTEXT", "SPATIAL")):
            method = word.lower()
        if c.accept("INDEX"):
            return create_index(c, self.columns, bool(unique), method)
        if c.accept("VIEW"):
            return create_view(c, False)
        if c.accept("MATERIALIZED", "VIEW"):
            return create_view(c, True)
        if c.accept("POLICY"):
            return create_policy(c)
        if c.accept("CONSTRAINT", "TRIGGER") or c.accept("TRIGGER"):
            return create_trigger(c)
        if c.accept("TYPE"):
            return create_type(c)
        if c.accept("DOMAIN"):
            return create_domain(c, self.columns)
        if c.accept_any("SCHEMA", "DATABASE"):
            return Irrelevant("create_schema")
        if self.engine == "postgresql" and (c.accept("FUNCTION") or c.accept("PROCEDURE")):
            return create_function(c)
        if c.token.upper in _IRRELEVANT_OBJECTS:
            return Irrelevant("create")
        raise Unexpected(f"unknown CREATE {c.token.text[:40]!r}")

    def _definer(self) -> None:
        c = self.c
        c.next()
        if c.accept("@"):
            c.next()
        c.skip_parenthesised()

    # ------------------------------------------------------------------ the others
    def _alter(self) -> Operation:
        c = self.c
        c.accept("FOREIGN") if c.ahead(1).upper == "TABLE" else None
        c.accept_any("ONLINE", "OFFLINE", "IGNORE")
        if (
            c.accept("TABLE")
            or c.accept("MATERIALIZED", "VIEW")
            or (c.sees("VIEW") and self.engine == "postgresql" and c.accept("VIEW"))
        ):
            return alter_table(c, self.columns)
        if c.accept("INDEX"):
            return alter_index(c)
        if c.accept_any(
            "POLICY", "VIEW", "TRIGGER", "SCHEMA", "TYPE", "DOMAIN", "ALGORITHM", "DEFINER", "MATERIALIZED", "SQL"
        ):
            return Irrelevant("alter")
        if c.token.upper in _IRRELEVANT_OBJECTS:
            return Irrelevant("alter")
        raise Unexpected(f"unknown ALTER {c.token.text[:40]!r}")

    def _drop(self) -> Operation:
        c = self.c
        c.accept_any("TEMPORARY", "FOREIGN", "MATERIALIZED")
        word = c.accept_any("TABLE", "VIEW", "INDEX", "TYPE", "DOMAIN", "SCHEMA")
        if word is None:
            return Irrelevant("drop")
        concurrently = c.accept("CONCURRENTLY")
        c.accept("IF", "EXISTS")
        names = [c.name()]
        while c.accept(","):
            names.append(c.name())
        table = c.name() if c.accept("ON") else None
        if word == "TABLE":
            return Drop("table", tuple(names), concurrently=concurrently)
        if word == "VIEW":
            return Drop("view", tuple(names))
        if word == "INDEX":
            return Drop("index", tuple(names), table, concurrently)
        return Drop("schema" if word == "SCHEMA" else "type", tuple(names))

    def _rename(self) -> RenameTables:
        c = self.c
        pairs = []
        while True:
            old = c.name()
            c.expect("TO")
            pairs.append((old, c.name()))
            if not c.accept(","):
                return RenameTables(tuple(pairs))

    def _set(self) -> Operation:
        c = self.c
        c.expect("SET")
        c.accept_any("SESSION", "LOCAL")
        if not c.accept("SEARCH_PATH"):
            return Irrelevant("set")
        if not c.accept("TO"):
            c.expect("=")
        schemas: list[str] = []
        while not c.done:
            token = c.next()
            if token.kind in ("word", "quoted", "string") and token.text:
                schemas.append(c.fold(token))
        return SetPath(tuple(schemas))
