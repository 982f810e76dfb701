"""What must hold for each plan of the suite, and for two texts of one execution."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from advisor.model.plan import Plan
from advisor.plans.errors import PlanError
from advisor.plans.excerpt import Excerpt
from advisor.plans.postgresql.document import Document, DocumentNode
from tests.plans.lab.compare import differences
from tests.plans.lab.interpreted import plan_differences
from tests.plans.lab.recorder import Printed


@dataclass
class Outcome:
    """What became of one text, or of one pair."""

    verdict: str
    """right, warned (right, but with a warning), error, wrong (differences and a warning), silently wrong."""
    messages: list[str] = field(default_factory=list)


#: Makes a plan of a text.
Reader = Callable[[Printed], Plan]


def directly(printed: Printed) -> Plan:
    """The format's reader alone, without anything that takes decorations off."""
    from advisor.plans.postgresql.interpret import interpret

    lines = range(1, printed.text.count("\n") + 2)
    reader = importlib.import_module(f"advisor.plans.postgresql.{printed.format}")
    plan: Plan = interpret(reader.read(Excerpt(printed.text, lines, printed.format, "postgresql")))
    return plan


def plan_of(text: str) -> Plan:
    """As a user's text is read; exactly one plan must come out."""
    from advisor.plans.read import read

    reading = read(text)
    if len(reading.plans) != 1:
        raise PlanError(f"{len(reading.plans)} plans were read out of one")
    plan = reading.plans[0]
    plan.warnings = [*plan.warnings, *(warning for warning in reading.warnings if warning not in plan.warnings)]
    return plan


def as_given(printed: Printed) -> Plan:
    """The whole way in."""
    return plan_of(printed.text)


def pair(one: Printed, other: Printed, reader: Reader = as_given) -> Outcome:
    """Two texts of one execution, or of one plan: what was read of them must agree."""
    try:
        plans = reader(one), reader(other)
    except PlanError as error:
        return Outcome("error", [str(error)])
    found: list[str] = []
    for printed, plan in zip((one, other), plans, strict=True):
        if plan.format != printed.format:
            found.append(f"{printed.format} was taken for {plan.format}")
            continue
        if printed.format == "json":
            found += against_json(printed.text, plan.document)
        found += footer(printed, plan)
    without_costs = not one.options.costs
    documents = plans[0].document, plans[1].document
    found += differences(*documents, same_execution=one.analyzed, without_costs=without_costs)
    found += plan_differences(*plans, without_costs=without_costs)
    warnings = [f"warning: line {warning.line}: {warning.text}" for plan in plans for warning in plan.warnings]
    return outcome(found, warnings)


def outcome(found: list[str], warnings: list[str]) -> Outcome:
    if found:
        return Outcome("wrong" if warnings else "silently wrong", found + warnings)
    return Outcome("warned" if warnings else "right", warnings)


def footer(printed: Printed, plan: Plan) -> Iterator[str]:
    """What stands below a text plan, and auto_explain does not print, against the text itself."""
    if printed.format == "text" and not printed.logged:
        for name, value in (("Planning", plan.planning_ms), ("Execution", plan.execution_ms)):
            stated = re.findall(rf"^{name} [Tt]ime: (\d+\.\d+) ms$", printed.text, re.MULTILINE)
            expected = float(stated[-1]) if stated and printed.analyzed and printed.options.summary else None
            if expected != value:
                yield f"{name} time: {value} for {stated}"


def against_json(text: str, document: Document) -> Iterator[str]:
    """The JSON reader against the standard library's, which knows nothing of plans."""
    try:
        value = json.loads(text, object_pairs_hook=_once)
    except _TwiceError:  # 10 to 12 print "Workers" twice for a parallel sort: only the other formats can tell
        return
    expected = value[0] if isinstance(value, list) else value
    plan = expected.pop("Plan")
    if document.keys != expected:
        yield f"keys beside the plan: {document.keys!r} != {expected!r}"
    if _whole(document.root) != plan:
        yield "the JSON document is not what the standard library reads"


class _TwiceError(Exception):
    """A key stands twice in an object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _TwiceError
    return made


def _whole(node: DocumentNode) -> dict[str, Any]:
    return {**node.keys, **({"Plans": [_whole(child) for child in node.children]} if node.children else {})}


def metrics(plan: Plan) -> Iterator[str]:
    """Self times are at least -2 % and sum to the root, as far as a plan has times."""
    from advisor.plans.metrics import measure

    measures = measure(plan)
    root = measures.nodes[plan.root.id].total_ms
    if root is None:
        if plan.timed:
            yield "a timed plan without a total time"
        return
    selves = {key: node.self_ms for key, node in measures.nodes.items()}
    if None in selves.values():
        yield f"no self time: {[key for key, value in selves.items() if value is None]}"
        return
    # Each printed time is rounded to a microsecond: of one loop.
    rounding = sum(0.001 * (node.loops or 1) for node in plan.nodes)
    for key, value in selves.items():
        if value < -0.02 * root - rounding:
            yield f"self time of {key} {plan.by_id[key].raw_operator}: {value} ms of {root}"
    total = sum(selves.values())
    if abs(total - root) > 0.02 * root + rounding:
        yield f"self times sum to {total} ms, the root took {root}"


def rendered(plan: Plan, of: Printed) -> Iterator[str]:
    """Printing the plan back gives the very text, and reading that the very document."""
    from advisor.plans.render import render

    printed, text = render(plan), of.text
    if printed.rstrip("\n") != text.rstrip("\n") and not _workers_twice(plan, of.major):
        left, right = printed.rstrip("\n").split("\n"), text.rstrip("\n").split("\n")
        for number, (mine, theirs) in enumerate(zip(left, right, strict=False), 1):
            if mine != theirs:
                yield f"rendered line {number}: {mine[:300]!r} != {theirs[:300]!r}"
                break
        else:
            yield f"rendered {len(left)} lines for {len(right)}"
        return
    again = plan_of(printed)
    if again.document.keys != plan.document.keys or not _same(again.document.root, plan.document.root):
        yield "the rendered text is read differently"


def _same(one: DocumentNode, other: DocumentNode) -> bool:
    return (
        one.keys == other.keys
        and len(one.children) == len(other.children)
        and all(map(_same, one.children, other.children))
    )


def _workers_twice(plan: Plan, major: int) -> bool:
    """Until 12, structured formats print how workers sorted and what they did as two keys of one name: we make it one."""
    return (
        major <= 12
        and plan.format != "text"
        and any("Sort Method" in worker for keys in _all_keys(plan.document.root) for worker in keys.get("Workers", ()))
    )


def _all_keys(node: DocumentNode) -> Iterator[dict[str, Any]]:
    yield node.keys
    for child in node.children:
        yield from _all_keys(child)


def decorated(plan: Plan, text: str, random: Random) -> Outcome:
    """A text in seeded random decorations reads as without them."""
    from tests.plans.decoration.decorate import decorate

    try:
        again = plan_of(decorate(text, random, engine="postgresql", format=plan.format))
    except PlanError as error:
        return Outcome("error", [str(error)])
    found = list(differences(plan.document, again.document, same_execution=False))
    return outcome(found, [f"warning: line {warning.line}: {warning.text}" for warning in again.warnings])
