"""Index DDL that runs as printed, online where the engine can, with the statement that takes it back."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from advisor.model.engine import EngineName

_SIMPLE = re.compile(r"[a-z_][a-z0-9_]*\Z")
#: Words that PostgreSQL, MySQL, MariaDB or SQLite do not take as a bare name of a column or table.
RESERVED = frozenset(
    """
    accessible action add all alter analyse analyze and any array as asc asensitive asymmetric authorization
    before between bigint binary blob both by call cascade case cast change char character check collate
    collation column columns concurrently condition constraint continue convert create cross cube cume_dist
    current current_date current_time current_timestamp current_user cursor database databases day_hour dec
    decimal declare default deferrable delayed delete dense_rank desc describe deterministic distinct
    distinctrow div do double drop dual each else elseif empty enclosed end escaped except exists exit explain
    false fetch first_value float for force foreign freeze from full fulltext function generated get glob
    grant group grouping groups having high_priority if ignore ilike in index infile initially inner inout
    insensitive insert int integer intersect interval into is isnull iterate join json_table key keys kill lag
    last_value lateral lead leading leave left like limit linear lines load localtime localtimestamp lock long
    longblob longtext loop low_priority match maxvalue mediumint mod modifies natural not notnull nth_value
    ntile null numeric of offset on only optimize option optionally or order out outer outfile over overlaps
    partition percent_rank period placing position precision primary procedure purge range rank read reads
    real recursive references regexp release rename repeat replace require resignal restrict return returning
    revoke right rlike row row_number rows schema schemas select sensitive separator session_user set show
    signal similar smallint some spatial specific sql sqlexception sqlstate sqlwarning ssl starting stored
    straight_join symmetric system table tablesample terminated then tinyint to trailing transaction trigger
    true undo union unique unlock unsigned update usage use user using values varbinary varchar variadic
    varying verbose virtual when where while window with within write xor year_month zerofill
    """.split()  # noqa: SIM905
)


class IndexPart(msgspec.Struct, frozen=True):
    """One key of an index. Exactly one of ``column`` and ``expression``."""

    column: str | None = None
    expression: str | None = None
    descending: bool = False
    opclass: str | None = None
    prefix: int | None = None
    """MySQL: leading characters to index."""
    collation: str | None = None
    """Of a PostgreSQL or SQLite key, where it is not the column's own."""


class Statements(msgspec.Struct, frozen=True):
    """DDL and its way back."""

    name: str
    sql: str
    rollback: str


def quoted(name: str, engine: EngineName) -> str:
    """An identifier, in quotes where it would not be read as itself without them."""
    if _SIMPLE.match(name) and name not in RESERVED:
        return name
    if engine in ("mysql", "mariadb"):
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) and name.lower() not in RESERVED:
            return name
        return "`" + name.replace("`", "``") + "`"
    return '"' + name.replace('"', '""') + '"'


def quoted_table(name: str, engine: EngineName) -> str:
    """A canonical table name (``schema.table`` or ``table``) as SQL."""
    return ".".join(quoted(part, engine) for part in name.split(".", 1))


def _nested(written: str) -> Any:
    """An object, or the name of a column that begins like one."""
    try:
        found = json.loads(written)
    except ValueError:
        return written
    return found if isinstance(found, dict) else written


def parts(value: Any) -> tuple[IndexPart, ...]:
    """The keys that a Detect column ``index_columns`` names: a JSON array of column names or of objects, or one name.

    Raises ValueError with what is wrong.
    """
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not value:
        raise ValueError("index_columns is no JSON array; build it with json_array(...) or json_group_array(...)")
    keys: list[IndexPart] = []
    for written in value:
        # SQLite forgets that a nested value is JSON when it passes through CASE.
        item = _nested(written) if isinstance(written, str) and written.startswith("{") else written
        if isinstance(item, str) and item:
            keys.append(IndexPart(column=item))
        elif isinstance(item, dict) and bool(item.get("column")) != bool(item.get("expression")):
            keys.append(
                IndexPart(
                    column=item.get("column"),
                    expression=item.get("expression"),
                    descending=bool(item.get("descending")),
                    opclass=item.get("opclass"),
                    prefix=item.get("prefix"),
                )
            )
        else:
            raise ValueError(
                f"index_columns holds {item!r}; give a column's name, or an object with column or expression"
            )
    return tuple(keys)


def readable(part: IndexPart, engine: EngineName) -> str:
    """A key as the contract writes it: ``lower(email)``, ``created_at DESC``."""
    text = part.expression if part.expression is not None else quoted(part.column or "", engine)
    return f"{text} DESC" if part.descending else text


