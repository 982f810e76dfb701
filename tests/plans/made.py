"""Plans made by hand, for tests of what follows from them."""

from __future__ import annotations

from typing import Any

from advisor.model.engine import Engine
from advisor.model.plan import Plan, PlanNode


def node(operator: str, *below: dict[str, Any], as_: str | None = None, **fields: Any) -> dict[str, Any]:
    """A node with its children. The first child is the outer one, the second of a join the inner one; ``as_`` says otherwise."""
    return {"operator": operator, "below": below, "as": as_, "fields": fields}


def scan(relation: str, *below: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A sequential scan."""
    fields = {"relation": relation, "alias": relation, **fields}
    return node(fields.pop("operator", "seq_scan"), *below, **fields)


def plan(root: dict[str, Any], *, engine: str = "postgresql", **fields: Any) -> Plan:
    """The plan of a root, executed unless no node says so."""
    nodes: list[PlanNode] = []
    pending: list[tuple[dict[str, Any], str, str | None, str]] = [(root, "0", None, "root")]
    while pending:
        made, name, parent, relationship = pending.pop()
        values = dict(made["fields"])
        values.setdefault("raw_operator", made["operator"])
        if "ms" in values:
            values["time_last_ms"] = values.pop("ms")
        if "rows" in values:
            values["rows_actual"] = values.pop("rows")
        if "estimate" in values:
            values["rows_estimated"] = values.pop("estimate")
        if "cost" in values:
            values["cost_total"] = values.pop("cost")
            values.setdefault("cost_startup", 0.0)
        if "rows_actual" in values or "time_last_ms" in values:
            values.setdefault("loops", 1)
        nodes.append(PlanNode(id=name, parent=parent, relationship=relationship, operator=made["operator"], **values))
        data = 0
        children = []
        for position, child in enumerate(made["below"]):
            kind = child["as"]
            if kind is None:
                kind = "member" if made["operator"] in ("append", "merge_append") else ("outer", "inner")[min(data, 1)]
                data += 1
            children.append((child, f"{name}.{position}", name, kind))
        pending.extend(reversed(children))
    return Plan(
        engine=Engine(engine),
        format="json",
        nodes=nodes,
        analyzed=any(made.rows_actual is not None for made in nodes),
        timed=any(made.time_last_ms is not None for made in nodes),
        **fields,
    )
