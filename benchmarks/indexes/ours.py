"""This product's curve: one search, every budget."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.indexes.data.database import DataSet
from benchmarks.indexes.peers.answer import Answer, NotRun

if TYPE_CHECKING:
    from advisor.planners.planner import Planner

TOOL = "advisor"


def children_cpu(root: int | None = None) -> float:
    """CPU seconds of every process below this one, ended ones included: the shadow's backends."""
    root = root or os.getpid()
    ticks = os.sysconf("SC_CLK_TCK")
    parents: dict[int, tuple[int, float]] = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            with suppress(OSError):
                fields = (path / "stat").read_text().rpartition(")")[2].split()
                # utime, stime, and those of children that were waited for (proc(5), fields 14 to 17).
                parents[int(path.name)] = (int(fields[1]), sum(map(int, fields[11:15])) / ticks)
    below = 0.0
    for process, (_, spent) in parents.items():
        above: int | None = process
        while above and above != root:
            above = parents.get(above, (0, 0.0))[0] or None
        if above == root and process != root:
            below += spent
    own = os.times()
    return below + own.children_user + own.children_system


class Counting:
    """A planner that counts the statements it is given."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.calls = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.planner, name)

    def judge(self, queries, configuration=None):  # type: ignore[no-untyped-def]
        self.calls += len(queries)
        return self.planner.judge(queries) if configuration is None else self.planner.judge(queries, configuration)

    def explain(self, queries, configuration=None):  # type: ignore[no-untyped-def]
        self.calls += len(queries)
        return self.planner.explain(queries) if configuration is None else self.planner.explain(queries, configuration)


__all__ = ["TOOL", "Answer", "Counting", "DataSet", "NotRun", "children_cpu", "time"]
