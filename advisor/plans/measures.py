"""The words of `metrics`: what the printed numbers of a plan amount to, node by node."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class NodeMeasures:
    """What follows for one node. None where the plan does not tell; times in milliseconds of wall clock."""

    depth: int = 0
    total_ms: float | None = None
    """Over all loops; below a Gather divided by those who took part. 0 for a node that never ran."""
    self_ms: float | None = None
    """Without what its children, CTEs and subplans took. Sums to the root over the plan."""
    share: float | None = None
    """self_ms of the plan's whole time (the statement's execution time where printed, else the root's)."""
    rows_total: float | None = None
    rows_low: float | None = None
    rows_high: float | None = None
    """Bounds of rows_total that rounding of the printed average leaves open."""
    removed_filter: float | None = None
    removed_join: float | None = None
    removed_recheck: float | None = None
    """Over all loops. None: not printed (nothing was removed, or it was not executed)."""
    q_error: float | None = None
    """max(estimate/actual, actual/estimate), like with like, at the bound of rounding nearest to the estimate; at
    least 1. None where the node never ran or was stopped early."""
    underestimated: bool | None = None
    introduced_error: float | None = None
    """q_error over the greatest q_error of the children: where much of the error begins."""
    stopped_early: bool = False
    """Something above may have stopped asking before it was done: its rows say nothing about the estimate."""
    cost_self: float | None = None
    """Without the children, by their estimated loops; penalties of disabled nodes taken out."""
    cost_share: float | None = None
    """cost_self of the root's total: an estimate, not time."""
    buffers_self: dict[str, int] = field(default_factory=dict)
    io_self_ms: float | None = None
    wal_self: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class PlanMeasures:
    """What follows for a plan."""

    nodes: dict[str, NodeMeasures]
    """By node id."""
    total_ms: float | None = None
    """What shares are shares of."""
    after_root_ms: float | None = None
    """Time outside the root's: a CTE that writes runs on once the root has all its rows; MySQL evaluates subqueries
    of the select list as it sends rows. Self times sum to the root's total and this."""
    triggers_ms: float | None = None
    jit_ms: float | None = None
    root_cause: str | None = None
    """Id of the node where the worst misestimate begins; None without one of note."""
    temp_blocks: int | None = None
