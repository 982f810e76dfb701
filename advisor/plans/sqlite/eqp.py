"""SQLite: EXPLAIN QUERY PLAN, in the words of 3.6 to 3.50.

Lines of one level are one select: its tables in join order, then what is sorted, grouped or made unique with a
temporary b-tree. SQLite prints no numbers at all: rows, costs and times are None.
"""

from __future__ import annotations

import re

from advisor.model.engine import Engine
from advisor.model.plan import Operator, Plan, PlanNode, PlanWarning
from advisor.plans.branch import Branch, numbered
from advisor.plans.errors import PlanError
from advisor.plans.excerpt import Excerpt
from advisor.plans.sqlite import items as printed
from advisor.plans.sqlite.detail import table_of
from advisor.plans.sqlite.items import DEEPEST, Item

_SUBQUERY = re.compile(r"^(?:REUSE )?(CORRELATED )?(SCALAR|LIST) SUBQUERY (\d+)$")
_KEPT = re.compile(r"^(CO-ROUTINE|MATERIALIZE) (.*)$")
_TEMP = re.compile(r"^USE TEMP B-TREE FOR (.*)$")
_COMPOUND = re.compile(r"^(UNION ALL|UNION|EXCEPT|INTERSECT)( USING TEMP B-TREE)?$")
_MERGE = re.compile(r"^MERGE \((UNION ALL|UNION|EXCEPT|INTERSECT)\)$")
_BLOOM = re.compile(r"^BLOOM FILTER ON (.+?)(?: \((.*)\))?$")
_IN_OPERATOR = re.compile(r"^USING .* FOR IN-OPERATOR$")


def read(excerpt: Excerpt) -> Plan:
    """The plan of rows or of a tree. Errors: `PlanError` where there is none."""
    warnings: list[PlanWarning] = []
    tops = printed.read(excerpt, warnings)
    if not tops:
        raise PlanError(f"line {excerpt.number(0)}: no line of EXPLAIN QUERY PLAN.")
    root = _select(tops, "QUERY PLAN", tops[0].line, warnings, 0)
    return Plan(
        engine=Engine("sqlite"),
        format="eqp",
        nodes=numbered(root),
        query=excerpt.query,
        warnings=[*excerpt.warnings, *warnings],
        line=tops[0].line,
        document=tops,
    )


def _plain(operator: Operator, raw: str, line: int) -> Branch:
    return Branch(PlanNode(id="", parent=None, operator=operator, raw_operator=raw, line=line))


def _select(items: list[Item], raw: str, line: int, warnings: list[PlanWarning], depth: int) -> Branch:
    """One select as a ``query`` node."""
    if depth > DEEPEST:
        raise PlanError(f"line {line}: the plan is nested too deep.")
    top = _plain("query", raw, line)
    tables: list[Branch] = []
    made: dict[str, Branch] = {}
    above: list[tuple[Operator, str, int]] = []
    blooms: list[tuple[str, str]] = []
    for item in items:
        text = item.text
        node = table_of(text, item.line)
        if node is not None:
            branch = Branch(node)
            _below(branch, item.children, warnings, depth)
            _use(branch, made)
            for table, terms in blooms:
                if table in (node.alias, node.relation):
                    node.extra["bloom_filter"] = terms or True
            tables.append(branch)
        elif text == "MULTI-INDEX OR":
            tables.append(_merged(item, warnings, depth))
        elif text == "COMPOUND QUERY" or _MERGE.match(text):
            tables.append(_compound(item, warnings, depth))
        elif match := _KEPT.match(text):
            branch = _kept(item, match, warnings, depth)
            made[match[2]] = branch
        elif match := _SUBQUERY.match(text):
            inner = _select(item.children, text, item.line, warnings, depth + 1)
            inner.node.extra["correlated"] = match[1] is not None
            if text.startswith("REUSE "):
                inner.node.extra["reused"] = True
            top.grow(inner, "sub_plan", f"Subquery {match[3]}")
        elif match := _TEMP.match(text):
            above.append((_temporary(match[1]), text, item.line))
        elif match := _BLOOM.match(text):
            blooms.append((match[1].partition(" AS ")[2] or match[1], match[2] or ""))
            for branch in tables:
                if branch.node.alias == blooms[-1][0]:
                    branch.node.extra["bloom_filter"] = match[2] or True
        elif text.startswith("RIGHT-JOIN "):
            # The second pass of a RIGHT JOIN: rows of that table that nothing matched.
            unmatched = _select(item.children, "RIGHT-JOIN", item.line, warnings, depth + 1)
            top.grow(unmatched, "sub_plan")
            for branch in tables[1:]:
                if text.removeprefix("RIGHT-JOIN ") in (branch.node.alias, branch.node.relation):
                    branch.node.extra["join"] = "RIGHT-JOIN"
        elif text in ("SETUP", "RECURSIVE STEP"):
            tables.append(_select(item.children, text, item.line, warnings, depth + 1))
        elif _IN_OPERATOR.match(text):
            top.node.extra.setdefault("in_operator", []).append(text)
        else:
            warnings.append(PlanWarning(item.line, f"not understood: {text[:60]}"))
            branch = _plain("other", text, item.line)
            _below(branch, item.children, warnings, depth)
            top.grow(branch, "sub_plan")
    tree = _joined(tables, recursive=any(item.text == "RECURSIVE STEP" for item in items))
    for operator, text, number in above:
        sorting = _plain(operator, text, number)
        if tree is not None:
            sorting.grow(tree, "outer")
        tree = sorting
    if tree is not None:
        tree.node.relationship = "outer"
        top.children.insert(0, tree)
    elif not top.children and not made:
        warnings.append(PlanWarning(line, f"nothing stands below {raw}: the plan is cut off"))
    for branch in made.values():  # made, but no table of this select reads it
        top.grow(branch, "subquery")
    return top


