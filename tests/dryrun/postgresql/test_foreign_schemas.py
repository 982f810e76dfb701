"""What a platform makes beside the migrations is not said to be missing."""

from __future__ import annotations

import pytest

from advisor.dryrun.postgresql.run import run
from advisor.migrations.reading import script_of
from advisor.planners.defaults import snapshot_of_ddl

pytestmark = pytest.mark.server
TEXT = """
CREATE TABLE t (id int REFERENCES auth.users);
CREATE EXTENSION pgcrypto SCHEMA extensions;
CREATE TABLE shop.orders (id int REFERENCES shop.customers);
ALTER TABLE public.purchases ADD n int;
CREATE SCHEMA late;
DROP TABLE late.parts;
"""


def test_by_earlier_migrations() -> None:
    base = script_of("CREATE SCHEMA shop; CREATE TABLE shop.items (id int)", "1.sql", engine="postgresql")
    found = run([script_of(TEXT, "2.sql", engine="postgresql")], snapshot=None, base=[base]).outcomes
    assert [one.failure is not None for one in found] == [False, False, True, True, False, True]
    assert found[0].why_not is not None
    assert "no migration makes that schema" in found[0].why_not


def test_a_schema_file_is_all_that_there_is() -> None:
    snapshot = snapshot_of_ddl("CREATE TABLE u (id int);", "schema.sql")
    found = run([script_of(TEXT, "2.sql", engine="postgresql")], snapshot=snapshot).outcomes
    assert found[0].failure is not None


def test_a_view_that_could_not_be_made_anew_is_not_missing() -> None:
    base = script_of("CREATE TABLE u (id int); CREATE VIEW v AS SELECT id FROM u", "1.sql", engine="postgresql")
    text = "DROP VIEW v; CREATE VIEW v AS SELECT auth.uid() AS id FROM u; COMMENT ON VIEW v IS 'new'; DROP VIEW v"
    found = run([script_of(text, "2.sql", engine="postgresql")], snapshot=None, base=[base]).outcomes
    assert [one.failure for one in found] == [None] * 4
    text = "DROP VIEW v; COMMENT ON VIEW v IS 'none'"
    found = run([script_of(text, "2.sql", engine="postgresql")], snapshot=None, base=[base]).outcomes
    assert [one.failure is not None for one in found] == [False, True]
