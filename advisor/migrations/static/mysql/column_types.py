"""Types and character sets of columns: what a change of them is to the server."""

from __future__ import annotations

import re

from advisor.catalog.ddl.constraints import textual
from advisor.migrations.static.mysql.operations import Meant
from advisor.migrations.static.mysql.tables import MColumn, MTable, character_bytes

_LENGTH = re.compile(r"^(\w+)\((\d+)\)$")
_VALUES = re.compile(r"'((?:[^']|'')*)'")
#: Ends of the names of collations that a character set has where nothing is said.
_OWN = ("_general_ci", "_0900_ai_ci", "_uca1400_ai_ci", "latin1_swedish_ci")


def retyped(old: MColumn, new: MColumn, table: MTable, engine: str) -> Meant | None:
    """What the change of a type is; None: it is the same."""
    if old.generated is not None or new.generated is not None:
        if old.generated == "stored" or new.generated == "stored":
            return Meant("modify_type")
        return None if plain(old.type) == plain(new.type) else Meant("modify_type")
    before, after = plain(old.type), plain(new.type)
    same_set = (
        old.charset is None or new.charset is None or canonical_charset(old.charset) == canonical_charset(new.charset)
    )
    if before == after:
        if not textual(after):
            return None
        return _charsets(old, new, table) if not same_set else _collations(old, new, table)
    if before.startswith(("enum(", "set(")) and after.startswith(before.partition("(")[0] + "("):
        first, second = _VALUES.findall(before), _VALUES.findall(after)
        bounds = (255,) if before.startswith("enum") else (8, 16, 24, 32)
        grows = sum(len(first) > one for one in bounds) == sum(len(second) > one for one in bounds)
        return Meant("widen_enum" if second[: len(first)] == first and grows and same_set else "modify_type")
    one, two = _LENGTH.match(before), _LENGTH.match(after)
    kinds = ("varchar", "varbinary")
    if one is None or two is None or one[1] != two[1] or one[1] not in kinds or int(two[2]) < int(one[2]):
        return Meant("modify_type")
    if not same_set and not _superset(old.charset, new.charset):
        return Meant("modify_type")
    wide_before = int(one[2]) * (_width(old, table) if one[1] == "varchar" else 1)
    wide_after = int(two[2]) * (_width(new, table) if two[1] == "varchar" else 1)
    unknown = one[1] == "varchar" and old.charset is None and table.charset is None
    if not same_set:
        changed = _charsets(old, new, table)
        if changed is not None and changed.operation == "modify_type":
            return changed
    if (wide_before > 255) == (wide_after > 255):
        lands = (int(one[2]) * 3 > 255) == (int(two[2]) * 3 > 255) and (int(one[2]) > 255) == (int(two[2]) > 255)
        word = "widen_varchar" if same_set else "widen_charset"
        return Meant(word, uncertain=None if lands or not unknown else _no_charset(table, old))
    across = engine == "mariadb" and (wide_before <= 127 or table.row_format == "redundant")
    return Meant(
        "widen_varchar_across" if across else "modify_type", uncertain=_no_charset(table, old) if unknown else None
    )


def _no_charset(table: MTable, column: MColumn) -> str:
    return f"the character set of {table.name}.{column.name} is not known: whether 255 bytes are crossed neither"


def canonical_charset(name: str | None) -> str | None:
    """``utf8`` is ``utf8mb3``; names are in lower case."""
    lowered = name.lower() if name else None
    return "utf8mb3" if lowered == "utf8" else lowered


def _width(column: MColumn, table: MTable) -> int:
    # Where nothing says it: utf8mb4, which both products take for new tables by now.
    return character_bytes(column.charset or table.charset) or 4


def _superset(old: str | None, new: str | None) -> bool:
    """Are the bytes of every text the same in the new set?"""
    before, after = canonical_charset(old), canonical_charset(new)
    return before == "utf8mb3" and after == "utf8mb4"


def _charsets(old: MColumn, new: MColumn, table: MTable) -> Meant | None:
    if not _superset(old.charset, new.charset) or not (old.type.startswith(("varchar", "char")) or "text" in old.type):
        return Meant("modify_type")
    length = _LENGTH.match(plain(old.type))
    if length is not None:
        before, after = int(length[2]) * 3, int(length[2]) * 4
        if (before > 255) != (after > 255) and before > 127:
            return Meant("modify_type")
    return Meant("widen_charset_indexed" if table.indexed(old.name) else "widen_charset")


def _collations(old: MColumn, new: MColumn, table: MTable) -> Meant | None:
    if old.collation == new.collation:
        return None
    # Where one says nothing, it is the set's own.
    if (old.collation or new.collation or "").endswith(_OWN) and None in (old.collation, new.collation):
        return None
    return Meant("collate_indexed" if table.indexed(old.name) else "collate")


def same_type(one: str, other: str) -> bool:
    """Are they stored alike, lengths of text aside?"""
    first, second = plain(one), plain(other)
    return first == second or (first.startswith("varchar") and second.startswith("varchar"))


def plain(type_text: str) -> str:
    """A type without what changes nothing that is stored: the display width of an integer."""
    text = " ".join(type_text.lower().split()) if "'" not in type_text else type_text
    return re.sub(r"^(tinyint|smallint|mediumint|int|bigint)\(\d+\)", r"\1", text)
