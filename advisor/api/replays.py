"""The proof of repetitions on a live server, where the user names one: lists and loops of the log, run again."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from advisor.api.repetitions import Ground
from advisor.model.errors import UserError
from advisor.model.finding import Affected, Finding, ProvedBy, Recommendation
from advisor.model.replay import Replay
from advisor.model.stream import Repetition, StreamReport
from advisor.model.stream_limits import STREAM

_SECONDS = 10.0


def replayed(report: StreamReport, ground: Ground, dsn: str) -> StreamReport:
    """The report with its heaviest repetitions run again on the server, reading only.

    A repetition that was likely is confirmed where the keys of the log stand in the rows of the list beyond chance and
    one statement gives the same rows; one that was only possible stays so: who walks through detail pages uses these
    keys too. Raises UserError where the server cannot be asked.
    """
    from advisor.rewrites.replay import replay
    from advisor.rewrites.replay.sessions import Refused, opened

    try:
        with opened(dsn, ground.engine, _SECONDS, 1):
            pass
    except Refused as error:
        raise UserError(f"--replay: {error}") from None
    order = sorted(
        (number for number, one in enumerate(report.repetitions) if one.parent is not None),
        key=lambda number: (-report.repetitions[number].child_us, number),
    )
    made = list(report.repetitions)
    for number in order[: STREAM.replayed]:
        one = made[number]
        run = replay(dsn, one, ground.samples(one.parent or ""), ground.samples(one.child), seconds=_SECONDS)
        proven = run.claim == "confirmed" and run.same_rows is not False and one.tier == "likely"
        made[number] = msgspec.structs.replace(
            one, replay=run, tier="confirmed" if proven else one.tier, reasons=(told(run), *one.reasons)
        )
    return msgspec.structs.replace(report, repetitions=tuple(made))


def told(run: Replay) -> str:
    """A replay in a sentence."""
    if run.refused is not None:
        return f"not replayed: {run.refused}"
    where = run.provenance
    if where is None:
        return f"replayed: no column of the {run.parent_rows} rows of the list stands out as the source of its keys"
    if run.claim == "confirmed":
        words = f"replayed: {where.coverage:.0%} of the logged keys stand in column {where.column} of the list"
        words += f" (by chance {where.by_chance:.0%})"
    else:
        words = f"replayed with the keys of column {where.column} of the list (those of the log prove nothing)"
    if run.children_us is not None and run.batch_us is not None and run.same_rows:
        words += f"; {run.keys} statements took {run.children_us / 1000:.3g} ms, one {run.batch_us / 1000:.3g} ms"
        words += ", with the same rows"
    elif run.same_rows is False:
        words += f"; one statement gave other rows: {run.difference}"
    return words


def measured(
    recommendations: Sequence[Recommendation], findings: Sequence[Finding], repetitions: Sequence[Repetition]
) -> list[Recommendation]:
    """Recommendations with the proof of a replay: the loop and the one statement were executed, compared and timed."""
    runs = {
        (one.parent, one.child): one.replay
        for one in repetitions
        if one.replay is not None and one.replay.same_rows and one.replay.batch_us is not None
    }
    proven: dict[str, tuple[str, Replay]] = {}
    for finding in findings if runs else ():
        roles = {role.role: role.fingerprint for role in finding.fingerprints}
        run = runs.get((roles.get("parent"), roles.get("child", "")))
        if run is not None and finding.rule.startswith("NP"):
            proven |= dict.fromkeys(finding.remedies, (roles["child"], run))
    return [_measured(one, *proven[one.id]) if one.id in proven else one for one in recommendations]


def _measured(one: Recommendation, child: str, run: Replay) -> Recommendation:
    def timed(affected: Affected) -> Affected:
        if affected.fingerprint != child or run.children_us is None or run.batch_us is None:
            return affected
        before, after = run.children_us / 1000, run.batch_us / 1000
        return msgspec.structs.replace(affected, ms_before=before, ms_after=after)

    return msgspec.structs.replace(
        one,
        proof="measured",
        proved_by=ProvedBy(planner="replay", version=one.engine.version, statistics="live"),
        affects=tuple(timed(affected) for affected in one.affects),
    )
