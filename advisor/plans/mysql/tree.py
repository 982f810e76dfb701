"""MySQL: EXPLAIN FORMAT=TREE and EXPLAIN ANALYZE (8.0.16 to 9).

A line that only says what for (``Hash``, ``Select #2 (subquery in condition; dependent)``, ``Limit table size``) is no
operator: its words go to the one below it. A select with subqueries in its select list is printed as siblings, for
their time is not part of it; they stand below a ``query`` node without numbers of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from advisor.model.engine import Engine
from advisor.model.plan import Plan, PlanNode, PlanWarning
from advisor.plans.branch import Branch, numbered
from advisor.plans.errors import PlanError
from advisor.plans.excerpt import Excerpt
from advisor.plans.mysql.joins import plain
from advisor.plans.mysql.numbers import number
from advisor.plans.mysql.operation import HEADING, from_keys, node_of


@dataclass(slots=True)
class Draft:
    """One line of the tree, or one object of JSON version 2."""

    text: str
    """The sentence, without numbers."""
    line: int
    tail: str = ""
    """The numbers as printed."""
    keys: dict[str, Any] = field(default_factory=dict)
    """Numbers by the names of JSON version 2, and what else it says."""
    children: list[Draft] = field(default_factory=list)
    cut: bool = False
    """The line ends in the middle of its numbers."""


_N = r"\d+(?:\.\d*)?(?:e[+-]?\d+)?|inf|nan"
_LINE = re.compile(r"^(\s*)->\s+(.*)$")
_ESTIMATE = re.compile(rf"\((?:cost=({_N})(?:\.\.({_N}))? )?rows=({_N})\)$")
_ACTUAL = re.compile(rf"\((?:never executed|actual (?:time=({_N})\.\.({_N}) )?rows=({_N}) loops=({_N}))\)$")
#: Somebody's remark behind the numbers, with which every line of the server ends.
_REMARK = re.compile(
    rf"(?P<plan>.*? {{2}}\((?:cost=(?:{_N})(?:\.\.(?:{_N}))? )?rows=(?:{_N})\)"
    rf"(?: {{1,2}}\((?:never executed|actual [^()]*)\))?)\s+(?!\(actual |\(never )\S",
    re.DOTALL,
)
_BROKEN = re.compile(
    r" \((?:c|co|cos|cost|cost=[^()]*|r|ro|row|rows|rows=[^()]*"
    r"|a|ac|act|actu|actua|actual[^()]*|n|ne|nev|neve|never[^()]*)?$"
)


def read(excerpt: Excerpt) -> Plan:
    """The plan of a tree. Errors: `PlanError` where there is none."""
    warnings: list[PlanWarning] = []
    roots = _drafts(excerpt, warnings)
    if not roots:
        raise PlanError(f"line {excerpt.number(0)}: no operator of a tree plan. Its lines begin with '-> '.")
    if _flat(roots):
        raise PlanError(
            f"line {roots[0].line}: the blanks before the arrows were lost, so that nothing tells which operator "
            "stands below which. Paste the plan as the client printed it."
        )
    root = grown(roots, warnings)
    nodes = numbered(root)
    _warn_of_cut(roots, nodes, warnings)
    analyzed = any(node.loops is not None or node.never_executed for node in nodes)
    return Plan(
        engine=Engine("mysql"),
        format="tree",
        nodes=nodes,
        analyzed=analyzed,
        timed=any(node.time_last_ms is not None for node in nodes),
        query=excerpt.query,
        warnings=[*excerpt.warnings, *warnings],
        line=roots[0].line,
        document=roots,
    )


def _flat(roots: list[Draft]) -> bool:
    """Whether an operator that needs one below it has none, and another stands beside it."""
    if len(roots) < 2 or roots[0].children or HEADING.match(roots[1].text):
        return False
    return node_of(roots[0].text, None).operator in _NEEDS_CHILD


def _warn_of_cut(roots: list[Draft], nodes: list[PlanNode], warnings: list[PlanWarning]) -> None:
    """Every operator of an executed plan has numbers, every table an estimate where one has: or the end is missing."""
    last = roots[-1]
    while last.children:
        last = last.children[-1]
    if last.cut or HEADING.match(last.text):
        return  # told already
    analyzed = any(node.loops is not None or node.never_executed for node in nodes)
    estimated = any(node.cost_total is not None for node in nodes)
    whole = "actual_loops" in last.keys if analyzed else "estimated_rows" in last.keys
    if not whole and (analyzed or (estimated and " on " in last.text)):
        warnings.append(PlanWarning(last.line, "the last operator has no numbers: the plan is cut off"))


def _drafts(excerpt: Excerpt, warnings: list[PlanWarning]) -> list[Draft]:
    """The lines as a tree by their indentation."""
    roots: list[Draft] = []
    stack: list[tuple[int, Draft]] = []
    last: Draft | None = None
    for index, line in enumerate(excerpt.text.split("\n")):
        match = _LINE.match(line)
        if match is None:
            if not line.strip() or line.strip() in ("EXPLAIN", "EXPLAIN:"):
                continue
            if last is not None and _continues(last, line):
                continue
            warnings.append(PlanWarning(excerpt.number(index), f"not understood: {line.strip()[:60]}"))
            continue
        indent = len(match[1].expandtabs(4))
        sentence = match[2].rstrip()
        remark = None if _at_end(_ESTIMATE, sentence) or _at_end(_ACTUAL, sentence) else _REMARK.match(sentence)
        if remark is not None:
            sentence = remark["plan"]
            warnings.append(PlanWarning(excerpt.number(index), "what stands behind the numbers was left out"))
        last = Draft(sentence, excerpt.number(index))
        while stack and stack[-1][0] >= indent:
            stack.pop()
        (stack[-1][1].children if stack else roots).append(last)
        stack.append((indent, last))
        _numbers(last)
    if last is not None and last.cut:
        warnings.append(PlanWarning(last.line, "the numbers of this operator are cut off: the plan may go on"))
    return roots


def _continues(draft: Draft, line: str) -> bool:
    """Numbers on a line of their own, or the rest of a sentence with a line end in it."""
    text = line.strip()
    if re.match(r"\((?:actual |never |cost=|rows=)", text):
        whole = Draft(f"{draft.text}{draft.tail}  {text}", draft.line)
        _numbers(whole)
        draft.text, draft.tail, draft.keys, draft.cut = whole.text, whole.tail, whole.keys, whole.cut
        return True
    if not draft.tail and not draft.children and not HEADING.match(draft.text):
        draft.text = f"{draft.text}\n{line.rstrip()}"
        _numbers(draft)
        return True
    return False


def _at_end(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The match of numbers, which stand in the last parentheses and hold none."""
    return pattern.match(text, max(text.rfind("("), 0))


