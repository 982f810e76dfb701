"""From the tokens of a DDL statement to what it does."""

from __future__ import annotations

from itertools import pairwise

from advisor.catalog.ddl.alter import alter_index, alter_table
from advisor.catalog.ddl.columns import Columns, strip_parentheses
from advisor.catalog.ddl.cursor import Cursor, Unexpected
from advisor.catalog.ddl.lexer import Statement
from advisor.catalog.ddl.operations import (
    Constraint,
    CreateFunction,
    CreateIndex,
    CreatePolicy,
    CreateTable,
    CreateTrigger,
    CreateType,
    CreateView,
    Drop,
    Irrelevant,
    Name,
    NewColumn,
    Operation,
    RenameTables,
    SetPath,
    Truncate,
)
from advisor.model.catalog import Index, Policy
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
        while True:
            if c.accept_any("TEMPORARY", "TEMP"):
                temporary = True
            elif c.accept_any("UNLOGGED", "GLOBAL", "LOCAL", "RECURSIVE", "VIRTUAL", "AGGREGATE", "ONLINE", "OFFLINE"):
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
            return self._create_table(temporary, foreign)
        unique = method = None
        if c.accept("UNIQUE"):
            unique = True
        elif c.ahead(1).upper == "INDEX" and (word := c.accept_any("FULLTEXT", "SPATIAL")):
            method = word.lower()
        if c.accept("INDEX"):
            return self._create_index(bool(unique), method)
        if c.accept("VIEW"):
            return self._create_view(False)
        if c.accept("MATERIALIZED", "VIEW"):
            return self._create_view(True)
        if c.accept("POLICY"):
            return self._create_policy()
        if c.accept("CONSTRAINT", "TRIGGER") or c.accept("TRIGGER"):
            return self._create_trigger()
        if c.accept("TYPE"):
            return self._create_type()
        if c.accept("DOMAIN"):
            return self._create_domain()
        if c.accept_any("SCHEMA", "DATABASE"):
            return Irrelevant("create_schema")
        if self.engine == "postgresql" and (c.accept("FUNCTION") or c.accept("PROCEDURE")):
            return self._create_function()
        if c.token.upper in _IRRELEVANT_OBJECTS:
            return Irrelevant("create")
        raise Unexpected(f"unknown CREATE {c.token.text[:40]!r}")

    def _definer(self) -> None:
        c = self.c
        c.next()
        if c.accept("@"):
            c.next()
        c.skip_parenthesised()

    def _create_table(self, temporary: bool, foreign: bool) -> Operation:
        c = self.c
        if_not_exists = c.accept("IF", "NOT", "EXISTS")
        table = c.name()
        columns: list[NewColumn] = []
        constraints: list[Constraint] = []
        like: list[Name] = []
        options_of: list[str] = []
        parent: Name | None = None
        query: str | None = None
        if c.accept("PARTITION", "OF"):
            parent = c.name()
        elif c.accept("OF"):
            c.name()
        if c.accept("LIKE"):
            like.append(c.name())
        if c.sees("(") and c.ahead(1).upper in ("SELECT", "WITH"):
            query = c.parenthesised()
        elif c.accept("(", "LIKE"):
            like.append(c.name())
            options_of.append(c.until(",").upper())
            if c.accept(","):
                self._table_body(columns, constraints, like, options_of)
            c.expect(")")
        elif c.accept("("):
            self._table_body(columns, constraints, like, options_of)
            c.expect(")")
        bound: str | None = None
        if parent is not None and (c.sees("FOR", "VALUES") or c.sees("DEFAULT")):
            bound = "DEFAULT" if c.accept("DEFAULT") else bound_of(c)
            c.until("PARTITION", "WITH", "TABLESPACE", "USING", "SERVER")
        options = self._table_options()
        if query is None and (c.sees("SELECT") or c.sees("WITH") or c.sees("VALUES") or c.sees("(") or c.sees("TABLE")):
            query = c.rest()
        if not c.done:
            raise Unexpected(f"unknown table option at {c.token.text[:40]!r}")
        return CreateTable(
            table,
            tuple(columns),
            tuple(constraints),
            tuple(like),
            tuple(options_of),
            inherits=options.inherits,
            partition_of=parent,
            partition_bound=bound,
            partition_key=options.partition_key,
            storage_engine=options.storage_engine,
            charset=options.charset,
            collation=options.collation,
            row_format=options.row_format,
            versioned=options.versioned,
            without_rowid=options.without_rowid,
            foreign=foreign,
            temporary=temporary,
            if_not_exists=if_not_exists,
            query=query,
        )

    def _table_body(
        self, columns: list[NewColumn], constraints: list[Constraint], like: list[Name], options_of: list[str]
    ) -> None:
        c = self.c
        if c.sees(")"):
            return
        while True:
            if c.accept("LIKE"):
                like.append(c.name())
                options_of.append(c.until(",").upper())
            elif self.columns.starts_constraint():
                constraints.append(self.columns.constraint())
            elif c.accept("PERIOD", "FOR"):
                c.until(",")
            else:
                columns.append(self.columns.column())
            if not c.accept(","):
                return

    def _table_options(self) -> _Options:
        c, found = self.c, _Options()
        while not c.done:
            if c.accept("PARTITION", "BY"):
                start = c.at
                c.accept("LINEAR")
                c.next()
                if c.accept("COLUMNS"):
                    pass
                c.accept("ALGORITHM", "=") and c.next()
                c.skip_parenthesised()
                found.partition_key = c.source(start, c.at)
                while not c.done and not c.sees("AS"):
                    if c.accept_any("WITH", "TABLESPACE", "USING"):
                        c.next() if not c.sees("(") else c.parenthesised()
                    elif c.sees("("):
                        c.parenthesised()
                    else:
                        c.next()
            elif c.accept("INHERITS", "("):
                names = [c.name()]
                while c.accept(","):
                    names.append(c.name())
                c.expect(")")
                found.inherits = tuple(names)
            elif c.accept("WITHOUT", "ROWID"):
                found.without_rowid = True
            elif c.accept("ON", "COMMIT"):
                c.accept_any("PRESERVE", "DELETE")
                c.accept("ROWS")
                c.accept("DROP")
            elif (
                c.accept("WITH", "NO", "DATA")
                or c.accept("WITH", "DATA")
                or c.accept("WITHOUT", "OIDS")
                or c.accept("STRICT")
            ) or c.accept(","):
                continue
            elif c.accept("WITH", "SYSTEM", "VERSIONING"):
                found.versioned = True
            elif c.sees("WITH", "("):
                c.at += 1
                c.parenthesised()
            elif c.accept("USING") or c.accept("TABLESPACE") or c.accept("SERVER"):
                c.identifier()
            elif c.accept("OPTIONS"):
                c.skip_parenthesised()
            elif c.accept("AS") or (
                c.sees("SELECT")
                or c.sees("(")
                or (c.sees("WITH") and c.ahead(1).kind in ("word", "quoted") and c.ahead(2).upper == "AS")
            ):
                return found
            elif c.accept("DEFAULT") or c.accept_any("IGNORE", "REPLACE"):
                continue
            elif c.accept("CHARACTER", "SET") or c.accept_any("CHARSET"):
                c.accept("=")
                found.charset = c.identifier().lower()
            elif c.accept("COLLATE"):
                c.accept("=")
                found.collation = c.identifier().lower()
            elif c.accept_any("ENGINE", "TYPE"):
                c.accept("=")
                found.storage_engine = c.identifier()
            elif self.columns.mysql and c.accept("ROW_FORMAT"):
                c.accept("=")
                found.row_format = c.identifier().lower()
            elif self.columns.mysql and c.token.kind in ("word", "quoted"):
                c.next()
                c.accept_any("DIRECTORY")
                c.accept("=")
                if c.sees("("):
                    c.parenthesised()
                elif not c.done and not c.sees(","):
                    c.next()
            else:
                return found
        return found

    def _create_index(self, unique: bool, method: str | None) -> CreateIndex:
        c = self.c
        start = c.at
        concurrently = c.accept("CONCURRENTLY")
        if_not_exists = c.accept("IF", "NOT", "EXISTS")
        name = "" if c.sees("ON") else c.name().name
        if c.accept("USING"):
            method = c.identifier().lower()
        c.expect("ON")
        only = c.accept("ONLY")
        table = c.name()
        if c.accept("USING"):
            method = c.identifier().lower()
        keys = self.columns.index_keys()
        include: tuple[str, ...] = ()
        where: str | None = None
        not_distinct, visible = False, True
        while not c.done:
            if c.accept("INCLUDE"):
                include = c.names()
            elif c.accept("NULLS", "NOT", "DISTINCT"):
                not_distinct = True
            elif c.accept("WITH", "PARSER"):
                c.identifier()
            elif c.accept("NULLS", "DISTINCT") or c.accept("WITH") or c.accept("VISIBLE") or c.accept("NOT", "IGNORED"):
                c.skip_parenthesised()
            elif c.accept_any("INVISIBLE", "IGNORED"):
                visible = False
            elif c.accept("TABLESPACE"):
                c.identifier()
            elif c.accept("USING"):
                method = c.identifier().lower()
            elif c.accept("WHERE"):
                where = strip_parentheses(c.rest())
            elif self.columns.mysql and c.token.kind == "word":
                c.next()
                c.accept("=")
                c.next()
            else:
                raise Unexpected(f"unknown index clause at {c.token.text[:40]!r}")
        index = Index(
            name=name,
            keys=keys,
            unique=unique,
            method=method or "btree",
            include=include,
            where=where,
            nulls_not_distinct=not_distinct,
            visible=visible,
            ddl="CREATE " + ("UNIQUE " if unique else "") + "INDEX " + c.source(start, len(c.tokens)),
        )
        return CreateIndex(table, index, concurrently, only, if_not_exists)

    def _create_view(self, materialized: bool) -> CreateView:
        c = self.c
        c.accept("IF", "NOT", "EXISTS")
        view = c.name()
        columns = c.names() if c.sees("(") else ()
        while not c.sees("AS"):
            if c.accept("WITH") or c.accept("USING") or c.accept("TABLESPACE"):
                c.next() if not c.sees("(") else c.parenthesised()
            else:
                raise Unexpected(f"unknown view clause at {c.token.text[:40]!r}")
        c.expect("AS")
        query = c.rest()
        for tail in (" WITH NO DATA", " WITH DATA"):
            query = query.removesuffix(tail)
        return CreateView(view, query, columns, materialized)

    def _create_policy(self) -> CreatePolicy:
        c = self.c
        name = c.identifier()
        c.expect("ON")
        table = c.name()
        permissive, command, roles, using, check = True, "all", ["public"], None, None
        while not c.done:
            if c.accept("AS"):
                permissive = c.next().upper != "RESTRICTIVE"
            elif c.accept("FOR"):
                command = c.next().text.lower()
            elif c.accept("TO"):
                roles = [c.identifier()]
                while c.accept(","):
                    roles.append(c.identifier())
            elif c.accept("USING"):
                using = strip_parentheses(c.parenthesised())
            elif c.accept("WITH", "CHECK"):
                check = strip_parentheses(c.parenthesised())
            else:
                raise Unexpected(f"unknown policy clause at {c.token.text[:40]!r}")
        return CreatePolicy(table, Policy(name, command, tuple(roles), permissive, using, check))

    def _create_trigger(self) -> CreateTrigger:
        c = self.c
        c.accept("IF", "NOT", "EXISTS")
        name = c.name().name
        c.until("ON")
        c.expect("ON")
        return CreateTrigger(c.name(), name)

    def _create_type(self) -> Operation:
        c = self.c
        name = c.name()
        if c.accept("AS", "ENUM"):
            c.skip_parenthesised()
            return CreateType(name, "enum")
        return Irrelevant("create_type")

    def _create_domain(self) -> CreateType:
        c = self.c
        name = c.name()
        c.accept("AS")
        base, _, _ = self.columns.type_name()
        rest = c.at
        c.until("CHECK")
        check = c.parenthesised() if c.accept("CHECK") and c.sees("(") else None
        return CreateType(name, base, not_null="NOT NULL" in c.source(rest, len(c.tokens)).upper(), check=check)

    def _create_function(self) -> CreateFunction:
        c = self.c
        name = c.name()
        words = {token.upper for token in c.tokens[c.at :] if token.kind == "word"}
        volatility = "immutable" if "IMMUTABLE" in words else "stable" if "STABLE" in words else "volatile"
        body = None
        languages = {b.text.lower() for a, b in pairwise(c.tokens) if a.upper == "LANGUAGE"}
        if volatility == "volatile" and languages & {"plpgsql", "sql"} and "TRIGGER" not in words:
            body = next((b.text for a, b in pairwise(c.tokens) if a.upper == "AS" and b.kind == "string"), None)
        return CreateFunction(name, volatility, body)

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


def bound_of(c: Cursor) -> str:
    """The bound of a partition that comes next: ``FOR VALUES`` and what follows in parentheses."""
    start = c.at
    c.expect("FOR", "VALUES")
    if c.accept("FROM"):
        c.parenthesised()
        c.expect("TO")
        c.parenthesised()
    else:
        c.accept_any("IN", "WITH")
        c.parenthesised()
    return c.source(start, c.at)


class _Options:
    """What follows the parentheses of CREATE TABLE."""

    def __init__(self) -> None:
        self.inherits: tuple[Name, ...] = ()
        self.partition_key: str | None = None
        self.storage_engine: str | None = None
        self.charset: str | None = None
        self.collation: str | None = None
        self.row_format: str | None = None
        self.versioned = False
        self.without_rowid = False
