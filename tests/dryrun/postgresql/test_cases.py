"""Every case on an empty copy has the verdict that loaded tables show; with ``long``, the loaded tables themselves."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from advisor.dryrun.postgresql.copy import open_copy
from advisor.dryrun.postgresql.session import Session
from advisor.dryrun.postgresql.tracing import Tracer
from advisor.migrations.verdict import Unknown, verdict
from advisor.model.migration import MigrationStatement, Outcome, Script
from advisor.planners.defaults import snapshot_of_ddl
from tests.dryrun.postgresql.cases import ALONE, ROWS, SCHEMA, TOGETHER

pytestmark = pytest.mark.server


def script(statements: Sequence[str], *, together: bool) -> Script:
    """Rolled back at its end where it is one transaction."""
    return Script(
        file="m.sql",
        tool="sql",
        name="m",
        statements=tuple(
            MigrationStatement(
                file="m.sql",
                line=number,
                end_line=number,
                sql=sql,
                transaction=1 if together else None,
                open_ended=together,
            )
            for number, sql in enumerate(statements, 1)
        ),
    )


@contextmanager
def tracing(major: int | None, *, loaded: bool) -> Iterator[Tracer]:
    with open_copy(snapshot_of_ddl(SCHEMA, "schema.sql"), major=major) as copy:
        assert copy.problems == ()
        assert copy.whole
        if loaded:
            with copy.connect() as connection:
                for statement in filter(str.strip, ROWS.split(";\n")):
                    connection.execute(statement)
        session = Session(copy.cluster, time.monotonic() + 600)
        yield Tracer(copy, session, whole=True, extensions=frozenset())
        session.close()


def words(tracer: Tracer, statements: Sequence[str], *, together: bool) -> tuple[list[str], list[Outcome]]:
    tracer.standing.gone.clear()
    outcomes = tracer.trace([script(statements, together=together)])
    return [verdict(one, Unknown()) for one in outcomes], outcomes


def wrong(tracer: Tracer) -> list[str]:
    found = []
    cases = [(name, sqls, expected, True) for name, (sqls, expected) in TOGETHER.items()]
    cases += [(f"alone: {name}", (sql,), (expected,), False) for name, (sql, expected) in ALONE.items()]
    for name, statements, expected, together in cases:
        said, outcomes = words(tracer, statements, together=together)
        if not all(one in wanted.split("|") for one, wanted in zip(said, expected, strict=True)):
            found.append(f"{name}: {said}, not {expected}: {outcomes}")
    return found


def test_empty_copy() -> None:
    with tracing(None, loaded=False) as tracer:
        assert wrong(tracer) == []


@pytest.mark.long
@pytest.mark.parametrize("loaded", [False, True])
@pytest.mark.parametrize("major", [14, 15, 16, 17, 18])
def test_every_major(major: int, loaded: bool) -> None:
    with tracing(major, loaded=loaded) as tracer:
        assert wrong(tracer) == []
