"""Patched copies in place of GIN and BRIN indexes: their pages are in the server's buffers from the start."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

from advisor.planners.errors import PlannerError
from advisor.planners.postgresql.made import Leaf
from advisor.planners.postgresql.pages import brin, gin
from advisor.planners.postgresql.pages.page import BLOCK, PageError
from advisor.planners.postgresql.protocol import row, rows, words
from advisor.planners.postgresql.size.key import Built

if TYPE_CHECKING:
    from advisor.planners.postgresql.shadow import Shadow


def exchange(shadow: Shadow, leaves: Sequence[Leaf]) -> None:
    """Patched copies in place of GIN and BRIN indexes."""
    import psycopg

    try:
        with shadow.cluster.connect("admin") as admin:
            admin.execute(b"CHECKPOINT")
            for leaf in leaves:
                number, blocks = row(
                    admin,
                    "SELECT pg_catalog.pg_nextoid('pg_catalog.pg_class'::regclass, 'oid',"
                    " 'pg_catalog.pg_class_oid_index'::regclass)::int8,"
                    " (SELECT pg_catalog.pg_relation_size($1::oid) / $2::int)::int8",
                    leaf.table,
                    BLOCK,
                )
                copy = leaf.path.with_name(str(number))
                status = leaf.path.stat()
                shutil.copyfile(leaf.path, copy)
                shutil.copymode(leaf.path, copy)
                shutil.chown(copy, status.st_uid, status.st_gid)
                if leaf.method == "gin":
                    gin.fake(copy, leaf.built.pages, _counts(leaf.built))
                else:
                    brin.fake(copy, leaf.built.pages, int(blocks))
                rows(
                    admin,
                    "UPDATE pg_catalog.pg_class SET relfilenode = $2::oid, relpages = $3::int, reltuples = $4::real"
                    " WHERE oid = $1::oid",
                    leaf.oid,
                    number,
                    leaf.built.pages,
                    leaf.built.tuples,
                )
    except (psycopg.Error, PageError, OSError) as error:
        raise PlannerError(f"a hypothetical index could not be given its size: {words(error)}") from None


def _counts(built: Built) -> dict[str, int] | None:
    if built.entries is None:
        return None
    return {
        "n_total_pages": built.pages,
        "n_entry_pages": built.entry_pages or 0,
        "n_data_pages": built.data_pages or 0,
        "n_entries": built.entries,
    }
