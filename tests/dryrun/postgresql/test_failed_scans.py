"""What a statement read before it failed is not put down to the next one."""

from __future__ import annotations

import pytest

from advisor.dryrun.postgresql.run import run
from advisor.migrations.reading import script_of

pytestmark = pytest.mark.server


def test_scan_of_a_statement_that_failed() -> None:
    base = script_of("CREATE TABLE a (id int, b int); INSERT INTO a VALUES (1, NULL);", "1.sql", engine="postgresql")
    text = "BEGIN; ALTER TABLE a ALTER b SET NOT NULL; ALTER TABLE a ADD c int; ALTER TABLE a ALTER id SET NOT NULL; COMMIT;"
    failed, added, checked = run([script_of(text, "2.sql", engine="postgresql")], snapshot=None, base=[base]).outcomes
    assert failed.failure is not None or failed.why_not is not None
    assert added.work == ()
    assert [one.kind for one in checked.work] == ["scan"]
