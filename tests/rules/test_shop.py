"""The recorded shop: its known faults are found, its healthy statements left alone, and nothing else is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from advisor.api import analyze

SHOP = Path(__file__).parents[2] / "fixtures" / "shop"
EXPECTED = json.loads((SHOP / "expected.json").read_text())
LOGS = [(engine, log) for engine, logs in EXPECTED["logs"].items() for log in logs]


def meets(finding: Any, wanted: dict[str, Any], texts: dict[str, str]) -> bool:
    """Whether a finding is the one that is wanted: its rule, a statement it is about, the tables and columns it names."""
    if finding.rule != wanted["rule"]:
        return False
    if "statement" in wanted and not any(
        wanted["statement"] in texts[role.fingerprint] for role in finding.fingerprints
    ):
        return False
    named = {table.split(".")[-1] for table in finding.tables}
    for about in wanted.get("about", ()):
        table, _, column = about.partition(".")
        if table not in named or column not in finding.title + str(finding.evidence):
            return False
    return True


@pytest.mark.parametrize(("engine", "log"), LOGS)
def test_the_shop(engine: str, log: str):
    result = analyze(SHOP / engine / log, catalog=SHOP / engine / "schema.sql")
    texts = {shape.fingerprint: shape.sql for shape in result.shapes}
    must = EXPECTED["must_find"][engine]
    assert [wanted for wanted in must if not any(meets(f, wanted, texts) for f in result.findings)] == []
    known = must + EXPECTED["may_find"][engine]
    assert [f.title for f in result.findings if not any(meets(f, wanted, texts) for wanted in known)] == []
    blamed = {role.fingerprint for f in result.findings for role in f.fingerprints if role.role != "parent"}
    healthy = [shape for shape in result.shapes if shape.sql.startswith(tuple(EXPECTED["must_not_find"]))]
    assert len(healthy) >= 7
    assert [shape.sql for shape in healthy if shape.fingerprint in blamed] == []
    indexes = {(r.table, r.columns) for r in result.recommendations if r.kind == "create_index"}
    assert {
        ("orders", ("customer_id", "created_at")),
        ("events", ("session_key",)),
        ("order_items", ("product_id",)),
    } <= indexes


def test_the_shop_without_its_schema():
    """Plans in the slow log name what the schema would have told, with the costliest statement first."""
    result = analyze(SHOP / "mariadb" / "slow.log.gz")
    texts = {shape.fingerprint: shape.sql for shape in result.shapes}
    wanted = EXPECTED["without_schema"]["mariadb"]
    assert [one for one in wanted if not any(meets(finding, one, texts) for finding in result.findings)] == []
    plans = [finding for finding in result.findings if finding.marks]
    assert [f.title for f in plans if not any(meets(f, one, texts) for one in wanted)] == []
    assert meets(result.findings[0], wanted[0], texts)
    assert result.findings[0].severity == "high"
    assert result.findings[0].confidence != "confirmed", "the saving is an estimate"
    indexes = [(r.table, r.columns) for r in result.recommendations if r.kind == "create_index"]
    assert indexes[0] == ("orders", ("customer_id", "created_at"))
    assert set(indexes[1:]) >= {("events", ("session_key",)), ("order_items", ("product_id",))}
    assert not any(table == "customers" and columns == ("phone",) for table, columns in indexes), "there is one"
