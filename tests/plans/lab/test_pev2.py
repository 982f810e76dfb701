"""pev2's own fixtures: every value that one of its expect files states is the one that we read.

pev2 names some things in its own way; those are translated below, each with its reason. Nothing else differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from advisor.plans.errors import PlanError
from advisor.plans.metrics import measure
from advisor.plans.postgresql.document import DocumentNode
from tests.plans.lab.checks import plan_of

FIXTURES = Path(__file__).parents[3] / "fixtures" / "plans" / "pev2"
EXPECTED = sorted([*FIXTURES.glob("*/*-expect"), *FIXTURES.glob("*/*.expect")])
_PREFIXES = ("Parallel ", "Async ")
#: Two that we do not read as they are meant, and say so.
NOT_READ = {
    "12-line-wrapped-plans/02-expect": "its first line is cut in six at no one width: warned",
    "from-text/18-expect": "a fragment that begins at an inner node: refused",
}


def test_all_fixtures_are_here() -> None:
    assert len(EXPECTED) == 69


@pytest.mark.parametrize("expect", EXPECTED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_reading_agrees_with_what_pev2_expects(expect: Path) -> None:
    import json

    if f"{expect.parent.name}/{expect.name}" in NOT_READ:
        pytest.skip("see test_what_is_not_read_is_said")
    stated = json.loads(expect.read_text("utf-8"))
    plan = plan_of(expect.with_name(expect.name.replace("expect", "plan")).read_text("utf-8"))
    raw = {node.id: node.raw_operator for node in plan.nodes}
    found: list[str] = []
    if "Plan" in stated:
        found += _nodes(stated.pop("Plan"), plan.document.root, "0", raw)
        found += _values(stated, plan.document.keys, "plan")
    else:
        found += _nodes(stated, plan.document.root, "0", raw)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", NOT_READ)
def test_what_is_not_read_is_said(name: str) -> None:
    path = FIXTURES / name.replace("expect", "plan")
    try:
        plan = plan_of(path.read_text("utf-8"))
    except PlanError:
        return
    assert any("missing" in warning.text for warning in plan.warnings)


@pytest.mark.parametrize("path", sorted((FIXTURES / "11-psql-frames").iterdir()), ids=lambda path: path.name)
def test_every_frame_of_psql_is_read_without_a_warning(path: Path) -> None:
    plan = plan_of(path.read_text("utf-8"))
    assert len(plan.nodes) >= 1
    assert [warning.text for warning in plan.warnings if "Execution Time" not in warning.text] == []


@pytest.mark.parametrize("path", sorted((FIXTURES / "cte-exclusive-time").iterdir()), ids=lambda path: path.name)
def test_exclusive_times_of_ctes_sum_to_the_root(path: Path) -> None:
    plan = plan_of(path.read_text("utf-8"))
    measures = measure(plan)
    total = measures.nodes[plan.root.id].total_ms
    selves = [node.self_ms or 0 for node in measures.nodes.values()]
    assert total
    assert sum(selves) == pytest.approx(total, rel=0.01)


def _nodes(stated: Mapping[str, Any], node: DocumentNode, path: str, raw: Mapping[str, str]) -> Iterator[str]:
    own = {key: value for key, value in stated.items() if key not in ("Plans", "Node Type")}
    yield from _values(own, node.keys, path)
    if "Node Type" in stated and stated["Node Type"] not in _names(node, raw[path]):
        yield f"{path} Node Type: {stated['Node Type']!r} for {raw[path]!r}"
    children = stated.get("Plans", [])
    if "Plans" in stated and len(children) != len(node.children):
        yield f"{path} has {len(node.children)} children, expected are {[child['Node Type'] for child in children]}"
        return
    for number, (child, ours) in enumerate(zip(children, node.children, strict=False)):
        yield from _nodes(child, ours, f"{path}.{number}", raw)


def _names(node: DocumentNode, raw: str) -> set[str]:
    """Text's own names for strategies and operations, without the prefixes that pev2 moves into flags."""
    name = raw
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    kind = str(node.keys.get("Node Type"))
    joined = f"{kind} {node.keys.get('Join Type')} Join"  # "Nested Loop Left Join" and the like
    # It takes the alias of a subquery scan of PostgreSQL 8 for a part of the name, and says Nested Loop Join for Left.
    return {name, kind, joined, f"{kind} Join", f"{kind} {node.keys.get('Alias')}"}


def _values(stated: Mapping[str, Any], read: Mapping[str, Any], path: str) -> Iterator[str]:
    for key, value in stated.items():
        if key.startswith("*"):
            continue  # computed by pev2
        ours = read.get(key)
        if isinstance(value, dict) and isinstance(ours, dict):
            yield from _values(value, ours, f"{path} {key}")
        elif not _same(key, value, ours, read):
            yield f"{path} {key}: {value!r} for {ours!r}"


def _same(key: str, value: Any, ours: Any, read: Mapping[str, Any]) -> bool:
    if ours is None:
        return value in (0, False)  # it adds the zeros and flags that text leaves out
    if isinstance(value, str) and isinstance(ours, int | float):
        return float(value) == ours  # it keeps some numbers as text
    if isinstance(value, str) and isinstance(ours, list):
        return value == ", ".join(ours)
    if key == "Relation Name":
        return value in (
            ours,
            f"{read.get('Schema')}.{ours}",
            f'{read.get("Schema")}."{ours}"',
        )  # it keeps the schema with it
    if key == "Index Name":
        return bool(value.strip('"') == ours)
    if key == "Query Identifier":
        return float(value) == float(ours)  # JavaScript's numbers
    return bool(value == ours)
