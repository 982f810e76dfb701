"""Killed at any moment: no server process, no directory and no shared memory is left by the next run."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.planners.postgresql import binaries
from advisor.planners.postgresql.cluster import Cluster
from advisor.planners.server import account

pytestmark = pytest.mark.server
_LIVING = Path(__file__).with_name("living.py")
_TOP = Path(__file__).parents[3]
WAYS = ("process", "group", "watcher and process", "process and watcher", "interrupt", "server and process")


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary directory of this test's own, which every account may pass through."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="killed-") as name:
        path = Path(name)
        path.chmod(0o755)
        monkeypatch.setenv("TMPDIR", name)
        monkeypatch.setattr(tempfile, "tempdir", None)
        yield path
    monkeypatch.undo()
    tempfile.tempdir = None


def start(place: Path, cache: Path, major: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "TMPDIR": str(place), "XDG_CACHE_HOME": str(cache), "PYTHONPATH": str(_TOP)}
    return subprocess.Popen(
        [sys.executable, str(_LIVING), str(major)],
        env=environment,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def kill(process: subprocess.Popen[str], way: str) -> None:
    watchers = children(process.pid)
    servers = [child for watcher in watchers for child in children(watcher)]
    match way:
        case "process":
            end([process.pid])
        case "group":
            os.killpg(process.pid, signal.SIGKILL)
        case "watcher and process":
            end([*watchers, process.pid])
        case "process and watcher":
            end([process.pid, *watchers])
        case "server and process":
            end([*servers, process.pid])
        case "interrupt":
            os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)


def end(pids: list[int]) -> None:
    """SIGKILL, in this order."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [line.split() for line in listed.splitlines()]
    return [int(child) for child, parent in pairs if int(parent) == pid]


def processes(place: Path) -> list[str]:
    listed = subprocess.run(["ps", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    named = [line for line in listed.splitlines() if str(place) in line]
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            at = str((entry / "cwd").readlink())
        except OSError:
            continue
        if at.startswith(str(place)):
            named.append(f"{entry.name} works in {at}")
    return named


def segments() -> set[str]:
    """Shared memory of the shadows' account that nobody is attached to."""
    rows = [line.split() for line in Path("/proc/sysvipc/shm").read_text("ascii").splitlines()[1:]]
    return {row[1] for row in rows if row[7] == str(account.choose().uid) and row[6] == "0"}


@pytest.mark.parametrize("turns", [2, pytest.param(12, marks=pytest.mark.long)])
def test_killed_at_any_moment_nothing_is_left_by_the_next_run(turns: int, place: Path, tmp_path: Path) -> None:
    before = segments()
    draw = random.Random(20261122)
    ways = itertools.cycle(WAYS)
    warm = tmp_path / "cache"
    for turn in range(turns):
        # Three at a time: they must not disturb each other either. Some turns begin with an initdb.
        cold = turn % 4 == 0
        cache = tmp_path / f"cache{turn}" if cold else warm
        living = [start(place, cache, major) for major in (15, 18, 15)]
        for process in living:
            assert process.stdout is not None
            assert process.stdout.readline() == "now\n"
        for process in living:
            time.sleep(draw.random() * (0.6 if cold else 0.25))
            kill(process, next(ways))
    environment = {**os.environ, "TMPDIR": str(place), "PYTHONPATH": str(_TOP)}
    once = "from advisor.planners.postgresql import binaries; from advisor.planners.postgresql.cluster import Cluster\n"
    once += "with Cluster.create(binaries.find(15)) as cluster: cluster.start()"
    subprocess.run([sys.executable, "-c", once], env=environment, check=True)
    assert list(place.iterdir()) == []
    assert processes(place) == []
    assert segments() <= before


def test_everything_of_one_is_killed_and_the_next_run_sweeps(place: Path, tmp_path: Path) -> None:
    """Also the backends and the postmaster, as when a machine takes a whole container away."""
    before = segments()
    process = start(place, tmp_path / "cache", 15)
    deadline = time.monotonic() + 30
    while not list(place.glob("*/server/.s.PGSQL.5432")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    watchers = children(process.pid)
    servers = [child for watcher in watchers for child in children(watcher)]
    backends = [child for server in servers for child in children(server)]
    for pid in (*watchers, process.pid, *servers, *backends):
        os.kill(pid, signal.SIGSTOP)
    end([process.pid, *watchers, *servers, *backends])
    process.communicate()
    assert list(place.iterdir())
    Cluster.create(binaries.find(15)).close()
    assert list(place.iterdir()) == []
    assert processes(place) == []
    assert segments() <= before


def test_a_running_shadow_is_left_alone_by_the_next_one(place: Path) -> None:
    found = binaries.find(15)
    with Cluster.create(found) as first:
        first.start()
        with first.connect() as connection, Cluster.create(found) as second:
            second.start()
            assert connection.execute("SELECT 1").fetchone() == (1,)
            with second.connect() as other:
                assert other.execute("SELECT 1").fetchone() == (1,)
        assert first.running
    assert list(place.iterdir()) == []


def test_a_fork_of_ours_ends_nothing(place: Path) -> None:
    with Cluster.create(binaries.find(15)) as cluster:
        cluster.start()
        child = os.fork()
        if child == 0:
            cluster.close()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert cluster.running
        with cluster.connect() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_shadow_that_is_forgotten_ends(place: Path) -> None:
    cluster = Cluster.create(binaries.find(15))
    cluster.start()
    del cluster
    assert list(place.iterdir()) == []
    assert processes(place) == []
