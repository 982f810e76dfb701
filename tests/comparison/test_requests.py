"""Calls per request and per transaction."""

from __future__ import annotations

import numpy as np
import pytest

from advisor.comparison import compare
from advisor.digest.digest import Digest
from tests.comparison.windows import DAY, START
from tests.digest.events import Event, batch

SQL = "select name from customers where id = 7"
OTHER = "select total from orders where id = 7"


def window(seed: int, often: float, *, day: int = 0, requests: int = 400, unit: str = "request", hours: float = 0.0):
    """Requests of an hour: one order, and customers (Poisson, at least one) in every other request."""
    generator = np.random.default_rng(seed)
    events = []
    for number, at in enumerate(np.sort(generator.uniform(0, 3600, requests)).tolist()):
        texts = [OTHER, OTHER]
        if number % 2:
            texts += [SQL] * (1 + int(generator.poisson(often - 1)))
        tag = f"traceparent='00-{seed:016x}{number + 1:016x}-00f067aa0ba902b7-01'" if unit == "request" else None
        for i, sql in enumerate(texts):
            at_us = int((START + hours * 3600 + day * DAY + at) * 1e6) + i * 5000
            events.append(
                Event(
                    sql,
                    int(4000 * np.exp(0.3 * generator.normal())),
                    at_us,
                    session=1 + number % 20,
                    offset=len(events) * 100,
                    tag=tag,
                    transaction=number + 1 if unit == "transaction" else 0,
                )
            )
    out = Digest()
    out.add(batch(events))
    return out


@pytest.mark.parametrize("unit", ["request", "transaction"])
def test_more_calls_in_each_unit_are_a_jump_though_no_loop_was_seen(unit):
    result = compare(window(1, 1.2, unit=unit), window(2, 4.0, day=1, unit=unit))
    (found,) = result.n_jumps
    assert found.kind == f"per_{unit}"
    assert found.n_before == pytest.approx(1.2, rel=0.1)
    assert found.n_after == pytest.approx(4.0, rel=0.1)
    assert found.instances == 200
    assert found.repeats == pytest.approx(200 * 2.8, rel=0.15)
    (finding,) = result.findings  # and not: called more often
    assert (finding.rule, finding.confidence) == ("CMP003", "likely")
    assert unit in finding.title


def test_more_traffic_is_no_jump():
    result = compare(window(1, 1.2), window(2, 1.2, day=1, requests=1600))
    assert result.n_jumps == ()
    assert "CMP003" not in {one.rule for one in result.findings}


def test_a_list_that_was_always_long_is_no_jump():
    assert compare(window(1, 4.0), window(2, 4.4, day=1)).n_jumps == ()


def test_few_requests_prove_nothing():
    assert compare(window(1, 1.0, requests=10), window(2, 3.0, day=1, requests=10)).n_jumps == ()


def test_without_requests_nothing_is_said_of_them():
    result = compare(window(1, 1.2, unit="none"), window(2, 4.0, day=1, unit="none"))
    assert result.n_jumps == ()
    assert [one.rule for one in result.findings] == ["CMP005"]


def test_other_hours_make_a_jump_doubtful():
    result = compare(window(1, 1.2), window(2, 4.0, hours=8))
    assert [one.tier for one in result.n_jumps] == ["possible"]
    assert "CMP003" not in {one.rule for one in result.findings}


def test_calls_per_request_are_told_of_each_shape():
    result = compare(window(1, 1.2), window(2, 1.2, day=1))
    customers = next(shape for shape in result.shapes if "customers" in shape.sql)
    assert customers.per_request_before == pytest.approx(0.6, rel=0.1)
