"""`explain`: plans in any form, with what they say and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.api.arguments import listed, page_folders
from advisor.model.engine import Engine, EngineName, dialect_of
from advisor.model.errors import UserError
from advisor.model.explained import Explanation

if TYPE_CHECKING:
    from advisor.facts import Facts
    from advisor.model.catalog import Catalog
    from advisor.model.plan import Plan
    from advisor.reports.plan.document import Explained, Judged


def explain(
    sources: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    *,
    text: str | None = None,
    sql: str | Sequence[str] = (),
    with_index: str | Sequence[str] = (),
    without_index: str | Sequence[str] = (),
    scale: Mapping[str, float] | None = None,
    catalog: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    rules: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    engine: EngineName | None = None,
    show_literals: bool = False,
) -> Explanation:
    """Read plans out of files (or out of ``text``), judge them, and compare them where two files hold one plan each.

    ``catalog`` names schemas (snapshots, DDL files or DSNs), ``rules`` folders of further pages. With ``sql`` no plan
    is read: a planner is asked for one, against one catalog: as captured, with the indexes ``with_index`` and without
    ``without_index``, and with tables grown by the factors of ``scale`` (``{"orders": 10}``; ``"*"``: every table).
    Raises UserError for what the user can mend, first of all a text without a plan.
    """
    if sql:
        from advisor.api.planning import Wishes, ask
        from advisor.model.planning import Scale

        wishes = Wishes(
            sql=listed(sql),
            with_index=listed(with_index),
            without_index=listed(without_index),
            scale=[Scale(table, factor) for table, factor in (scale or {}).items()],
        )
        return ask(wishes, catalog=listed(catalog), rules=listed(rules), engine=engine, show_literals=show_literals)[0]
    return judged(
        read(listed(sources), text=text, engine=engine),
        catalog=listed(catalog),
        rules=listed(rules),
        show_literals=show_literals,
    )


@dataclass(slots=True)
class Reading:
    """What was read."""

    plans: list[Plan]
    notices: list[str]
    """What was left out, in words."""
    pair: bool
    """Two files of one plan each: what changed is asked."""
    engine: EngineName | None = None


def read(sources: Sequence[str], *, text: str | None = None, engine: EngineName | None = None) -> Reading:
    """The plans in files (and in ``text``). Raises UserError where there is none."""
    from advisor.plans.errors import PlanError
    from advisor.plans.files import texts
    from advisor.plans.read import read as read_plans

    plans: list[Plan] = []
    notices: list[str] = []
    counts: list[int] = []
    given = [] if text is None else [("<text>", text, None)]
    problems: list[PlanError] = []
    for path, content, fault in [*given, *texts(sources)]:
        if fault is not None:
            notices.append(f"{path}: {fault}")
        try:
            reading = read_plans(content, source=path, engine=engine)
        except PlanError as error:
            problems.append(error)
            continue
        notices += [f"{path}, line {w.line}: {w.text}" for w in reading.warnings]
        plans += reading.plans
        counts.append(len(reading.plans))
    if not plans:
        raise problems[0] if problems else UserError("no plan is given: name a file, or - for standard input")
    notices += [str(problem) for problem in problems]
    return Reading(plans, notices, counts == [1, 1], engine)


def judged(
    reading: Reading,
    *,
    catalog: Sequence[str | Catalog],
    rules: Sequence[str],
    show_literals: bool,
    judging: int | None = None,
) -> Explanation:
    """Plans with their measures, findings and, for two of one query, what changed.

    ``judging``: the rules see only so many of the plans, the first ones.
    """
    from advisor.facts import Facts
    from advisor.graphs.collector import paused
    from advisor.reports.plan.document import Judged, explanation

    plans = reading.plans
    folders = page_folders(rules)
    catalogs = _catalogs(catalog, reading.engine, plans)
    with paused():
        facts = Facts(literals=show_literals)
        facts.add_catalogs(catalogs)
        explained, engines = _load(plans, facts, len(plans) if judging is None else judging)
        facts.finish()
        found = _judge(facts, engines, folders, Judged(notices=list(reading.notices)))
    diff = None
    if reading.pair:
        from advisor.plans.diff import compare

        diff = compare(plans[0], plans[1])
        if diff.same_query is False:
            diff = None
            found.notices.append("the two plans are of different queries: they are not compared")
    return explanation(explained, found, diff, show_literals=show_literals)


def _catalogs(names: Sequence[str | Catalog], engine: EngineName | None, plans: Sequence[Plan]) -> list[Catalog]:
    from advisor.catalog import load

    if engine is None and len({plan.engine.name for plan in plans}) == 1:
        engine = plans[0].engine.name
    return [load(name, engine) if isinstance(name, str) else name for name in names]


def _load(plans: Sequence[Plan], facts: Facts, judging: int) -> tuple[list[Explained], dict[str, Engine]]:
    """The plans with what follows from them, and the engine of each shape in the facts: of the first ``judging``."""
    from advisor.facts.plan_rows import PlanSeen
    from advisor.fingerprint.identity import identify
    from advisor.plans.fingerprint import fingerprint
    from advisor.plans.metrics import measure
    from advisor.reports.plan.document import Explained

    explained = []
    engines: dict[str, Engine] = {}
    for number, plan in enumerate(plans):
        query = identify(plan.query, dialect_of(plan.engine.name)).fingerprint if plan.query else None
        measures = measure(plan)
        explained.append(Explained(plan, measures, fingerprint(plan), query))
        if number >= judging:
            continue
        name = facts.add_plans(None, [PlanSeen(plan, number=number, measures=measures)], query=plan.query)
        engines[name] = plan.engine
    return explained, engines


def _judge(facts: Facts, engines: dict[str, Engine], rules: Sequence[Path], into: Judged) -> Judged:
    from advisor.handbook import judge
    from advisor.handbook import load as load_pages
    from advisor.recommend.recommendations import Cost, recommend

    handbook = load_pages(rules)
    result = judge(handbook.pages, facts)
    mentioned: set[str] = set()
    for place in ("table_name FROM table_ref", "table_name FROM plan_node", "base_table FROM plan_node"):
        mentioned |= {name for (name,) in facts.connection.execute(f"SELECT {place}")}
    # A catalog holds tables that these plans do not touch: what is wrong with those is not asked here.
    judgements = [
        one for one in result.judgements if one.finding.fingerprints or mentioned.issuperset(one.finding.tables)
    ]
    means = dict(facts.connection.execute("SELECT fingerprint, mean_us / 1000 FROM shape"))
    # Of several plans, those with the most time are to be mended first; one alone is all there is.
    spent = dict(facts.connection.execute("SELECT fingerprint, SUM(total_ms) FROM plan GROUP BY fingerprint"))
    timed = len(engines) > 1 and all(ms is not None for ms in spent.values())
    whole = sum(spent.values()) if timed else 0.0
    costs = {
        name: Cost(engine, None, spent.get(name, 0.0) / whole if whole else None, means.get(name))
        for name, engine in engines.items()
    }
    only = next(iter(engines.values())) if len(set(engines.values())) == 1 else None
    into.findings, into.recommendations = recommend(judgements, costs, only)
    into.notices += [f"rule page left out: {problem}" for problem in [*handbook.problems, *result.problems]]
    return into
