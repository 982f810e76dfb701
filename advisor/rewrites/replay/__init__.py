"""Proof of a repetition on a live server, on request: the parent runs again, its children, and their batch."""

from __future__ import annotations

from advisor.rewrites.replay.run import replay

__all__ = ["replay"]
