"""Random workloads, small enough to collide in every way that matters: equal times, durations, literals, sessions."""

from __future__ import annotations

from hypothesis import strategies as st

from advisor.model.batch import NO_TIME, Context
from advisor.model.incident import Incident
from tests.digest.events import Event

STATEMENTS = [
    "SELECT * FROM orders WHERE id = {}",
    "SELECT name FROM customer WHERE email = '{}' AND city = 'x'",
    "UPDATE stock SET n = n - 1 WHERE item = {}",
    "INSERT INTO audit (a, b) VALUES ({}, 'y')",
    "BEGIN",
    "COMMIT",
    "DELETE FROM cart WHERE id IN ({}, 2, 3)",
]
HOUR = 3_600_000_000
START = 1_700_000_000_000_000

contexts = st.sampled_from(
    [
        Context("shop", "app", "web", "10.0.0.1"),
        Context("shop", "app", "worker", None),
        Context("shop", "report", None, "10.0.0.2"),
        Context(),
    ]
)
tags = st.sampled_from(
    [
        None,
        None,
        "controller='cart',action='show'",
        "route='/a',traceparent='00-ab-cd-01'",
        "route='/b',traceparent='00-ab-ef-01'",
        "route='/c%1B[31m',request_id='7'",
        "job='nightly',jid='x',team='y'",
        "team:x",
    ]
)
unknown_or = st.one_of(st.just(-1), st.integers(0, 1000))


@st.composite
def events(draw: st.DrawFn) -> Event:
    value = draw(st.integers(0, 5))
    return Event(
        sql=draw(st.sampled_from(STATEMENTS)).format(value),
        duration_us=draw(st.one_of(st.just(-1), st.integers(0, 4), st.integers(0, 10**7))),
        time_us=draw(
            st.one_of(
                st.just(NO_TIME), st.integers(0, 3).map(lambda h: START + h * HOUR), st.integers(START, START + HOUR)
            )
        ),
        session=draw(st.integers(0, 4)),
        transaction=draw(st.integers(0, 2)),
        offset=draw(st.integers(0, 10**6)),
        context=draw(contexts),
        tag=draw(tags),
        parameters=f"$1 = '{value}'" if value % 2 else None,  # part of what `literals` is a hash of
        literals=value,
        keys=(value, 0, 0, 0),
        in_count=draw(st.integers(0, 3)),
        rows_sent=draw(unknown_or),
        rows_examined=draw(unknown_or),
        rows_affected=draw(unknown_or),
        lock_us=draw(unknown_or),
        temp_bytes=draw(unknown_or),
        query_id=draw(st.integers(-2, 2)),
    )


@st.composite
def incidents(draw: st.DrawFn) -> Incident:
    kind = draw(
        st.sampled_from(
            [
                "lock_wait",
                "temp_file",
                "cancelled",
                "error",
                "deadlock",
                "plan",
                "checkpoint",
                "connection",
                "disconnection",
                "setting",
            ]
        )
    )
    messages = {
        "lock_wait": [
            "ShareLock on transaction 12",
            "ShareLock on transaction 99",
            "AccessExclusiveLock on relation 7 of database 5",
        ],
        "error": ['relation "x" does not exist', 'invalid input syntax for type integer: "abc"'],
        "setting": ["work_mem", "log_min_duration_statement"],
    }
    return Incident(
        kind=kind,  # type: ignore[arg-type]
        time_us=draw(st.integers(START, START + 100)),
        line=draw(st.integers(1, 100)),
        offset=draw(st.integers(0, 1000)),
        sql=draw(st.sampled_from([None, "SELECT * FROM orders WHERE id = 3", "SELECT broken FROM t"])),
        message=draw(st.sampled_from(messages.get(kind, ["m 1", "m 2", "n"]))),
        detail=draw(st.sampled_from(["", "statement_timeout", "Process 1: SELECT 1\nProcess 2: SELECT 2"])),
        database=draw(st.sampled_from([None, "shop"])),
        user=draw(st.sampled_from([None, "app"])),
        duration_us=draw(st.integers(-1, 10**6)),
        bytes=draw(st.integers(-1, 10**6)),
        code=draw(st.sampled_from([None, "42P01", "text"])),
        session=draw(st.integers(0, 4)),
        processes=draw(st.sampled_from([(), ((1, 1), (2, 2)), ((1, 3), (2, 0), (3, 4))])),
        began_us=draw(st.sampled_from([None, START, START + 50])),
    )