def create_index(
    engine: EngineName,
    table: str,
    keys: Sequence[IndexPart],
    *,
    include: Sequence[str] = (),
    where: str | None = None,
    method: str = "btree",
    unique: bool = False,
    partitioned: bool = False,
    taken: Collection[str] = (),
    name: str | None = None,
) -> Statements:
    """CREATE INDEX without stopping writes where the engine can; ``taken`` are the index names already in use.

    A partitioned PostgreSQL table takes no CONCURRENTLY, so there the plain form is given.
    """
    name = name or index_name(engine, table, keys, taken, method)
    columns = ", ".join(_key(key, engine) for key in keys)
    on = quoted_table(table, engine)
    if engine in ("mysql", "mariadb"):
        kind = {"fulltext": "FULLTEXT INDEX", "spatial": "SPATIAL INDEX"}.get(
            method, "UNIQUE INDEX" if unique else "INDEX"
        )
        lock = "SHARED" if method in ("fulltext", "spatial") else "NONE"
        return Statements(
            name,
            f"ALTER TABLE {on} ADD {kind} {quoted(name, engine)} ({columns}), ALGORITHM=INPLACE, LOCK={lock};",
            f"DROP INDEX {quoted(name, engine)} ON {on};",
        )
    words = ["CREATE", *(["UNIQUE"] if unique else []), "INDEX"]
    schema = table.split(".", 1)[0] + "." if "." in table else ""
    if engine == "postgresql":
        concurrently = [] if partitioned else ["CONCURRENTLY"]
        using = "" if method == "btree" else f" USING {quoted(method, engine)}"
        covers = f" INCLUDE ({', '.join(quoted(column, engine) for column in include)})" if include else ""
        condition = f" WHERE {where}" if where else ""
        sql = (
            f"{' '.join([*words, *concurrently])} {quoted(name, engine)} ON {on}{using} ({columns}){covers}{condition};"
        )
        drop = " ".join(["DROP INDEX", *concurrently, "IF EXISTS", quoted_table(schema + name, engine)]) + ";"
        return Statements(name, sql, drop)
    condition = f" WHERE {where}" if where else ""
    target = f"{quoted(schema[:-1], engine)}.{quoted(name, engine)}" if schema else quoted(name, engine)
    bare = quoted(table.split(".", 1)[-1], engine)
    return Statements(
        name, f"{' '.join(words)} {target} ON {bare} ({columns}){condition};", f"DROP INDEX IF EXISTS {target};"
    )


def drop_index(engine: EngineName, table: str, name: str, recreate: str) -> Statements:
    """DROP INDEX, with ``recreate`` (its CREATE) as the way back."""
    if engine in ("mysql", "mariadb"):
        on = quoted_table(table, engine)
        sql = f"ALTER TABLE {on} DROP INDEX {quoted(name, engine)}, ALGORITHM=INPLACE, LOCK=NONE;"
        return Statements(name, sql, recreate)
    schema = table.split(".", 1)[0] + "." if "." in table else ""
    concurrently = " CONCURRENTLY" if engine == "postgresql" else ""
    return Statements(name, f"DROP INDEX{concurrently} IF EXISTS {quoted_table(schema + name, engine)};", recreate)


def index_name(
    engine: EngineName, table: str, keys: Sequence[IndexPart], taken: Collection[str], method: str = "btree"
) -> str:
    """``table_column_column_idx``, cut to what the engine allows, not yet in use."""
    words = [table.rpartition(".")[2]]
    for key in keys:
        words.append(
            key.column if key.column is not None else "_".join(re.findall(r"[A-Za-z_]\w*", key.expression or ""))[:24]
        )
    if method not in ("btree",):
        words.append(method)
    longest = 63 if engine == "postgresql" else 64
    stem = re.sub(r"\W+", "_", "_".join(word for word in words if word)) or "index"
    used = {other.lower() for other in taken}
    for number in range(1, 1000):
        suffix = "_idx" if number == 1 else f"_idx{number}"
        room = longest - len(suffix)
        name = stem
        while len(name.encode()) > room:
            name = name[:-1]
        if (name + suffix).lower() not in used:
            return name + suffix
    return stem[:40] + "_idx_new"


def _key(part: IndexPart, engine: EngineName) -> str:
    if part.column is not None:
        text = quoted(part.column, engine) + (f"({part.prefix})" if part.prefix else "")
    else:
        expression = (part.expression or "").strip()
        bare_call = engine == "postgresql" and re.fullmatch(r"[a-z_][a-z0-9_]*\([^()]*\)", expression)
        text = expression if bare_call else f"({expression})"
    if part.collation:
        text += f" COLLATE {_collation(part.collation)}"
    if part.opclass:
        text += " " + quoted(part.opclass, engine)
    return f"{text} DESC" if part.descending else text


def _collation(name: str) -> str:
    parts = name.replace('"', "").split(".")
    return ".".join(part if _SIMPLE.match(part) else f'"{part}"' for part in parts)
