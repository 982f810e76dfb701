"""The sequence of a column that goes over to the one that takes its place (PostgreSQL)."""

from __future__ import annotations

import re
from typing import NamedTuple

from advisor.alternatives.clauses import tokens_of
from advisor.alternatives.ground import Ground, made, short
from advisor.alternatives.no_other_way import NoOtherWay
from advisor.model.catalog import Column, Table

_NEXTVAL = re.compile(r"nextval\('((?:[^']|'')+)'(?:::regclass)?(?:::text)?\)", re.IGNORECASE)


#: The ends of the types: a sequence that has them gets those of its column's new type.
_LIMIT = re.compile(r"\s*MAXVALUE\s+(32767|2147483647|9223372036854775807)\b", re.IGNORECASE)


class Numbered(NamedTuple):
    """``swap`` runs when both columns have their last names; ``sequence``: as SQL, that keeps its type."""

    swap: list[str]
    sequence: str | None = None


def numbered(ground: Ground, table: Table, known: Column, old: str) -> Numbered:
    """Of serial the sequence itself; of an identity column a new one that goes on counting. ``old``: as SQL, the name
    of the column that is left behind.

    Raises NoOtherWay.
    """
    name, column = ground.sql_table(table.name), ground.sql(known.name)
    default = known.default or ""
    if "nextval" not in default.lower():
        return _identity(ground, table, known, old) if known.identity else Numbered([])
    found = _NEXTVAL.fullmatch(default)
    if found is None and default != "nextval":
        raise NoOtherWay(f"the default of {known.name} is more than a sequence's next value")
    if found is not None:
        sequence = found[1].replace("''", "'")
    else:
        sequence = ground.beside(table.name, made(short(table.name), known.name, suffix="seq"))
    literal = sequence.replace("'", "''")
    tables = ground.catalog.tables.values() if ground.catalog is not None else ()
    if found is not None and sum(one.default == default for other in tables for one in other.columns) > 1:
        raise NoOtherWay(f"other columns count by the sequence {sequence} as well")
    swap = [f"ALTER TABLE {name} ALTER COLUMN {column} SET DEFAULT nextval('{literal}')"]
    schema = table.name.rpartition(".")[0]
    parts = [token.text for token in tokens_of(sequence, "postgresql") if token.text != "."]
    if len(parts) == 1 or parts[0] == (schema or "public"):  # one of another schema is nobody's
        swap.append(f"ALTER SEQUENCE {sequence} OWNED BY {name}.{column}")
    return Numbered(swap, sequence)


def _identity(ground: Ground, table: Table, known: Column, old: str) -> Numbered:
    if known.identity_as is None:
        raise NoOtherWay(f"the schema given does not tell the options of the identity column {known.name}")
    text = known.identity_as
    given = re.search(
        r"SEQUENCE\s+NAME\s+((?:\"[^\"]+\"|[\w$]+)(?:\s*\.\s*(?:\"[^\"]+\"|[\w$]+))?)", text, re.IGNORECASE
    )
    own = re.search(r'("[^"]+"|[\w$]+)$', given[1]) if given is not None else None
    last = own[1] if own is not None else ground.sql(made(short(table.name), known.name, suffix="seq"))
    options = re.search(r"\((.*)\)\s*$", text, re.DOTALL)
    more = options[1].strip() if options is not None else ""
    if given is not None:
        more = more.replace(given[0], "").strip()
    more = _LIMIT.sub("", more).strip()  # the server takes the new type's
    how = re.sub(r"\s*\(.*", "", text, flags=re.DOTALL)
    sequence = ground.beside(table.name, ground.free(table.name, known.name, suffix="new_seq"))
    name, column = ground.sql_table(table.name), ground.sql(known.name)
    literal, where = sequence.replace("'", "''"), name.replace("'", "''")
    bare = old[1:-1].replace('""', '"') if old.startswith('"') else old
    left = bare.replace("'", "''")
    return Numbered(
        [
            f"ALTER TABLE {name} ALTER COLUMN {column} ADD {how} (SEQUENCE NAME {sequence}{' ' if more else ''}{more})",
            f"SELECT setval('{literal}', nextval(pg_get_serial_sequence('{where}', '{left}')), false)",
            f"ALTER TABLE {name} ALTER COLUMN {old} DROP IDENTITY",
            f"ALTER SEQUENCE {sequence} RENAME TO {last}",
        ]
    )
