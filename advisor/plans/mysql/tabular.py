"""MySQL and MariaDB: EXPLAIN as rows, and MariaDB's ANALYZE of a statement.

One row is one table of one select. Selects are told apart by ``id``; the rows of a select stand in join order. Which
select holds a subquery is not printed; see `blocks`.
"""

from __future__ import annotations

import re

from advisor.model.engine import Engine, EngineName
from advisor.model.plan import Operator, Plan, PlanNode, PlanWarning
from advisor.plans import rows as grid
from advisor.plans.branch import Branch, numbered
from advisor.plans.errors import PlanError
from advisor.plans.excerpt import Excerpt
from advisor.plans.mysql.access import MADE, Extra, operator_of, read_extra
from advisor.plans.mysql.blocks import Blocks
from advisor.plans.mysql.joins import Step, joined, plain
from advisor.plans.mysql.numbers import number, share

COLUMNS = (
    *("id", "select_type", "table", "partitions", "type", "possible_keys", "key", "key_len", "ref", "rows"),
    *("r_rows", "filtered", "r_filtered", "extra"),
)
_KNOWN = frozenset(COLUMNS)
#: Printed, but no field of a node.
_KEPT = ("select_type", "partitions", "key_len", "ref")
_MODIFIES = ("INSERT", "REPLACE", "UPDATE", "DELETE")
_WORDS = (
    *("Using where", "Using index", "Using index condition", "Using temporary", "Using filesort", "Using join buffer"),
    *("Using index for group-by", "Using MRR", "Not exists", "Distinct", "Impossible WHERE", "No tables used"),
    *("Select tables optimized away", "Range checked for each record", "Start temporary", "End temporary"),
    *("FirstMatch", "LooseScan", "Backward index scan", "Rowid-ordered scan", "no matching row in const table"),
)
#: What only MariaDB prints.
_MARIADB = ("flat, ", "incremental, ", "distinct_key", "rowid filter", "Using rowid")


def read(excerpt: Excerpt) -> Plan:
    """The plan of rows with the columns id, select_type, table, type..., in any order and with others among them."""
    found = grid.read(excerpt, _KNOWN)
    if not found.rows:
        raise PlanError(f"line {excerpt.number(0)}: the names of EXPLAIN's columns, but no rows below them.")
    analyzed = "r_rows" in {name.lower() for name in found.columns}
    _warn_of_cut(found)
    _warn_of_odd(found)
    blocks = Blocks(found.rows, lambda rows: _select(rows, analyzed=analyzed))
    root = blocks.tree()
    return Plan(
        engine=Engine(_engine(excerpt, found, analyzed=analyzed)),
        format="tabular",
        nodes=numbered(root),
        analyzed=analyzed,
        query=excerpt.query,
        warnings=[*excerpt.warnings, *found.warnings, *blocks.warnings],
        line=found.rows[0].line,
        document=found,
    )


def _warn_of_cut(found: grid.Rows) -> None:
    """A last cell that stops inside a word or a bracket."""
    text = (found.rows[-1].get("extra") or "").rpartition(";")[2].strip()
    inside = text.count("(") > text.count(")")
    if inside or (text and any(word.startswith(text) and word != text for word in _WORDS) and text not in _WORDS):
        found.warnings.append(PlanWarning(found.rows[-1].line, "the last row is cut off: more may follow"))


def _warn_of_odd(found: grid.Rows) -> None:
    """Cells that no server prints: the table was edited, or its cells moved to other columns."""
    if "type" not in {name.lower() for name in found.columns}:
        found.warnings.append(
            PlanWarning(found.rows[0].line, "there is no column type: how tables are read is unknown")
        )
    for row in found.rows:
        for name in ("rows", "filtered", "r_rows", "r_filtered"):
            cell = _first(row.get(name), " ")[0]
            if cell and number(cell) is None:
                found.warnings.append(PlanWarning(row.line, f"the cell below {name} is no number", cell))
        access = _first(row.get("type"))[0]
        if access is not None and operator_of(access, None, covering=False) == "other":
            found.warnings.append(PlanWarning(row.line, "an access type that is not known", access))


def _engine(excerpt: Excerpt, found: grid.Rows, *, analyzed: bool) -> EngineName:
    """Whose rows these are. MySQL since 5.7 prints partitions and filtered both, MariaDB never does."""
    if excerpt.engine in ("mysql", "mariadb"):
        return excerpt.engine
    texts = [row.get("extra") or "" for row in found.rows] + [row.get("key") or "" for row in found.rows]
    if analyzed or any(mark in text for text in texts for mark in _MARIADB):
        return "mariadb"
    if any(re.fullmatch(r"key\d+", row.get("key") or "") and MADE.match(row.get("table") or "") for row in found.rows):
        return "mariadb"
    return "mysql"