def _numbers(draft: Draft) -> None:
    """Move the numbers from the end of the text to ``keys``."""
    text = draft.text
    opened = text.rfind(" (")
    if opened >= 0 and _BROKEN.match(text, opened):
        draft.cut = True
        text = text[:opened].rstrip()
    tails: list[str] = []
    actual = _at_end(_ACTUAL, text)
    if actual is not None:
        tails.append(text[actual.start() :])
        text = text[: actual.start()].rstrip()
        if actual[3] is None:
            draft.keys["actual_loops"] = None
        else:
            names = ("actual_first_row_ms", "actual_last_row_ms", "actual_rows", "actual_loops")
            draft.keys.update({name: number(value) for name, value in zip(names, actual.groups(), strict=True)})
    estimate = _at_end(_ESTIMATE, text)
    if estimate is not None:
        tails.insert(0, text[estimate.start() :])
        text = text[: estimate.start()].rstrip()
        first, total, rows = estimate.groups()
        if total is not None:
            draft.keys["estimated_first_row_cost"] = number(first)
        if first is not None:
            draft.keys["estimated_total_cost"] = number(total if total is not None else first)
        draft.keys["estimated_rows"] = number(rows)
    draft.text = text
    if tails:
        draft.tail = "  " + " ".join(tails)


# ---------------------------------------------------------------------- from lines or objects to nodes


def grown(roots: list[Draft], warnings: list[PlanWarning]) -> Branch:
    """The tree of nodes for a tree of sentences."""
    order: list[Draft] = []
    waiting = list(reversed(roots))
    while waiting:
        draft = waiting.pop()
        order.append(draft)
        waiting.extend(reversed(draft.children))
    made: dict[int, Branch] = {}
    for draft in reversed(order):
        made[id(draft)] = _branch(draft, [made.pop(id(child)) for child in draft.children], warnings)
    tops = [made[id(root)] for root in roots]
    if len(tops) == 1:
        return tops[0]
    return _query(tops, "query", roots[0].line)


