"""What repeats from statement to statement is one finding, and nothing of it is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.api.check import CheckWishes, check
from advisor.api.gate import reaches
from advisor.model.check import Check
from advisor.model.finding import Finding
from advisor.reports.check.summary import lines

SCHEMA = "".join(f"CREATE TABLE t{n} (id bigint PRIMARY KEY, a int);\n" for n in range(3))
LOCKED = """BEGIN;
ALTER TABLE t0 ADD COLUMN b int;
ALTER TABLE t1 ADD COLUMN b int;
UPDATE t0 SET b = 1;
UPDATE t1 SET b = 1;
CREATE INDEX t2_a ON t2 (a);
COMMIT;
"""


def checked(tmp_path: Path, sql: str, engine: str = "postgresql", rows: dict[str, int] | None = None) -> Check:
    (tmp_path / "schema.sql").write_text(SCHEMA)
    (tmp_path / "m.sql").write_text(sql)
    version = "15" if engine == "postgresql" else "8.0"
    wishes = CheckWishes(engine=engine, server_version=version, dry_run="never")  # type: ignore[arg-type]
    return check(tmp_path / "m.sql", catalog=tmp_path / "schema.sql", wishes=wishes, rows=rows)


def about(result: Check, rule: str) -> list[Finding]:
    return [one for one in result.findings if one.rule == rule]


def test_a_transaction_that_works_under_its_locks(tmp_path: Path) -> None:
    (found,) = about(checked(tmp_path, LOCKED), "MIG007")
    assert found.location is not None
    assert found.location.line == 2
    assert {(one.line, one.role) for one in found.related} == {(3, "lock"), (4, "work"), (5, "work")}
    assert set(found.tables) == {"t0", "t1"}
    assert "locks of lines 2 and 3" in found.title
    assert "3 statements work (lines 4, 5 and 6)" in found.title


def test_what_its_own_lock_tells_is_not_repeated(tmp_path: Path) -> None:
    result = checked(tmp_path, "BEGIN;\nALTER TABLE t0 ALTER a TYPE bigint;\nCOMMIT;")
    assert about(result, "MIG003")
    assert not about(result, "MIG007")


def test_short_pieces_of_work_add_up(tmp_path: Path) -> None:
    rows = {"t0": 20_000, "t1": 1, "t2": 1}
    found = []
    for count in (1, 40):
        sql = "BEGIN;\nALTER TABLE t0 ADD COLUMN b int;\n" + "UPDATE t0 SET b = 1;\n" * count + "COMMIT;\n"
        found += about(checked(tmp_path, sql, rows=rows), "MIG007")
    alone, together = found
    assert alone.severity == "low"
    assert together.severity == "medium"
    assert "est." in together.title
    assert together.evidence["longest"]


def test_an_edit_of_the_transaction_is_another_finding(tmp_path: Path) -> None:
    (one,) = about(checked(tmp_path, LOCKED), "MIG007")
    (moved,) = about(checked(tmp_path, "\n\n" + LOCKED), "MIG007")
    (more,) = about(checked(tmp_path, LOCKED.replace("COMMIT", "UPDATE t2 SET a = 1;\nCOMMIT")), "MIG007")
    assert one.id == moved.id != more.id


def test_alternatives_of_all_that_works(tmp_path: Path) -> None:
    from advisor.reports import check as reports

    text = reports.terminal(checked(tmp_path, LOCKED))
    assert "instead of line 4: " in text
    assert "instead of line 5: " in text


@pytest.mark.parametrize("engine", ["mysql", "postgresql"])
def test_what_nobody_could_run_is_said_once_a_file(tmp_path: Path, engine: str) -> None:
    result = checked(tmp_path, "CALL a();\nCALL b();\nCALL c();\n", engine)
    assert [one.verdict for one in result.statements] == ["unknown"] * 3
    (found,) = about(result, "MIG025")
    assert found.severity == "medium"
    assert [one.line for one in found.related] == [2, 3]
    header = [one.text for one in lines(result) if one.label == "not known"]
    assert header == ["3 statements: their texts do not tell what they do, and nothing ran them"]
    assert reaches(result, "medium")
    assert not reaches(result, "high")


def test_it_is_another_finding_with_another_statement(tmp_path: Path) -> None:
    (one,) = about(checked(tmp_path, "CALL a();\nCALL b();\n", "mysql"), "MIG025")
    (more,) = about(checked(tmp_path, "CALL a();\nCALL b();\nCALL c();\n", "mysql"), "MIG025")
    assert one.id != more.id


def test_one_ignored_statement_hides_no_other(tmp_path: Path) -> None:
    result = checked(tmp_path, "-- advisor: ignore MIG025 known\nCALL a();\nCALL b();\n", "mysql")
    assert about(result, "MIG025")
    assert any("missing at line 3" in one for one in result.notices)
