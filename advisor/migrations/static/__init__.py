"""What statements do by their text and the schema before them: no server is asked."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.catalog import Catalog
from advisor.model.engine import Engine
from advisor.model.errors import UserError
from advisor.model.migration import Foretold, Script


def foretell(
    scripts: Sequence[Script], catalog: Catalog | None, engine: Engine, *, base: Sequence[Script] = ()
) -> Foretold:
    """One outcome for each statement of ``scripts``, in order.

    ``catalog`` is the schema before ``base`` (earlier migrations, applied to it first); None: nothing is known of it.
    Raises UserError for SQLite: it has no locks on tables that others could wait for.
    """
    if engine.name == "postgresql":
        from advisor.migrations.static import postgresql

        return postgresql.foretell(scripts, catalog, engine, base=base)
    if engine.name in ("mysql", "mariadb"):
        from advisor.migrations.static import mysql

        return mysql.foretell(scripts, catalog, engine, base=base)
    raise UserError(
        "migrations of SQLite are not checked: a writer locks its whole database, so no statement is safer than another"
    )
