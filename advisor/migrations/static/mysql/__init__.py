"""Migrations of MySQL and MariaDB by the rules of their manuals."""

from __future__ import annotations

from advisor.migrations.static.mysql.foretell import foretell

__all__ = ["foretell"]
