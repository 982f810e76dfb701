"""Sweeping a place where anybody may write: only what is ours, and nobody holds, is touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.planners.errors import PlannerError
from advisor.planners.server import directory, watcher


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """As /tmp is."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    return shared


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    target = tmp_path / "victim"
    (target / watcher.SERVER).mkdir(parents=True)
    (target / directory.MARKER).write_text("1\n")
    (target / "file").write_text("precious")
    return target


@pytest.fixture
def postgres_elsewhere(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that could be taken for a server by its name, its account and its number, but not by its place."""
    program = tmp_path / "postgres"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    process = subprocess.Popen([str(program), "60"], cwd=tmp_path)
    yield process
    process.kill()
    process.wait()


def abandoned(place: Path) -> Path:
    """What a killed process leaves."""
    made = directory.create(0o700, place)
    (made.path / watcher.SERVER / "data").mkdir(parents=True)
    (made.path / watcher.SERVER / "data" / "file").write_text("x")
    made.release()
    return made.path


def test_what_nobody_holds_is_removed_and_what_is_held_stays(place: Path) -> None:
    held, left = directory.create(0o700, place), abandoned(place)
    assert directory.sweep(place) == []
    assert held.path.exists()
    assert not left.exists()
    held.release()
    held.release()
    assert directory.sweep(place) == []
    assert list(place.iterdir()) == []


def test_a_process_killed_before_it_marked_its_directory_leaves_an_empty_one_which_goes(place: Path) -> None:
    empty, full = place / f"{directory.PREFIX}empty", place / f"{directory.PREFIX}full"
    for path in (empty, full):
        path.mkdir(mode=0o700)
    (full / "file").write_text("somebody's")
    directory.sweep(place)
    assert not empty.exists()
    assert (full / "file").exists()


def test_a_link_is_not_followed(place: Path, victim: Path) -> None:
    (place / f"{directory.PREFIX}link").symlink_to(victim)
    directory.sweep(place)
    assert (victim / "file").read_text() == "precious"


def test_links_within_are_removed_not_followed(place: Path, victim: Path) -> None:
    left = abandoned(place)
    (left / watcher.SERVER / "data" / "link").symlink_to(victim)
    (left / watcher.SERVER / "data" / "hole").symlink_to(victim / "file")
    directory.sweep(place)
    assert not left.exists()
    assert (victim / "file").read_text() == "precious"


def test_a_marker_that_is_a_link_marks_nothing(place: Path, victim: Path) -> None:
    left = abandoned(place)
    (left / directory.MARKER).unlink()
    (left / directory.MARKER).symlink_to(victim / directory.MARKER)
    directory.sweep(place)
    assert left.exists()


def test_what_others_can_write_to_is_left_alone(place: Path) -> None:
    left = abandoned(place)
    left.chmod(0o777)
    directory.sweep(place)
    assert left.exists()


def test_what_others_own_is_left_alone(place: Path) -> None:
    if os.geteuid() != 0:
        return  # only root can make what others own
    marked = abandoned(place)
    os.chown(marked / directory.MARKER, 65534, 65534)
    left = abandoned(place)
    os.chown(left, 65534, 65534)
    directory.sweep(place)
    assert left.exists()
    assert marked.exists()


def test_a_place_where_others_could_exchange_directories_is_not_used(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = abandoned(place)
    place.chmod(0o777)
    assert directory.sweep(place) == []
    assert left.exists()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    assert directory.base() != place


def test_a_place_whose_name_is_too_long_for_a_socket_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("x" * 90)
    deep.mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    assert directory.base() in (Path("/tmp"), Path("/var/tmp"))
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PlannerError, match=r"no temporary directory for a shadow: .*set TMPDIR"):
        directory.base()


def test_a_number_in_a_file_ends_no_process(place: Path, postgres_elsewhere: subprocess.Popen[bytes]) -> None:
    left = abandoned(place)
    (left / watcher.SERVER / "data" / "postmaster.pid").write_text(
        f"{postgres_elsewhere.pid}\n{left}/server/data\n1\n5432\n{left}/server\n\n 1 1\nready\n"
    )
    directory.sweep(place)
    assert not left.exists()
    assert postgres_elsewhere.poll() is None


def test_a_process_that_works_there_but_is_no_server_is_left_alone(place: Path) -> None:
    left = abandoned(place)
    shell = subprocess.Popen(["sleep", "60"], cwd=left / watcher.SERVER)
    directory.sweep(place)
    assert not left.exists()
    assert shell.poll() is None
    shell.kill()
    shell.wait()


def test_a_server_that_works_there_is_ended(place: Path, tmp_path: Path) -> None:
    left = abandoned(place)
    program = tmp_path / "postgres"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    server = subprocess.Popen([str(program), "60"], cwd=left / watcher.SERVER / "data")
    directory.sweep(place)
    assert not left.exists()
    assert server.wait(5) < 0


def test_two_sweeps_and_a_maker_at_once_lose_nothing(place: Path) -> None:
    """Makers check that what they locked is still what they made."""
    making = """
import sys
from pathlib import Path
from advisor.planners.server import directory
for _ in range(25):
    made = directory.create(0o700, Path(sys.argv[1]))
    assert (made.path / directory.MARKER).exists()
    (made.path / "file").write_text("x")
    directory.sweep(Path(sys.argv[1]))
    assert (made.path / "file").exists()
    made.release()
"""
    command = [sys.executable, "-c", making, str(place)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    running = [subprocess.Popen(command, env=environment) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    directory.sweep(place)
    assert list(place.iterdir()) == []
