"""Tables and indexes as people name them."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.planners.errors import PlannerError
from advisor.planners.mariadb.synthetic import key_of
from advisor.planners.mariadb.tables import Identity, Table

Tables = Mapping[Identity, Table]


def table_named(tables: Tables, name: str, database: str | None) -> Table:
    """``table`` or ``schema.table``, in any case; without a schema that of ``database`` goes first.

    Raises PlannerError where there is none or several.
    """
    schema, _, bare_name = name.replace("`", "").rpartition(".")
    found = [
        table
        for table in tables.values()
        if table.name.lower() == bare_name.lower() and (not schema or table.schema.lower() == schema.lower())
    ]
    if len(found) > 1 and not schema:
        found = [table for table in found if table.schema == database] or found
    if len(found) != 1:
        raise PlannerError(f"{'several tables are' if found else 'no table is'} called {name} in the snapshot")
    return found[0]


def index_named(tables: Tables, name: str, database: str | None) -> tuple[Identity, str]:
    """``index``, ``table.index`` or ``schema.table.index``: an index's name is its table's own. Its table and its name.

    Raises PlannerError where there is none, several, or a primary key, which cannot be hidden.
    """
    owner, _, index = name.replace("`", "").rpartition(".")
    among = [table_named(tables, owner, database)] if owner and not _is_schema(tables, owner) else list(tables.values())
    found = [(table.identity, key.name) for table in among if (key := key_of(table, index))]
    if len(found) != 1:
        many = "several tables have an index" if found else "no table has an index"
        raise PlannerError(f"{many} {name}; name it as table.index")
    if found[0][1] == "PRIMARY":
        raise PlannerError(f"{name}: a primary key is the table itself and cannot be hidden")
    return found[0]


def _is_schema(tables: Tables, name: str) -> bool:
    return any(table.schema == name for table in tables.values()) and all(
        table.name != name for table in tables.values()
    )
