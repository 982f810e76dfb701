"""The words of `diff`: two plans of one query, node by node."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class FieldChange(msgspec.Struct, frozen=True):
    """One thing of a node that is not what it was: operator, index, join_type, predicates, rows_estimated..."""

    name: str
    before: Any
    after: Any


class NodeChange(msgspec.Struct, frozen=True, kw_only=True):
    """A pair of nodes, or a node that only one of the plans has."""

    before: str | None
    after: str | None
    """Node ids."""
    status: Literal["same", "numbers", "changed", "added", "removed"]
    """numbers: the same operation with other figures; changed: another operation on the same rows."""
    changes: tuple[FieldChange, ...] = ()
    self_ms_delta: float | None = None
    cost_self_delta: float | None = None
    rows_delta: float | None = None


class PlanDiff(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a plan."""

    same_query: bool | None
    """None: neither text tells the query."""
    same_plan: bool
    """The fingerprints are equal: same operators, relations, indexes and join order."""
    total_ms_before: float | None
    total_ms_after: float | None
    cost_before: float | None
    cost_after: float | None
    comparable: str | None = None
    """Why times or costs must not be compared (one was not executed, another engine...); None when they may."""
    nodes: tuple[NodeChange, ...] = ()
    """In the order of the plan after, what was removed where it stood."""
    headline: str = ""
    """The change that costs or saves most, in one sentence."""
