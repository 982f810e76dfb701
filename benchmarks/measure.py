"""Runs a command and reports what the operating system says it used."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Use:
    """CPU seconds (user and system, children included) and the peak memory of the largest process, in MB."""

    cpu: float
    peak_mb: float
    code: int


def run(command: list[str], *, env: dict[str, str] | None = None, stdout: Path | None = None) -> Use:
    """Run to the end; output goes to a file or nowhere. Byte code is kept, as in any installation."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with open(stdout or os.devnull, "wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env={**inherited, **(env or {})}
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Use(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode)
