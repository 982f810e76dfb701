"""From what is known of statements to the result that reports print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from advisor.model.check import Alternative, CheckedScript, CheckedStatement
from advisor.model.engine import Engine
from advisor.model.finding import ProvedBy
from advisor.model.migration import Change, Foretold, Script, Work
from advisor.sources.secrets import mask

if TYPE_CHECKING:
    from advisor.api.catalogs import Given
    from advisor.migrations.assess import Assessed


def checked_scripts(scripts: Sequence[Script]) -> tuple[CheckedScript, ...]:
    """The migrations of the run."""
    return tuple(
        CheckedScript(file=one.file, tool=one.tool, name=one.name, statements=len(one.statements), edited=one.edited)
        for one in scripts
    )


def checked_statements(
    assessed: Sequence[Assessed], alternatives: Mapping[int, Alternative | str]
) -> tuple[CheckedStatement, ...]:
    """The statements in their order; ``alternatives``, or why there is none, by their number.

    Texts are the migration's own, as whoever reads the report has it before him; only credentials are masked.
    """
    return tuple(_statement(one, alternatives.get(n)) for n, one in enumerate(assessed))


def _statement(one: Assessed, alternative: Alternative | str | None) -> CheckedStatement:
    outcome, weight, statement = one.outcome, one.weight, one.statement
    executed = outcome.evidence in ("executed", "probed")
    return CheckedStatement(
        file=statement.file,
        line=statement.line,
        sql=mask(statement.sql),
        in_transaction=statement.transaction is not None,
        executed=executed,
        why_not=None if executed else outcome.why_not,
        evidence=outcome.evidence,
        locks=outcome.locks,
        rewritten=_of(outcome.work, "rewrite"),
        scanned=_of(outcome.work, "scan"),
        built=tuple(dict.fromkeys(work.index or work.relation for work in outcome.work if work.kind == "build")),
        written=_of(outcome.work, "write"),
        verdict=one.verdict,
        failure=outcome.failure.message if outcome.failure and outcome.failure.certain else None,
        waits_for_transactions=outcome.waits_for_transactions,
        estimated_seconds=weight.seconds,
        blocked_queries_per_second=weight.blocked_queries_per_second,
        size_bytes=weight.size_bytes,
        wal_bytes=weight.wal_bytes,
        disk_bytes=weight.disk_bytes,
        queues=weight.queues,
        calibrated=weight.calibrated if weight.seconds is not None else None,
        algorithm=outcome.algorithm,
        changes=tuple(_unsecret(change) for change in outcome.changes),
        alternative=alternative if isinstance(alternative, Alternative) else None,
        no_alternative=mask(alternative) if isinstance(alternative, str) else None,
    )


def _unsecret(change: Change) -> Change:
    if change.expression is None:
        return change
    return msgspec.structs.replace(change, expression=mask(change.expression))


def _of(work: Sequence[Work], kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.relation for one in work if one.kind == kind))


def proved_by(tried: Foretold | None, own: Given | None, engine: Engine) -> ProvedBy:
    """Who tried the statements, and with whose statistics."""
    header = own.snapshot.header if own and own.snapshot else None
    version = tried.engine.version if tried else None
    same = None
    if version and engine.version:
        same = version.split(".")[0] == engine.version.split(".")[0]
    return ProvedBy(
        planner="shadow" if tried else None,
        version=version,
        same_major=same,
        statistics=header.statistics if header else None,
        captured_at=header.captured_at if header else None,
    )
