"""What a contestant answers, and how its work is counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Answer:
    """One set of indexes."""

    tool: str
    asked: str
    """The budget or whatever the tool is told instead: ``25 %``, ``5 indexes``."""
    indexes: tuple[str, ...]
    """What stands behind the name: ``ON orders (o_custkey)``."""
    calls: int = 0
    """Statements that were planned: every EXPLAIN counts."""
    client_cpu: float = 0.0
    server_cpu: float = 0.0
    budget_bytes: int | None = None
    claimed_bytes: int | None = None
    """As the tool itself, or HypoPG for it, sized the set."""
    note: str = ""
    covers: int = 1
    """How many answers the calls and the CPU seconds were spent on together (a curve comes out of one search)."""
    objective: float = 0.0
    """What the tool itself expects the workload to cost: of this product's sets only."""
    executions: int = 0
    """Statements that were run to choose."""
    seconds: float = 0.0
    """On a staging copy: building and running."""
    extra: dict[str, object] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        return self.tool, self.asked


@dataclass(frozen=True)
class NotRun:
    """A contestant that could not be asked."""

    tool: str
    why: str


def cpu_of(process: int) -> float:
    """CPU seconds of a process so far, to the nanosecond (Linux; first field of /proc/PID/schedstat)."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9
