"""What is taken for true of a column or type that no schema gives: each with the words that say so.

First what PostgreSQL's own rules leave possible: without USING a column becomes another type by an assignment cast
alone (pg_cast), and inet, bit varying and interval have hardly one from outside of their kind. Then what the file
itself shows (a default that had to go first, a constraint validated before). Then names: an ``order_id`` is no text.
Measured on two suites and on histories of public applications (docs/benchmarks.md, "Nothing but the file").
"""

from __future__ import annotations

import re

from advisor.catalog.ddl.lexer import single
from advisor.migrations.static.postgresql.type_changes import Cost, parts
from advisor.migrations.static.postgresql.world import Relation
from advisor.model.migration_limits import MIGRATION

_NOT_KNOWN = "the column's present type is not known"
_TEXTS = frozenset({"text", "character varying"})
#: A precision of 6 takes every value of the same type, and has no other use.
_PRECISE = frozenset({"interval", "time without time zone", "time with time zone", "timestamp without time zone"})
_FULL_PRECISION = 6
#: Names of what is seldom kept as text: keys, flags, moments, counts.
_NO_TEXT = re.compile(
    r"(?:^|_)(?:id|uid|uuid|guid|at|count)$|^(?:is|has)_|[a-z](?:Id|Uid|Uuid|At|Count)$|^(?:is|has)[A-Z]"
)
#: What no label of an enum looks like.
_MARKS = re.compile(r"[@:/\\.%#]")


def retyped(table: Relation, column: str, new: str, *, using: str | None) -> tuple[Cost, str]:
    """What ALTER COLUMN TYPE costs where the old type is not known; ``using`` is more than the column itself."""
    one = parts(new)
    if using is not None or one.array:
        return "rewrite", f"{_NOT_KNOWN}: taken to be rewritten as {new}"
    if column in table.undefaulted and one.name in _TEXTS:
        return "rewrite", f"{_NOT_KNOWN}: taken for none of text's, as its default had to go first; so it is rewritten"
    if one.name in _TEXTS and _NO_TEXT.search(column):
        return "rewrite", f"{_NOT_KNOWN}: by its name taken for none of text's, and so to be rewritten"
    if one.name in _TEXTS and not one.args:
        return "free", f"{_NOT_KNOWN}: free where it is text of any length, which it is taken for, else a rewrite"
    if one.name == "character varying" and one.args and one.args[0] >= MIGRATION.widened_length:
        return (
            "free",
            f"{_NOT_KNOWN}: free where it is a shorter varchar, which it is taken for, else a rewrite",
        )
    if one.name in ("inet", "bit varying"):
        return "free", f"{_NOT_KNOWN}: without USING hardly anything but its own kind becomes {new}, which is free"
    if (one.name == "interval" and not one.args) or (one.name in _PRECISE and one.args == (_FULL_PRECISION,)):
        return "free", f"{_NOT_KNOWN}: taken for the same with less precision, which is free, else a rewrite"
    return "rewrite", f"{_NOT_KNOWN}: taken to be rewritten as {new}"


def is_domain(default: str | None) -> bool:
    """Can a type with this default be no enum? Its labels are words; a domain exists for its constraint."""
    if default is None:
        return False
    tokens = single(default, "postgresql").tokens
    if not tokens or (len(tokens) > 1 and tokens[1].text != "::"):
        return False
    if tokens[0].kind == "number":
        return True
    text = tokens[0].text.strip("'")
    return tokens[0].kind == "string" and bool(_MARKS.search(text)) and text[:1] not in ("{", "(", "[", "")


def proves_not_null(table: Relation, column: str) -> str | None:
    """A constraint that the migration validated before, and that by its name is about the column's NULLs."""
    words = {"null", "nn", "notnull", "nonnull", "present", "required"}
    for name in table.validated:
        said = set(name.lower().split("_"))
        if column in name and said & words:
            return name
    return None
