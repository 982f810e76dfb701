from __future__ import annotations

from tests.stream.insights.logged import line, material

STAMP = "# Time: 261101 10:00:{:02}\n# User@Host: app[app] @ web [10.0.0.1]\n# Thread_id: {}  Schema: shop  QC_hit: No\n# Query_time: {:.6f}  Lock_time: 0.000010  Rows_sent: 1  Rows_examined: 1\nSET timestamp={};\n{};"


def found(lines, **more):
    spans = material(lines, **more).spans
    return [(a, b, c) for a, b, c in zip(spans.first.tolist(), spans.last.tolist(), spans.closed.tolist(), strict=True)]


def session(*texts, **more):
    return [line(i, sql, **more) for i, sql in enumerate(texts, 1)]


def test_from_begin_to_commit():
    assert found(session("SELECT 1", "BEGIN", "SELECT 2", "COMMIT", "SELECT 3")) == [(1, 3, True)]


def test_an_end_that_is_not_seen_leaves_it_open():
    assert found(session("BEGIN", "SELECT 2")) == [(0, 1, False)]
    assert found(session("BEGIN", "SELECT 2", "BEGIN", "ROLLBACK")) == [(0, 1, False), (2, 3, True)]
    assert found(session("BEGIN", "SELECT 2", "DISCARD ALL", "SELECT 1")) == [(0, 1, False)]


def test_sessions_do_not_mix():
    lines = [*session("BEGIN", "SELECT 1", "COMMIT", session=1), *session("SELECT 2", "COMMIT", session=2)]
    assert found(lines) == [(0, 2, True)]


def test_a_rollback_outside_of_a_transaction_is_none():
    assert found(session("SELECT 1", "SELECT 2", "ROLLBACK", "SELECT 1", "ROLLBACK")) == []


def mariadb(*texts):
    return [STAMP.format(i, 7, 0.001, 1793527200 + i, sql) for i, sql in enumerate(texts, 1)]


def test_commits_without_begin_mean_that_autocommit_is_off_on_mariadb():
    lines = mariadb("SELECT a FROM t WHERE id = 1", "UPDATE t SET a = 1", "COMMIT", "SELECT a FROM t", "COMMIT")
    head = "/usr/sbin/mariadbd, Version: 10.11.6-MariaDB (Debian). started with:\nTcp port: 3306  Unix socket: /run/x.sock\nTime\t\t    Id Command\tArgument"
    assert found([head, *lines], engine="mariadb") == [(0, 2, True), (3, 4, True)]
    pooled = mariadb("SELECT a FROM t WHERE id = 1", "ROLLBACK", "UPDATE t SET a = 1", "ROLLBACK")
    assert found([head, *pooled], engine="mariadb") == []


def test_what_was_changed_before():
    whole = material(session("BEGIN", "SELECT id FROM t", "SELECT id FROM t FOR UPDATE", "SELECT id FROM t", "COMMIT"))
    assert whole.spans.changed.tolist() == [False, False, False, True, True]
    assert whole.spans.writes.tolist() == [True]
