"""Evidence as people read it."""

from __future__ import annotations

from advisor.model.finding import Finding, Impact, Role
from advisor.reports.evidence import readable


def finding(**more):
    plain = {
        "id": "1",
        "rule": "NP1001",
        "severity": "low",
        "confidence": "likely",
        "certainty": "certain",
        "title": "t",
        "fingerprints": (Role("a"),),
        "engine": "postgresql",
        "impact": Impact(None, None),
        "advice": "",
    }
    return Finding(**plain | more)


def test_times_shares_and_large_numbers_have_no_exponents():
    shown = dict(readable({"idle_ms": 63_700.0, "idle_percent": 96, "mean_ms": 0.0107, "lists": 5_260, "rows": 1234.5}))
    assert shown == {"idle": "96 %", "mean": "10.7 us", "lists": "5,260", "rows": "1,234.5"}
    assert readable({"idle_ms": 63_700.0}) == [("idle", "63.7 s")]


def test_what_the_advice_quotes_and_the_head_names_is_not_said_again():
    holder = "Most of it was for the lock that `update t` had taken."
    evidence = {"holder": holder, "mode": "Share", "parent_table": "orders", "parent_column": "id", "child_table": "x"}
    one = finding(advice=f"Waited. {holder} Keep it short.", columns=("orders.id",))
    assert readable(evidence, one) == [("mode", "Share"), ("child table", "x")]
    assert len(readable(evidence)) == 5


def test_counters_tell_a_mean_and_no_spread():
    evidence = {"n_median": 5.24, "n_p95": 5.24, "n_max": 5, "unit_of_work": "counters"}
    assert readable(evidence) == [("n mean", "5.24"), ("unit of work", "counters")]
    assert ("n max", "5") in readable({**evidence, "unit_of_work": "trace"})
