"""SQL as Python source and as SQLAlchemy's text, names in comments, and the way back."""

from __future__ import annotations

import ast
import itertools
import random

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from advisor.alternatives.forms import Origin
from advisor.alternatives.forms.inverse import inverses
from advisor.alternatives.forms.operations import call, text_of
from advisor.alternatives.forms.source import argument, listed
from advisor.alternatives.forms.text import comment, statements
from advisor.alternatives.forms.units import Unit
from advisor.model.engine import Engine

WILD = [
    "a",
    "1",
    ":",
    "::",
    "\\",
    "'",
    '"',
    '"""',
    "%",
    "%%",
    "\n",
    "\r",
    "\t",
    "{",
    "}",
    "#",
    "\u202e",
    "\u2028",
    "\x00",
    "é",
]


def wild(count: int) -> list[str]:
    draw = random.Random(7)
    return ["".join(draw.choices(WILD, k=draw.randint(1, 14))) for _ in range(count)]


def test_source_says_what_the_text_says() -> None:
    for one, other in itertools.pairwise(wild(2000)):
        assert ast.literal_eval(f"({argument(one, 4)})") == one
        assert ast.literal_eval(listed([one, other], 4)) == [one, other]
        assert "\u202e" not in argument(one, 4)


def test_sqlalchemy_gives_back_what_it_was_given() -> None:
    for one in wild(2000):
        assert str(sa.text(text_of(one)).compile(dialect=postgresql.dialect(paramstyle="named"))) == one


def test_no_text_leaves_its_comment() -> None:
    for one in wild(500):
        assert len(comment(one).splitlines()) <= 1


ORIGIN = Origin(
    tool="alembic",
    file="a.py",
    name="a",
    line=1,
    sql="",
    engine=Engine("postgresql", "15"),
    versions={"alembic": (1, 20), "sqlalchemy": (2, 0)},
)


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        (
            'CREATE UNIQUE INDEX CONCURRENTLY "A" ON Sales.orders (n, "B")',
            'op.create_index(op.f("A"), "orders", ["n", "B"], unique=True, schema="sales", postgresql_concurrently=True)',
        ),
        ("ALTER TABLE t ALTER COLUMN c SET NOT NULL", 'op.alter_column("t", "c", nullable=False)'),
        # no operation says exactly this
        ("CREATE INDEX CONCURRENTLY i ON t (lower(a))", 'op.execute("CREATE INDEX CONCURRENTLY i ON t (lower(a))")'),
        ("CREATE INDEX CONCURRENTLY i ON t (a DESC)", 'op.execute("CREATE INDEX CONCURRENTLY i ON t (a DESC)")'),
        ("ALTER TABLE ONLY t DROP CONSTRAINT c", 'op.execute("ALTER TABLE ONLY t DROP CONSTRAINT c")'),
        (
            "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NO INHERIT NOT VALID",
            'op.execute("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NO INHERIT NOT VALID")',
        ),
        (
            "ALTER TABLE t ALTER c SET NOT NULL, DROP COLUMN d",
            'op.execute("ALTER TABLE t ALTER c SET NOT NULL, DROP COLUMN d")',
        ),
    ],
)
def test_operations_where_one_says_exactly_that(sql: str, wanted: str) -> None:
    found = call(sql, ORIGIN, 4)
    assert ast.dump(ast.parse(found)) == ast.dump(ast.parse(wanted))


def test_options_that_an_old_version_has_not() -> None:
    old = Origin(tool="alembic", file="a.py", name="a", line=1, sql="", engine=Engine("postgresql", "15"))
    sql = "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID"
    assert call(sql, ORIGIN, 4) == 'op.create_check_constraint(op.f("c"), "t", "a > 0", postgresql_not_valid=True)'
    assert call(sql, old, 4) == f'op.execute("{sql}")'


@pytest.mark.parametrize(
    ("sql", "back"),
    [
        (["CREATE INDEX CONCURRENTLY i ON s.t (a)"], [("DROP INDEX CONCURRENTLY IF EXISTS s.i",)]),
        (["CREATE INDEX CONCURRENTLY ON t (a)"], [None]),
        (["CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)"], [None]),
        (["ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID", "ALTER TABLE t VALIDATE CONSTRAINT c"],
         [("ALTER TABLE t DROP CONSTRAINT IF EXISTS c",), ()]),
        (["UPDATE t SET a = 1"], [None]),
        (["ALTER TABLE t ADD COLUMN a int", "UPDATE t SET a = 1 WHERE a IS NULL"], [("ALTER TABLE t DROP COLUMN IF EXISTS a",), ()]),
        (["ALTER TABLE t ADD COLUMN a int", "UPDATE t SET a = 1, b = 2"], [("ALTER TABLE t DROP COLUMN IF EXISTS a",), None]),
        (["DELETE FROM t"], [None]),
        (["DROP TABLE t"], [None]),
        (["ALTER TABLE t DROP COLUMN a"], [None]),
        (["ALTER TABLE t ALTER COLUMN a TYPE bigint"], [None]),
    ],
)  # fmt: skip
def test_the_way_back(sql: list[str], back: list[tuple[str, ...] | None]) -> None:
    assert inverses([Unit((one,), "either") for one in sql]) == back


def test_batches_whose_table_has_a_column_called_found() -> None:
    (text,) = statements(Unit(("UPDATE t SET found = $batches$x$batches$",), "alone", batches=True))
    assert text.startswith("DO $batches1$\n#variable_conflict use_column\n")
    assert text.endswith("$batches1$")
