"""Long migrations are judged in time."""

from __future__ import annotations

from time import process_time

import pytest

from advisor.catalog.ddl.file import read_ddl
from advisor.migrations.foresee import Foresight, statistics_of
from advisor.model.migration import Change, Outcome


@pytest.mark.long
def test_many_earlier_changes_of_the_table_are_looked_at_once() -> None:
    known = statistics_of(read_ddl("CREATE TABLE t (id int, a int);", "schema.sql", "postgresql"), None, {"t": 9})
    assert known is not None
    before = [
        Outcome(evidence="text", changes=(Change(action="set_default", table="t", column="a", expression=f"{n}"),))
        for n in range(12_000)
    ]
    last = Outcome(evidence="text", changes=(Change(action="set_not_null", table="t", column="id"),))
    began = process_time()
    assert Foresight(known).foresee(last, before) is not None
    assert process_time() - began < 1.0
