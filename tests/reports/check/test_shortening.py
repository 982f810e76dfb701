"""A reader at a terminal sees nothing twice, and loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.api.check import CheckWishes, check
from advisor.model.check import Check
from advisor.reports import check as reports
from advisor.reports.check.shortening import ALIKE

TABLES = 6


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Check:
    place = tmp_path_factory.mktemp("check")
    (place / "schema.ddl").write_text("".join(f"CREATE TABLE t{n} (id int, a int);\n" for n in range(TABLES)))
    folder = place / "a" / "rather" / "long" / "path"
    folder.mkdir(parents=True)
    first = "".join(
        f"BEGIN;\nALTER TABLE t{n} ADD COLUMN b int;\nUPDATE t{n} SET b = 1;\nCOMMIT;\n" for n in range(TABLES)
    )
    (folder / "1_fill.sql").write_text(first)
    (folder / "2_more.sql").write_text("ALTER TABLE t1 ADD COLUMN c int;\n")
    wishes = CheckWishes(engine="postgresql", server_version="15", dry_run="never")
    return check(folder, catalog=place / "schema.ddl", wishes=wishes)


def test_paths_stand_above_the_statements_alone(result: Check) -> None:
    text = reports.terminal(result)
    assert text.count("a/rather/long/path/1_fill.sql") == 1
    assert "1_fill.sql:2" in text


def test_a_rule_that_speaks_often_of_one_file_is_brief_from_the_fourth_time_on(result: Check) -> None:
    mine = [one for one in result.findings if one.rule == "MIG007" and one.location and "1_fill" in one.location.file]
    assert len(mine) == TABLES
    text = reports.terminal(result, width=200)
    assert text.count("MIG007") >= TABLES
    for one in mine:
        assert one.title in text
    brief = [
        line for line in text.splitlines() if "MIG007" in line and line.rstrip().endswith(f":{mine[-1].location.line}")
    ]  # type: ignore[union-attr]
    assert len(brief) == 1


def test_the_comment_of_a_pull_request_is_as_short(result: Check) -> None:
    text = reports.markdown(result)
    assert text.count("a/rather/long/path/1_fill.sql") == 1
    lines = [line for line in text.splitlines() if line.startswith("- **medium** MIG007")]
    assert len(lines) == TABLES - ALIKE
    assert text.count("(MIG007)") - text.count("as above (MIG007)") == ALIKE
    assert "with a limit on the wait, and tried again" not in text


def test_a_limit_on_the_wait_is_advice_enough(result: Check) -> None:
    told = [one for one in result.statements if one.alternative is not None and one.file.endswith("2_more.sql")]
    assert told
    text = reports.terminal(result)
    assert "with a limit on the wait, and tried again" not in text
    assert "lock_timeout" in text


def test_safe_statements_of_a_whole_folder_are_counted(tmp_path: Path) -> None:
    (tmp_path / "1_new.sql").write_text("".join(f"CREATE TABLE t{n} (id int);\n" for n in range(50)))
    (tmp_path / "2_more.sql").write_text("".join(f"COMMENT ON TABLE t{n} IS 'x';\n" for n in range(30)))
    (tmp_path / "3_index.sql").write_text("CREATE TABLE u (id int);\nCREATE INDEX ON old (id);\n")
    (tmp_path / "schema.ddl").write_text("CREATE TABLE old (id int);\n")
    wishes = CheckWishes(engine="postgresql", server_version="15", dry_run="never")
    text = reports.terminal(check(tmp_path, catalog=tmp_path / "schema.ddl", wishes=wishes), width=200)
    assert "2 further files with nothing but safe statements (80)" in text
    assert "CREATE INDEX ON old" in text
    assert "1 more: safe" in text
    assert "CREATE TABLE" not in text
