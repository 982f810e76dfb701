"""ALTER TABLE of MySQL and MariaDB cut into its clauses, and which ALGORITHM and LOCK are asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from advisor.catalog.ddl.columns import Columns
from advisor.catalog.ddl.cursor import Cursor, Unexpected
from advisor.catalog.ddl.lexer import Statement
from advisor.catalog.ddl.operations import Constraint, Name
from advisor.migrations.static.mysql.clauses import Clause, clauses_at
from advisor.model.engine import EngineName


@dataclass(slots=True)
class Alter:
    """ALTER TABLE, or CREATE INDEX and DROP INDEX, which are the same to the server."""

    table: Name
    clauses: list[Clause] = field(default_factory=list)
    algorithm: str | None = None
    """As asked for; None: nothing is, or DEFAULT."""
    lock: str | None = None
    wait_seconds: float | None = None
    """MariaDB: WAIT n, NOWAIT (0)."""
    ignore: bool = False
    conditional: bool = False
    head: int = 0
    """Index of the first token after the table's name (and WAIT)."""
    cut: tuple[tuple[int, int], ...] = ()
    """Where the ALGORITHM and LOCK clauses stand in the text (from, to), a comma before or after each among them."""


def read_alter(statement: Statement, engine: EngineName) -> Alter | None:
    """None: it is neither ALTER TABLE nor CREATE or DROP INDEX. Raises Unexpected for a form that is not known."""
    c = Cursor(statement, "mysql")
    if c.sees("ALTER"):
        return _alter_table(c, engine)
    if c.sees("CREATE") or c.sees("DROP"):
        return _index(c, engine)
    return None


def _index(c: Cursor, engine: EngineName) -> Alter | None:
    creates = c.next().upper == "CREATE"
    online = c.accept_any("ONLINE", "OFFLINE")
    replaced = c.accept("OR", "REPLACE")
    kind = c.accept_any("UNIQUE", "FULLTEXT", "SPATIAL") if creates else None
    if not c.accept("INDEX"):
        return None
    conditional = c.accept("IF", "NOT", "EXISTS") or c.accept("IF", "EXISTS")
    name = None if c.sees("ON") else c.identifier()
    using = c.identifier().lower() if c.accept("USING") or c.accept("TYPE") else None
    c.expect("ON")
    alter = Alter(c.name(), lock="NONE" if online == "ONLINE" else None)
    alter.wait_seconds = _wait(c)
    alter.head = c.at
    if not creates:
        alter.clauses.append(Clause("drop_index", name=name, conditional=conditional))
    else:
        columns = Columns(c, engine)
        keys = columns.index_keys()
        method = {"FULLTEXT": "fulltext", "SPATIAL": "spatial"}.get(kind or "", using)
        constraint = Constraint("unique" if kind == "UNIQUE" else "index", name, keys, method=method)
        if replaced:
            alter.clauses.append(Clause("drop_index", name=name, conditional=True))
        alter.clauses.append(Clause("add_constraint", constraint=constraint, name=name, conditional=conditional))
    cut = []
    while not c.done:
        at = c.at
        if c.accept("ALGORITHM"):
            c.accept("=")
            alter.algorithm = _asked(c)
            cut.append((c.tokens[at].start, c.tokens[c.at - 1].end))
        elif c.accept("LOCK"):
            c.accept("=")
            alter.lock = _asked(c)
            cut.append((c.tokens[at].start, c.tokens[c.at - 1].end))
        else:
            c.next()
    alter.cut = tuple(cut)
    return alter


def _asked(c: Cursor) -> str | None:
    word = c.next().text.upper()
    return None if word == "DEFAULT" else word


def _wait(c: Cursor) -> float | None:
    if c.accept("NOWAIT"):
        return 0.0
    if c.sees("WAIT") and c.ahead(1).kind == "number":
        c.at += 2
        return float(c.tokens[c.at - 1].text)
    return None


def _alter_table(c: Cursor, engine: EngineName) -> Alter | None:
    c.expect("ALTER")
    online = c.accept_any("ONLINE", "OFFLINE")
    ignore = c.accept("IGNORE")
    if not c.accept("TABLE"):
        return None
    conditional = c.accept("IF", "EXISTS")
    alter = Alter(c.name(), lock="NONE" if online == "ONLINE" else None, ignore=ignore, conditional=conditional)
    alter.wait_seconds = _wait(c)
    alter.head = c.at
    columns = Columns(c, engine)
    cut: list[tuple[int, int]] = []
    while not c.done:
        start = c.at
        if c.accept("ALGORITHM"):
            c.accept("=")
            alter.algorithm = _asked(c)
            cut.append(_with_comma(c, start))
        elif c.accept("LOCK"):
            c.accept("=")
            alter.lock = _asked(c)
            cut.append(_with_comma(c, start))
        else:
            clauses = clauses_at(c, columns)
            last, before = c.tokens[c.at - 1], c.tokens[max(c.at - 2, start)]
            for clause in clauses:
                clause.moved = clause.new is not None and (last.upper == "FIRST" or before.upper == "AFTER")
                clause.after = last.text if clause.moved and before.upper == "AFTER" else None
            alter.clauses.extend(clauses)
        c.accept(",")
        if c.at == start:
            raise Unexpected(f"unknown clause at {c.token.text[:40]!r}")
    alter.cut = tuple(cut)
    return alter


def _with_comma(c: Cursor, start: int) -> tuple[int, int]:
    first, past = c.tokens[start].start, c.tokens[c.at - 1].end
    if c.sees(","):
        return first, c.token.end
    if start and c.tokens[start - 1].text == "," and c.tokens[start - 1].kind == "op":
        return c.tokens[start - 1].start, past
    return first, past
