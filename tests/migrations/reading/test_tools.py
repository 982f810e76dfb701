"""Each tool's folder: found, ordered, and read in the transactions that the tool opens."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.migrations.reading import LocationError, locate, read
from advisor.model.errors import UserError
from advisor.model.migration import History
from tests.migrations.reading.layouts import LAYOUTS, lay


def history(folder: Path, *paths: str, **options: object) -> History:
    located = locate([str(folder / path) for path in paths] or [str(folder)])
    return read(located, placeholders={"NAME": "shop"}, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("tool", LAYOUTS)
def test_a_folder_is_read_as_its_tool_runs_it(tool: str, tmp_path: Path) -> None:
    folder = lay(tool, tmp_path / "db" / "migrations")
    found = history(folder, engine="postgresql")
    assert [
        (
            str(Path(script.file).relative_to(folder)),
            [(one.line, one.sql.split("\n")[0], one.transaction) for one in script.statements],
        )
        for script in found.scripts
    ] == LAYOUTS[tool][1]
    assert {script.tool for script in found.scripts} == {tool}
    assert not [unread for script in found.scripts for unread in script.unread]
    assert found.base == ()
    assert found.engine == "postgresql"


@pytest.mark.parametrize("tool", LAYOUTS)
def test_what_comes_before_a_file_is_its_base(tool: str, tmp_path: Path) -> None:
    folder = lay(tool, tmp_path / "db" / "migrations")
    order = [name for name, _ in LAYOUTS[tool][1]]
    found = history(folder, order[-1], engine="postgresql")
    assert [str(Path(script.file).relative_to(folder)) for script in found.scripts] == order[-1:]
    assert [str(Path(script.file).relative_to(folder)) for script in found.base] == order[:-1]


@pytest.mark.parametrize("tool", LAYOUTS)
def test_the_option_stands_for_what_the_tool_does(tool: str, tmp_path: Path) -> None:
    folder = lay(tool, tmp_path / "db" / "migrations")
    each = history(folder, engine="postgresql", transactions="statement")
    explicit = tool in ("sql", "sqitch", "golang-migrate")
    assert explicit or all(one.transaction is None for script in each.scripts for one in script.statements)
    whole = history(folder, engine="postgresql", transactions="file")
    assert all(script.statements[0].transaction == 1 for script in whole.scripts)


@pytest.mark.parametrize(
    ("tool", "note"),
    [
        ("flyway", "line 2: this statement cannot run in a transaction and others of the file can"),
        ("liquibase", "Liquibase's preconditions are not evaluated"),
        ("liquibase", "changeset bob:3 is for mysql only: passed over"),
    ],
)
def test_what_was_assumed_is_told(tool: str, note: str, tmp_path: Path) -> None:
    found = history(lay(tool, tmp_path / "migrations"), engine="postgresql")
    assert [one for script in found.scripts for one in script.notes if one.startswith(note)]


@pytest.mark.parametrize(
    ("tool", "notice"),
    [
        ("drizzle", "1 files stand in no entry of meta/_journal.json: drizzle does not run them"),
        ("flyway", "B2__base.sql: a baseline is for new databases only; the versions are read"),
    ],
)
def test_what_was_passed_over_is_told(tool: str, notice: str, tmp_path: Path) -> None:
    assert notice in history(lay(tool, tmp_path / "migrations"), engine="postgresql").notices


@pytest.mark.parametrize(
    ("package", "transactions"),
    [
        ('{"devDependencies": {"prisma": "^6.19.0"}}', [1, 1]),
        ('{"devDependencies": {"prisma": "~7.3.1"}}', [1, 1]),
        ('{"dependencies": {"@prisma/client": "^7.4.0"}}', [None, None]),
        ('{"dependencies": {"prisma": "8"}}', [None, None]),
        ('{"dependencies": {}}', [1, 1]),
        ("[not json", [1, 1]),
    ],
)
def test_prisma_sends_statements_or_a_message_by_its_version(
    package: str, transactions: list[int | None], tmp_path: Path
) -> None:
    folder = lay("prisma", tmp_path / "prisma" / "migrations")
    (tmp_path / "package.json").write_text(package)
    assert [one.transaction for one in history(folder).scripts[0].statements] == transactions


@pytest.mark.parametrize(
    ("metadata", "transaction"),
    [("run_in_transaction = true", 1), ("run_in_transaction = false", None), ("", None), ("= broken", 1)],
)
def test_metadata_of_diesel(metadata: str, transaction: int | None, tmp_path: Path) -> None:
    folder = tmp_path / "migrations" / "2020-01-01-000000_a"
    folder.mkdir(parents=True)
    (folder / "up.sql").write_text("drop table a;")
    (folder / "metadata.toml").write_text(metadata)
    assert history(folder).scripts[0].statements[0].transaction == transaction


def test_a_comment_that_flyway_does_not_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "V1__a.sql").write_text("-- flyway:executeInTransaction=false\nalter table a add b int;\ndrop table c;")
    (script,) = history(tmp_path).scripts
    assert [one.transaction for one in script.statements] == [1, 1]
    assert script.notes[0].startswith("Flyway reads no executeInTransaction in a comment")


def test_comments_without_a_space_are_flyways_before_a_statement(tmp_path: Path) -> None:
    text = "create table `a` (b int) engine=innodb;\n--About b\n--and c\nalter table a add c int;\nselect 1\n--1;\n"
    (tmp_path / "V1__a.sql").write_text(text)
    (script,) = history(tmp_path).scripts
    assert [(one.line, one.sql) for one in script.statements][1:] == [
        (4, "alter table a add c int"),
        (5, "select 1\n--1"),
    ]


@pytest.mark.parametrize("start", ["alembic.ini", "manage.py"])
def test_the_file_that_a_tool_starts_with_stands_for_its_folder(tmp_path: Path, start: str) -> None:
    folder = tmp_path / "app" / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / start).write_text("")
    text = "class Migration(migrations.Migration):\n    dependencies = []\n"
    if start == "alembic.ini":
        text = "from alembic import op\nrevision = 'a'\ndown_revision = None\n"
    (folder / "0001_a.py").write_text("from django.db import migrations\n" * (start == "manage.py") + text)
    (found,) = locate([str(tmp_path / start)])
    assert found.tool == ("alembic" if start == "alembic.ini" else "django")
    assert [Path(one).name for one in found.files] == ["0001_a.py"]


def test_folders_of_products_are_locations_of_their_own(tmp_path: Path) -> None:
    for product, text in (
        ("postgresql", "create table a (b bytea);"),
        ("mysql", "create table `a` (b int) engine=innodb;"),
    ):
        folder = tmp_path / "db" / "migration" / product
        folder.mkdir(parents=True)
        (folder / "V1__a.sql").write_text(text)
    found = history(tmp_path)
    assert [script.file.rpartition("migration/")[2] for script in found.scripts] == [
        "mysql/V1__a.sql",
        "postgresql/V1__a.sql",
    ]
    assert "migrations of mysql and postgresql together" in found.notices[-1]
    assert history(tmp_path / "db" / "migration" / "mysql").engine == "mysql"


def test_the_way_back_is_no_migration(tmp_path: Path) -> None:
    folder = lay("golang-migrate", tmp_path / "migrations")
    with pytest.raises(LocationError, match=r"1_a\.down\.sql: this is the way back"):
        locate([str(folder / "1_a.down.sql")])
    (both,) = locate([str(folder / "1_a.up.sql"), str(folder / "1_a.down.sql")])
    assert [Path(one).name for one in both.files] == ["1_a.up.sql"]
    (told,) = locate([str(folder / "1_a.down.sql")], tool="sql")
    assert (told.tool, [Path(one).name for one in told.files]) == ("sql", ["1_a.down.sql"])


def test_the_user_says_which_tool(tmp_path: Path) -> None:
    (tmp_path / "1.sql").write_text("drop table a;\ndrop table b;")
    (located,) = locate([str(tmp_path)], tool="golang-migrate")
    assert [one.transaction for one in read([located], engine="postgresql").scripts[0].statements] == [1, 1]
    (located,) = locate([str(tmp_path)], tool="goose")
    assert read([located]).scripts[0].unread[0].reason == "no `-- +goose Up` line: goose refuses the file"


@pytest.mark.parametrize("paths", [[], ["nothing/here"], ["empty"], ["a\0b"]])
def test_no_migration_is_one_clear_line(paths: list[str], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError) as raised:
        locate([str(tmp_path / path) for path in paths])
    assert "\n" not in str(raised.value)


def test_plain_files_without_numbers_have_no_order(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("drop table a;")
    (tmp_path / "b.sql").write_text("drop table b;")
    (located,) = locate([str(tmp_path / "b.sql")])
    assert located.base == ()


def test_templates(tmp_path: Path) -> None:
    (tmp_path / "1_a.up.sql").write_text(
        "{{- /* a comment */ -}}\n{{if .postgres}}\ndrop table {{.prefix}}a;\n{{else if .mysql}}\ndrop table m;\n{{else}}\ndrop table s;\n{{end}}\n"
        "{{ addColumn \"a\" }}\n{{if and .plugin (not .single)}}drop table p;{{end}}\ninsert into t values ('{{name}}', '{{1,2}}');\n"
        'drop table {{ index .Options "Namespace" }}.x;\n'
    )
    found = history(tmp_path, engine="postgresql").scripts[0]
    assert [(one.line, one.sql) for one in found.statements] == [
        (10, "drop table p"),
        (11, "insert into t values ('{{name}}', '{{1,2}}')"),
    ]
    assert [(one.line, one.reason.partition(";")[0]) for one in found.unread] == [
        (3, "the placeholder {{.prefix}} has no value: give --placeholder prefix=VALUE"),
        (9, 'what {{ addColumn "a" }} stands for is not known: render the file first, or use --run'),
        (10, "both branches are read: nobody says what holds"),
        (12, 'the placeholder {{ index .Options "Namespace" }} has no value: give --placeholder Namespace=VALUE'),
    ]
    values = {"prefix": "x_", "plugin": "true", "single": "true", "Namespace": "auth"}
    found = read(locate([str(tmp_path)]), engine="mysql", placeholders=values).scripts[0]
    assert [one.sql for one in found.statements][::2] == ["drop table m", "drop table auth.x"]


def test_that_drizzle_runs_all_in_one_transaction_is_told(tmp_path: Path) -> None:
    (tmp_path / "meta").mkdir()
    entries = ", ".join(f'{{"idx": {n}, "tag": "000{n}_x"}}' for n in range(2))
    (tmp_path / "meta" / "_journal.json").write_text(f'{{"dialect": "postgresql", "entries": [{entries}]}}')
    for number in range(2):
        (tmp_path / f"000{number}_x.sql").write_text(f"ALTER TABLE t ADD COLUMN c{number} int;\n")
    assert any("one transaction" in one for one in history(tmp_path).notices)
    assert not any("one transaction" in one for one in history(tmp_path, "0001_x.sql").notices)
