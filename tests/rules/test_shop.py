"""The recorded shop: its known faults are found, and its healthy statements are left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

import advisor

SHOP = Path(__file__).parents[2] / "fixtures" / "shop"
BOTH = {
    "PAG001",
    "PAG006",
    "SUB002",
    "SAR002",
    "SAR005",
    "SAR007",
    "JOI001",
    "JOI002",
    "AGG001",
    "IDX001",
    "IDX016",
    "SCH001",
}
EXPECTED = {
    "postgresql/shop.log.gz": BOTH | {"SAR008", "IDX003", "PLN004", "LCK002", "TXN006"},
    "mariadb/slow.log.gz": BOTH | {"SAR001"},
}
#: Statements as they should be: found by a key, or by an index made for them.
HEALTHY = (
    "select id, name, price, stock from products where id = ?",
    "select id, name from customers where email = ?",
    "select method, amount from payments where order_id = ?",
    "select id from orders where status = ? order by created_at desc limit ?",
    "select id, name, price from products where category_id = ? order by price limit ?",
    "insert into orders",
)


@pytest.mark.parametrize("log", EXPECTED)
def test_the_shop(log):
    result = advisor.analyze(SHOP / log, catalog=SHOP / log.split("/")[0] / "schema.sql")
    assert {finding.rule for finding in result.findings} >= EXPECTED[log]
    blamed = {role.fingerprint for finding in result.findings for role in finding.fingerprints}
    healthy = [shape for shape in result.shapes if shape.sql.startswith(HEALTHY)]
    assert len(healthy) >= 6
    assert [shape.sql for shape in healthy if shape.fingerprint in blamed] == []
    indexes = {(r.table, r.columns) for r in result.recommendations if r.kind == "create_index"}
    assert {
        ("orders", ("customer_id", "created_at")),
        ("events", ("session_key",)),
        ("order_items", ("product_id",)),
    } <= indexes
