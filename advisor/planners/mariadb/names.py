"""Tables and indexes as people name them."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.planners.errors import PlannerError
from advisor.planners.hypothetical import Hypothetical, parse
from advisor.planners.mariadb.synthetic import key_of
from advisor.planners.mariadb.tables import Identity, Key, Table

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


def defined(tables: Tables, text: str, database: str | None) -> tuple[Table, Key, Hypothetical]:
    """What a definition of an index that does not exist means: its table, itself, and as it was written.

    Raises PlannerError where it is none, or cannot be in this schema.
    """
    wanted = parse(text, "mariadb")
    if wanted.method != "btree" or any(key.expression for key in wanted.keys):
        raise PlannerError(
            f"hypothetical index {wanted.name}: only B-trees over columns can be had in MariaDB's shadow"
        )
    owner = wanted.table
    table = table_named(tables, f"{owner.schema}.{owner.name}" if owner.schema else owner.name, database)
    columns = []
    for key in wanted.keys:
        column = next((one for one in table.columns if one.name.lower() == (key.column or "").lower()), None)
        if column is None:
            raise PlannerError(f"hypothetical index {wanted.name}: {table.name} has no column {key.column!r}")
        columns.append(column.name)
    name = wanted.name[:64]
    if key_of(table, name):
        raise PlannerError(f"{table.name} has an index {name} already")
    prefixes = tuple(key.prefix for key in wanted.keys)
    return table, Key(name, tuple(columns), unique=False, ordinary=True, prefixes=prefixes), wanted


def _is_schema(tables: Tables, name: str) -> bool:
    return any(table.schema == name for table in tables.values()) and all(
        table.name != name for table in tables.values()
    )
