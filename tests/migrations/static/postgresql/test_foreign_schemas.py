"""What a platform makes beside the migrations is not said to be missing."""

from __future__ import annotations

import pytest

from advisor.migrations.reading import script_of
from advisor.migrations.static.postgresql import foretell
from advisor.model.engine import Engine
from advisor.model.migration import Outcome

BASE = "CREATE SCHEMA shop; CREATE TABLE shop.items (id int PRIMARY KEY); CREATE TABLE people (id int PRIMARY KEY);"


def last(text: str, base: str = BASE) -> Outcome:
    scripts = [script_of(one, f"{n}.sql", engine="postgresql") for n, one in enumerate((base, text))]
    return foretell(scripts[1:], None, Engine("postgresql", "15"), base=scripts[:1]).outcomes[-1]


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE t (id int REFERENCES auth.users)",
        "CREATE INDEX i ON storage.objects (name)",
        "DROP INDEX auth.users_email",
        "SET search_path = auth, public; ALTER TABLE users ADD COLUMN n int",
    ],
)
def test_a_schema_that_no_migration_makes_is_not_known(text: str) -> None:
    assert last(text).failure is None


@pytest.mark.parametrize(
    "text",
    [
        "CREATE INDEX i ON shop.orders (id)",
        "ALTER TABLE public.orders ADD COLUMN n int",
        "CREATE SCHEMA AUTHORIZATION bob; ALTER TABLE bob.t ADD n int",
        "ALTER SCHEMA shop RENAME TO store; DROP TABLE store.orders",
    ],
)
def test_what_is_missing_in_one_that_they_make_fails(text: str) -> None:
    assert last(text).failure is not None


def test_a_base_that_ran_and_misses_something_is_not_all() -> None:
    assert last("ALTER TABLE orders ADD n int", BASE + "ALTER TABLE made_elsewhere ADD n int;").failure is None
    assert last("ALTER TABLE orders ADD n int").failure is not None