def _query(parts: list[Branch], raw: str, line: int) -> Branch:
    top = plain("query", raw, line)
    for place, part in enumerate(parts):
        subquery = part.node.subplan_name is not None
        top.grow(part, "outer" if place == 0 and not subquery else "sub_plan", part.node.subplan_name)
    return top


def _branch(draft: Draft, children: list[Branch], warnings: list[PlanWarning]) -> Branch:
    heading = HEADING.match(draft.text)
    if heading is not None and "actual_loops" not in draft.keys and "estimated_rows" not in draft.keys:
        if not children:
            warnings.append(PlanWarning(draft.line, f"nothing stands below {draft.text[:60]}: the plan is cut off"))
            branch = plain("query" if heading["select"] else "other", draft.text, draft.line)
        elif len(children) == 1 and not ("heading" in children[0].node.extra and children[0].node.subplan_name):
            branch = children[0]
        else:
            branch = _query(children, draft.text, draft.line)
        before = branch.node.extra.get("heading")
        branch.node.extra["heading"] = draft.text if before is None else f"{draft.text}; {before}"
        if heading["select"]:
            branch.node.subplan_name = f"Select #{heading['select']}"
        return branch
    node = node_of(draft.text, draft.line)
    if node.operator == "other":
        warnings.append(PlanWarning(draft.line, f"no operator that is known: {draft.text[:60]}"))
    keys = dict(draft.keys)
    _fill(node, keys)
    from_keys(node, keys)
    branch = Branch(node)
    _hang(branch, children)
    if not children and node.operator in _NEEDS_CHILD and not node.extra.get("printed_elsewhere"):
        warnings.append(PlanWarning(draft.line, f"nothing stands below {draft.text[:60]}: the plan is cut off"))
    elif len(children) < 2 and node.operator in ("nested_loop", "hash_join"):
        warnings.append(PlanWarning(draft.line, f"one side of {draft.text[:60]} is missing: the plan is cut off"))
    return branch


_NEEDS_CHILD = frozenset(
    {"nested_loop", "hash_join", "filter", "sort", "limit", "group", "window", "materialize", "temporary_table"}
    | {"set_op", "append", "distinct", "index_merge", "recursive_union"}
)


def _hang(branch: Branch, children: list[Branch]) -> None:
    node = branch.node
    data = 0
    for child in children:
        if child.node.subplan_name is not None:
            branch.grow(child, "sub_plan", child.node.subplan_name)
            continue
        if node.operator in ("nested_loop", "hash_join"):
            branch.grow(child, "inner" if data == 1 else "outer")
        elif node.operator in ("set_op", "append", "recursive_union"):
            branch.grow(child, "member")
        else:
            branch.grow(child, "outer")
        data += 1
    if data and node.operator in ("seq_scan", "index_scan", "index_only_scan"):
        # It reads what the node below made: a derived table, a CTE, a materialised subquery.
        node.operator = "subquery_scan"
        node.relation = None


def _fill(node: PlanNode, keys: dict[str, Any]) -> None:
    """The numbers, by the names of JSON version 2."""
    node.rows_estimated = number(keys.pop("estimated_rows", None))
    node.cost_startup = number(keys.pop("estimated_first_row_cost", None))
    node.cost_total = number(keys.pop("estimated_total_cost", None))
    node.never_executed = "actual_loops" in keys and keys["actual_loops"] is None
    node.rows_actual = number(keys.pop("actual_rows", None))
    node.loops = number(keys.pop("actual_loops", None))
    node.time_first_ms = number(keys.pop("actual_first_row_ms", None))
    node.time_last_ms = number(keys.pop("actual_last_row_ms", None))


def rendered(roots: list[Draft]) -> str:
    """The tree's lines."""
    lines: list[str] = []
    waiting = [(root, 0) for root in reversed(roots)]
    while waiting:
        draft, depth = waiting.pop()
        lines.append(f"{'    ' * depth}-> {draft.text}{draft.tail}")
        waiting.extend((child, depth + 1) for child in reversed(draft.children))
    return "\n".join(lines)
