"""What `load` raises."""

from __future__ import annotations

from advisor.model.errors import UserError


class CatalogError(UserError):
    """A catalog cannot be read. One line: what, where, what to do. Never holds a password."""
