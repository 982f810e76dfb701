"""Liquibase's changelogs tell which files run, in which order; marks of other tools tell the way there from the way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.migrations.reading import locate, read
from advisor.model.engine import EngineName
from advisor.model.migration import History

HEAD = "--liquibase formatted sql\n--changeset ann:1\n"
YAML = """databaseChangeLog:
  - include: {file: db/changelog/2024/b.sql}
  - include: {file: 2023/a.sql, relativeToChangelogFile: true}
  - includeAll: {path: db/changelog/more}
"""
XML = """<?xml version="1.0"?>
<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog">
  <include file="db/changelog/2024/b.sql"/>
  <include file="2023/a.sql" relativeToChangelogFile="true"/>
  <includeAll path="db/changelog/more"/>
</databaseChangeLog>
"""
JSON = """{"databaseChangeLog": [{"include": {"file": "db/changelog/2024/b.sql"}},
 {"include": {"file": "2023/a.sql", "relativeToChangelogFile": true}}, {"includeAll": {"path": "db/changelog/more"}}]}"""


def written(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def laid(root: Path, name: str, text: str) -> Path:
    return written(
        root / "src" / "main" / "resources" / "db" / "changelog",
        {
            name: text,
            "2023/a.sql": f"{HEAD}alter table b add column c int;",
            "2024/b.sql": f"\ufeff{HEAD}create table b (i int);",
            "more/2.sql": f"{HEAD}drop table d;",
            "more/1.sql": f"{HEAD}create table d (i int);",
            "old/z.sql": f"{HEAD}drop table z;",
        },
    )


def history(*paths: Path, engine: EngineName | None = "postgresql") -> History:
    return read(locate([str(path) for path in paths]), engine=engine)


def names(found: History) -> list[str]:
    return [Path(script.file).name for script in found.scripts]


@pytest.mark.parametrize(
    ("name", "text"),
    [("master.yaml", YAML), ("master.yml", "\ufeff" + YAML), ("master.xml", XML), ("master.json", JSON)],
)
def test_files_run_as_the_changelog_includes_them(name: str, text: str, tmp_path: Path) -> None:
    folder = laid(tmp_path, name, text)
    found = history(folder)
    assert names(found) == ["b.sql", "a.sql", "1.sql", "2.sql"]
    assert [one for one in found.notices if "liquibase does not run this file" in one and "z.sql" in one]
    before = history(folder / "more" / "2.sql")
    assert [Path(script.file).name for script in before.base] == ["b.sql", "a.sql", "1.sql"]


def test_a_changelog_includes_others(tmp_path: Path) -> None:
    folder = laid(tmp_path, "parts/sub.xml", XML)
    written(
        folder, {"master.yaml": "databaseChangeLog:\n- include: {file: parts/sub.xml, relativeToChangelogFile: true}"}
    )
    (folder / "parts" / "2023").mkdir()
    (folder / "2023" / "a.sql").rename(folder / "parts" / "2023" / "a.sql")
    assert names(history(folder)) == ["b.sql", "a.sql", "1.sql", "2.sql"]


def test_changesets_that_are_no_sql_make_what_follows_uncertain(tmp_path: Path) -> None:
    more = '<changeSet id="1" author="a"><createTable tableName="t"/></changeSet></databaseChangeLog>'
    folder = laid(tmp_path, "master.xml", XML.replace("</databaseChangeLog>", more))
    found = history(folder / "2024" / "b.sql")
    assert [one.reason for script in found.base for one in script.unread] == [
        "its changesets are not in SQL and are not read: check what `liquibase update-sql` prints"
    ]


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE x [<!ENTITY a "b">]><databaseChangeLog><include file="&a;"/></databaseChangeLog>',
        "<databaseChangeLog><include",
        "databaseChangeLog: [" * 2000,
        "databaseChangeLog:\n- include: {file: ../../../../../../../../../etc/passwd}",
        "databaseChangeLog:\n- include: {file: master.yaml}\n- include: 7\n- 8\n",
        "databaseChangeLog: &a [*a]",
    ],
)
def test_a_hostile_changelog_harms_nothing(text: str, tmp_path: Path) -> None:
    name = "master.xml" if text.startswith("<") else "master.yaml"
    folder = laid(tmp_path, name, text)
    assert "passwd" not in str(names(history(folder / "2024" / "b.sql")))


def test_liquibases_own_lines_are_no_sql_for_mysql_either(tmp_path: Path) -> None:
    text = (
        "--liquibase formatted sql\n--changeset a:1 dbms:mysql\n--preconditions onFail:HALT`\n"
        "--precondition-sql-check expectedResult:0 SELECT 'it;\n--a comment\ncreate table a (i int);\n"
        "--rollback drop table a;\n\n--liquibase formatted sql\n--changeset a:2\ndrop table b;\n"
    )
    folder = written(tmp_path / "changes", {"1.sql": text})
    (script,) = history(folder, engine="mysql").scripts
    assert [(one.line, one.sql) for one in script.statements] == [(6, "create table a (i int)"), (11, "drop table b")]
    assert not script.unread


@pytest.mark.parametrize(
    ("text", "transaction"),
    [
        ("-- +migrate Up\ncreate table t (i int);\n-- +migrate Down\ndrop table t;\n", 1),
        ("-- +migrate Up notransaction\ncreate table t (i int);\n-- +migrate Down\ndrop table t;\n", None),
        ("-- Up Migration\ncreate table t (i int);\n-- Down Migration\ndrop table t;\n", 1),
        ("create table t (i int);\n---- create above / drop below ----\ndrop table t;\n", 1),
        (
            "---- tern: disable-tx ----\ncreate table t (i int);\n---- create above / drop below ----\ndrop table t;",
            None,
        ),
        ("-- // first\ncreate table t (i int);\n-- //@UNDO\ndrop table t;\n", None),
        ("-- rambler up\ncreate table t (i int);\n-- rambler down\ndrop table t;\n", 1),
        ("-- ==== UP ====\ncreate table t (i int);\n-- ==== DOWN ====\ndrop table t;\n", 1),
    ],
)
def test_the_way_back_in_the_same_file_is_left_out(text: str, transaction: int | None, tmp_path: Path) -> None:
    folder = written(tmp_path / "migrations", {"1_a.sql": text, "2_b.sql": text})
    found = history(folder)
    assert [[(one.sql, one.transaction) for one in script.statements] for script in found.scripts] == [
        [("create table t (i int)", transaction)]
    ] * 2
    assert {note for script in found.scripts for note in script.notes if "way back" in note}


def test_a_migration_in_go_stands_in_the_order_and_is_told(tmp_path: Path) -> None:
    go = "package migrations\nfunc init() { goose.AddMigrationContext(up, down) }\n"
    folder = written(
        tmp_path / "migrations",
        {
            "1_a.sql": "-- +goose Up\ncreate table a (i int);\n",
            "2_b.go": go,
            "3_c.sql": "-- +goose Up\ndrop table a;\n",
        },
    )
    (folder / "4_test.go").write_text("package migrations")
    assert names(history(folder)) == ["1_a.sql", "2_b.go", "3_c.sql"]
    base = history(folder / "3_c.sql").base
    assert [one.reason for script in base for one in script.unread] == [
        "a migration in Go is not read: run the tool with --run"
    ]


def test_a_reworked_change_may_have_any_tag_in_between(tmp_path: Path) -> None:
    plan = (
        "%syntax-version=1.0.0\n%project=x\na 2020 a\n@v1 2020 a\nb 2020 a\n@v2 2020 a\n@v3 2020 a\na [a@v3] 2020 a\n"
    )
    folder = written(
        tmp_path / "db",
        {"sqitch.plan": plan, "deploy/a@v2.sql": "select 1;", "deploy/b.sql": "select 2;", "deploy/a.sql": "select 3;"},
    )
    found = history(folder)
    assert names(found) == ["a@v2.sql", "b.sql", "a.sql"]
    assert not [one for one in found.notices if "is not there" in one]
