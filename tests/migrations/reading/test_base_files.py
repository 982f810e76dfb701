"""Snapshots and logs of a check with --base: what the base revision tracks is read from there."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.migrations.reading import BaseFiles
from advisor.model.errors import UserError
from tests.migrations.reading.test_revision import commit, git

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "now").symlink_to("ops")
    commit(
        folder,
        {
            "ops/prod.sql": "base",
            "ops/other.sql": "other",
            "ops/gone.sql": "gone",
            "logs/a.log": "base a",
            "logs/deep/b.log": "base b",
            "logs/c.txt": "base c",
        },
    )
    (folder / "ops" / "link.sql").symlink_to("prod.sql")
    commit(folder, {})
    git(folder, "checkout", "-q", "-b", "branch")
    commit(folder, {"ops/prod.sql": "branch", "ops/gone.sql": None, "logs/a.log": "branch a", "logs/new.log": "new"})
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def files(repository: Path) -> Iterator[BaseFiles]:
    with BaseFiles("main") as opened:
        yield opened
    assert opened.where("--catalog", "-") == "-"


def told(place: str) -> dict[str, str]:
    """What a place holds."""
    found = [place] if not glob.has_magic(place) else glob.glob(place, recursive=True)  # noqa: PTH207
    if Path(place).is_dir():
        found = [str(Path(at, name)) for at, _, names in os.walk(place) for name in names]
    return {Path(one).name: Path(one).read_text() for one in found}


@pytest.mark.parametrize("name", ["ops/prod.sql", "./ops/../ops/prod.sql", "ops/link.sql", "now/prod.sql"])
def test_a_tracked_file_is_the_bases(files: BaseFiles, name: str) -> None:
    assert list(told(files.where("--catalog", name)).values()) == ["base"]
    assert len(files.notices) == 1
    assert "the work tree differs" in files.notices[0]


def test_what_did_not_change_says_nothing(files: BaseFiles) -> None:
    assert told(files.where("--catalog", "ops/other.sql")) == {"other.sql": "other"}
    assert files.notices == []


def test_what_the_branch_deleted_is_there(files: BaseFiles) -> None:
    assert told(files.where("--catalog", "ops/gone.sql")) == {"gone.sql": "gone"}


@pytest.mark.parametrize("how", ["link", "folder"])
def test_a_branch_does_not_lead_elsewhere(repository: Path, files: BaseFiles, how: str) -> None:
    (repository / "evil").mkdir()
    (repository / "evil" / "prod.sql").write_text("evil")
    if how == "link":
        (repository / "ops" / "prod.sql").unlink()
        (repository / "ops" / "prod.sql").symlink_to("../evil/prod.sql")
    else:
        (repository / "ops").rename(repository / "was")
        (repository / "ops").symlink_to("evil")
    commit(repository, {})
    assert told(files.where("--catalog", "ops/prod.sql")) == {"prod.sql": "base"}
    (repository / "now").unlink()
    (repository / "now").symlink_to("evil")
    commit(repository, {})
    assert told(files.where("--catalog", "now/prod.sql")) == {"prod.sql": "base"}


def test_what_nobody_tracks_is_the_work_trees(repository: Path, files: BaseFiles, tmp_path: Path) -> None:
    (repository / "fetched.sql").write_text("fetched")
    (tmp_path / "outside.sql").write_text("outside")
    assert files.where("--catalog", "fetched.sql") == "fetched.sql"
    assert files.where("--catalog", str(tmp_path / "outside.sql")) == str(tmp_path / "outside.sql")
    assert files.where("--workload", "postgresql://localhost/x") == "postgresql://localhost/x"
    assert files.where("--catalog", "missing.sql") == "missing.sql"
    assert files.notices == []


def test_what_the_branch_brought_is_said(files: BaseFiles) -> None:
    assert files.where("--workload", "logs/new.log") == "logs/new.log"
    assert files.notices == ["--workload logs/new.log: the base revision does not have it: it is the branch's own"]


def test_a_branch_cannot_name_a_file_of_the_machine(repository: Path, files: BaseFiles) -> None:
    (repository / "ops" / "env.sql").symlink_to("/proc/self/environ")
    commit(repository, {})
    with pytest.raises(UserError, match="link out of the repository"):
        files.where("--catalog", "ops/env.sql")


@pytest.mark.parametrize("name", ["logs", "logs/", "./logs"])
def test_a_folder_has_the_bases_files_and_those_of_the_job(repository: Path, files: BaseFiles, name: str) -> None:
    (repository / "logs" / "fetched.log").write_text("fetched")
    found = told(files.where("--workload", name))
    assert found == {"a.log": "base a", "b.log": "base b", "c.txt": "base c", "fetched.log": "fetched"}
    assert any("1 file that the branch adds" in one for one in files.notices)
    assert any("differs" in one for one in files.notices)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [("logs/*.log", {"a.log"}), ("logs/**/*.log", {"a.log", "b.log"}), ("l*/?.*", {"a.log", "c.txt"})],
)
def test_a_pattern_meets_the_bases_files(files: BaseFiles, pattern: str, names: set[str]) -> None:
    assert set(told(files.where("--workload", pattern))) == names


def test_a_pattern_that_only_the_branch_meets(files: BaseFiles) -> None:
    assert files.where("--workload", "logs/n*.log") == "logs/n*.log"
    assert "the branch's own" in files.notices[0]


def test_from_a_folder_within(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository / "logs")
    with BaseFiles("main") as opened:
        assert told(opened.where("--catalog", "../ops/prod.sql")) == {"prod.sql": "base"}
        assert set(told(opened.where("--workload", "*.log"))) == {"a.log"}
        assert set(told(opened.where("--workload", "."))) == {"a.log", "b.log", "c.txt"}


def test_through_a_link_to_the_repository(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(repository)
    with BaseFiles("main") as opened:
        assert told(opened.where("--catalog", str(tmp_path / "alias" / "ops" / "prod.sql"))) == {"prod.sql": "base"}


def test_a_branch_that_began_early_does_not_choose_the_figures(repository: Path, files: BaseFiles) -> None:
    git(repository, "checkout", "-q", "main")
    commit(repository, {"ops/prod.sql": "newer"})
    git(repository, "checkout", "-q", "branch")
    assert told(files.where("--catalog", "ops/prod.sql")) == {"prod.sql": "newer"}


def test_pointers_of_lfs(repository: Path) -> None:
    data = b"the snapshot"
    name = hashlib.sha256(data).hexdigest()
    git(repository, "checkout", "-q", "main")
    commit(repository, {"ops/prod.sql": POINTER.format(name, len(data))})
    git(repository, "checkout", "-q", "-b", "another")
    commit(repository, {"ops/prod.sql": POINTER.format("0" * 64, 3)})
    with BaseFiles("main") as opened, pytest.raises(UserError, match=r"ops/prod\.sql: .* git lfs fetch origin \w{40}"):
        opened.where("--catalog", "ops/prod.sql")
    store = repository / ".git" / "lfs" / "objects" / name[:2] / name[2:4]
    store.mkdir(parents=True)
    (store / name).write_bytes(b"another")  # whose name it is not
    with BaseFiles("main") as opened, pytest.raises(UserError, match="LFS"):
        opened.where("--catalog", "ops/prod.sql")
    (store / name).write_bytes(data)
    with BaseFiles("main") as opened:
        assert told(opened.where("--catalog", "ops/prod.sql")) == {"prod.sql": "the snapshot"}
    (store / name).unlink()
    (repository / "ops" / "prod.sql").write_bytes(data)  # checked out by the filter
    with BaseFiles("main") as opened:
        assert told(opened.where("--catalog", "ops/prod.sql")) == {"prod.sql": "the snapshot"}


def test_submodules_are_said(repository: Path) -> None:
    inner = repository / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    commit(inner, {"prod.sql": "inner"})
    git(repository, "checkout", "-q", "main")
    git(repository, "add", "inner")
    git(repository, "commit", "-qm", "module")
    with BaseFiles("main") as opened:
        assert opened.where("--catalog", "inner/prod.sql") == "inner/prod.sql"
        assert "submodule inner" in opened.notices[0]


def test_errors_speak_of_the_users_names(files: BaseFiles) -> None:
    place = files.where("--catalog", "ops/prod.sql")
    with pytest.raises(UserError, match=r"^catalog ops/prod\.sql: bad$"), files.told():
        raise UserError(f"catalog {place}: bad")


def test_nothing_is_left(repository: Path) -> None:
    with BaseFiles("main") as opened:
        place = opened.where("--catalog", "ops/prod.sql")
        assert Path(place).is_file()
    assert not Path(place).parent.exists()
    with BaseFiles(None) as opened:
        assert opened.where("--catalog", "ops/prod.sql") == "ops/prod.sql"
