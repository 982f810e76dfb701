"""The sentences in which MySQL's FORMAT=TREE and JSON version 2 say what an operator does.

They are made by the server from fixed words and parts of the query, so the words before the query's parts decide.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

from advisor.model.plan import Operator, PlanNode
from advisor.plans.mysql.numbers import number
from advisor.plans.mysql.sortkeys import keys_of

#: Lines that only say what the operator below them is for.
HEADING = re.compile(
    r"^(?:Select #(?P<select>\d+) \(.*\)|Hash|Batch input rows|Limit table size: .*"
    r"|Clustered primary key \(scanned separately\)|(?:Disable deduplication|Repeat until convergence)(?:, .*)?)$",
    re.DOTALL,
)

_INDEX = re.compile(
    r"^(?:(Single-row|Multi-range|Full-text) )?((?:covering )?index) "
    r"(scan|range scan|lookup|search|distance scan|skip scan(?: for grouping| for deduplication)?)"
    r" on (.+?) using (.+)$",
    re.IGNORECASE | re.DOTALL,
)
_REPLANNED = re.compile(r"^Index range scan on (.+?) \(re-planned for each iteration\)(.*)$", re.DOTALL)
_TABLE = re.compile(r"^Table scan on (<[^>]*>|`[^`]*`|[^\s,]+)(.*)$", re.DOTALL)
_CONSTANT = re.compile(r"^Constant row from (.*)$", re.DOTALL)
_LOOP = re.compile(r"^(Nested loop|Batched key access) (inner join|left join|semijoin|antijoin)(.*)$", re.DOTALL)
_HASH = re.compile(r"^(Inner hash join|Left hash join|Hash antijoin|Hash semijoin)(.*)$", re.DOTALL)
_SORT = re.compile(r"^Sort( row IDs)?( with duplicate removal)?: (.*)$", re.DOTALL)
_CHUNK = re.compile(r", limit input to (\d+) row\(s\) per chunk$")
_AGGREGATE = re.compile(
    r"^(Aggregate|Group aggregate(?: with rollup| with cube)?|Group)(?:: (.*)| \((.*)\))?$", re.DOTALL
)
_WINDOW = re.compile(r"^Window (?:multi-pass )?aggregate(?: with buffering)?(?:: (.*))?$", re.DOTALL)
_LIMIT = re.compile(r"^(Limit|Offset|Limit/Offset): (\d+)(?:/(\d+))? row\(s\)(.*)$", re.DOTALL)
_KEPT = re.compile(
    r"^(?:(Union all|Union|Except all|Except|Intersect all|Intersect) materialize|Temporary table"
    r"|Materialize(?: (recursive|union))?(?: CTE (.+?))?)( if needed)?( \(query plan printed elsewhere\))?"
    r"( with deduplication)?( \(invalidate on row from .*\))?$",
    re.DOTALL,
)
_CHANGE = re.compile(r"^(Insert into|Replace into|Update|Delete from) (.+)$", re.DOTALL)
_WEEDOUT = re.compile(r"^Remove duplicate (.*) rows using temporary table \(weedout\)$", re.DOTALL)
_MERGED = re.compile(r"^(sort_union|union|intersect)\((.*)\)$")

JoinType = Literal["inner", "left", "semi", "anti"]
_JOIN_TYPES: dict[str, JoinType] = {"inner join": "inner", "left join": "left", "semijoin": "semi", "antijoin": "anti"}
_HASH_TYPES: dict[str, JoinType] = {
    "inner hash join": "inner",
    "left hash join": "left",
    "hash antijoin": "anti",
    "hash semijoin": "semi",
}
#: What begins a sentence -> operator; the sentence holds nothing of the query that a field has a place for.
_PLAIN: tuple[tuple[str, Operator], ...] = (
    ("Rows fetched before execution", "const"),
    ("Zero rows", "result"),
    ("Zero input rows", "result"),
    ("Aggregate using temporary table", "aggregate"),
    ("Stream results", "result"),
    ("Append", "append"),
    ("Remove duplicates from input", "distinct"),
    ("Sort-deduplicate by row ID", "index_merge"),
    ("Intersect rows sorted by row ID", "index_merge"),
    ("Deduplicate rows sorted by row ID", "index_merge"),
    ("Materialize table function", "function_scan"),
    ("Fill information schema table", "function_scan"),
)


def node_of(text: str, line: int | None) -> PlanNode:
    """The node for a sentence; ``other`` for one that is not known."""
    node = PlanNode(id="", parent=None, operator="other", raw_operator=text, line=line)
    for pattern, fill in _BY_WORD.get(_WORD.match(text)[0], ()):  # type: ignore[index]
        match = pattern.match(text)
        if match is not None:
            fill(node, match)
            return node
    for words, operator in _PLAIN:
        if text.startswith(words):
            node.operator, node.raw_operator = operator, words
            rest = text[len(words) :].strip()
            if rest:
                node.extra["detail"] = rest
            break
    return node


def _on(node: PlanNode, table: str) -> None:
    node.alias = table
    if table.startswith("<"):
        node.operator = "subquery_scan"
    else:
        node.relation = table


def _index(node: PlanNode, match: re.Match[str]) -> None:
    prefix, index, kind, table, rest = match.groups()
    kind = kind.lower()
    node.covering = index.lower().startswith("covering")
    node.raw_operator = " ".join(word for word in (prefix, index, kind) if word)
    node.operator = "index_only_scan" if node.covering else "index_scan"
    if prefix == "Full-text":
        node.access = "fulltext"
    elif kind == "lookup":
        node.access = "eq_ref" if prefix == "Single-row" else "ref"
    else:
        node.access = "index" if kind in ("scan", "distance scan") else "range"
    _on(node, table)
    rest, _, condition = _split(rest, ", with index condition: ")
    if rest.endswith(" (reverse)"):
        node.backward = True
        rest = rest.removesuffix(" (reverse)")
    rest, _, ranges = _split(rest, " over ")
    name, lookup = rest, ""
    opens = _lookup_start(rest)
    if opens >= 0:
        name, lookup = rest[:opens], rest[opens + 1 :]
    merged = _MERGED.match(rest)
    if merged is not None:
        node.operator, node.access = "index_merge", "index_merge"
        node.extra["index_merge"] = rest
        name, lookup = merged[2], ""
    node.index = name
    if ranges:
        node.extra["ranges"] = ranges
    parts = [part for part in (lookup, condition) if part]
    if not parts and ranges:
        parts = [ranges]
    if parts:
        node.predicates["index"] = " and ".join(parts)


def _lookup_start(text: str) -> int:
    """Where `` (a = t.b)`` begins that ends the text; -1 without one."""
    return text.find(" (") if text.endswith(")") else -1


def _split(text: str, mark: str) -> tuple[str, str, str]:
    """As str.partition, but a mark inside quotes or brackets is none."""
    place = text.find(mark)
    while place >= 0:
        before = text[:place]
        if before.count("'") % 2 == 0 and before.count("(") == before.count(")"):
            return before, mark, text[place + len(mark) :]
        place = text.find(mark, place + 1) if place < 4000 else -1
    return text, "", ""


def _replanned(node: PlanNode, match: re.Match[str]) -> None:
    node.operator, node.access, node.raw_operator = (
        "index_scan",
        "range",
        "Index range scan (re-planned for each iteration)",
    )
    _on(node, match[1])
    node.extra["range_checked_for_each_record"] = True
    condition = match[2].removeprefix(", with index condition: ")
    if condition:
        node.predicates["index"] = condition


def _table(node: PlanNode, match: re.Match[str]) -> None:
    node.operator, node.access, node.raw_operator = "seq_scan", "ALL", "Table scan"
    _on(node, match[1].strip("`"))
    if match[2].strip():
        node.extra["detail"] = match[2].strip(" ,")


def _constant(node: PlanNode, match: re.Match[str]) -> None:
    node.operator, node.access, node.raw_operator = "const", "const", "Constant row"
    _on(node, match[1])


def _loop(node: PlanNode, match: re.Match[str]) -> None:
    node.operator, node.raw_operator = "nested_loop", match[0]
    node.join_type = _JOIN_TYPES[match[2]]


def _hash(node: PlanNode, match: re.Match[str]) -> None:
    node.operator, node.raw_operator = "hash_join", match[1]
    node.join_type = _HASH_TYPES[match[1].lower()]
    conditions, _, more = _split(match[2], ", extra conditions: ")
    conditions = conditions.strip()
    if conditions and conditions != "(no condition)":
        node.predicates["hash"] = " and ".join(keys_of(conditions))
    if more:
        node.predicates["join_filter"] = more


def _filter(node: PlanNode, match: re.Match[str]) -> None:
    node.operator, node.raw_operator = "filter", "Filter"
    node.predicates["filter"] = match[1]


def _sort(node: PlanNode, match: re.Match[str]) -> None:
    node.operator = "sort"
    node.raw_operator = "Sort" + (match[1] or "") + (match[2] or "")
    keys = match[3]
    chunk = _CHUNK.search(keys)
    if chunk is not None:
        keys = keys[: chunk.start()]
        node.limit_offset = (number(chunk[1]), None)
    node.sort_keys = keys_of(keys)


def _aggregate(node: PlanNode, match: re.Match[str]) -> None:
    node.raw_operator = match[1]
    node.operator = "group" if match[1] == "Group" else "aggregate"
    node.strategy = "plain" if match[1] == "Aggregate" else "sorted"
    if match[2]:
        node.output = keys_of(match[2])
    if match[3]:
        node.extra["detail"] = match[3]


def _window(node: PlanNode, match: re.Match[str]) -> None:
    node.operator, node.raw_operator = "window", match[0].partition(":")[0]
    if match[1]:
        node.output = keys_of(match[1])


def _limit(node: PlanNode, match: re.Match[str]) -> None:
    node.operator, node.raw_operator = "limit", match[1]
    first, second = number(match[2]), number(match[3])
    node.limit_offset = (None, first) if match[1] == "Offset" else (first, second)
    if match[4].strip():
        node.extra["detail"] = match[4].strip()


def _kept(node: PlanNode, match: re.Match[str]) -> None:
    operation, kind, cte, needed, elsewhere, unique, invalidated = match.groups()
    node.operator = "temporary_table" if match[0].startswith("Temporary") else "materialize"
    node.raw_operator = match[0].partition(" CTE ")[0].partition(" (")[0].removesuffix(" with deduplication")
    if operation is not None:
        node.operator, node.operation = "set_op", operation.lower()
    if kind == "recursive":
        node.operator = "recursive_union"
    if kind == "union":
        node.operator, node.operation = "set_op", "union" if unique else "union all"
    node.cte = cte
    if needed:
        node.extra["if_needed"] = True
    if elsewhere:
        node.extra["printed_elsewhere"] = True
    if unique:
        node.extra["deduplication"] = True
    if invalidated:
        node.extra["invalidate"] = invalidated.strip(" ()")


def _change(node: PlanNode, match: re.Match[str]) -> None:
    node.operator, node.raw_operator = "modify", match[1]
    node.operation = match[1].partition(" ")[0].lower()
    names = [re.sub(r" \((?:immediate|buffered)\)$", "", name) for name in keys_of(match[2])]
    node.relation = node.alias = names[0] if names else match[2]
    if match[2] != node.alias:
        node.extra["tables"] = match[2]


def _weedout(node: PlanNode, match: re.Match[str]) -> None:
    node.operator, node.raw_operator = "distinct", "Remove duplicate rows using temporary table (weedout)"
    node.extra["tables"] = match[1]


def _count(node: PlanNode, match: re.Match[str]) -> None:
    node.operator, node.raw_operator = "aggregate", "Count rows"
    node.relation = node.alias = match[1]


def _tail(node: PlanNode, match: re.Match[str]) -> None:
    node.operator, node.raw_operator = "work_table_scan", "Scan new records"
    node.alias = node.cte = match[1]


def _temporary_aggregate(node: PlanNode, match: re.Match[str]) -> None:
    node.operator, node.strategy, node.raw_operator = "aggregate", "hashed", match[0]


def _function(node: PlanNode, match: re.Match[str]) -> None:
    node.operator, node.raw_operator = "function_scan", match[0]


_Fill = Callable[[PlanNode, re.Match[str]], None]
_WORD = re.compile(r"[A-Za-z-]*")
_SCANS: tuple[tuple[re.Pattern[str], _Fill], ...] = ((_REPLANNED, _replanned), (_INDEX, _index))
_TEMPORARY: tuple[tuple[re.Pattern[str], _Fill], ...] = (
    (re.compile(r"^Materialize table function$"), _function),
    (_KEPT, _kept),
)
_AGGREGATES: tuple[tuple[re.Pattern[str], _Fill], ...] = (
    (re.compile(r"^Aggregate using temporary table$"), _temporary_aggregate),
    (_AGGREGATE, _aggregate),
)
#: By the first word of a sentence.
_BY_WORD: dict[str, tuple[tuple[re.Pattern[str], _Fill], ...]] = {
    "Filter": ((re.compile(r"^Filter: (.*)$", re.DOTALL), _filter),),
    **dict.fromkeys(("Index", "Covering", "Single-row", "Multi-range", "Full-text"), _SCANS),
    "Table": ((_TABLE, _table),),
    "Constant": ((_CONSTANT, _constant),),
    **dict.fromkeys(("Nested", "Batched"), ((_LOOP, _loop),)),
    **dict.fromkeys(("Inner", "Left", "Hash"), ((_HASH, _hash),)),
    "Sort": ((_SORT, _sort),),
    **dict.fromkeys(("Aggregate", "Group"), _AGGREGATES),
    "Window": ((_WINDOW, _window),),
    **dict.fromkeys(("Limit", "Offset"), ((_LIMIT, _limit),)),
    **dict.fromkeys(("Materialize", "Temporary", "Union", "Except", "Intersect"), _TEMPORARY),
    **dict.fromkeys(("Insert", "Replace", "Update", "Delete"), ((_CHANGE, _change),)),
    "Remove": ((_WEEDOUT, _weedout),),
    "Count": ((re.compile(r"^Count rows in (.*)$", re.DOTALL), _count),),
    "Scan": ((re.compile(r"^Scan new records on (.*)$", re.DOTALL), _tail),),
}


def from_keys(node: PlanNode, keys: dict[str, Any]) -> None:
    """What JSON version 2 says in keys of its own, beside the sentence; the rest goes to ``extra``."""
    if not keys:
        return
    table, alias = keys.pop("table_name", None), keys.pop("alias", None)
    if isinstance(table, str) and node.operator != "modify" and not table.startswith("<"):
        node.relation = table
        node.alias = alias if isinstance(alias, str) else table
    schema = keys.pop("schema_name", None)
    if isinstance(schema, str) and node.relation is not None:
        node.schema = schema
    for key in (
        "operation",
        "lookup_condition",
        "pushed_index_condition",
        "condition",
        "reverse",
        "index_name",
        "covering",
    ):
        keys.pop(key, None)  # in the sentence
    for key in (
        "join_type",
        "join_algorithm",
        "sort_fields",
        "hash_condition",
        "limit",
        "limit_offset",
        "per_chunk_limit",
    ):
        keys.pop(key, None)
    columns = keys.pop("key_columns", None)
    if isinstance(columns, list):
        node.index_columns = tuple(str(one) for one in columns)
    functions = keys.pop("functions", None)
    if isinstance(functions, list) and functions:
        node.output = tuple(str(one) for one in functions)
    node.extra.update(keys)
