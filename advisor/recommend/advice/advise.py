"""The search from end to end: weigh, propose, choose, prove, price, and put into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from advisor.model.advice import CurveReport, IndexAdvice
from advisor.model.engine import Engine
from advisor.model.finding import Proof
from advisor.model.indexing import Candidate, IndexDefinition, Price, Selected
from advisor.model.limits import LIMITS
from advisor.model.planning import Configuration
from advisor.model.remedy import Judgement
from advisor.planners.errors import PlannerError
from advisor.recommend.advice import asked as rules
from advisor.recommend.advice.choosing import chosen
from advisor.recommend.advice.created import Times, Under, marginal, recommendation, under
from advisor.recommend.advice.foretold import foretold, summed
from advisor.recommend.advice.inputs import Inputs, Searched
from advisor.recommend.advice.measured import Choice, least, measured, most_upkeep
from advisor.recommend.advice.present import Present, present
from advisor.recommend.advice.pricing import Prices
from advisor.recommend.advice.simplified import simplified
from advisor.recommend.advice.standing import standing
from advisor.recommend.advice.terms import Terms
from advisor.recommend.advice.trapped import trapped
from advisor.recommend.advice.unknown import said, tables, without_statistics
from advisor.recommend.candidates import CandidateLimits, Variants, candidates
from advisor.recommend.definition import on_text
from advisor.recommend.existing.inventory import Inventory
from advisor.recommend.existing.judging import JudgedIndexes, judge_existing
from advisor.recommend.export import Change, Prepared, prepared
from advisor.recommend.recommendations import Proven
from advisor.recommend.regressions import regressions
from advisor.recommend.selection.select import select

_NOT_HIDDEN = (
    "The planner cannot hide an index: every statement was planned with the new indexes, and with those that are to be "
    "dropped still there"
)


@dataclass(frozen=True, slots=True)
class _Found:
    """The set that is recommended, ready to run."""

    whole: Under
    saved: list[float]
    prices: list[Price]
    ready: list[Prepared]
    selected: Selected
    place: int | None
    """Of the curve."""
    because: str
    measured: Choice | None


def advise(inputs: Inputs) -> Searched:
    """Searches indexes for the workload and proves what it recommends.

    Raises PlannerError when the planner fails altogether.
    """
    out = Searched()
    now = present(inputs.statements, inputs.planner)
    wanted = rules.asked(inputs.judgements, inputs.planner.planned_by.engine, inputs.catalog)
    proposed = _proposed(inputs, now, wanted)
    prices = Prices(inputs, now)
    searched = _select(inputs, now, proposed, prices)
    found = _found(inputs, now, searched, prices)
    terms = _terms(inputs, now)
    served = _answers(inputs, now, found, wanted)
    decided = [
        one for one in wanted if served.get(one.index) or (searched.complete and _planned(one, inputs.judgements, now))
    ]
    why, unmade = _reasons(inputs, now, found, decided, served)
    decided = [one for one in decided if one.index not in unmade]
    out.answered = {(one.finding, one.remedy) for one in decided}
    reasons = {one.index: [reason.why for reason in one.reasons if reason.why] for one in proposed}
    told = foretold(inputs, now, found.whole.indexes)
    times = Times(told, found.measured.times if found.measured is not None else {})
    for number in range(len(found.whole.indexes)):
        if found.ready[number].refused:
            continue
        parts = now, found.whole, found.saved[number], found.prices[number], found.ready[number], reasons, terms, times
        answers = frozenset(one.finding for one in decided if number in served.get(one.index, ()))
        out.proven.append(Proven(recommendation(number, *parts), answers))
    inputs.watch("judging the indexes that exist", 0.0)
    judged = judge_existing(
        inputs.catalog,
        snapshot=inputs.snapshot,
        statements=now.statements,
        planner=inputs.planner,
        added=found.whole.indexes,
    )
    judged.keep(_limits(inputs).excluded)
    proven, answered = standing(judged, inputs.judgements, inputs.catalog, terms)
    out.proven += proven
    out.answered |= answered
    hide, unhidden = _hidden(inputs, judged)
    inputs.watch("planning every statement under the set", 0.0)
    selected = found.selected
    names = [ready.name for ready in found.ready]
    texts = [on_text(one) for one in found.whole.indexes]
    replanned = regressions(now.statements, inputs.planner, texts, hide, calibration=now.calibration, names=names)
    trap, settings = trapped(inputs, now, found.whole.indexes, names, hide)
    out.proven += settings
    out.advice = IndexAdvice(
        planned_by=inputs.planner.planned_by,
        proof=terms.proof,
        unit=now.unit,
        statements=len(now.statements),
        unplanned=tuple(now.unplanned),
        candidates=len(proposed),
        planner_calls=searched.planner_calls,
        seconds=searched.seconds,
        complete=searched.complete,
        gap=searched.gap,
        baseline=selected.baseline,
        curve=_curve(selected, sized=terms.by.statistics != "default"),
        chosen=found.place,
        chosen_because=found.because,
        left_out=tuple(rules.left_out(decided, inputs.judgements, served, why)),
        regressions=replanned.worse,
        calibration=now.calibration.report(),
        predicted=summed(now, told) if found.whole.indexes else None,
        trap=trap,
        existing=judged.report,
        measured=found.measured.report if found.measured is not None else None,
        notes=(
            *now.notes,
            *said(terms.unknown, now.statements, terms.by),
            *searched.notes,
            *prices.notes(found.whole.indexes),
            *unhidden,
        ),
    )
    return out


def _answers(
    inputs: Inputs, now: Present, found: _Found, wanted: Sequence[rules.Asked]
) -> dict[IndexDefinition, list[int]]:
    """For each index that a rule asked for the chosen ones, by position, that do its work."""
    served: dict[IndexDefinition, list[int]] = {}
    for number, index in enumerate(found.whole.indexes):
        for one in wanted:
            if rules.serves(index, one.index) or _same_statement(one, number, found, now, inputs):
                known = served.setdefault(one.index, [])
                if number not in known:
                    known.append(number)
    return served


def _reasons(
    inputs: Inputs,
    now: Present,
    found: _Found,
    decided: Sequence[rules.Asked],
    served: Mapping[IndexDefinition, object],
) -> tuple[dict[IndexDefinition, str], set[IndexDefinition]]:
    """Why indexes that rules asked for are not in the set: what each would save beside it. And those that the planner
    cannot make (an operator class of an extension that is not there): of them it knows nothing."""
    why = {one.change.index: one.refused for one in found.ready if one.refused}
    unmade: set[IndexDefinition] = set()
    lost = list(dict.fromkeys(one.index for one in decided if one.index not in served and one.index not in why))
    for index in lost[: LIMITS.selection_reasons]:
        try:
            more = under(now, inputs.planner, (*found.whole.indexes, index))
        except PlannerError:
            unmade.add(index)
            continue
        saved = sum(
            statement.weight * (then.cost - with_it.cost)
            for statement, then, with_it in zip(now.statements, found.whole.judged, more.judged, strict=True)
        )
        share = saved / now.baseline if now.baseline else 0.0
        if share >= LIMITS.selection_told_share:
            why[index] = f"beside the set it saves {share:.1%} more, which the limits given leave out"
    return why, unmade


def _hidden(inputs: Inputs, judged: JudgedIndexes) -> tuple[list[str], list[str]]:
    """The indexes that are to be dropped, as planners hide them; none, with a note, where this one cannot hide."""
    known = Inventory(inputs.catalog, inputs.snapshot).by_key
    names = [known[drop.table, drop.index].hidden for drop in judged.drops if (drop.table, drop.index) in known]
    try:
        inputs.planner.judge([], Configuration(hide=tuple(names)))
    except PlannerError:
        return [], [_NOT_HIDDEN]
    return names, []


def _planned(one: rules.Asked, judgements: Sequence[Judgement], now: Present) -> bool:
    """Can the planner decide on it: are all statements of the finding among those that it plans?"""
    known = {statement.fingerprint for statement in now.statements}
    named = {role.fingerprint for role in judgements[one.finding].finding.fingerprints}
    return bool(named) and named <= known


def _same_statement(one: rules.Asked, number: int, found: _Found, now: Present, inputs: Inputs) -> bool:
    """Does another index over one of its columns serve the statements for which a rule asked for this one?"""
    chosen = found.whole.indexes[number]
    if one.index.table != chosen.table or not set(one.index.keys) & set(chosen.keys):
        return False
    users = {now.statements[place].fingerprint for place in found.whole.users(number)}
    return bool(users & {role.fingerprint for role in inputs.judgements[one.finding].finding.fingerprints})


def _proposed(inputs: Inputs, now: Present, wanted: Sequence[rules.Asked]) -> list[Candidate]:
    inputs.watch("proposing indexes", 0.0)
    limits = _limits(inputs)
    found = {
        one.index: one for one in candidates(now.statements, inputs.catalog, statistics=inputs.snapshot, wanted=limits)
    }
    for one in rules.as_candidates(wanted, inputs.judgements):
        if limits.wants(one.index.table):
            known = found.get(one.index)
            merged = (*one.reasons, *(known.reasons if known is not None else ()))
            found[one.index] = Candidate(index=one.index, reasons=merged)
    return list(found.values())


def _limits(inputs: Inputs) -> CandidateLimits:
    return CandidateLimits(
        only_tables=frozenset(inputs.wishes.only_tables) or None,
        exclude_tables=frozenset(inputs.wishes.exclude_tables),
    )


def _select(inputs: Inputs, now: Present, proposed: Sequence[Candidate], prices: Prices) -> Selected:
    wishes = inputs.wishes
    return select(
        now.statements,
        proposed,
        inputs.planner,
        price=prices.pairs,
        also=[] if wishes.budget is None else [int(wishes.budget.of(prices.tables_bytes or 0))],
        max_indexes=wishes.max_indexes,
        max_upkeep=most_upkeep(inputs, now),
        min_benefit=least(inputs, now),
        deadline=wishes.time_limit,
        progress=inputs.watch,
        samples=LIMITS.selection_samples,
        widen=Variants(now.statements, inputs.catalog, inputs.snapshot, _limits(inputs)),
    )


def _found(inputs: Inputs, now: Present, selected: Selected, prices: Prices) -> _Found:
    """The set, chosen by costs; where there is a staging copy by times."""

    def choose(curve: Selected) -> tuple[int | None, str]:
        return chosen(curve, inputs.wishes, prices.tables_bytes)

    place, because = choose(selected)
    if place is not None:
        selected = simplified(inputs, now, selected, place, prices)
    choice: Choice | None = None
    if inputs.wishes.measure is not None:
        choice = measured(inputs, now, selected, prices, choose)
        whole, saved = choice.whole, choice.saved
        place, because, selected = choice.place, choice.because, choice.selected
    else:
        indexes = [] if place is None else [selected.candidates[number] for number in selected.points[place].indexes]
        whole = under(now, inputs.planner, indexes)
        saved = marginal(now, inputs.planner, whole)
    ready = prepared([Change(kind="create", index=index) for index in whole.indexes], inputs.catalog)
    return _Found(whole, saved, prices.of(whole.indexes), ready, selected, place, because, choice)


def _terms(inputs: Inputs, now: Present) -> Terms:
    by = inputs.planner.planned_by
    engine = by.production or Engine(by.engine, by.version)
    unknown = without_statistics(inputs.catalog, inputs.snapshot)
    named = tables(now.statements)
    nothing = by.statistics == "default" or (bool(named) and named <= unknown)
    proof: Proof = "static" if nothing else "planned"
    return Terms(by, engine, proof, unknown, inputs.seconds_per_hour)


def _curve(selected: Selected, *, sized: bool) -> tuple[CurveReport, ...]:
    texts = [on_text(one) for one in selected.candidates]
    return tuple(
        CurveReport(
            budget_bytes=point.budget_bytes if sized else 0,
            bytes=point.bytes if sized else 0,
            indexes=tuple(texts[number] for number in point.indexes),
            cost=point.cost,
            saved_share=1.0 - point.cost / selected.baseline if selected.baseline else 0.0,
            upkeep=point.upkeep,
        )
        for point in selected.points
    )
