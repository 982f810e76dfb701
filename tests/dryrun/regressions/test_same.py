"""A database as odd as databases are: a migration that changes no plan leaves every cost as it was."""

from __future__ import annotations

import pytest

from advisor.catalog.snapshot import capture
from advisor.dryrun.regressions import postgresql, replan
from advisor.dryrun.regressions.asking import compare
from advisor.migrations.reading import script_of
from advisor.model.planning import Query
from advisor.recommend.workload import Statement
from tests import servers
from tests.planners.postgresql.test_shadow import QUERIES, load

pytestmark = [pytest.mark.server, pytest.mark.long]


@pytest.mark.parametrize("values", ["present", "masked"])
def test_every_cost_is_the_same(monkeypatch, values):
    pairs = []

    def compared(*given):
        found = compare(*given)
        pairs.extend(found.pairs)
        return found

    monkeypatch.setattr(postgresql, "compare", compared)
    with servers.postgresql({"autovacuum": "off"}, major=16) as server:
        snapshot = capture(load(server), values=values)
    workload = [
        Statement(fingerprint=f"{n}", engine="postgresql", kind="select", sql=sql, queries=(Query(sql),), weight=1.0)
        for n, sql in enumerate(QUERIES)
    ]
    # A check that is not valid yet proves nothing to the planner; but it is a second shadow that says so.
    text = "ALTER TABLE sales.customers ADD CONSTRAINT few CHECK (score < 1e9) NOT VALID; ALTER INDEX sales.customers_name RENAME TO n;"
    found = replan([script_of(text, "1.sql", engine="postgresql")], None, snapshot, workload)
    assert found.planned > 80
    assert not found.failing
    assert [(one.before.cost, one.after and one.after.cost) for one in pairs] == [
        (one.before.cost, one.before.cost) for one in pairs
    ]
