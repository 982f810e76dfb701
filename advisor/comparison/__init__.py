"""Two windows of one workload: what got slower, faster, new or gone, and how sure that is."""

from __future__ import annotations

from advisor.comparison.compare import compare

__all__ = ["compare"]
