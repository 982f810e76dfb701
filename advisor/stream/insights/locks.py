"""Who waits for whose lock: waits from the log, joined to what the holder's session had done and was doing.

PostgreSQL names the processes that hold a lock (``log_lock_waits``); their sessions' statements in the stream tell what
took it, and whether they ran anything while others waited. MySQL and MariaDB log how long a statement waited, but not
for whom: their waits are the ``lock_us`` of shapes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from advisor.digest.effect import OTHER, READ, WRITE
from advisor.model.batch import NO_TIME
from advisor.model.insights import LockBlocker
from advisor.model.observed import LockWaitEvent
from advisor.stream.insights.acquisitions import Taken, held_before, table_of, taken
from advisor.stream.material import Material

if TYPE_CHECKING:
    import networkx as nx

_TICK_US = 1000
"""Of PostgreSQL's logs: a short one may not show it."""


@dataclass(slots=True)
class _Sum:
    waits: int = 0
    wait_us: int = 0
    max_us: int = 0
    idle_us: list[int] = field(default_factory=list)
    modes: set[str] = field(default_factory=set)

    def add(self, wait: LockWaitEvent, idle_us: int | None) -> None:
        self.waits += 1
        self.wait_us += max(wait.wait_us, 0)
        self.max_us = max(self.max_us, wait.wait_us)
        if idle_us is not None:
            self.idle_us.append(idle_us)
        if wait.lock_mode:
            self.modes.add(wait.lock_mode)


def lock_blockers(material: Material) -> list[LockBlocker]:
    """Waits by who waits, who holds and for which table, the longest in total first.

    A wait with several holders counts for the first whose statements are in the stream. What took the lock is the
    holder's first statement of its transaction that locks the same table; else what it ran when the wait began, or
    last before.
    """
    if not material.observations.waits:
        return []
    locks = taken(material)
    sums: dict[tuple[str | None, str | None, str | None], _Sum] = {}
    sessions = _Sessions(material)
    for wait in material.observations.waits:
        table = wait.table or table_of(material, wait.fingerprint)
        blocker, idle_us = _holder(material, locks, sessions, wait, table)
        sums.setdefault((wait.fingerprint, blocker, table), _Sum()).add(wait, idle_us)
    circles = _circles(wait_graph(sums))
    found = [
        LockBlocker(
            fingerprint=blocked,
            other_fingerprint=blocker,
            table_name=table,
            lock_mode=", ".join(sorted(total.modes)) or None,
            waits=total.waits,
            wait_us=total.wait_us,
            max_us=max(total.max_us, 0),
            idle_us=sum(total.idle_us) if total.idle_us else None,
            mutual=blocked != blocker and circles.get(blocked or "", -1) == circles.get(blocker or "", -2),
        )
        for (blocked, blocker, table), total in sums.items()
    ]
    return sorted(found, key=lambda b: (-b.wait_us, b.fingerprint or "", b.other_fingerprint or ""))


def wait_graph(waits: dict[tuple[str | None, str | None, str | None], _Sum]) -> nx.DiGraph[str]:
    """Statements, with an edge from each that waits to the one that holds; ``wait_us`` added up."""
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    for (blocked, blocker, _), total in waits.items():
        if blocked is not None and blocker is not None:
            before = graph.get_edge_data(blocked, blocker, {}).get("wait_us", 0)
            graph.add_edge(blocked, blocker, wait_us=before + total.wait_us)
    return graph


def _circles(graph: nx.DiGraph[str]) -> dict[str, int]:
    """Number of the circle that a statement stands in; only of circles of several."""
    import networkx as nx

    groups = [group for group in nx.strongly_connected_components(graph) if len(group) > 1]
    return {name: number for number, group in enumerate(groups) for name in group}


class _Sessions:
    """Rows of each session, found once."""

    def __init__(self, material: Material) -> None:
        self._rows = material.rows
        self._order = np.argsort(self._rows["session"], kind="stable")
        self._sorted = self._rows["session"][self._order]

    def of(self, source: int, session: int) -> NDArray[np.intp]:
        """Rows with a time, in their order."""
        wanted = np.uint64(session)
        first, last = np.searchsorted(self._sorted, wanted), np.searchsorted(self._sorted, wanted, side="right")
        at: NDArray[np.intp] = self._order[first:last]
        kept: NDArray[np.intp] = at[(self._rows["source"][at] == source) & (self._rows["start_us"][at] != NO_TIME)]
        return kept


def _holder(
    material: Material, locks: Taken, sessions: _Sessions, wait: LockWaitEvent, table: str | None
) -> tuple[str | None, int | None]:
    """The statement that holds, and how long its session ran nothing during the wait."""
    if wait.began_us is None:
        return None, None
    for session in wait.holders:
        at = sessions.of(wait.source, session) if session else np.zeros(0, np.intp)
        start, duration = material.rows["start_us"][at], material.rows["duration_us"][at]
        # The two times come from different lines, each rounded to the log's clock.
        began_us = wait.began_us + (max(material.tick_us or 0, _TICK_US))
        before = at[start <= began_us]
        if not len(before):
            continue
        steps = before[np.isin(material.rows["effect"][before], [READ, WRITE, OTHER])]
        blocker = material.fingerprints[int(material.codes[steps[-1]])] if len(steps) else None
        for lock in held_before(material, locks, wait.source, session, began_us):
            if locks.tables[int(locks.table[lock])] == table:
                blocker = material.fingerprints[int(material.codes[locks.row[lock]])]
                break
        if wait.wait_us < 0:
            return blocker, None
        ended = wait.began_us + wait.wait_us
        busy = np.minimum(start + np.maximum(duration, 0), ended) - np.maximum(start, wait.began_us)
        return blocker, max(wait.wait_us - int(np.maximum(busy, 0).sum()), 0)
    return None, None
