"""Every statement planned again under the recommended set: what gets worse is named."""

from __future__ import annotations

from advisor.recommend.regressions.replanning import Replanned, regressions

__all__ = ["Replanned", "regressions"]
