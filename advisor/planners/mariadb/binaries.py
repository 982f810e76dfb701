"""The MariaDB server that is installed here. No package index has one for Python: it comes with the system."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from advisor.planners.errors import PlannerError

_DIRECTORIES = "/usr/sbin:/usr/local/sbin:/usr/local/bin:/opt/homebrew/bin:/opt/homebrew/opt/mariadb/bin"
_VERSION = re.compile(r"Ver (\d+)\.(\d+)\.(\d+)-MariaDB")
#: What mariadb-install-db feeds to a new server, without help texts, time zones and performance_schema.
SYSTEM_TABLES = ("system_tables.sql", "system_tables_data.sql")


@dataclass(frozen=True)
class MariadbBinaries:
    """One installed server."""

    daemon: Path
    scripts: tuple[Path, ...]
    """Statements that make the system tables, in this order."""
    version: str
    series: tuple[int, int]
    """10.11 as (10, 11)."""


def find() -> MariadbBinaries:
    """mariadbd on the PATH or where packages put it, or below ADVISOR_MARIADB_HOME. Raises PlannerError."""
    home = os.environ.get("ADVISOR_MARIADB_HOME")
    places = f"{home}/bin:{home}/sbin" if home else f"{os.environ.get('PATH', '')}:{_DIRECTORIES}"
    found = shutil.which("mariadbd", path=places)
    if found is None:
        raise PlannerError(
            f"no mariadbd found {f'below {home}' if home else 'on the PATH'}: install MariaDB's server (Debian: "
            "mariadb-server-core), or name its directory in ADVISOR_MARIADB_HOME"
        )
    daemon = Path(found).resolve()
    try:
        said = subprocess.run(
            [found, "--no-defaults", "--version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise PlannerError(f"{found} does not run: {' '.join(str(error).split())}") from None
    version = _VERSION.search(said.stdout)
    if version is None:
        raise PlannerError(f"{found} does not say that it is MariaDB: {said.stdout.strip()[:120]}")
    return MariadbBinaries(daemon, _scripts(daemon), ".".join(version.groups()), (int(version[1]), int(version[2])))


def _scripts(daemon: Path) -> tuple[Path, ...]:
    """Packages name the files mysql_... or mariadb_..., in share/mysql or share/mariadb."""
    for root in (daemon.parent.parent, daemon.parent.parent.parent):
        for place in (root / "share/mariadb", root / "share/mysql", root / "share"):
            for prefix in ("mariadb", "mysql"):
                scripts = tuple(place / f"{prefix}_{name}" for name in SYSTEM_TABLES)
                if all(script.is_file() for script in scripts):
                    return scripts
    raise PlannerError(
        f"{daemon}: the statements for its system tables (share/*/*_system_tables.sql) are not installed"
    )
