"""PostgreSQL's clauses of new columns and constraints cut into their parts, each as it was written."""

from __future__ import annotations

from typing import NamedTuple

from advisor.alternatives.clauses import tokens_of
from advisor.catalog.ddl.lexer import Token

_STARTS = {
    "COLLATE": "collate",
    "STORAGE": "storage",
    "COMPRESSION": "compression",
    "CONSTRAINT": "constraint",
    "DEFAULT": "default",
    "GENERATED": "generated",
    "NOT": "not_null",
    "NULL": "null",
    "UNIQUE": "unique",
    "PRIMARY": "primary",
    "CHECK": "check",
    "REFERENCES": "references",
}
_GOES_ON = {
    ("SET", "NULL"),
    ("SET", "DEFAULT"),
    ("BY", "DEFAULT"),
    ("NULLS", "NOT"),
    ("NOT", "NULL"),
    ("IS", "NOT"),
    ("IS", "NULL"),
    ("PRIMARY", "KEY"),
}


class Part(NamedTuple):
    """``kind`` is one of the values of the table above; ``text`` is without CONSTRAINT and its name."""

    kind: str
    name: str | None
    """Of its constraint, as written."""
    text: str


class NewColumn(NamedTuple):
    """``ADD COLUMN`` with everything that belongs to the column itself, and to its constraints."""

    column: str
    """As written."""
    type: str
    parts: tuple[Part, ...]

    def of(self, *kinds: str) -> list[Part]:
        """Those of some kinds, in order."""
        return [part for part in self.parts if part.kind in kinds]

    def text(self, *kinds: str) -> str:
        """Those of some kinds as SQL with a space before each."""
        return "".join(f" {part.text}" for part in self.of(*kinds))


class Keyed(NamedTuple):
    """UNIQUE or PRIMARY KEY of a column or table. Each text has a space before it, or is empty."""

    primary: bool
    name: str | None
    columns: str
    """In parentheses; empty where the column's own clause says it."""
    options: str
    """What CREATE INDEX says behind the columns."""
    timing: str
    """DEFERRABLE and INITIALLY."""


def new_column(clause: str) -> NewColumn | None:
    """None: it is no ADD COLUMN, or cannot be cut."""
    tokens = tokens_of(clause, "postgresql")
    words = [token.upper for token in tokens]
    if words[:1] != ["ADD"]:
        return None
    at = 2 if words[1:2] == ["COLUMN"] else 1
    at += 3 if words[at : at + 3] == ["IF", "NOT", "EXISTS"] else 0
    if at + 1 >= len(tokens):
        return None
    column, at = tokens[at], at + 1
    starts = _starts(tokens, at)
    end = starts[0] if starts else len(tokens)
    type_ = clause[tokens[at].start : tokens[end - 1].end] if end > at else ""
    parts: list[Part] = []
    name: str | None = None
    for number, start in enumerate(starts):
        stop = starts[number + 1] if number + 1 < len(starts) else len(tokens)
        kind = _STARTS[words[start]]
        if kind == "constraint":
            name = clause[tokens[start + 1].start : tokens[stop - 1].end] if stop > start + 1 else None
            continue
        parts.append(Part(kind, name, clause[tokens[start].start : tokens[stop - 1].end]))
        name = None
    return NewColumn(clause[column.start : column.end], type_, tuple(parts)) if type_ else None


def _starts(tokens: list[Token], at: int) -> list[int]:
    """Where parts begin: keywords outside of parentheses that do not go on with the part before them."""
    found: list[int] = []
    depth = 0
    for number in range(at, len(tokens)):
        word = tokens[number].upper
        if word in ("(", "["):
            depth += 1
        elif word in (")", "]"):
            depth -= 1
        elif depth == 0 and word in _STARTS:
            before = tokens[number - 1].upper
            follows = tokens[number + 1].upper if number + 1 < len(tokens) else ""
            if (before, word) in _GOES_ON or (word == "NOT" and follows != "NULL"):
                continue
            if found and found[-1] == number - 1 and before == "DEFAULT":
                continue  # DEFAULT NULL
            found.append(number)
    return found


