"""All insights of a stream as rows of the relations that pages ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.stream.insights.cache import cache, cache_curve
from advisor.stream.insights.collisions import job_collisions
from advisor.stream.insights.concurrency import busy_windows
from advisor.stream.insights.connections import connection_uses
from advisor.stream.insights.contention import contention
from advisor.stream.insights.deadlocks import deadlock_cycles, lock_orders
from advisor.stream.insights.jobs import jobs
from advisor.stream.insights.locks import lock_blockers
from advisor.stream.insights.replicas import replicas
from advisor.stream.insights.routes import routes
from advisor.stream.insights.transactions import kinds, longest, transactions

if TYPE_CHECKING:
    from advisor.stream.material import Material


def relations(material: Material) -> dict[str, list[Any]]:
    """Rows (structs) by the name of their relation in `facts/schema.sql`, the heaviest first."""
    costs, shapes = routes(material)
    return {
        "cache_replay": cache(material),
        "cache_curve": cache_curve(material),
        "replica_share": replicas(material),
        "transaction_stream": transactions(material),
        "transaction_kind": kinds(material),
        "long_transaction": longest(material),
        "route_cost": costs,
        "route_shape": shapes,
        "lock_blocker": lock_blockers(material),
        "deadlock_cycle": deadlock_cycles(material),
        "lock_order": lock_orders(material),
        "job": jobs(material),
        "job_collision": job_collisions(material),
        "concurrency": busy_windows(material),
        "contention": contention(material),
        "connection_use": connection_uses(material),
    }
