"""Plans of MySQL and MariaDB cut at every byte, read as a user's text is: what stood before the cut stays as it was."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import msgspec
import pytest

from advisor.model.plan import Plan, PlanNode
from advisor.plans.errors import PlanError
from advisor.plans.read import read
from tests.plans.mysql.test_json import RECORDED, V2, scan
from tests.plans.mysql.test_tree import WHOLE

V1: dict[str, Any] = {
    "query_block": {
        "select_id": 1,
        "cost_info": {"query_cost": "128.60"},
        "ordering_operation": {
            "using_filesort": True,
            "nested_loop": [
                {"table": scan("c", possible_keys=["PRIMARY"], attached_condition="(`c`.`name` = 'a, \"b\"')")},
                {
                    "table": scan(
                        "o", access_type="ref", key="by_customer", used_key_parts=["customer_id"], ref=["c.id"]
                    )
                },
            ],
            "select_list_subqueries": [
                {"dependent": True, "cacheable": False, "query_block": {"select_id": 2, "table": scan("i")}}
            ],
        },
    }
}
#: Printed as they are; each stands in one place of the text.
FIGURES = ("rows_estimated", "rows_actual", "loops", "cost_total", "time_last_ms", "filtered_estimated")
NAMES = ("alias", "index")


def cut(text: str, at: int) -> tuple[Plan, bool] | None:
    """The plan of the first ``at`` characters, and whether anything warns. None where it is refused."""
    try:
        reading = read(text[:at])
    except PlanError:
        return None
    return reading.plans[0], bool(reading.warnings or any(plan.warnings for plan in reading.plans))


def by_line(plan: Plan) -> dict[int | None, PlanNode]:
    """A node that was printed stands on a line of its own."""
    return {node.line: node for node in plan.nodes if node.operator != "query"}


@pytest.mark.parametrize("document", [V1, V2], ids=["version 1", "version 2"])
def test_json_of_mysql(document: dict[str, Any]) -> None:
    text = json.dumps(document, indent=2)
    whole = by_line(read(text).plans[0])
    lines = text.split("\n")
    read_some = 0
    for at in range(1, len(text) - 1):
        found = cut(text, at)
        if found is None:
            continue
        plan, warned = found
        assert warned, at
        for line, node in by_line(plan).items():
            if line is None or line not in whole:
                continue
            read_some += 1
            if closed(lines, line, at):
                mine, full = msgspec.structs.asdict(node), msgspec.structs.asdict(whole[line])
                for name in ("id", "parent", "relationship", "cost_total", "cost_startup"):  # told by what is around
                    mine.pop(name), full.pop(name)
                assert mine == full, at
            for name in (*FIGURES, *NAMES):
                # A cost is taken apart with those around; a relation goes by its name until an alias is read.
                if (value := getattr(node, name)) is not None and name != "cost_total":
                    known = (getattr(whole[line], name), whole[line].relation if name == "alias" else None)
                    assert value in known, (at, name)
    assert read_some > 500


def closed(lines: list[str], line: int, at: int) -> bool:
    """Whether the object that opens on a line ends before the cut."""
    opened = lines[line - 1]
    indent = len(opened) - len(opened.lstrip())
    last = next(n for n in range(line, len(lines)) if lines[n].startswith(" " * indent + "}"))
    return sum(len(one) + 1 for one in lines[: last + 1]) <= at


@pytest.mark.parametrize("form", ["explain", "analyze"])
def test_rows_of_mariadb(form: str) -> None:
    """A row that is not whole is left out; only its very last cell can be shortened unseen."""
    random = Random(form)
    for statement, forms in RECORDED.items():
        text = forms[form]
        whole = {node.line: node for node in read(text).plans[0].nodes if node.access is not None}
        for at in random.sample(range(len(text)), 30):
            found = cut(text, at)
            if found is None:
                continue
            plan, warned = found
            rows = text[:at].split("\n")
            for node in plan.nodes:
                if node.access is None:
                    continue
                for name in (*FIGURES, *NAMES):
                    same = getattr(node, name) in (None, getattr(whole[node.line], name))
                    # Without (half of) `Using filesort`, rows are those of the table and not of the sort.
                    assert same or (node.line == len(rows) and rows[-1].count("\t") >= rows[0].count("\t") - 1), at
            if rows[-1] and rows[-1].count("\t") < rows[0].count("\t") - 1:
                assert warned, (statement, at)


def test_a_tree_within_its_last_line() -> None:
    """The lines above are read as they were."""
    whole = by_line(read(WHOLE).plans[0])
    for at in range(WHOLE.index("\n"), len(WHOLE)):
        found = cut(WHOLE, at)
        assert found is not None, at
        last = WHOLE[:at].count("\n") + 1
        for line, node in by_line(found[0]).items():
            if line is not None and line < last and line in whole:
                for name in (*FIGURES, *NAMES, "predicates"):
                    assert getattr(node, name) == getattr(whole[line], name), (at, line, name)
