"""Every execution again: what is named as worse, whom it is blamed on, what could not be looked at."""

from __future__ import annotations

import dataclasses

import pytest

from advisor.model.planning import Query
from advisor.recommend.calibration import calibrate
from advisor.recommend.regressions import regressions
from advisor.recommend.regressions.replanning import rises
from tests.recommend.calibration.building import judged, statement
from tests.recommend.calibration.world import opened


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        (8.3, 8.31, False),
        (8.3, 9.2, False),
        (8.3, 9.4, True),
        (1e4, 1.01e4, False),
        (1e4, 1.03e4, True),
        (9.0, 3.0, False),
    ],
)
def test_what_counts_as_worse(before, after, worse):
    assert rises(before, after) is worse


class Told:
    """A planner with given costs: (sql, indexes added, indexes hidden) -> what it says."""

    def __init__(self, says):
        self.says = says

    def judge(self, queries, configuration):
        return [self.says(query, frozenset(configuration.add), frozenset(configuration.hide)) for query in queries]

    def explain(self, queries, configuration=None):
        class Failed:
            error = "syntax error"

        return [Failed() for _ in queries]


def test_the_index_that_did_it_is_named():
    def says(query, add, hide):
        return judged(100.0 if "b" in add else 10.0, frozenset([1] if "b" in add else []))

    found = regressions([statement(1)], Told(says), ["a", "b", "c"], names=["ia", "ib", "ic"])
    (one,) = found.worse
    assert (one.indexes, one.cost_before, one.cost_after, one.values) == (("ib",), 10.0, 100.0, "typical")
    assert one.ms_after is None


def test_a_dropped_index_that_is_needed_is_named():
    def says(query, add, hide):
        return judged(500.0 if "old" in hide else 8.0)

    (one,) = regressions([statement(1)], Told(says), ["a"], ["kept", "old"]).worse
    assert one.indexes == ("old",)
    assert "dropped" in one.why


def test_changes_that_only_together_make_it_worse():
    def says(query, add, hide):
        return judged(10.0 if not add and not hide else 80.0, frozenset(range(len(add))))

    (one,) = regressions([statement(1)], Told(says), ["a", "b"]).worse
    assert one.indexes == ("a", "b")
    assert "together" in one.why


def test_every_execution_is_asked_and_only_the_typical_one_has_a_time():
    costs = {"typical": 50.0, "slow": 400.0, "third": 30.0}

    def says(query, add, hide):
        return judged(costs[query.sql] * (3 if add else 1), frozenset([0] if add else []))

    shape = statement(1, ms=5.0, queries=tuple(Query(sql) for sql in costs))
    calibration = calibrate([shape], [judged(50.0)])
    found = regressions([shape], Told(says), ["a"], calibration=calibration)
    assert (found.statements, found.plans) == (1, 3)
    assert {one.values: one.ms_before for one in found.worse} == {"typical": 5.0, "slowest": None, "other": None}
    typical = next(one for one in found.worse if one.values == "typical")
    assert typical.ms_after is not None
    assert typical.ms_after > 5.0
    assert found.worse[0].values == "slowest"  # by what it costs more


def test_a_prepared_statement_is_asked_without_values_too():
    asked = []

    def says(query, add, hide):
        asked.append(query)
        return judged(70.0 if query.generic and add else 7.0, frozenset([0] if add else []))

    shape = statement(1, sql="SELECT * FROM t WHERE a = ? AND b IN (?) LIMIT ?", prepared=True)
    (one,) = regressions([shape], Told(says), ["a"]).worse
    assert one.values == "generic"
    assert Query("SELECT * FROM t WHERE a = $1 AND b IN ($2) LIMIT $3", generic=True) in asked


def test_another_plan_for_the_same_cost_is_told():
    def says(query, add, hide):
        return judged(100.0, frozenset([0] if add else []))

    found = regressions([statement(1)], Told(says), ["a"])
    assert found.worse == ()
    assert [(one.fingerprint, one.indexes) for one in found.changed] == [(statement(1).fingerprint, ("a",))]


def test_a_better_plan_is_neither():
    def says(query, add, hide):
        return judged(10.0 if add else 100.0, frozenset([0] if add else []))

    found = regressions([statement(1)], Told(says), ["a"])
    assert (found.worse, found.changed, found.unplanned) == ((), (), ())


def test_what_could_not_be_looked_at_is_named():
    def says(query, add, hide):
        if query.sql == "broken" or (query.sql == "later" and add):
            return None
        return judged(1.0)

    shapes = [
        statement(1, queries=()),
        statement(2, queries=(Query("broken"),)),
        statement(3, queries=(Query("later"),)),
        statement(4, queries=(Query("broken"), Query("fine"))),
    ]
    found = regressions(shapes, Told(says), ["a"])
    assert found.statements == 1
    assert [one.fingerprint for one in found.unplanned] == [one.fingerprint for one in shapes[:3]]
    assert [one.why for one in found.unplanned] == [
        "no execution with its values is known",
        "syntax error",
        "it is planned now, and could not be planned under the set",
    ]


@pytest.mark.server
def test_a_real_planner():
    with opened() as (_, planner):
        shapes = [
            statement(1, queries=(Query("SELECT * FROM purchase WHERE made = '2024-03-01'"),)),
            statement(2, kind="update", queries=(Query("UPDATE purchase SET status = 'x' WHERE made = '2024-03-02'"),)),
            statement(3, kind="delete", queries=(Query("DELETE FROM account WHERE email = 'u3@x.example'"),)),
            statement(4, kind="insert", queries=(Query("INSERT INTO account VALUES (0, 'a', 1, 'n')"),)),
            statement(
                5,
                sql="SELECT * FROM account WHERE city = ?",
                prepared=True,
                queries=(Query("SELECT * FROM account WHERE city = 3"),),
            ),
            statement(6, sql="SELECT gone FROM account", queries=(Query("SELECT gone FROM account"),)),
        ]
        found = regressions(shapes, planner, ["ON account (email)"], ["purchase_made", "account_city"])
        worse = {(one.fingerprint, one.values): one for one in found.worse}
        assert set(worse) == {
            (shapes[0].fingerprint, "typical"),
            (shapes[1].fingerprint, "typical"),
            (shapes[4].fingerprint, "typical"),
            (shapes[4].fingerprint, "generic"),
        }
        assert worse[shapes[1].fingerprint, "typical"].indexes == ("purchase_made",)
        assert worse[shapes[4].fingerprint, "generic"].indexes == ("account_city",)
        (failed,) = found.unplanned
        assert failed.fingerprint == shapes[5].fingerprint
        assert "gone" in failed.why
        assert (found.statements, found.plans) == (5, 6)

        harmless = regressions(shapes, planner, ["ON account (email)", "ON purchase (account_id)"])
        assert harmless.worse == ()
        weighed = [dataclasses.replace(shapes[0], weight=0.001), *shapes[1:]]
        again = regressions(weighed, planner, [], ["purchase_made"])
        assert [one.fingerprint for one in again.worse] == [shapes[1].fingerprint, shapes[0].fingerprint]
