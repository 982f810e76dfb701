"""Logged statements that a migration leaves without what they name."""

from __future__ import annotations

from advisor.migrations.uses.find import broken

__all__ = ["broken"]
