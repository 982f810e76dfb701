"""What was not seen is not claimed: taking a fact away never adds a certain finding.

A fact is taken away together with the claim that vouches for it (`known`): an index that was not seen is an index of a table
whose indexes are not known. A claim may also go alone, and a value may become NULL, which means "not known".
"""

from __future__ import annotations

import random
import sqlite3

import pytest

from advisor.facts import Facts
from advisor.handbook import Page, judge, load
from advisor.handbook.examples import facts_of

PAGES = load().pages

_OF_PLAN = "(SELECT fingerprint FROM plan WHERE plan.plan_id = {}.plan_id)"
#: Per relation: the aspect that vouches for its rows, and the column that names the subject.
VOUCHED = {
    "index_def": ("indexes", "table_name"),
    "index_key": ("indexes", "table_name"),
    "unique_key": ("keys", "table_name"),
    "foreign_key": ("keys", "table_name"),
    "column_def": ("columns", "table_name"),
    "policy": ("policies", "table_name"),
    "predicate": ("text", "fingerprint"),
    "join_edge": ("text", "fingerprint"),
    "join_component": ("text", "fingerprint"),
    "table_ref": ("text", "fingerprint"),
    "scope": ("text", "fingerprint"),
    "projection": ("text", "fingerprint"),
    "order_key": ("text", "fingerprint"),
    "group_key": ("text", "fingerprint"),
    "column_use": ("text", "fingerprint"),
    "plan": ("plan", "fingerprint"),
    "plan_node": ("plan", _OF_PLAN.format("plan_node")),
    "plan_predicate": ("plan", _OF_PLAN.format("plan_predicate")),
    "plan_key": ("plan", _OF_PLAN.format("plan_key")),
}
#: Relations that report what happened: no claim vouches for them, their absence is never an argument.
REPORTED = ("lock_wait", "temp_file", "cancelled", "commit_stream", "connection_stream", "plan_trigger", "plan_setting")
#: Columns in which NULL means "not known".
UNKNOWABLE = {
    "predicate": ("null_rejecting", "leading_wildcard", "implicit_cast", "value_type", "list_length"),
    "join_component": ("single_row",),
    "column_def": ("nullable", "length", "collation", "charset"),
    "unique_key": ("not_null",),
    "shape": (
        "mean_us",
        "rows_sent",
        "rows_examined",
        "rows_affected",
        "lock_us",
        "temp_bytes",
        "share",
        "seconds_per_hour",
    ),
    "table_def": ("bytes",),
    "plan": ("total_ms", "planning_ms", "execution_ms", "jit_ms", "serialization_ms", "duration_ms", "seen_us"),
    "plan_node": (
        "blocks_self",
        "read_self",
        "io_ms_self",
        "self_ms",
        "share",
        "total_ms",
        "rows_total",
        "removed_filter",
        "removed_recheck",
        "width",
        "q_error",
        "heap_fetches",
        "lossy_blocks",
        "index_searches",
        "wal_bytes_self",
        "workers_launched",
        "disk_kb",
        "batches",
        "loops",
    ),
    "plan_predicate": ("op_class", "value_kind", "leading_wildcard", "column_name"),
}
MOST = 8  # deletions tried per example, drawn by a fixed seed: the rows of one relation are much alike


def _certain(page: Page, facts: Facts) -> set[str]:
    judged = judge([page], facts)
    assert [str(problem) for problem in judged.problems] == []
    return {j.finding.id for j in judged.judgements if j.finding.certainty == "certain"}


def _removals(connection: sqlite3.Connection) -> list[list[tuple[str, tuple[object, ...]]]]:
    """Ways to know less, each a list of statements."""
    ways: list[list[tuple[str, tuple[object, ...]]]] = []
    for relation, (aspect, named) in VOUCHED.items():
        for number, subject in connection.execute(f"SELECT {_row(relation)}, {named} FROM {relation}").fetchall():
            ways.append(
                [
                    _delete(relation, number),
                    ("DELETE FROM known WHERE aspect = ? AND subject IN (?, '*')", (aspect, subject)),
                ]
            )
    for subject, aspect in connection.execute("SELECT subject, aspect FROM known").fetchall():
        ways.append([("DELETE FROM known WHERE subject = ? AND aspect = ?", (subject, aspect))])
    for (deadlock,) in connection.execute("SELECT DISTINCT deadlock_id FROM deadlock").fetchall():
        ways.append([("DELETE FROM deadlock WHERE deadlock_id = ?", (deadlock,))])  # its parts are one report
    for relation in REPORTED:
        for (number,) in connection.execute(f"SELECT rowid FROM {relation}").fetchall():
            ways.append([_delete(relation, number)])
    for relation, columns in UNKNOWABLE.items():
        for column in columns:
            ways.append([(f"UPDATE {relation} SET {column} = NULL", ())])
    return ways


WITHOUT_ROWID = {"index_key": "index_id * 1000 + position", "foreign_key": "fk_id * 1000 + position"}
WITHOUT_ROWID |= {"column_def": "table_name || '/' || column_name", "unique_key": "key_id || '/' || column_name"}


def _row(relation: str) -> str:
    return WITHOUT_ROWID.get(relation, "rowid")


def _delete(relation: str, number: object) -> tuple[str, tuple[object, ...]]:
    return f"DELETE FROM {relation} WHERE {_row(relation)} = ?", (number,)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.id)
def test_knowing_less_never_adds_a_certain_finding(page: Page):
    for example in page.examples:
        if example.verdict == "refute":
            continue
        facts = facts_of(page, example)
        connection = facts.connection
        before = _certain(page, facts)
        ways = _removals(connection)
        chosen = random.Random(f"2{page.id}{example.verdict}{example.number}").sample(ways, min(MOST, len(ways)))
        connection.isolation_level = None
        for way in chosen:
            connection.execute("BEGIN")
            for sql, parameters in way:
                connection.execute(sql, parameters)
            after = _certain(page, facts)
            connection.execute("ROLLBACK")
            assert after <= before, f"{page.path}:{example.line} ({example.verdict}): {way}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.id)
def test_without_a_schema_nothing_of_the_schema_is_certain(page: Page):
    """The same statements, no catalog: certain findings are only those that the text or the log alone support."""
    for example in page.examples:
        if not example.blocks or example.verdict == "refute":
            continue
        bare = type(example)(example.verdict, example.number, example.line, example.engine, (), example.blocks)
        judged = judge([page], facts_of(page, bare))
        assert [str(problem) for problem in judged.problems] == []
        if set(page.needs) & {"columns", "keys", "indexes", "policies"}:
            assert not [j for j in judged.judgements if j.finding.certainty == "certain"]
        if example.verdict == "good" and not example.schema:
            assert not judged.judgements
