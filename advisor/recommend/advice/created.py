"""The chosen indexes as recommendations: what each saves beside the others, for which statements, at what price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from advisor.model.finding import Affected, Impact, Recommendation
from advisor.model.indexing import IndexDefinition, Price
from advisor.model.planning import Configuration, Judged
from advisor.planners.planner import Planner
from advisor.recommend.advice.present import Present, judged
from advisor.recommend.advice.terms import Terms
from advisor.recommend.calibration.calibrate import Predicted
from advisor.recommend.definition import on_text
from advisor.recommend.export import Prepared
from advisor.recommend.measuring import Timing


@dataclass(frozen=True, slots=True)
class Under:
    """The workload under a set of new indexes and without some existing ones."""

    indexes: tuple[IndexDefinition, ...]
    hide: tuple[str, ...]
    judged: list[Judged]
    """In the order of the present statements; one that can no longer be planned counts as it is now."""

    def users(self, number: int) -> list[int]:
        """Statements whose plan uses the index at this position."""
        return [place for place, one in enumerate(self.judged) if number in one.new]


def under(present: Present, planner: Planner, indexes: Sequence[IndexDefinition], hide: Sequence[str] = ()) -> Under:
    """Plans the whole workload under a set. Raises PlannerError."""
    configuration = Configuration(add=tuple(on_text(one) for one in indexes), hide=tuple(hide))
    told = judged(present.statements, planner, configuration)
    return Under(
        tuple(indexes),
        tuple(hide),
        [now if one is None else one for one, now in zip(told, present.judged, strict=True)],
    )


def marginal(present: Present, planner: Planner, whole: Under) -> list[float]:
    """What each index of the set saves beside the others, in objective units: the cost that comes back without it."""
    out: list[float] = []
    for number in range(len(whole.indexes)):
        users = whole.users(number)
        rest = tuple(on_text(one) for place, one in enumerate(whole.indexes) if place != number)
        told = judged([present.statements[place] for place in users], planner, Configuration(add=rest, hide=whole.hide))
        out.append(
            sum(
                present.statements[place].weight * (one.cost - whole.judged[place].cost)
                for place, one in zip(users, told, strict=True)
                if one is not None
            )
        )
    return out


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of one execution, by fingerprint."""

    told: Mapping[str, Predicted]
    """Under the set, from the log's own time."""
    measured: Mapping[str, tuple[Timing, Timing]]
    """Without the set and with it, on a staging copy."""


def affected(present: Present, whole: Under, places: Sequence[int], times: Times) -> tuple[Affected, ...]:
    """Statements before and under the set, those that gain the most first: with measured times where there are any,
    else with the log's and the foretold one."""
    found: list[tuple[float, Affected]] = []
    for place in places:
        statement, now, then = present.statements[place], present.judged[place], whole.judged[place]
        told, run = times.told.get(statement.fingerprint), times.measured.get(statement.fingerprint)
        after = None if told is None else told.ms
        if after is not None and statement.mean_ms is not None and then.cost < now.cost and after > statement.mean_ms:
            after = None  # page costs that fit the machine say otherwise: of which sign the change is, is not known
        found.append(
            (
                statement.weight * (then.cost - now.cost),
                Affected(
                    statement.fingerprint,
                    cost_before=now.cost,
                    cost_after=then.cost,
                    ms_before=statement.mean_ms if run is None else run[0].median_ms,
                    ms_after=after if run is None else run[1].median_ms,
                ),
            )
        )
    return tuple(one for _, one in sorted(found, key=lambda pair: (pair[0], pair[1].fingerprint)))


def recommendation(
    number: int,
    present: Present,
    whole: Under,
    saved: float,
    price: Price,
    ready: Prepared,
    reasons: Mapping[IndexDefinition, Sequence[str]],
    terms: Terms,
    times: Times,
) -> Recommendation:
    """One index of the set: measured where all statements that use it were run on a staging copy."""
    users = whole.users(number)
    executed = bool(users) and all(present.statements[place].fingerprint in times.measured for place in users)
    index = whole.indexes[number]
    timed = present.unit == "seconds_per_hour"
    whole_time = terms.total or present.baseline
    made = terms.change(
        "create_index",
        ready,
        "measured" if executed else terms.proof_on(index.table),
        price.bytes,
        _why(index, whole, number, reasons.get(index, ())),
    )
    return msgspec.structs.replace(
        made,
        write_seconds_per_hour=price.write_seconds_per_hour,
        benefit=Impact(saved, min(1.0, saved / whole_time) if whole_time else None) if timed else Impact(),
        cost_share=min(1.0, saved / present.baseline) if present.baseline else None,
        touches=_touched(present, users, terms.total),
        affects=affected(present, whole, users, times),
        price=price,
    )


def _touched(present: Present, places: Sequence[int], total: float | None) -> Impact:
    """Time of the statements that use it, as logged."""
    known = [present.statements[place].seconds_per_hour for place in places]
    seconds = sum(one for one in known if one is not None)
    if not any(one is not None for one in known):
        return Impact()
    return Impact(seconds, min(1.0, seconds / total) if total else None)


def _why(index: IndexDefinition, whole: Under, number: int, reasons: Sequence[str]) -> str:
    users = len(whole.users(number))
    text = f"The plans of {users} statement{'s' if users != 1 else ''} use it"
    return f"{text}: {reasons[0].rstrip('.')}." if reasons else f"{text}."
