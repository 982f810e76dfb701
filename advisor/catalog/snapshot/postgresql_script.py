"""The statements that read a snapshot of PostgreSQL, and the psql script of the same statements."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

_FILES = ("postgresql.sql", "postgresql_objects.sql")
_PIECES = ("postgresql_pieces.sql", "postgresql_tables.sql", "postgresql_parts.sql")
_PIECE = re.compile(r"^-- :piece (\w+)\n(.*?)(?=^-- :|\Z)", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"^-- :section (\w+)(?: if (\w+))?\n(.*?)(?=^-- :|\Z)", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"\{(\w+)\}")

#: Of the transaction that reads the catalogs. Nothing is written, no table waits for long, and texts come out the same
#: whatever the role's own settings are.
STATEMENT_SECONDS = 60
LOCK_SECONDS = 2
SETTINGS = {
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "lock_timeout": f"{LOCK_SECONDS}s",
    "idle_in_transaction_session_timeout": "120s",
    "search_path": "",
    "client_encoding": "UTF8",
    "extra_float_digits": "3",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "standard_conforming_strings": "on",
    "quote_all_identifiers": "off",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
}
BEGIN = (
    "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
    *(f"SET LOCAL {name} = '{value}'" for name, value in SETTINGS.items()),
)


@dataclass(frozen=True)
class Form:
    """One way to read a section: a query, and the column of `conditions` that must be true for it."""

    condition: str | None
    sql: str


@cache
def pieces() -> dict[str, str]:
    """What stands for {name}."""
    found = {name: text.strip() for file in _PIECES for name, text in _PIECE.findall(_text(file))}
    return {name: _filled(text, found) for name, text in found.items()}


@cache
def sections() -> Mapping[str, tuple[Form, ...]]:
    """The forms of each section, in the order in which they are read."""
    found: dict[str, list[Form]] = {}
    for file in _FILES:
        for name, condition, body in _SECTION.findall(_text(file)):
            sql = _filled(body.strip().removesuffix(";"), pieces())
            found.setdefault(name, []).append(Form(condition or None, sql))
    return {name: tuple(forms) for name, forms in found.items()}


def ended(name: str, sql: str) -> str:
    """A section's query with the record that ends it."""
    return (
        f"WITH output AS MATERIALIZED (\n{sql}\n)\nSELECT line FROM output\nUNION ALL\n"
        f"SELECT json_build_object('record', 'section', 'name', '{name}', 'rows', count(*))::text FROM output"
    )


def _filled(text: str, known: Mapping[str, str]) -> str:
    previous = None
    while previous != text:
        previous, text = text, _NAME.sub(lambda found: known.get(found[1], found[0]), text)
    return text


def _text(file: str) -> str:
    return (resources.files("advisor.catalog.snapshot") / file).read_text("utf-8")


def script() -> str:
    """What psql -XAtq is given to make a snapshot that `advisor` reads (before masking)."""
    raise NotImplementedError
