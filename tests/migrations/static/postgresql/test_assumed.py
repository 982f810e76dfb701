"""Nothing but the file is known: what is taken for true, and that it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.migrations.reading import locate, read
from advisor.migrations.static import foretell
from advisor.migrations.verdict import Unknown, verdict
from advisor.model.engine import Engine
from advisor.model.migration import Outcome


def outcomes(sql: str, tmp_path: Path) -> tuple[Outcome, ...]:
    file = tmp_path / "1.sql"
    file.write_text(sql + ";\n")
    history = read(locate([str(file)], tool="sql"), engine="postgresql")
    return foretell(history.scripts, None, Engine(name="postgresql", version="15")).outcomes


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("note TYPE text", "brief_lock"),
        ("note TYPE varchar(255)", "brief_lock"),
        ("note TYPE varchar(20)", "blocking"),
        ("note TYPE varchar(255)[]", "blocking"),
        ("note TYPE text USING upper(note)", "blocking"),
        ("order_id TYPE text", "blocking"),
        ('"folderId" TYPE text', "blocking"),
        ("is_open TYPE varchar(100)", "blocking"),
        ("paid TYPE text", "brief_lock"),  # ends in id, and is no key
        ("total TYPE numeric(12, 2)", "blocking"),
        ("total TYPE bigint", "blocking"),
        ("host TYPE inet", "brief_lock"),
        ("host TYPE cidr", "blocking"),
        ("flags TYPE bit varying(9)", "brief_lock"),
        ("span TYPE interval(6)", "brief_lock"),
        ("span TYPE interval(0)", "blocking"),
        ("seen TYPE timestamp(6)", "brief_lock"),
        ("seen TYPE timestamptz(6)", "blocking"),
    ],
)
def test_a_type_before_that_nobody_knows(change: str, expected: str, tmp_path: Path) -> None:
    (one,) = outcomes(f"ALTER TABLE t ALTER COLUMN {change}", tmp_path)
    assert verdict(one, Unknown()) == expected
    assert one.uncertain is not None
    assert "present type is not known" in one.uncertain


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE t ALTER COLUMN kind DROP DEFAULT;\nALTER TABLE t ALTER COLUMN kind TYPE text",
        "ALTER TABLE t ALTER COLUMN kind DROP DEFAULT, ALTER COLUMN kind TYPE text",
    ],
)
def test_a_default_that_had_to_go_first(sql: str, tmp_path: Path) -> None:
    last = outcomes(sql, tmp_path)[-1]
    assert verdict(last, Unknown()) == "blocking"
    assert "default had to go" in (last.uncertain or "")


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("bank gold DEFAULT 0", "blocking"),
        ("mail address DEFAULT 'a@example.org'", "blocking"),
        ("mood feeling DEFAULT 'sad'", "brief_lock"),
        ("mood feeling", "brief_lock"),
        ("tags bag DEFAULT '{}'", "brief_lock"),
        ("mail citext DEFAULT 'a@example.org'", "brief_lock"),
    ],
)
def test_a_type_that_nobody_knows(column: str, expected: str, tmp_path: Path) -> None:
    (one,) = outcomes(f"ALTER TABLE t ADD COLUMN {column}", tmp_path)
    assert verdict(one, Unknown()) == expected
    assert ("not in a schema" in (one.uncertain or "")) == ("citext" not in column)


@pytest.mark.parametrize(("name", "expected"), [("t_code_not_null", "brief_lock"), ("t_code_positive", "blocking")])
def test_a_constraint_validated_before(name: str, expected: str, tmp_path: Path) -> None:
    sql = f"ALTER TABLE t VALIDATE CONSTRAINT {name};\nALTER TABLE t ALTER COLUMN code SET NOT NULL"
    last = outcomes(sql, tmp_path)[-1]
    assert verdict(last, Unknown()) == expected
    assert (last.uncertain is not None) == (expected == "brief_lock")


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("ALTER TABLE t_26 ADD CONSTRAINT r CHECK (at >= '2026-01-01')", "brief_lock"),
        ("ALTER TABLE t_26 VALIDATE CONSTRAINT r", "brief_lock"),
        ("ALTER TABLE t_26 ADD CONSTRAINT r CHECK (at >= '2026-01-01') NOT VALID", "blocking"),
        ("ALTER TABLE t_25 VALIDATE CONSTRAINT r", "blocking"),
    ],
)
def test_a_partition_with_a_constraint(before: str, expected: str, tmp_path: Path) -> None:
    sql = f"{before};\nALTER TABLE t ATTACH PARTITION t_26 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"
    assert verdict(outcomes(sql, tmp_path)[-1], Unknown()) == expected


def test_a_range_on_a_table_that_nobody_knows_is_read_whole(tmp_path: Path) -> None:
    sql = "BEGIN;\nLOCK TABLE t IN SHARE MODE;\nSELECT count(*) FROM t WHERE hours > 3;\nSELECT 1 FROM t WHERE id = 3;\nCOMMIT"
    found = [verdict(one, Unknown()) for one in outcomes(sql, tmp_path)]
    assert found == ["brief_lock", "blocking", "brief_lock"]