def _select(rows: list[grid.Row], *, analyzed: bool) -> Branch:
    """One select as a ``query`` node: its tables joined in order, then what Extra keeps and sorts."""
    kind = rows[0].get("select_type") or "SIMPLE"
    top = plain("query", kind, rows[0].line)
    steps: list[Step] = []
    extras: list[Extra] = []
    changed: list[grid.Row] = []
    for row in rows:
        extra = read_extra(row.get("extra"))
        verb = (row.get("select_type") or "").upper()
        if verb in _MODIFIES:
            changed.append(row)
            if verb in ("INSERT", "REPLACE"):
                continue  # the table written to is not read
        extras.append(extra)
        steps.append(_step(row, extra, analyzed=analyzed))
    tree: Branch | None = None
    if steps:
        sorting = next((i for i, extra in enumerate(extras) if extra.filesort), None)
        temporary = any(extra.temporary for extra in extras)
        if sorting is not None and not temporary:
            steps[sorting].branch = _sorted_table(steps[sorting].branch)
        tree = joined(steps)
        if temporary:
            tree = _above("temporary_table", "Using temporary", tree)
            if sorting is not None:
                tree = _above("sort", "Using filesort", tree)
    if changed:
        verb = changed[0].get("select_type") or ""
        names = [row.get("table") or "" for row in changed]
        modify = plain("modify", verb, changed[0].line, operation=verb.lower(), relation=names[0], alias=names[0])
        if len(names) > 1:
            modify.node.extra["tables"] = names
        if tree is not None:
            modify.grow(tree, "outer")
        tree = modify
    assert tree is not None
    top.grow(tree, "outer")
    return top


def _above(operator: Operator, raw: str, tree: Branch) -> Branch:
    branch = plain(operator, raw, tree.node.line)
    branch.grow(tree, "outer")
    return branch


def _sorted_table(table: Branch) -> Branch:
    """The table is read and sorted before the join. MariaDB's r_rows then counts what the sort gave."""
    sort = _above("sort", "Using filesort", table)
    node = table.node
    sort.node.rows_actual, node.rows_actual = node.rows_actual, None
    sort.node.never_executed = node.never_executed
    if node.filtered_actual is not None:
        node.extra["r_filtered"] = node.filtered_actual * 100
        node.filtered_actual = None
    return sort


def _first(cell: str | None, mark: str = "|") -> tuple[str | None, str | None]:
    """The part of a cell before a mark, and what stands behind it."""
    first, _, second = (cell or "").partition(mark)
    return first or None, second or None


def _step(row: grid.Row, extra: Extra, *, analyzed: bool) -> Step:
    table, kind = row.get("table") or None, row.get("type")
    kind, filtering = _first(kind)
    key, filter_key = _first(row.get("key"))
    operator = operator_of(kind, table, covering=extra.covering)
    keys = row.get("possible_keys")
    node = PlanNode(
        id="",
        parent=None,
        operator=operator,
        raw_operator=kind or extra.message or "no table",
        access=kind,
        covering=extra.covering and operator != "seq_scan",
        backward=extra.backward,
        relation=table,
        alias=table,
        index=key or None,
        possible_indexes=tuple(keys.split(",")) if keys else () if table is not None and kind is not None else None,
        rows_estimated=number(_first(row.get("rows"), " ")[0]),
        filtered_estimated=share(row.get("filtered")),
        rows_actual=number(_first(row.get("r_rows"), " ")[0]),
        filtered_actual=share(row.get("r_filtered")),
        extra={name: value for name in _KEPT if (value := row.get(name))} | extra.facts(),
        line=row.line,
    )
    if filtering is not None:  # MariaDB: ref|filter, one|other, 10 (25%)
        shares = [_first(row.get(name), " ")[1] for name in ("rows", "r_rows")]
        node.extra["rowid_filter"] = {"key": filter_key, "share": shares[0], "r_share": shares[1]}
    if operator in ("subquery_scan", "result"):
        node.relation = None
    for name, value in row.values.items():
        if name not in _KNOWN and value is not None:
            node.extra[name] = value
    # Tables of one row are read before ANALYZE counts anything.
    node.never_executed = analyzed and node.rows_actual is None and operator not in ("const", "result")
    return Step(
        Branch(node),
        buffer=extra.buffer,
        join_type="anti" if "Not exists" in extra.words else None,
        first_match=extra.first_match,
    )
