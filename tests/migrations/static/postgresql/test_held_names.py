"""A lock on what was dropped is held though something new has the name."""

from __future__ import annotations

from advisor.migrations.reading import script_of
from advisor.migrations.static import foretell
from advisor.migrations.verdict import Unknown, verdict
from advisor.model.engine import Engine


def test_replaced_view() -> None:
    base = "CREATE TABLE t (id int, n int); CREATE MATERIALIZED VIEW v AS SELECT id FROM t;"
    text = "BEGIN; DROP MATERIALIZED VIEW v; CREATE MATERIALIZED VIEW v AS SELECT n FROM t; CREATE INDEX i ON v (n); COMMIT;"
    found = foretell(
        [script_of(text, "2.sql", engine="postgresql")],
        None,
        Engine("postgresql", "16"),
        base=[script_of(base, "1.sql", engine="postgresql")],
    ).outcomes
    assert [verdict(one, Unknown()) for one in found] == ["brief_lock", "blocking", "brief_lock"]
    assert next((one.relation, one.mode, one.preexisting) for one in found[1].locks) == ("v", "ACCESS EXCLUSIVE", True)
