"""Statements that change rows: which tables, and how many rows their text tells."""

from __future__ import annotations

from advisor.catalog.ddl.cursor import Cursor, Unexpected
from advisor.catalog.ddl.lexer import Token
from advisor.catalog.ddl.operations import Name
from advisor.migrations.static.mysql.state import State
from advisor.migrations.static.mysql.tables import MTable
from advisor.model.migration import Change, ChangeAction, Work


def written(c: Cursor, state: State) -> tuple[list[Change], list[Work], list[MTable]]:
    """Changes, work, and tables whose rows are read to be written elsewhere (INSERT ... SELECT)."""
    verb = c.next().upper
    while c.accept_any("LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "QUICK", "IGNORE"):
        continue
    if verb in ("INSERT", "REPLACE"):
        return _insert(c, state)
    if verb == "LOAD":
        c.until("TABLE")
        c.expect("TABLE")
        return _result("copy", c.name(), state, None, False), [], []
    return _update(c, state, verb)


def _result(action: ChangeAction, name: Name, state: State, rows: float | None, unfiltered: bool) -> list[Change]:
    table = state.find(name)
    shown = table.name if table is not None else state.canonical(name)
    return [Change(action=action, table=shown, rows=rows, unfiltered=unfiltered)]


def _work(change: Change, preexisting: bool) -> Work:
    return Work(kind="write", relation=change.table or "", preexisting=preexisting, rows=change.rows)


def _insert(c: Cursor, state: State) -> tuple[list[Change], list[Work], list[MTable]]:
    c.accept("INTO")
    name = c.name()
    table = state.find(name)
    rows: float | None = None
    sources: list[MTable] = []
    depth, tuples, values = 0, 0, False
    while not c.done:
        token = c.next()
        if token.kind == "op" and token.text in "()":
            depth += 1 if token.text == "(" else -1
            tuples += token.text == "(" and depth == 1 and values
        elif not depth and token.upper in ("VALUES", "VALUE"):
            values = True
        elif not depth and token.upper == "SET" and not values:
            rows = 1
        elif token.upper in ("SELECT", "TABLE") and not values:
            c.at -= 1
            sources = sources_of(c, state)
            read = any(one.upper in ("FROM", "TABLE") and one is not token for one in c.tokens[c.at :])
            rows = None if sources or read or token.upper == "TABLE" else 1
            break
        elif not depth and token.upper == "ON" and values:
            break
    if values:
        rows = tuples
    changes = _result("insert", name, state, rows, False)
    return changes, [_work(changes[0], table.preexisting if table else True)], sources


def _update(c: Cursor, state: State, verb: str) -> tuple[list[Change], list[Work], list[MTable]]:
    action: ChangeAction = "update" if verb == "UPDATE" else "delete"
    c.accept("FROM")
    names = [c.name()]
    while c.accept(","):
        names.append(c.name())
    if action == "delete" and len(names) == 1 and c.accept("FROM"):
        # DELETE alias FROM table AS alias ...
        named = c.name()
        c.accept("AS")
        if c.token.kind in ("word", "quoted") and c.token.text == names[0].name:
            names = [named]
    start = c.at
    words = [token.upper for token in c.tokens[start:]]
    filtered = "WHERE" in words or "LIMIT" in words or "JOIN" in words or "USING" in words
    table = state.find(names[0])
    rows = _limit(c) if "LIMIT" in words else None
    if "WHERE" in words and len(names) == 1 and "JOIN" not in words:
        keyed = _keyed(c, table)
        rows = keyed if keyed is not None and (rows is None or keyed < rows) else rows
    changes = _result(action, names[0], state, rows, not filtered)
    return changes, [_work(changes[0], table.preexisting if table else True)], []


def _limit(c: Cursor) -> float | None:
    for at in range(len(c.tokens) - 1, 0, -1):
        if c.tokens[at].upper == "LIMIT" and at + 1 < len(c.tokens) and c.tokens[at + 1].kind == "number":
            text = c.tokens[at + 1].text
            return float(text) if text.isdigit() else None
    return None


def _keyed(c: Cursor, table: MTable | None) -> float | None:
    """Rows of ``WHERE key = value`` or ``key IN (values)``, where the key is unique and nothing is ORed."""
    if table is None:
        return None
    unique = {one.columns[0] for one in table.indexes if one.unique and len(one.columns) == 1}
    at = next((n for n, one in enumerate(c.tokens) if one.upper == "WHERE"), len(c.tokens))
    tokens = c.tokens[at + 1 :]
    if any(one.upper in ("OR", "||", "XOR", "NOT", "SELECT") for one in tokens):
        return None
    for n, token in enumerate(tokens[:-2]):
        if token.kind not in ("word", "quoted") or token.text.lower() not in unique:
            continue
        if (tokens[n + 1].text == "=" and tokens[n + 2].kind in ("number", "string")) or tokens[n + 1].text == "<=>":
            return 1.0
        if tokens[n + 1].upper == "IN" and tokens[n + 2].text == "(":
            rest = tokens[n + 3 :]
            close = next((m for m, one in enumerate(rest) if one.text == ")"), len(rest))
            return 1.0 + sum(one.kind == "op" and one.text == "," for one in rest[:close])
    return None


def sources_of(c: Cursor, state: State) -> list[MTable]:
    """Tables that a query reads, by the names after FROM, JOIN and commas between them."""
    found: list[MTable] = []
    tokens = c.tokens[c.at :]
    expected = False
    for n, token in enumerate(tokens):
        if token.upper in ("FROM", "JOIN", "STRAIGHT_JOIN", "TABLE"):
            expected = True
            continue
        if expected and token.kind in ("word", "quoted"):
            here = Cursor.__new__(Cursor)
            here.tokens, here.text, here.dialect, here.at = tokens, c.text, c.dialect, n
            try:
                table = state.find(here.name())
            except Unexpected:
                table = None
            if table is not None and not table.view and table not in found:
                found.append(table)
        expected = False
        if token.text == "," and found:
            # FROM a, b: a name after the comma that is a table of the schema.
            expected = n + 1 < len(tokens) and tokens[n + 1].kind in ("word", "quoted") and _in_from(tokens[:n])
    return found


def _in_from(tokens: list[Token]) -> bool:
    for token in reversed(tokens):
        word = token.upper
        if word == "FROM":
            return True
        if word in ("SELECT", "WHERE", "GROUP", "ORDER", "ON", "SET"):
            return False
    return False
