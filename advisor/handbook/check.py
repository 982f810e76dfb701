"""Checks a page against the vocabulary of facts before it meets any input: its query can be prepared, its templates ask
for columns that the query gives, and its remedy has what it needs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from importlib.resources import files

from advisor.handbook import pattern as patterns
from advisor.handbook import sandbox, template
from advisor.handbook.page import Page, PageError
from advisor.handbook.steps import PLAN_COLUMNS

SHAPE_COLUMNS = {
    "fingerprint": "query",
    "other_fingerprint": "query",
    "parent_fingerprint": "parent",
    "child_fingerprint": "child",
}
"""Columns of Detect that name a shape, with its role in the finding."""
CONTROL_COLUMNS = frozenset(
    {
        *("severity", "confidence", "certainty", "settle", "subject", "remedy_kind", "statement_id"),
        *("index_columns", "sample_sql", "batched_sql", "advice", "impact_seconds_per_hour", "impact_share"),
        *("sized", "meanwhile", "instead", "saying", "role", "held", "working", "cause"),
    }
)
"""Columns that steer the finding and are no evidence."""


def is_table(column: str) -> bool:
    """Does a column of Detect name a table, by convention?"""
    return column == "table_name" or column.endswith("_table")


def is_column(column: str) -> bool:
    """Does a column of Detect name a column, by convention?"""
    return column == "column_name" or (column.endswith("_column") and column != "leading_column")


def is_evidence(column: str) -> bool:
    """Shapes have a place of their own in a finding; row numbers of the facts mean nothing to a reader."""
    return (
        column not in CONTROL_COLUMNS
        and column not in SHAPE_COLUMNS
        and column not in PLAN_COLUMNS
        and not column.endswith("_id")
    )


def scratch() -> sqlite3.Connection:
    """An empty set of facts: enough to prepare queries. Views stand in it as tables of their columns: SQLite would work
    through all that a view is made of for each page that names it."""
    connection = sqlite3.connect(":memory:")
    connection.create_function("canonical_sql", 2, lambda sql, _table: sql, deterministic=True)
    connection.create_function("predicate_implied", 3, lambda *_: None, deterministic=True)
    source = files("advisor.facts")
    connection.executescript(source.joinpath("schema.sql").read_text("utf-8"))
    connection.executescript(source.joinpath("views.sql").read_text("utf-8"))
    views = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'view'")]
    columns = {view: [row[1] for row in connection.execute(f'PRAGMA table_info("{view}")')] for view in views}
    for view in views:
        connection.execute(f'DROP VIEW "{view}"')
    for view, names in columns.items():
        quoted = ", ".join(f'"{name}"' for name in names)
        connection.execute(f'CREATE TABLE "{view}" ({quoted})')
    return connection


def match_table(variables: Iterable[str]) -> str:
    """DDL of the relation `match`: per variable its SQL, its name and qualifier if a column or table, and its scope."""
    columns = ["fingerprint TEXT NOT NULL", "scope_id INTEGER", "sql TEXT NOT NULL"]
    for name in variables:
        columns += [f'"{name}" TEXT', f'"{name}_name" TEXT', f'"{name}_alias" TEXT', f'"{name}_scope" INTEGER']
    return f"CREATE TEMP TABLE match ({', '.join(columns)})"


def checked(page: Page, connection: sqlite3.Connection) -> Page:
    """The page with its columns filled in. Raises `PageError`."""
    if page.pattern is not None:
        try:
            variables = patterns.compiled(page.pattern.text, page.pattern.options.get("dialect", "postgres")).variables
        except patterns.PatternError as error:
            raise PageError(
                page.path, page.pattern.line, f"{error}.", "Write SQL with $NAME where anything may stand."
            ) from None
        connection.execute("DROP TABLE IF EXISTS temp.match")
        connection.execute(match_table(variables))
    try:
        columns = sandbox.columns(connection, page.detect.text)
    except sandbox.Refused as error:
        what = f"Detect cannot run: {error}."
        raise PageError(
            page.path, page.detect.line, what, "`advisor rules --facts` lists the relations and columns."
        ) from None
    finally:
        connection.execute("DROP TABLE IF EXISTS temp.match")
    have = set(columns)
    if len(have) != len(columns):
        twice = sorted({name for name in columns if columns.count(name) > 1})
        raise PageError(
            page.path, page.detect.line, f"Detect gives {', '.join(twice)} twice.", "Name each column once with AS."
        )
    if not any(name in SHAPE_COLUMNS or is_table(name) or name == "subject" for name in columns):
        what = "Detect names no subject."
        do = "Give at least one of fingerprint, parent_fingerprint and child_fingerprint, table_name, subject."
        raise PageError(page.path, page.detect.line, what, do)
    for name in page.subject:
        if name not in have:
            raise PageError(
                page.path, 1, f"`subject` names {name}, which Detect does not give.", f"It gives {_list(columns)}."
            )
    _template(page, page.fix, _line(page, page.fix), columns, "Fix")
    _template(page, page.title, 1, columns, "title")
    blocks = [("Settle", block) for block in page.settle.values()]
    blocks += [("remedy", block) for block in page.remedy_sql.values()]
    blocks += [("rollback", block) for block in page.rollback_sql.values()]
    for what, block in blocks:
        _template(page, block.text, block.line, columns, what)
    if page.certainty == "conditional" and not page.settle:
        raise PageError(
            page.path, 1, "a conditional page has no section `## Settle`.", "Add one with the query that settles it."
        )
    _remedy(page, have)
    return replace(page, columns=columns)


def _remedy(page: Page, have: set[str]) -> None:
    if page.remedy is None:
        if page.remedy_sql:
            line = next(iter(page.remedy_sql.values())).line
            raise PageError(
                page.path,
                line,
                "a remedy block without its kind.",
                "Add `remedy: rewrite` or such to the front matter.",
            )
        return
    if page.remedy in ("create_index", "drop_index") and not page.remedy_sql:
        wanted = {"create_index": ("table_name", "index_columns"), "drop_index": ("table_name", "index_name")}[
            page.remedy
        ]
        absent = [name for name in wanted if name not in have]
        if absent:
            what = f"`remedy: {page.remedy}` needs the columns {' and '.join(absent)}."
            raise PageError(
                page.path, page.detect.line, what, "Give them in Detect, or write the DDL in a `sql remedy` block."
            )
    if page.rollback_sql and not page.remedy_sql:
        line = next(iter(page.rollback_sql.values())).line
        raise PageError(page.path, line, "a rollback without a remedy.", "Add a `sql remedy` block before it.")


def _template(page: Page, text: str, line: int, columns: tuple[str, ...], what: str) -> None:
    for name, below in template.missing(text, columns):
        raise PageError(page.path, line + below, f"{what} asks for {{{name}}}.", f"Detect gives {_list(columns)}.")


def _line(page: Page, text: str) -> int:
    position = page.text.find(text.split("\n", 1)[0])
    return page.text.count("\n", 0, position) + 1 if position >= 0 else 1


def _list(columns: tuple[str, ...]) -> str:
    return ", ".join(columns)