def _joined(tables: list[Branch], *, recursive: bool) -> Branch | None:
    if not tables:
        return None
    if recursive:
        union = _plain("recursive_union", "SETUP, RECURSIVE STEP", tables[0].node.line or 1)
        for branch in tables:
            union.grow(branch, "member")
        return union
    tree = tables[0]
    for inner in tables[1:]:
        join = _plain("nested_loop", "nested loop", inner.node.line or 1)
        words = inner.node.extra.get("join")
        join.node.join_type = "left" if words == "LEFT-JOIN" else "right" if words == "RIGHT-JOIN" else None
        if inner.node.extra.get("exists"):
            join.node.join_type = "semi"
        join.grow(tree, "outer")
        join.grow(inner, "inner")
        tree = join
    return tree


def _below(branch: Branch, items: list[Item], warnings: list[PlanWarning], depth: int) -> None:
    """Lines below a table: subqueries of its terms, or a derived table in older words."""
    if items:
        branch.grow(_select(items, "query", items[0].line, warnings, depth + 1), "subquery")


def _use(branch: Branch, made: dict[str, Branch]) -> None:
    """A table that a CO-ROUTINE or MATERIALIZE line above has made."""
    node = branch.node
    for name in (node.alias, node.relation):
        if name is not None and name in made:
            branch.grow(made.pop(name), "subquery")
            break
    else:
        if not (node.relation or "").startswith(("(subquery-", "SUBQUERY ")):
            return
    node.operator, node.relation = "subquery_scan", None


def _kept(item: Item, match: re.Match[str], warnings: list[PlanWarning], depth: int) -> Branch:
    top = _plain("materialize" if match[1] == "MATERIALIZE" else "query", match[1], item.line)
    top.node.subplan_name = match[2]
    inner = _select(item.children, "query", item.line, warnings, depth + 1)
    for child in inner.children:  # the select is this line itself
        top.grow(child, child.node.relationship, child.node.subplan_name)
    return top


def _merged(item: Item, warnings: list[PlanWarning], depth: int) -> Branch:
    """One table by several of its indexes, one for each side of OR."""
    top = _plain("index_merge", item.text, item.line)
    names: list[str] = []
    for part in item.children:
        for one in part.children or [part]:
            node = table_of(one.text, one.line)
            if node is None:
                top.grow(_select([one], "query", one.line, warnings, depth + 1), "sub_plan")
                continue
            branch = Branch(node)
            _below(branch, one.children, warnings, depth)
            top.grow(branch, "outer")
            top.node.relation, top.node.alias = node.relation, node.alias
            if node.index is not None:
                names.append(node.index)
    top.node.access = "SEARCH"
    top.node.index = ",".join(dict.fromkeys(names)) or None
    if not top.children:
        warnings.append(PlanWarning(item.line, "nothing stands below MULTI-INDEX OR: the plan is cut off"))
    return top


def _compound(item: Item, warnings: list[PlanWarning], depth: int) -> Branch:
    """UNION, EXCEPT and INTERSECT of selects."""
    merge = _MERGE.match(item.text)
    operations: list[str] = [merge[1].lower()] if merge else []
    top = _plain("set_op", item.text, item.line)
    for part in item.children:
        found = _COMPOUND.match(part.text)
        if found is not None:
            operations.append(found[1].lower())
            if found[2] is not None:
                top.node.extra["temp_b_tree"] = True
        top.grow(_select(part.children, part.text, part.line, warnings, depth + 1), "member")
    top.node.operation = operations[0] if len(set(operations)) == 1 else ", ".join(operations) or None
    if top.node.operation == "union all":
        top.node.operator = "append"
    if len(item.children) < 2:
        warnings.append(PlanWarning(item.line, "a compound query has two members at least: the plan is cut off"))
    return top


def _temporary(purpose: str) -> Operator:
    if purpose == "ORDER BY":
        return "sort"
    if purpose.endswith("ORDER BY"):
        return "incremental_sort"  # LAST TERM OF, LAST 2 TERMS OF, RIGHT PART OF: the rest comes in order
    return "group" if purpose == "GROUP BY" else "distinct"
