"""The lines of EXPLAIN QUERY PLAN that read a table: ``SEARCH o USING COVERING INDEX i (a=? AND b>?)``."""

from __future__ import annotations

import re

from advisor.model.plan import PlanNode

_SCAN = re.compile(
    r"^(SCAN|SEARCH) (?:TABLE |SUBQUERY )?(.+?)(?: AS (\S+))?"
    r"( EXISTS)?(?: (VIRTUAL TABLE INDEX .*|USING .*?))?( LEFT-JOIN| RIGHT-JOIN)?( \(~\d+ rows?\))?$"
)
_INDEX = re.compile(
    r"^USING (AUTOMATIC )?(PARTIAL )?(COVERING )?"
    r"(INTEGER PRIMARY KEY|PRIMARY KEY|INDEX|ROWID SEARCH)(?: (?!\()(.+?))?(?: \((.*)\))?(?: FOR IN-OPERATOR)?$"
)
_COLUMN = re.compile(r'^(?:ANY\()?("(?:[^"]|"")*"|<expr>|[^\s=<>()]+)')
_CONSTANT = re.compile(r"^SCAN (?:CONSTANT ROW|\d+ CONSTANT ROWS?)$")


def table_of(text: str, line: int) -> PlanNode | None:
    """The node for a line that reads a table; None for any other line."""
    if _CONSTANT.match(text):
        return PlanNode(id="", parent=None, operator="const", raw_operator=text, access="SCAN", line=line)
    match = _SCAN.match(text)
    if match is None:
        return None
    verb, name, alias, exists, using, joined, _ = match.groups()
    node = PlanNode(id="", parent=None, operator="seq_scan", raw_operator=verb, access=verb, relation=name, line=line)
    node.alias = alias or name
    if verb == "SEARCH":
        node.operator = "index_scan"  # without USING: the first or last row by rowid
    if joined is not None:
        node.extra["join"] = joined.strip()
    if exists is not None:
        node.extra["exists"] = True
    if using is not None:
        _using(node, using)
    return node


def _using(node: PlanNode, using: str) -> None:
    if using.startswith("VIRTUAL TABLE INDEX"):
        node.operator = "function_scan" if node.access == "SCAN" else "index_scan"
        node.extra["virtual_table_index"] = using.removeprefix("VIRTUAL TABLE INDEX ").strip()
        return
    match = _INDEX.match(using)
    if match is None:
        node.extra["using"] = using
        node.operator = "other"
        return
    automatic, partial, covering, kind, name, terms = match.groups()
    node.covering = covering is not None
    node.operator = "index_only_scan" if node.covering else "index_scan"
    if kind == "INDEX" and not automatic:
        node.index = name
    elif kind != "INDEX":
        node.extra["key"] = kind
    if automatic:
        node.extra["automatic"] = True
        node.covering, node.operator = True, "index_only_scan"
        if partial:
            node.extra["partial"] = True
    if terms is not None:
        node.predicates["index"] = terms
        parts = [part.strip() for part in terms.split(" AND ")]
        names = [found[1] for part in parts if (found := _COLUMN.match(part))]
        node.index_columns = tuple(dict.fromkeys(names))
