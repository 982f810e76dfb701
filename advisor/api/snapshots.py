"""`snapshot`: from a database, or from what a client printed, to a snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from advisor.model.errors import UserError
from advisor.model.version import product_version

if TYPE_CHECKING:
    from advisor.model.snapshot import Snapshot, Values

#: What was left out does not come back.
_RANK: dict[Values, int] = {"present": 0, "masked": 1, "none": 2}


def is_address(source: str) -> bool:
    """A DSN, not a file."""
    return "://" in source


def take(source: str, *, values: Values | None = None, probes: bool = True) -> Snapshot:
    """The snapshot of a DSN, or of a file that psql or mysql printed: values masked unless asked otherwise.

    Of a snapshot's file values may be taken out that are in it. Raises UserError with one line.
    """
    from advisor.catalog import snapshot as snapshots

    if is_address(source):
        taken = snapshots.capture(source, values=values or "masked", probes=probes)
    else:
        from advisor.catalog.snapshot import file

        taken, order = file.load(source)
        if taken.header.engine.name in ("mysql", "mariadb"):
            from advisor.catalog.snapshot.mysql import complete

            taken = complete(taken)
        held = taken.header.values
        wanted = values or ("masked" if held == "present" else held)
        if _RANK[held] > _RANK[wanted]:
            raise UserError(f"{source}: the values in it are {held} already; take a new snapshot for more")
        if held != wanted:
            taken = snapshots.conceal(taken, order, wanted)
    taken.header = msgspec.structs.replace(taken.header, made_by=product_version())
    return taken
