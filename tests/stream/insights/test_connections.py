"""What sessions do before they end, and the size of a pool."""

from __future__ import annotations

import math

import numpy as np
import pytest

from advisor.model.batch import Context
from advisor.model.incident import Incident
from advisor.stream.insights.connections import connection_uses
from tests.digest.events import Event
from tests.stream.insights.made import HOUR, SECOND, made


def test_sessions_of_two_statements() -> None:
    events, incidents = [], []
    for number in range(100):
        at = HOUR + number * SECOND // 2
        events += [
            Event("SET search_path = 'shop'", 10, at, number + 1),
            Event("SELECT * FROM product WHERE id = 5", 4000, at + 1000, number + 1),
            Event("SELECT * FROM price WHERE id = 5", 4000, at + 9000, number + 1),
        ]
        incidents += [
            Incident("connection", at, 1, 10**6 + number, number + 1, database="shop", user="app"),
            Incident(
                "disconnection", at, 1, 2 * 10**6 + number, number + 1, database="shop", user="app", duration_us=20_000
            ),
        ]
    (use,) = connection_uses(made(events, incidents=incidents))
    assert (use.database, use.user, use.sessions, use.connections) == ("shop", "app", 100, 100)
    assert (use.statements_median, use.life_told, use.pool_size) == (2.0, True, 2)
    assert use.life_seconds_median == pytest.approx(0.02, rel=0.02)
    assert use.per_second == pytest.approx(2, rel=0.05)
    assert use.open_mean == pytest.approx(0.04, rel=0.1)
    assert use.busy_share == pytest.approx(8.01 / 13, rel=0.01)


def test_without_disconnections_the_life_is_what_is_seen() -> None:
    (use,) = connection_uses(made([Event("SELECT 1", 1000, HOUR + n * SECOND, 1) for n in range(11)]))
    assert (use.life_told, use.connections) == (False, None)
    assert use.life_seconds_median == pytest.approx(10.001)


def test_users_are_told_apart() -> None:
    one, other = Context("shop", "web", None, None), Context("shop", "batch", None, None)
    events = [Event("SELECT 1", 1000, HOUR + n, n + 1, context=one) for n in range(5)]
    uses = connection_uses(made([*events, Event("SELECT 1", 1000, HOUR + 9, 77, context=other)]))
    assert [(use.user, use.sessions) for use in uses] == [("web", 5), ("batch", 1)]


def test_the_pool_holds_what_transactions_hold_also_while_they_are_idle() -> None:
    """20 transactions a second, each 500 ms from BEGIN to COMMIT though it runs 2 ms: 10 at a time."""
    random = np.random.default_rng(4)
    events = []
    for number, at in enumerate(np.sort(random.uniform(0, 120, 2400))):
        start = HOUR + int(at * SECOND)
        session = number % 40 + 1
        events += [
            Event("BEGIN", 100, start, session, offset=session * 10**6 + 3 * number + 1),
            Event("SELECT * FROM t", 2000, start + 1000, session, offset=session * 10**6 + 3 * number + 2),
            Event("COMMIT", 100, start + 499_900, session, offset=session * 10**6 + 3 * number + 3),
        ]
    (use,) = connection_uses(made(events))
    assert use.busy_mean == pytest.approx(10, rel=0.1)
    assert math.ceil(10 + 3 * math.sqrt(10)) - 2 <= use.pool_size <= math.ceil(11.5 + 3 * math.sqrt(11.5))
