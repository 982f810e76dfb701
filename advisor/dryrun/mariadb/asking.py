"""An ALTER TABLE as questions to the server: the same statement with each ALGORITHM and LOCK, from the lightest on.

A refused one has changed nothing; the first that is accepted is how the server runs the statement by itself, and has
run it. So no copy of the table is needed, and foreign keys, partitions and triggers stay as they are. Tables are empty:
what a server accepts was found to be the same with rows.
"""

from __future__ import annotations

from advisor.catalog.ddl.lexer import Statement
from advisor.migrations.static.mysql.alter import Alter
from advisor.migrations.static.mysql.operations import Version

_LADDER = (
    ("INSTANT", "DEFAULT"), ("NOCOPY", "NONE"), ("INPLACE", "NONE"), ("NOCOPY", "SHARED"), ("INPLACE", "SHARED"),
    ("INPLACE", "EXCLUSIVE"), ("COPY", "NONE"), ("COPY", "SHARED"), ("COPY", "EXCLUSIVE"),
)  # fmt: skip


def ladder(product: str, version: Version, algorithm: str | None, lock: str | None) -> list[tuple[str, str]]:
    """Pairs to ask for, in order. ``algorithm`` and ``lock``: what the statement or the session itself asks for."""
    wanted = list(_LADDER)
    if product == "mysql":
        wanted = [one for one in wanted if one[0] != "NOCOPY" and one != ("COPY", "NONE")]
        if version < (8, 0, 12):
            wanted = [one for one in wanted if one[0] != "INSTANT"]
    elif version < (10, 3, 2):
        wanted = [one for one in wanted if one[0] not in ("NOCOPY", "INSTANT")]
    if product == "mariadb" and version < (11, 2):
        wanted.remove(("COPY", "NONE"))
    if algorithm is not None:
        wanted = [one for one in wanted if one[0] == algorithm]
        if algorithm == "NOCOPY" and product == "mariadb":
            wanted.append(("NOCOPY", "EXCLUSIVE"))
    if lock is not None:
        wanted = [(one, lock) for one in dict.fromkeys(name for name, _ in wanted)]
    return wanted


def question(statement: Statement, alter: Alter, algorithm: str, lock: str) -> str:
    """The statement with this ALGORITHM and LOCK, its own taken out."""
    tokens, text = statement.tokens, statement.text
    asked = f"ALGORITHM={algorithm}, LOCK={lock}"
    if tokens[0].upper != "ALTER":
        body = _kept(statement, alter, 0)
        return f"{body} ALGORITHM={algorithm} LOCK={lock}"
    head = text[tokens[0].start : tokens[alter.head - 1].end]
    # ONLINE is another word for LOCK=NONE.
    words = {token.upper for token in tokens[: alter.head]}
    if "ONLINE" in words:
        at = next(n for n, token in enumerate(tokens) if token.upper == "ONLINE")
        head = f"{text[tokens[0].start : tokens[at].start]}{text[tokens[at + 1].start : tokens[alter.head - 1].end]}"
    rest = _kept(statement, alter, alter.head)
    if not rest:
        return f"{head} {asked}"
    first = next((one for one in alter.clauses), None)
    joined = " " if first is not None and first.kind in ("partition_by", "remove_partitioning") else ", "
    return f"{head} {asked}{joined}{rest}"


def _kept(statement: Statement, alter: Alter, start: int) -> str:
    """The text from a token on, without the clauses that asked."""
    tokens, text = statement.tokens, statement.text
    if start >= len(tokens):
        return ""
    at, pieces = tokens[start].start, []
    for first, past in alter.cut:
        if first >= at:
            pieces.append(text[at:first])
        at = max(at, past)
    pieces.append(text[at : max(at, tokens[-1].end)])
    return " ".join(pieces).strip().strip(",").strip()
