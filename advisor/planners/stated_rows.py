"""Row counts as people state them in ``advisor.toml``::

[tables.orders]
rows = 12000000

[tables."sales.order lines"]
rows = 5e7
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.model.errors import UserError

__all__ = ["stated_rows"]

#: More than any table has, and far from where counters of rows and pages overflow.
_LARGEST = 10**15


def stated_rows(tables: Any, where: str) -> dict[str, int]:
    """Rows by table, of the ``tables`` table of a configuration. Raises UserError naming ``where`` and the key."""
    if not isinstance(tables, Mapping):
        raise UserError(f"configuration {where}: tables must be a table: [tables.orders] with rows = 12000000")
    found: dict[str, int] = {}
    for name, given in tables.items():
        if not isinstance(given, Mapping):
            raise UserError(
                f"configuration {where}: tables.{name} must be a table: [tables.{name}] with rows = 12000000"
            )
        for key in given:
            if key != "rows":
                raise UserError(f"configuration {where}: unknown key '{key}' in [tables.{name}]; known is rows")
        rows = given.get("rows")
        if rows is None:
            continue
        whole = not isinstance(rows, bool) and isinstance(rows, int | float) and float(rows).is_integer()
        if not whole or not 0 <= rows <= _LARGEST:
            raise UserError(f"configuration {where}: tables.{name}.rows must be a whole number, 0 or more")
        found[str(name)] = int(rows)
    return found
