"""A plan as a Mermaid flowchart: rows run upwards, a link is as thick as the rows in it, colour is self time.

What a plan says must not become markup: signs that mean something to Mermaid or HTML are taken out of labels.
"""

from __future__ import annotations

from math import log10

from advisor.model.explained import NodeReport, PlanReport
from advisor.reports import figures
from advisor.reports.escape import one_line
from advisor.reports.plan.label import name
from advisor.reports.plan.label import rows as node_rows
from advisor.reports.plan.summary import impossible

#: More boxes than this are no picture; the table says it better.
MOST_NODES = 60
_LABEL = 70
#: Share of the time from which a box is coloured, with its class.
_HEAT = ((0.5, "hot"), (0.2, "warm"), (0.05, "mild"))


def chart(plan: PlanReport) -> str | None:
    """The flowchart's text; None for a plan too large to draw."""
    if len(plan.nodes) > MOST_NODES:
        return None
    out = ["flowchart BT"]
    for number, node in enumerate(plan.nodes, 1):
        out.append(f'    {_key(node)}["{number}. {_label(node)}"]{_class(node, plan)}')
    links = []
    for node in plan.nodes:
        if node.parent is None:
            continue
        rows = node_rows(node)
        rows = node.rows_estimated if rows is None else rows
        arrow = "-.->" if node.relationship in ("init_plan", "sub_plan", "cte") else "-->"
        text = f'|"{_escaped(figures.quantity(rows))}"|' if rows is not None else ""
        out.append(f"    {_key(node)} {arrow}{text} {_identifier(node.parent)}")
        links.append(1 + min(9.0, log10(rows) * 1.3) if rows is not None and rows > 1 else 1.0)
    out += [f"    linkStyle {number} stroke-width:{width:.0f}px" for number, width in enumerate(links) if width > 1.5]
    out += [
        "    classDef hot fill:#b2182b,color:#ffffff",
        "    classDef warm fill:#f4a582,color:#000000",
        "    classDef mild fill:#fddbc7,color:#000000",
        "    classDef never stroke-dasharray:4 4",
    ]
    return "\n".join(out)


def _key(node: NodeReport) -> str:
    return _identifier(node.id)


def _identifier(path: str) -> str:
    return "n" + path.replace(".", "_")


def _label(node: NodeReport) -> str:
    text = _escaped(one_line(name(node), _LABEL))
    if node.never_executed:
        return text + "<br/>never executed"
    if node.time_self_ms is not None and not impossible(node):
        share = f", {figures.share(node.share)}" if node.share is not None else ""
        text += "<br/>" + _escaped(figures.milliseconds(node.time_self_ms) + share)
    if node.q_error is not None and node.q_error >= 10:
        text += f"<br/>estimate {figures.quantity(node.q_error)}x {'low' if node.underestimated else 'high'}"
    return text


def _class(node: NodeReport, plan: PlanReport) -> str:
    if node.never_executed:
        return ":::never"
    share = node.share
    if share is None and not plan.analyzed and node.cost_self is not None and plan.nodes[0].cost_total:
        share = node.cost_self / plan.nodes[0].cost_total
    for floor, heat in _HEAT:
        if share is not None and share >= floor:
            return f":::{heat}"
    return ""


def _escaped(text: str) -> str:
    """Letters, digits and signs that Mermaid gives no meaning to; anything else as a middle dot. (Its own entities,
    ``#60;``, are not decoded everywhere.)"""
    text = text.replace("<0.1 %", "under 0.1 %").replace(">99.9 %", "over 99.9 %")
    return "".join(sign if sign.isalnum() or sign in " .,_-()%=:/*+?" else "·" for sign in text)
