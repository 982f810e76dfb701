"""The index search of `analyze`: the planner opened, the workload put together, the search run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisor.api.catalogs import Given, opened, plannable
from advisor.model.errors import UserError

if TYPE_CHECKING:
    from advisor.graphs import QueryGraph
    from advisor.model.capture import Capture
    from advisor.model.plan import Plan
    from advisor.model.remedy import Judgement
    from advisor.model.shape import ShapeSummary
    from advisor.planners.choice import Choice
    from advisor.recommend.advice.inputs import Searched, Watch
    from advisor.recommend.wishes import IndexWishes


@dataclass(frozen=True, slots=True)
class Material:
    """What the run has found out before."""

    shapes: Sequence[ShapeSummary]
    graphs: Mapping[tuple[str, str], QueryGraph]
    plans: Mapping[tuple[str, str], Sequence[Plan]]
    """Logged ones; as the graphs by (engine, fingerprint)."""
    judgements: Sequence[Judgement]
    capture: Capture
    window_seconds: float | None


def searched(
    material: Material,
    catalogs: Sequence[Given],
    wanted: Choice | None,
    wishes: IndexWishes | None,
    watch: Watch | None = None,
) -> Searched:
    """Indexes for the workload, proven by a planner; nothing where no catalog can be planned with.

    Where the planner was not asked for by name, its failure is a notice; so is Ctrl-C before the search has an answer.
    Raises UserError otherwise.
    """
    from advisor.recommend.advice.inputs import Inputs, Searched
    from advisor.recommend.wishes import IndexWishes
    from advisor.recommend.workload import statements

    limits = wishes or IndexWishes()
    insisted = wanted not in (None, "auto") or limits.budget is not None or limits.measure is not None
    one, why = plannable(catalogs, wanted, insisted=insisted)
    if one is None or wanted is None:
        return Searched(notices=[f"indexes are advised from text and schema alone: {why}"] if why else [])
    if limits.budget is not None and one.snapshot is not None and one.snapshot.header.statistics == "default":
        raise UserError("--budget: the sizes of indexes are not known without statistics; give a snapshot or a DSN")
    told = _checked(limits, one)
    engine = one.catalog.engine.name
    own = [shape for shape in material.shapes if shape.engine.name == engine]
    workload = statements(
        own,
        material.graphs,
        material.plans,
        [each.catalog for each in catalogs],
        window_seconds=material.window_seconds,
    )
    if not any(each.queries for each in workload):
        reason = "no statement of the log has its values" if workload else f"the log has no statement of {engine}"
        return Searched(notices=[f"indexes are advised from text and schema alone: {reason}"])
    try:
        with opened(one, wanted) as planner:
            from advisor.recommend.advice.advise import advise

            hours = material.window_seconds / 3600 if material.window_seconds else None
            found = advise(
                Inputs(
                    statements=workload,
                    judgements=material.judgements,
                    planner=planner,
                    catalog=one.catalog,
                    snapshot=one.snapshot,
                    capture=material.capture,
                    wishes=limits,
                    watch=watch or _silent,
                    seconds_per_hour=sum(shape.total_us for shape in material.shapes) / 1e6 / hours if hours else None,
                )
            )
            found.notices = told + found.notices
            return found
    except KeyboardInterrupt:
        why = "it was interrupted before it had an answer"
        return Searched(notices=[f"indexes are advised from text and schema alone, without the search: {why}"])
    except UserError as error:
        if insisted:
            raise
        return Searched(notices=[f"indexes are advised from text and schema alone: {error}"])


def _checked(wishes: IndexWishes, one: Given) -> list[str]:
    """Faults that are told before the search and not after it (raises UserError); what else there is to say."""
    from advisor.recommend.candidates import CandidateLimits

    for option, names in (("--only-table", wishes.only_tables), ("--exclude-table", wishes.exclude_tables)):
        for name in names:
            wanted = CandidateLimits(only_tables=frozenset({name}))
            if not any(wanted.wants(table) for table in one.catalog.tables):
                raise UserError(f"{option} {name}: no such table in {one.catalog.origin}")
    if wishes.measure is None:
        return []
    from advisor.recommend.measuring import MeasuringError, open_staging

    own = one.catalog.engine.name
    with open_staging(wishes.measure, allow_writers=wishes.measure_busy) as staging:
        if staging.engine.name != own:
            raise MeasuringError(f"--measure {staging.origin}: it runs {staging.engine.name}, and the catalog is {own}")
        return list(staging.notes)


def _silent(_: str, __: float) -> None:
    """Nobody listens."""
