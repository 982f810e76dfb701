"""--base: what the branch adds or changes, on top of what its base holds."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from advisor.migrations.reading import Revision, RevisionError, locate, read
from advisor.model.errors import UserError
from tests.migrations.reading.layouts import lay


def git(folder: Path, *arguments: str) -> str:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@b",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b",
    }
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def commit(folder: Path, files: dict[str, str | None], message: str = "x") -> None:
    for name, text in files.items():
        if text is None:
            (folder / name).unlink()
        else:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
    git(folder, "add", "-A", ".")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """main has two migrations; the branch adds a third, changes the second, and main goes on."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    commit(
        folder,
        {
            "db/migrations/1_a.up.sql": "create table a (i int);",
            "db/migrations/2_b.up.sql": "create table b (i int);",
            "db/migrations/2_b.down.sql": "drop table b;",
            "queries/report.sql": "select 1;",
        },
    )
    git(folder, "checkout", "-q", "-b", "branch")
    commit(
        folder,
        {
            "db/migrations/2_b.up.sql": "create table b (i bigint);",
            "db/migrations/3_c.up.sql": "alter table a add c int;",
            "queries/other.sql": "select 2;",
        },
    )
    git(folder, "checkout", "-q", "main")
    commit(folder, {"db/migrations/3_d.up.sql": "drop table a;"})
    git(folder, "checkout", "-q", "branch")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("paths", [[], ["db"], ["db/migrations/2_b.up.sql", "db/migrations/3_c.up.sql"], ["."]])
def test_what_the_branch_adds_or_changes(repository: Path, paths: list[str]) -> None:
    # A file that is no commit yet is of the branch as well
    (repository / "db/migrations/4_e.up.sql").write_text("drop table e;")
    located = [one for one in locate(paths, base_rev="main") if one.tool != "sql"]
    (mine,) = located
    expected = ["db/migrations/2_b.up.sql", "db/migrations/3_c.up.sql", "db/migrations/4_e.up.sql"]
    assert list(mine.files) == expected[: 2 if len(paths) == 2 else 3]
    assert mine.edited == {"db/migrations/2_b.up.sql"}
    assert list(mine.base) == ["db/migrations/1_a.up.sql", "db/migrations/2_b.up.sql"]
    found = read(located)
    assert [script.edited for script in found.scripts][:2] == [True, False]
    assert [script.statements[0].sql for script in found.base] == ["create table a (i int)", "create table b (i int)"]
    assert found.scripts[0].statements[0].sql == "create table b (i bigint)"


def test_from_a_folder_within_the_repository(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository / "db")
    (mine,) = locate(["migrations"], base_rev="main")
    assert mine.files == ("migrations/2_b.up.sql", "migrations/3_c.up.sql")
    assert [script.statements[0].sql for script in read([mine]).base] == [
        "create table a (i int)",
        "create table b (i int)",
    ]
    everywhere = locate([], base_rev="main")
    assert [one.files for one in everywhere] == [mine.files]


def test_renamed_and_removed(repository: Path) -> None:
    commit(repository, {"db/migrations/2_b.up.sql": None, "db/migrations/5_b.up.sql": "create table b (i int);"})
    (mine,) = locate(["db"], base_rev="main")
    assert mine.files == ("db/migrations/3_c.up.sql", "db/migrations/5_b.up.sql")
    assert mine.edited == frozenset()
    assert "db/migrations/2_b.up.sql: merged, and taken away by this branch (1 files)" in mine.notes


def test_what_git_ignores_is_no_migration_of_the_branch(repository: Path) -> None:
    (repository / ".gitignore").write_text("build/\n")
    (repository / "build/migrations").mkdir(parents=True)
    (repository / "build/migrations/9_x.up.sql").write_text("drop table x;")
    (mine,) = locate(["."], base_rev="main")[:1]
    assert "build/migrations/9_x.up.sql" not in {file for one in locate([], base_rev="main") for file in one.files}
    assert len(mine.files) == 2
    assert locate(["build/migrations/9_x.up.sql"], base_rev="main")[0].files == ("build/migrations/9_x.up.sql",)


def test_a_file_that_the_branch_takes_away(repository: Path) -> None:
    (repository / "db/migrations/1_a.up.sql").unlink()
    assert locate(["db/migrations/1_a.up.sql"], base_rev="main") == []
    with pytest.raises(UserError, match="neither now nor at main"):
        locate(["db/migrations/0_x.up.sql"], base_rev="main")


def test_nothing_changed(repository: Path) -> None:
    git(repository, "checkout", "-q", "main")
    assert locate([], base_rev="main") == []
    # A checkout with other line ends changes nothing
    path = repository / "db/migrations/1_a.up.sql"
    path.write_bytes(b"create table a (i int);\r\n")
    commit(repository, {})
    path.write_bytes(b"create table a (i int);\n")
    assert locate([], base_rev="main") == []


