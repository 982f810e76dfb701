"""Which of the advice hangs on a constant: arithmetic over a planner that is a table of costs."""

from __future__ import annotations

import pytest

from advisor.model.planning import Judged, Query
from advisor.recommend.calibration.cached import PageCosts
from advisor.recommend.calibration.fragile import fragile
from advisor.recommend.calibration.setting import told
from advisor.recommend.calibration.trap import Trap
from tests.recommend.calibration.building import statement

TRAP = Trap(4.0, 1.0, ("said",), (("random_page_cost", "1"),))


class Table:
    """Plans by query: (needs this index or None, scanned pages, random pages). The cheapest is taken, as a planner
    does."""

    def __init__(self, plans):
        self.plans = plans
        self.asked = 0

    def judge(self, queries, configuration=None):
        settings = dict(configuration.settings) if configuration else {}
        add = configuration.add if configuration else ()
        random = float(settings.get("random_page_cost", 4.0))
        self.asked += len(queries)
        found = []
        for query in queries:
            options = [
                (pages + random * seeks, needs)
                for needs, pages, seeks in self.plans[query.sql]
                if needs is None or needs in add
            ]
            cost, needs = min(options, key=lambda one: one[0])
            new = frozenset() if needs is None else frozenset([add.index(needs)])
            found.append(Judged(cost=cost, rows=None, new=new, existing=frozenset()))
        return found


def _seen(plans, chosen):
    statements = [statement(n, queries=(Query(sql),)) for n, sql in enumerate(plans)]
    return statements, fragile(statements, chosen, Table(plans), TRAP, PageCosts(1.0, 4.0))


def test_an_index_against_seeks_that_cost_nothing():
    """An existing index leads to 300 pages: 1,200 by the disk's price, 300 in memory. The new one spares the pages."""
    plans = {"q": [(None, 1000.0, 0.0), (None, 0.0, 300.0), ("covering", 290.0, 0.0)]}
    statements, seen = _seen(plans, ["covering"])
    assert seen.indexes == (0,)
    assert seen.benefit[0] == (pytest.approx(0.71), pytest.approx(10 / 300))
    assert seen.better_by_setting == (statements[0].fingerprint,)
    assert seen.saving == pytest.approx(0.7)  # the present plan, a scan of 1,000, against 300
    assert seen.saving_set == pytest.approx(0.71)
    report = told(TRAP, seen, ["covering"])
    assert report.fragile == ("covering",)
    assert "measure" in report.advice


def test_an_index_that_the_present_price_hides_is_fragile_too():
    plans = {"q": [(None, 1000.0, 0.0), ("new", 0.0, 260.0)]}
    _, seen = _seen(plans, ["new"])
    assert seen.indexes == (0,)
    assert seen.benefit[0] == (0.0, pytest.approx(0.74))


def test_an_index_that_pays_at_both_prices():
    plans = {"q": [(None, 1000.0, 0.0), ("new", 5.0, 10.0)], "r": [(None, 50.0, 1.0)]}
    _, seen = _seen(plans, ["new"])
    assert seen.indexes == ()
    assert seen.better_by_setting == ()
    assert seen.saving == pytest.approx(0.0)


def test_no_index_no_question():
    _, seen = _seen({"q": [(None, 10.0, 0.0)]}, [])
    assert (seen.indexes, seen.benefit, seen.better_by_setting) == ((), (), ())


def test_an_unused_index_is_neither():
    _, seen = _seen({"q": [(None, 10.0, 0.0)]}, ["idle"])
    assert (seen.indexes, seen.benefit) == ((), ((0.0, 0.0),))
