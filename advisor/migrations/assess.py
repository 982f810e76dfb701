"""Each statement with its verdict, its weight and how bad that is: what facts and reports are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from advisor.migrations.verdict import verdict
from advisor.model.check import Verdict, Weight
from advisor.model.finding import Confidence, Severity
from advisor.model.migration import Evidence, Failure, MigrationStatement, Outcome, Script

if TYPE_CHECKING:
    from advisor.migrations.impact import Pace, Traffic
    from advisor.migrations.impact import Sizes as Sized

#: From an outcome and those before it.
Foreseen = Callable[[Outcome, Sequence[Outcome]], "Failure | None"]
_CONFIDENCE: dict[Evidence, Confidence] = {
    "executed": "confirmed",
    "probed": "confirmed",
    "schema": "likely",
    "documentation": "likely",
    "text": "possible",
}


class Assessed(msgspec.Struct, frozen=True, kw_only=True):
    """One statement, judged."""

    script: Script
    statement: MigrationStatement
    outcome: Outcome
    verdict: Verdict
    weight: Weight
    severity: Severity

    @property
    def confidence(self) -> Confidence:
        """What its evidence is worth to a finding."""
        return "possible" if self.outcome.uncertain is not None else _CONFIDENCE[self.outcome.evidence]


def assess(
    scripts: Sequence[Script],
    outcomes: Sequence[Outcome],
    sizes: Sized,
    traffic: Traffic | None = None,
    pace: Pace | None = None,
    *,
    foreseen: Foreseen | None = None,
) -> list[Assessed]:
    """Judges every statement of ``scripts`` by its outcome (one each, in order).

    ``foreseen`` tells what production's rows will make fail, given the outcomes before it; what a server refused
    already stays as it was said.
    """
    from advisor.migrations.impact import severity, weigh

    pairs = [(script, statement) for script in scripts for statement in script.statements]
    known = [
        _with(_needed(_counted(one, sizes), sizes), foreseen, outcomes[:number]) for number, one in enumerate(outcomes)
    ]
    weights = weigh([statement for _, statement in pairs], known, sizes, traffic, pace)
    found = []
    for (script, statement), outcome, weight in zip(pairs, known, weights, strict=True):
        word = verdict(outcome, sizes)
        found.append(
            Assessed(
                script=script,
                statement=statement,
                outcome=outcome,
                verdict=word,
                weight=weight,
                severity=severity(word, weight, outcome, sizes),
            )
        )
    return found


def _counted(outcome: Outcome, sizes: Sized) -> Outcome:
    """An UPDATE or DELETE of all rows writes as many as the table has."""
    everything = {one.table for one in outcome.changes if one.unfiltered and one.table is not None}
    if not any(one.kind == "write" and one.rows is None and one.relation in everything for one in outcome.work):
        return outcome
    work = tuple(
        msgspec.structs.replace(one, rows=sizes.rows(one.relation))
        if one.kind == "write" and one.rows is None and one.relation in everything
        else one
        for one in outcome.work
    )
    return msgspec.structs.replace(outcome, work=work)


def _needed(outcome: Outcome, sizes: Sized) -> Outcome:
    """A foreign key of an empty table looks for no parents: whatever plan an empty copy chose, none is read."""
    idle = {
        one.parent
        for one in outcome.changes
        if one.action in ("add_foreign_key", "validate_constraint")
        and one.parent is not None
        and one.table is not None
        and one.parent != one.table
        and sizes.rows(one.table) == 0
    }
    if not any(one.kind == "scan" and one.relation in idle for one in outcome.work):
        return outcome
    work = tuple(one for one in outcome.work if one.kind != "scan" or one.relation not in idle)
    return msgspec.structs.replace(outcome, work=work)


def _with(outcome: Outcome, foreseen: Foreseen | None, earlier: Sequence[Outcome]) -> Outcome:
    if foreseen is None or outcome.failure is not None:
        return outcome
    return msgspec.structs.replace(outcome, failure=foreseen(outcome, earlier))
