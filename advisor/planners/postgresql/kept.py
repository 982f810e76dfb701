"""A server out of a data directory that was kept before."""

from __future__ import annotations

from advisor.planners.errors import PlannerError
from advisor.planners.postgresql import cache
from advisor.planners.postgresql.binaries import Binaries
from advisor.planners.postgresql.cluster import Cluster, Locale


def reopened(name: str, programs: Binaries, locale: Locale) -> tuple[Cluster, cache.Manifest] | None:
    """A kept one, copied and started, with what is known of it; None where there is none that starts."""
    with cache.kept(name) as found:
        if found is None:
            return None
        data, manifest = found
        cluster = Cluster.create(programs, locale=locale, data=data)
    try:
        cluster.start()
    except PlannerError:
        cluster.close()
        cache.discard(name)
        return None
    except BaseException:
        cluster.close()
        raise
    return cluster, manifest
