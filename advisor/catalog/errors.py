"""What `load` raises."""

from __future__ import annotations


class CatalogError(Exception):
    """A catalog cannot be read. One line: what, where, what to do. Never holds a password."""
