"""The workload planned before and after a migration."""

from __future__ import annotations

from advisor.dryrun.regressions.replanning import Replanned, UnindexedReference, Unplanned, replan

__all__ = ["Replanned", "UnindexedReference", "Unplanned", "replan"]
