"""The way back of what an alternative does, where it is plain."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.alternatives.clauses import clauses, tokens_of
from advisor.alternatives.forms.units import Unit, is_limit
from advisor.catalog.ddl.lexer import Token


def inverses(found: Sequence[Unit]) -> list[tuple[str, ...] | None]:
    """Of each unit the statements that take it back; empty: there is nothing to take back; None: nobody can tell.

    What an earlier unit made for the time being (a helper table, a CHECK that proves NOT NULL) and a later one drops
    needs no way back, and what only served a column that is new needs none either.
    """
    made: set[str] = set()
    columns: set[str] = set()
    out: list[tuple[str, ...] | None] = []
    for unit in found:
        back: list[str] | None = []
        for sql in unit.sql:
            one = None if is_limit(sql) else _inverse(sql, made, columns)
            if is_limit(sql):
                continue
            if one is None or back is None:
                back = None
                continue
            back[:0] = [one] if one else []
        if back and unit.how == "together":
            back = [*(sql for sql in unit.sql[:1] if is_limit(sql)), *back]
        out.append(None if back is None else tuple(back))
    return out


def _inverse(sql: str, made: set[str], columns: set[str]) -> str | None:
    """Empty: nothing. ``made`` and ``columns`` take note of what is made."""
    tokens = tokens_of(sql, "postgresql")
    words = [token.upper for token in tokens]
    if words[:1] in (["CREATE"], ["DROP"]):
        return _of_create(sql, tokens, words, made) if words[0] == "CREATE" else _dropped(sql, tokens, words, made)
    if words[:2] == ["ALTER", "TABLE"]:
        return _of_alter(sql, made, columns)
    if words[:1] == ["REINDEX"] or words[:2] == ["REFRESH", "MATERIALIZED"]:
        return ""
    if words[:1] in (["UPDATE"], ["WITH"]):
        return "" if _fills(sql, tokens, words, columns) else None
    return None


def _of_create(sql: str, tokens: Sequence[Token], words: Sequence[str], made: set[str]) -> str | None:
    if "EXISTS" in words[:7]:
        return None  # it may have been there before
    unique = words[1:2] == ["UNIQUE"]
    at = 2 if unique else 1
    if words[at : at + 1] == ["INDEX"]:
        at += 1
        alone = words[at : at + 1] == ["CONCURRENTLY"]
        at += alone
        if words[at : at + 1] == ["ON"]:
            return None  # the server names it
        name = sql[tokens[at].start : tokens[at].end]
        on = at + 2 + (words[at + 2 : at + 3] == ["ONLY"])
        schema = f"{_written(sql, tokens[on])}." if _dotted(tokens, on) else ""
        made.add(name)
        return f"DROP INDEX {'CONCURRENTLY ' if alone else ''}IF EXISTS {schema}{name}"
    if words[1:2] == ["TABLE"]:
        if "PARTITION" in words:
            return None  # rows went into it
        name = _name(sql, tokens, 2)
        made.add(name)
        return f"DROP TABLE IF EXISTS {name}"
    if words[1:2] in (["SEQUENCE"], ["FUNCTION"]):
        name = _name(sql, tokens, 2)
        made.add(name)
        return f"DROP {words[1]} IF EXISTS {name}" + ("()" if words[1] == "FUNCTION" else "")
    if words[1:2] == ["TRIGGER"] and "ON" in words:
        name = _written(sql, tokens[2])
        made.add(name)
        return f"DROP TRIGGER IF EXISTS {name} ON {_name(sql, tokens, words.index('ON') + 1)}"
    return None


def _dropped(sql: str, tokens: Sequence[Token], words: Sequence[str], made: set[str]) -> str | None:
    at = 2
    while words[at : at + 1] in (["CONCURRENTLY"], ["IF"], ["EXISTS"]):
        at += 1
    return "" if at < len(tokens) and _name(sql, tokens, at) in made else None


def _of_alter(sql: str, made: set[str], columns: set[str]) -> str | None:
    cut = clauses(sql, "postgresql")
    if cut is None:
        return None
    back: list[str] = []
    for clause in cut.clauses:
        one = _of_clause(clause, made, columns)
        if one is None:
            return None
        back[:0] = [one] if one else []
    return f"{cut.head} {', '.join(back)}" if back else ""


def _of_clause(clause: str, made: set[str], columns: set[str]) -> str | None:
    tokens = tokens_of(clause, "postgresql")
    words = [token.upper for token in tokens]
    if words[:2] == ["ADD", "CONSTRAINT"] and len(tokens) > 2:
        name = _written(clause, tokens[2])
        made.add(name)
        return f"DROP CONSTRAINT IF EXISTS {name}"
    if words[:2] == ["VALIDATE", "CONSTRAINT"]:
        return ""
    if words[:2] == ["DROP", "CONSTRAINT"] and len(tokens) > 2:
        return "" if _written(clause, tokens[2]) in made else None
    if words[:1] == ["ADD"] and words[1:2] not in (["PRIMARY"], ["UNIQUE"], ["CHECK"], ["FOREIGN"], ["EXCLUDE"]):
        at = 2 if words[1:2] == ["COLUMN"] else 1
        if words[at : at + 1] == ["IF"] or at >= len(tokens):
            return None
        columns.add(tokens[at].folded)
        return f"DROP COLUMN IF EXISTS {_written(clause, tokens[at])}"
    if words[:1] == ["ALTER"]:
        at = 2 if words[1:2] == ["COLUMN"] else 1
        name, rest = _written(clause, tokens[at]), words[at + 1 :]
        if rest == ["SET", "NOT", "NULL"]:
            return f"ALTER COLUMN {name} DROP NOT NULL"
        if rest[:2] == ["SET", "DEFAULT"] and tokens[at].folded in columns:
            return ""
    return None


def _fills(sql: str, tokens: Sequence[Token], words: Sequence[str], columns: set[str]) -> bool:
    """Does an UPDATE write nothing but one column that is new? The helper that tells how far the batches came may be
    written too."""
    targets: list[str] = []
    for at, word in enumerate(words):
        if word != "SET":
            continue
        depth = 0
        for token in tokens[at + 1 :]:
            depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "op" else 0
            if depth < 0 or (depth == 0 and token.upper == "WHERE"):
                break
            if depth == 0 and token.text == ",":
                return False  # several columns
        targets.append(tokens[at + 1].folded if at + 1 < len(tokens) else "")
    if "DELETE" in words or "INSERT" in words:
        return False
    own = targets[:-1] if words[:1] == ["WITH"] else targets
    return bool(own) and set(own) <= columns


def _dotted(tokens: Sequence[Token], at: int) -> bool:
    return at + 1 < len(tokens) and tokens[at + 1].text == "."


def _written(sql: str, token: Token) -> str:
    return sql[token.start : token.end]


def _name(sql: str, tokens: Sequence[Token], at: int) -> str:
    """A name with its schema, as written."""
    end = at + 2 if _dotted(tokens, at) else at
    return sql[tokens[at].start : tokens[min(end, len(tokens) - 1)].end]
