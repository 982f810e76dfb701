"""All insights of a stream as rows of the relations that pages ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.stream.insights.cache import cache, cache_curve
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
    }
