"""The statements that read a snapshot of PostgreSQL, and the psql script of the same statements."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

_FILES = ("postgresql.sql", "postgresql_objects.sql", "postgresql_missing.sql", "postgresql_ends.sql")
_PIECES = ("postgresql_pieces.sql", "postgresql_tables.sql", "postgresql_parts.sql", "postgresql_ends.sql")
_PIECE = re.compile(r"^-- :piece (\w+)\n(.*?)(?=^-- :|\Z)", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"^-- :section (\w+)(?: if (\w+))?\n(.*?)(?=^-- :|\Z)", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"\{(\w+)\}")

#: Sections by what they are for; the others are read in one transaction, in the order of the files.
CONDITIONS = "conditions"
ENDS = "ends"
ORDER = "order"

#: Of the transaction that reads the catalogs. Nothing is written, nothing is waited for for long, and texts come out
#: the same whatever the role's own settings are.
SETTINGS = {
    "statement_timeout": "60s",  # the slowest section takes a second for a thousand tables
    "lock_timeout": "2s",
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
#: Of the transactions that look at the ends of indexes: a plan without the index would read the table.
_PROBING = {
    **SETTINGS,
    "statement_timeout": "2s",
    "lock_timeout": "500ms",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "row_security": "off",
}
#: Of the transaction that asks for the heights of B-trees: an index's start costs its operators, and nothing else.
_ASKING = {
    **SETTINGS,
    "statement_timeout": "20s",
    "lock_timeout": "50ms",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_sort": "off",
    "enable_indexscan": "on",
    "enable_indexonlyscan": "on",
    "row_security": "off",
    "cpu_operator_cost": "1",
    "cpu_tuple_cost": "0",
    "cpu_index_tuple_cost": "0",
}


def _begin(isolation: str, settings: Mapping[str, str]) -> tuple[str, ...]:
    return (
        f"BEGIN TRANSACTION ISOLATION LEVEL {isolation} READ ONLY",
        *(f"SET LOCAL {name} = '{value}'" for name, value in settings.items()),
    )


BEGIN = _begin("REPEATABLE READ", SETTINGS)
#: Forgets the texts that the session remembered.
RESET = "RESET advisor.ends"
_BEGIN_PROBING = _begin("READ COMMITTED", _PROBING)
_BEGIN_ASKING = _begin("READ COMMITTED", _ASKING)


@dataclass(frozen=True)
class Form:
    """One way to read a section: a query, and the column of `conditions` that must be true for it."""

    condition: str | None
    sql: str


@cache
def sections() -> Mapping[str, tuple[Form, ...]]:
    """The forms of each section, in the order in which they are read; the last form needs no condition."""
    found: dict[str, list[Form]] = {}
    for file in _FILES:
        for name, condition, body in _SECTION.findall(_text(file)):
            sql = _filled(body.strip().removesuffix(";"))
            found.setdefault(name, []).append(Form(condition or None, sql))
    return {name: tuple(forms) for name, forms in found.items()}


def ended(name: str, sql: str) -> str:
    """A section's query with the record that ends it."""
    return (
        f"WITH output AS MATERIALIZED (\n{sql}\n)\nSELECT line FROM output\nUNION ALL\n"
        f"SELECT json_build_object('record', 'section', 'name', '{name}', 'rows', count(*))::text FROM output"
    )


def script() -> str:
    """What ``psql -XAtq`` (11 or later) is given to write a snapshot that `advisor` reads, before masking."""
    lines = [
        "-- A snapshot for advisor: psql -XAtq -f THIS DATABASE > raw.snapshot. Statements are read-only and bounded.",
        "-- raw.snapshot holds sampled values as they are: mask it before it leaves the machine.",
        r"\set ON_ERROR_STOP off",
        r"\set ON_ERROR_ROLLBACK on",
        r"\set VERBOSITY terse",
        r"\pset format unaligned",
        r"\pset tuples_only on",
        r"\pset pager off",
        r"\pset null ''",
        r"\timing off",
    ]
    for name, forms in sections().items():
        if name == CONDITIONS:
            lines += _commands(BEGIN)
            lines += [forms[0].sql, r"\gset"]
        elif name == ENDS:
            lines += [forms[0].sql, r"\gexec"]  # the first of them ends the transaction
        else:
            lines += _commands(BEGIN) if name == ORDER else []
            lines += _attempts(name, forms)
    lines += ["COMMIT;", f"{RESET};", """SELECT '{"record": "section", "name": "end", "rows": 0}';"""]
    return "\n".join(lines) + "\n"


def _attempts(name: str, forms: tuple[Form, ...]) -> list[str]:
    """One form after the other until one is read; a word about it when none is."""
    lines = [r"\set read false"]
    for form in (*forms, forms[-1]):
        attempt = [
            f"{ended(name, form.sql)};",
            r"\if :ERROR",
            "ROLLBACK;",
            *_commands(BEGIN),
            r"\else",
            r"\set read true",
        ]
        attempt.append(r"\endif")
        if form.condition is not None:
            attempt = [rf"\if :{form.condition}", *attempt, r"\endif"]
        lines += [r"\if :read", r"\else", *attempt, r"\endif"]
    said = f"SELECT json_build_object('record', 'missing', 'text', '{name}: ' || :'LAST_ERROR_MESSAGE')::text;"
    return [*lines, r"\if :read", r"\else", said, r"\endif"]


def _commands(statements: tuple[str, ...]) -> list[str]:
    return [f"{statement};" for statement in statements]


@cache
def _pieces() -> dict[str, str]:
    """What stands for {name}."""
    found = {name: text.strip() for file in _PIECES for name, text in _PIECE.findall(_text(file))}
    for name, statements in (("ends_begin", _BEGIN_PROBING), ("heights_begin", _BEGIN_ASKING)):
        found[name] = ", ".join(f"({n}, {_literal(text)})" for n, text in enumerate(statements, 1))
    asked = found["asked_heights"].replace("{schemas}", found["schemas"]).replace("{locked}", found["locked"])
    found["heights"] = _literal(asked[asked.index("DO ") :])
    return found


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _filled(text: str) -> str:
    previous = None
    while previous != text:
        previous, text = text, _NAME.sub(lambda found: _pieces().get(found[1], found[0]), text)
    return text


def _text(file: str) -> str:
    return (resources.files("advisor.catalog.snapshot") / file).read_text("utf-8")
