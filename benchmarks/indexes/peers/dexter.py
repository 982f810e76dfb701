"""Dexter: its own command line over the statements, at three levels of its threshold (it has no budget)."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from benchmarks.indexes.data.database import DataSet
from benchmarks.indexes.peers.answer import Answer, NotRun

#: ``--min-cost-savings-pct``; 50 is its default.
SAVINGS = (50, 20, 5)
_FOUND = re.compile(r"Index found: (\S+) \((.+)\)")
_COLOUR = re.compile(r"\x1b\[[\d;]*m")


def ask(data: DataSet, directory: Path | None, limit: float) -> Iterator[Answer | NotRun]:
    """Answers one by one."""
    if directory is None:
        yield NotRun("Dexter", "give --dexter DIR: a clone of ankane/dexter")
        return
    ruby = shutil.which("ruby")
    if ruby is None:
        yield NotRun("Dexter", "ruby is not installed, with its packages pg, pg_query and slop")
        return
    for percent in SAVINGS:
        command = [ruby, "-I", str(directory / "lib"), str(Path(__file__).with_name("dexter_run.rb"))]
        command += [data.dsn, "--min-cost-savings-pct", str(percent)]
        for query in data.workload:
            command += ["-s", query.sql]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
        except subprocess.TimeoutExpired:
            yield NotRun(f"Dexter {percent}", f"no answer within {limit:.0f} s")
            continue
        counted = re.search(r"^counted (\d+) (\S+) (\S+)$", done.stderr, re.MULTILINE)
        if done.returncode or counted is None:
            yield NotRun(f"Dexter {percent}", (done.stderr.strip().splitlines() or ["no output"])[0][:200])
            return
        found = _FOUND.findall(_COLOUR.sub("", done.stdout))
        yield Answer(
            "Dexter",
            f"savings >= {percent} %",
            tuple(f"ON {table} ({columns})" for table, columns in found),
            int(counted[1]),
            float(counted[3]),
            float(counted[2]),
        )
