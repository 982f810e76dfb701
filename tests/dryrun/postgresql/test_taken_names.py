"""A new table with the name of an old one is another table."""

from __future__ import annotations

import pytest

from advisor.dryrun.postgresql.run import run
from advisor.migrations.reading import script_of
from advisor.migrations.verdict import Unknown, verdict
from advisor.planners.defaults import snapshot_of_ddl

pytestmark = pytest.mark.server


def test_copy_into_a_table_of_the_old_name() -> None:
    text = (
        "BEGIN; ALTER TABLE t RENAME TO t_old; CREATE TABLE t (LIKE t_old); INSERT INTO t SELECT * FROM t_old; COMMIT;"
    )
    snapshot = snapshot_of_ddl("CREATE TABLE t (id int, n int);", "schema.sql")
    found = run([script_of(text, "2.sql", engine="postgresql")], snapshot=snapshot).outcomes
    assert [verdict(one, Unknown()) for one in found] == ["brief_lock", "brief_lock", "blocking"]
    assert ("scan", "t", True) in [(one.kind, one.relation, one.preexisting) for one in found[-1].work]
