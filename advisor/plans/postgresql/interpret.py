"""From PostgreSQL's own words to a `Plan`: the same for all four formats."""

from __future__ import annotations

from typing import Any

from advisor.model.engine import Engine
from advisor.model.plan import JitReport, Plan, PlanNode, TriggerReport
from advisor.plans.postgresql import penalties
from advisor.plans.postgresql.completeness import missing_inputs
from advisor.plans.postgresql.document import Document, DocumentNode
from advisor.plans.postgresql.interpret_node import BUFFERS, node, number, planning_parts, text, whole
from advisor.plans.postgresql.versions import version


def interpret(document: Document) -> Plan:
    """The plan that a document holds. A key that is not understood goes to ``extra``, of the node or of the plan."""
    sources: list[DocumentNode] = []
    nodes: list[PlanNode] = []
    pending: list[tuple[DocumentNode, str, str | None]] = [(document.root, "0", None)]
    while pending:
        source, name, parent = pending.pop()
        sources.append(source)
        nodes.append(node(source, name, parent))
        for position in range(len(source.children) - 1, -1, -1):
            pending.append((source.children[position], f"{name}.{position}", name))
    _modified(nodes)
    keys = dict(document.keys)
    seen: set[str] = set()
    for source in sources:
        seen.update(source.keys)
    plan = Plan(
        engine=Engine("postgresql", version(sources, seen, keys, document.wording)),
        format=document.format,
        nodes=nodes,
        analyzed="Actual Loops" in seen,
        timed="Actual Total Time" in seen,
        line=document.line or None,
        warnings=list(document.warnings),
        document=document,
    )
    plan.options = _options(seen, keys)
    _statement(plan, keys, document)
    _planning(plan, keys)
    _serialization(plan, keys)
    _triggers(plan, keys)
    _jit(plan, keys)
    if isinstance(settings := keys.get("Settings"), dict):
        plan.settings = {name: str(value) for name, value in settings.items()}
        del keys["Settings"]
    plan.extra = keys
    if "Disabled" not in document.root.keys:
        penalties.mark(plan)
    plan.warnings.extend(missing_inputs(plan))
    return plan


def _modified(nodes: list[PlanNode]) -> None:
    """What a ModifyTable reads is "Member" up to 13 and "Outer" since, in text neither: members are several."""
    modifying: dict[str | None, list[PlanNode]] = {made.id: [] for made in nodes if made.operator == "modify"}
    for made in nodes:
        if made.parent in modifying and made.relationship in ("outer", "member"):
            modifying[made.parent].append(made)
    for below in modifying.values():
        for made in below:
            made.relationship = "outer" if len(below) == 1 else "member"


def _options(seen: set[str], keys: dict[str, Any]) -> dict[str, bool]:
    """What can be seen to have been asked for, by the keys of all nodes; an option that leaves no trace is absent."""
    planning = keys.get("Planning")
    planned = set(planning) if isinstance(planning, dict) else set()
    shown = {
        "costs": "Total Cost" in seen,
        "verbose": bool(seen & {"Output", "Schema"}),
        "buffers": bool((seen | planned) & BUFFERS),
        "wal": bool(seen & {"WAL Records", "WAL FPI", "WAL Bytes"}),
        "settings": "Settings" in keys,
        "timing": "Actual Total Time" in seen,
        "memory": bool(planned & {"Memory Used", "Memory Allocated"}),
        "serialize": "Serialization" in keys,
        "summary": bool({"Planning Time", "Execution Time"} & set(keys)),
    }
    return {name: True for name, value in shown.items() if value}


def _statement(plan: Plan, keys: dict[str, Any], document: Document) -> None:
    plan.query = text(keys.get("Query Text"))
    if plan.query is not None:
        del keys["Query Text"]
    else:
        plan.query = document.query
    if (parameters := text(keys.get("Query Parameters"))) is not None:
        plan.query_parameters = parameters
        del keys["Query Parameters"]
    if isinstance(identifier := keys.get("Query Identifier"), int | str):
        plan.query_id = str(identifier)
        del keys["Query Identifier"]
    if (planning := number(keys.get("Planning Time"))) is not None:
        plan.planning_ms = planning
        del keys["Planning Time"]
    for name in ("Execution Time", "Total Runtime"):  # the second one until 9.3
        if (execution := number(keys.get(name))) is not None:
            plan.execution_ms = execution
            del keys[name]


def _planning(plan: Plan, keys: dict[str, Any]) -> None:
    planning = keys.get("Planning")
    if isinstance(planning, dict):
        plan.planning_buffers, plan.planning_io_ms, rest = planning_parts(planning)
        del keys["Planning"]
        if rest:
            keys["Planning"] = rest


def _serialization(plan: Plan, keys: dict[str, Any]) -> None:
    serialization = keys.get("Serialization")
    if not isinstance(serialization, dict):
        return
    plan.serialization_ms = number(serialization.get("Time"))
    volume = number(serialization.get("Output Volume"))
    plan.serialization_bytes = None if volume is None else int(volume * 1024)
    rest = {
        name: value for name, value in serialization.items() if name not in ("Time", "Output Volume") and value != 0
    }
    del keys["Serialization"]
    if rest:
        keys["Serialization"] = rest


_TRIGGER = {"Trigger Name", "Constraint Name", "Relation", "Time", "Calls"}


def _triggers(plan: Plan, keys: dict[str, Any]) -> None:
    triggers = keys.get("Triggers")
    if not isinstance(triggers, list) or not all(isinstance(trigger, dict) for trigger in triggers):
        return
    del keys["Triggers"]
    plan.triggers = [
        TriggerReport(
            name=text(trigger.get("Trigger Name")),
            constraint=text(trigger.get("Constraint Name")),
            relation=text(trigger.get("Relation")),
            time_ms=number(trigger.get("Time")),
            calls=number(trigger.get("Calls")),
        )
        for trigger in triggers
    ]
    rest = [{name: value for name, value in trigger.items() if name not in _TRIGGER} for trigger in triggers]
    if any(rest):
        keys["Triggers"] = rest


def _jit(plan: Plan, keys: dict[str, Any]) -> None:
    jit = keys.get("JIT")
    if not isinstance(jit, dict):
        return
    timing: dict[str, float] = {}
    for name, value in _group(jit, "Timing").items():
        # since 17: {"Deform": ms, "Total": ms}; deforming is part of the generation
        parts = {"": value.get("Total"), "deform": value.get("Deform")} if isinstance(value, dict) else {"": value}
        for part, ms in parts.items():
            if (milliseconds := number(ms)) is not None:
                timing[part or name.lower()] = milliseconds
    plan.jit = JitReport(
        functions=whole(jit.get("Functions")),
        options={name.lower(): value for name, value in _group(jit, "Options").items() if isinstance(value, bool)},
        timing_ms=timing,
    )
    rest = {name: value for name, value in jit.items() if name not in ("Functions", "Timing", "Options")}
    del keys["JIT"]
    if rest:
        keys["JIT"] = rest


def _group(keys: dict[str, Any], name: str) -> dict[str, Any]:
    value = keys.get(name)
    return value if isinstance(value, dict) else {}
