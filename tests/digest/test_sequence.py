"""The order of events within sessions: which are kept, and what commit streams make of them."""

from __future__ import annotations

import numpy as np

from advisor.digest import Digest
from advisor.digest.sequence import thinned
from advisor.fingerprint import identify
from advisor.model.batch import Context
from advisor.model.limits import Limits
from advisor.model.observed import CommitStream
from advisor.sources.capture import Observed
from tests.digest.events import Event, batch

WRITE = "INSERT INTO log (a) VALUES (1)"
OTHER_WRITE = "UPDATE t SET a = 1 WHERE b = 2"


def streams(
    *statements: str, transactions: tuple[int, ...] = (), sessions: int = 1, limits: Limits | None = None
) -> list[CommitStream]:
    digest = Digest(limits=limits or Limits())
    rows = [
        Event(
            sql=sql,
            session=session + 1,
            offset=1000 * session + i,
            time_us=i * 1_000_000,
            duration_us=500_000,
            transaction=transactions[i] if transactions else 0,
        )
        for session in range(sessions)
        for i, sql in enumerate(statements)
    ]
    digest.add(batch(rows))
    return digest.observations().commit_streams


def test_writes_without_a_transaction_commit_alone() -> None:
    (stream,) = streams(WRITE, "SELECT 1", WRITE, OTHER_WRITE)
    assert (stream.writes, stream.commits, stream.single_write_commits, stream.sessions) == (3, 3, 3, 1)
    assert stream.fingerprint == identify(WRITE, "postgresql").fingerprint
    assert (stream.database, stream.user, stream.application) == ("shop", "app", "web")
    assert stream.seconds == 3.5
    assert not stream.estimated


def test_a_transaction_is_one_commit() -> None:
    (stream,) = streams("BEGIN", WRITE, "SELECT 1", WRITE, "COMMIT", "BEGIN", OTHER_WRITE, "COMMIT", "BEGIN", "COMMIT")
    assert (stream.writes, stream.commits, stream.single_write_commits) == (3, 2, 1)
    assert stream.fingerprint == identify(OTHER_WRITE, "postgresql").fingerprint


def test_a_rollback_is_no_commit() -> None:
    (stream,) = streams("BEGIN", WRITE, "ROLLBACK", WRITE)
    assert (stream.writes, stream.commits, stream.single_write_commits) == (2, 1, 1)


def test_commits_without_begin_end_what_came_before_them() -> None:
    (stream,) = streams(WRITE, WRITE, "COMMIT", WRITE, "COMMIT")
    assert (stream.writes, stream.commits, stream.single_write_commits) == (3, 2, 1)


def test_transaction_ids_group_writes() -> None:
    (stream,) = streams(WRITE, WRITE, WRITE, WRITE, transactions=(7, 7, 8, 0))
    assert (stream.writes, stream.commits, stream.single_write_commits) == (4, 3, 2)


def test_a_transaction_that_the_log_cuts_counts_as_it_stands() -> None:
    (stream,) = streams("BEGIN", WRITE, WRITE)
    assert (stream.writes, stream.commits, stream.single_write_commits) == (2, 1, 0)


def test_a_log_of_plans_alone_shows_no_commits() -> None:
    rows = [Event(sql=WRITE, offset=i, transaction=t) for i, t in enumerate([0, 0, 0, 9, 9])]
    for stream_name, commits in (("auto_explain", 1), ("", 4)):
        digest = Digest()
        digest.add(batch(rows))
        digest.capture.put("postgresql", "source", Observed(timed=5), stream_name)
        (stream,) = digest.observations().commit_streams
        assert (stream.writes, stream.commits) == (5, commits)


def test_the_order_of_batches_does_not_matter() -> None:
    rows = [Event(sql=s, offset=i) for i, s in enumerate(["BEGIN", WRITE, WRITE, "COMMIT", WRITE])]
    digest = Digest()
    for row in reversed(rows):
        digest.add(batch([row]))
    (stream,) = digest.observations().commit_streams
    assert (stream.commits, stream.single_write_commits) == (2, 1)


def test_whole_sessions_are_sampled_and_counts_scaled() -> None:
    (stream,) = streams(*[WRITE] * 10, sessions=200, limits=Limits(sequence_events=500))
    assert stream.estimated
    assert stream.writes == 2000
    assert stream.sessions == 200


def test_sampled_sessions_are_whole() -> None:
    digest = Digest(limits=Limits(sequence_events=500))
    for i in range(30):
        digest.add(batch([Event(session=s + 1, offset=100 * s + i, literals=i) for s in range(64)]))
    rows = digest.sequence_rows()
    kept = rows["session"].tolist()
    assert 0 < len(kept) <= 500
    assert {kept.count(s) for s in set(kept)} == {30}
    assert digest.totals().sequence_share == 2.0**-digest.sequence.level
    assert rows["offset"].tolist() == sorted(rows["offset"].tolist()) or len(set(kept)) > 1


def test_an_endless_session_keeps_its_beginning() -> None:
    digest = Digest(limits=Limits(sequence_events=100, sequence_session_events=40))
    for i in reversed(range(50)):
        digest.add(batch([Event(session=1, offset=10 * i + j) for j in range(10)]))
    assert digest.sequence_rows()["offset"].tolist() == list(range(40))


def test_a_row_holds_what_streams_need() -> None:
    digest = Digest()
    event = Event(
        sql="select * from t where a = 5",
        session=9,
        offset=77,
        transaction=3,
        tag="traceparent='00-abc-def-01',route='/x'",
        keys=(1, 2, 0, 0),
        in_count=4,
        rows_sent=6,
        context=Context("d"),
    )
    other = Event(
        sql="select 2 from u", session=9, offset=78, tag="traceparent='00-abc-fff-01',route='/y'", rows_affected=2
    )
    digest.add(batch([event, other, Event(session=0)]))
    rows = {name: column.tolist() for name, column in digest.sequence_rows().items()}
    assert rows["offset"] == [77, 78]
    assert [f"{s:016x}" for s in rows["shape"]] == [identify(e.sql, "postgresql").fingerprint for e in (event, other)]
    assert rows["trace"][0] == rows["trace"][1] != 0
    assert [digest.routes.names[r] for r in rows["route"]] == ["/x", "/y"]
    assert (rows["transaction"], rows["in_count"], rows["rows"]) == ([3, 0], [4, 0], [6, 2])
    assert (rows["key0"], rows["key1"]) == ([1, 0], [2, 0])


def test_a_thinned_sample_keeps_whole_sessions_and_is_never_empty():
    digest = Digest()
    digest.add(batch([Event(session=n % 50 + 1, offset=n) for n in range(5000)]))
    rows = digest.sequence_rows()
    few = thinned(rows, 0, 1000)
    sizes = np.unique(few["session"], return_counts=True)[1]
    assert 0 < len(few["session"]) <= 1000
    assert set(sizes.tolist()) == {100}
    assert thinned(rows, 0, 5000) is rows
    assert len(thinned({name: column[:100] for name, column in rows.items()}, 0, 1)["session"]) >= 1