@pytest.mark.parametrize("tool", ["flyway", "sqitch", "drizzle", "diesel", "prisma"])
def test_the_tools_own_files_are_read_from_the_base(tool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "r"
    lay(tool, folder / "migrations")
    git(folder, "init", "-q", "-b", "main")
    commit(folder, {})
    monkeypatch.chdir(folder)
    whole = read(locate(["migrations"]), engine="postgresql")
    last = Path(whole.scripts[-1].file)
    last.write_text(last.read_text() + "\nselect 1;\n")
    found = read(locate(["migrations"], base_rev="main"), engine="postgresql")
    assert [(one.file, one.edited) for one in found.scripts] == [(str(last), True)]
    assert [one.statements for one in found.base] == [one.statements for one in whole.scripts]


def test_at_base(repository: Path) -> None:
    revision = Revision("main")
    assert revision.at_base("db/migrations/2_b.up.sql") == "create table b (i int);"
    assert revision.at_base(str(repository / "db/migrations/2_b.up.sql")) == "create table b (i int);"
    assert revision.at_base("db/migrations/3_c.up.sql") is None
    assert revision.at_base("db/migrations/3_d.up.sql") is None  # of main, after the branch began


@pytest.mark.parametrize("rev", ["nowhere", "", "-x", "--upload-pack=touch x", "main..branch", "a\0b", "HEAD:db"])
def test_an_unknown_revision_is_one_line(repository: Path, rev: str) -> None:
    with pytest.raises(RevisionError) as raised:
        locate(["db"], base_rev=rev)
    assert "\n" not in str(raised.value)
    assert "has no such commit" in str(raised.value)


def test_a_shallow_clone_says_what_to_do(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", "--no-single-branch", f"file://{repository}", str(shallow))
    monkeypatch.chdir(shallow)
    with pytest.raises(RevisionError, match=r"origin/main.*no commit that it and HEAD have in common.*fetch-depth: 0"):
        locate([], base_rev="origin/main")
    with pytest.raises(RevisionError, match=r"no such commit; this clone is shallow.*fetch-depth: 0"):
        locate([], base_rev="origin/develop")


def test_no_repository_and_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RevisionError, match="no git repository"):
        locate([], base_rev="main")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RevisionError, match="not installed"):
        locate([], base_rev="main")


def test_nothing_of_the_repository_runs(repository: Path) -> None:
    trap = repository / "trap.sh"
    trap.write_text('#!/bin/sh\ntouch "$(dirname "$0")/sprung"\ncat\n')
    trap.chmod(0o755)
    for key in (
        "core.fsmonitor",
        "core.pager",
        "diff.external",
        "filter.t.clean",
        "filter.t.smudge",
        "diff.t.textconv",
        "core.sshCommand",
    ):
        git(repository, "config", key, str(trap))
    (repository / ".gitattributes").write_text("*.sql filter=t diff=t\n")
    (repository / ".git/hooks").mkdir(exist_ok=True)
    for hook in ("post-checkout", "pre-commit", "post-index-change", "reference-transaction"):
        (repository / ".git/hooks" / hook).write_text(trap.read_text())
        (repository / ".git/hooks" / hook).chmod(0o755)
    (mine,) = locate([], base_rev="main")
    assert len(read([mine]).base) == 2
    assert not (repository / "sprung").exists()


def test_odd_names(repository: Path) -> None:
    commit(
        repository,
        {"db/migrations/7_new\nline.up.sql": "drop table n;", 'db/migrations/8_"q" é.up.sql': "drop table q;"},
    )
    git(repository, "checkout", "-q", "-b", "next")
    commit(repository, {"db/migrations/7_new\nline.up.sql": "drop table m;"})
    (mine,) = locate([], base_rev="branch")
    assert mine.files == ("db/migrations/7_new\nline.up.sql",)
    assert mine.edited == frozenset(mine.files)
    found = read([mine])
    assert found.scripts[0].file == "db/migrations/7_new\ufffdline.up.sql"
    assert [script.statements[0].sql for script in found.base][-2:] == ["drop table n", "drop table q"]


def test_a_repository_among_the_files_of_a_branch_has_no_say(repository: Path) -> None:
    """A bare repository can be committed: git would take it for the one that a folder belongs to."""
    inner = repository / "db" / "evil"
    inner.mkdir(parents=True)
    git(inner, "init", "-q", "--bare", ".")
    (inner / "0009_x.sql").write_text("SELECT 1;")
    with pytest.raises(RevisionError):
        Revision("HEAD", str(inner))


def test_a_link_that_a_branch_adds_is_not_passed_over(repository: Path) -> None:
    (repository / "db" / "migrations" / "0_old.up.sql").symlink_to("../../queries/report.sql")
    commit(repository, {})
    git(repository, "branch", "older")
    assert locate(["db/migrations"], base_rev="older") == []  # it stood there before
    (repository / "db" / "migrations" / "9_evil.up.sql").symlink_to("../../queries/report.sql")
    commit(repository, {})
    with pytest.raises(UserError, match=r"9_evil\.up\.sql: the branch adds a link"):
        locate(["db/migrations"], base_rev="older")