def keyed(text: str) -> Keyed | None:
    """Of ``[ADD] [CONSTRAINT name] UNIQUE|PRIMARY KEY ...``; None: an index that is there, or what no index can say."""
    tokens = tokens_of(text, "postgresql")
    words = [token.upper for token in tokens]
    at = 1 if words[:1] == ["ADD"] else 0
    name = None
    if words[at : at + 1] == ["CONSTRAINT"]:
        name, at = text[tokens[at + 1].start : tokens[at + 1].end], at + 2
    primary = words[at : at + 2] == ["PRIMARY", "KEY"]
    if not primary and words[at : at + 1] != ["UNIQUE"]:
        return None
    at += 2 if primary else 1
    columns, include, nulls, options, space, timing = "", "", "", "", "", ""
    while at < len(tokens):
        word, follows = words[at], words[at + 1 : at + 3]
        if word == "NULLS":
            end = at + (3 if follows[:1] == ["NOT"] else 2)
            nulls = " " + text[tokens[at].start : tokens[end - 1].end]
        elif word == "(" and not columns:
            end = _closed(words, at)
            columns = " " + text[tokens[at].start : tokens[end - 1].end]
        elif word in ("INCLUDE", "WITH") and follows[:1] == ["("]:
            end = _closed(words, at + 1)
            found = " " + text[tokens[at].start : tokens[end - 1].end]
            include, options = (found, options) if word == "INCLUDE" else (include, found)
        elif word == "USING" and follows == ["INDEX", "TABLESPACE"] and at + 3 < len(tokens):
            end = at + 4
            space = f" TABLESPACE {text[tokens[at + 3].start : tokens[at + 3].end]}"
        elif word in ("DEFERRABLE", "NOT", "INITIALLY"):
            end = len(tokens)
            timing = " " + text[tokens[at].start : tokens[end - 1].end]
        else:
            return None
        at = end
    if "WITHOUT" in words or "ENFORCED" in words:
        return None
    return Keyed(primary, name, columns, f"{include}{nulls}{options}{space}", timing)


def _closed(words: list[str], at: int) -> int:
    """Behind the parenthesis that closes the one at ``at``."""
    depth = 0
    for number in range(at, len(words)):
        depth += {"(": 1, ")": -1}.get(words[number], 0)
        if depth == 0:
            return number + 1
    return len(words)


def with_prefix(expression: str, names: dict[str, str]) -> str:
    """An expression in which columns (as the catalog names them) are written otherwise.

    Qualified names (``t.c``), functions and strings stay as they are; a qualified name whose last part is such a
    column is left alone, so callers refuse what has a dot.
    """
    tokens = tokens_of(expression, "postgresql")
    out, place = [], 0
    for number, token in enumerate(tokens):
        if token.kind not in ("word", "quoted"):
            continue
        name = token.text.lower() if token.kind == "word" else token.text
        if name in names and (token.kind == "quoted" or not _of_the_grammar(tokens, number)):
            follows = tokens[number + 1].text if number + 1 < len(tokens) else ""
            before = tokens[number - 1].text if number else ""
            if follows not in ("(", ".") and before not in (".", "::"):
                out.append(expression[place : token.start] + names[name])
                place = token.end
    return "".join(out) + expression[place:]


#: (word, what follows): keywords that a column may be called as well.
_PHRASES = {
    "AT": ("TIME", "LOCAL"), "TIME": ("ZONE",), "NULLS": ("FIRST", "LAST"), "WITHOUT": ("TIME",),
    "DOUBLE": ("PRECISION",), "CHARACTER": ("VARYING",), "BIT": ("VARYING",),
}  # fmt: skip
_FOLLOWERS = {
    "ZONE": ("TIME",), "LOCAL": ("AT",), "PRECISION": ("DOUBLE",), "VARYING": ("CHARACTER", "BIT"), "FIRST": ("NULLS",),
    "LAST": ("NULLS",),
}  # fmt: skip


def _of_the_grammar(tokens: list[Token], number: int) -> bool:
    """Is the word no column here: ``AT TIME ZONE``, ``extract(day FROM x)``, ``CAST(x AS text)``, ``date '...'``?"""
    word = tokens[number].upper
    before = tokens[number - 1].upper if number else ""
    following = tokens[number + 1] if number + 1 < len(tokens) else None
    if following is not None and (following.kind == "string" or following.upper in _PHRASES.get(word, ())):
        return True
    if before in ("AS", "COLLATE") or before in _FOLLOWERS.get(word, ()):
        return True
    called = tokens[number - 2].upper if number > 1 else ""
    return before == "(" and called == "EXTRACT" and following is not None and following.upper == "FROM"


def mentions(text: str | None, column: str) -> bool:
    """Does an expression use a column of that name?"""
    return text is not None and with_prefix(text, {column: "\0"}) != text
