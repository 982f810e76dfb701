"""A change as the statements of MySQL and MariaDB: online or refused by the server, and the way back.

https://mariadb.com/kb/en/innodb-online-ddl-operations-with-the-inplace-alter-algorithm/ and
https://dev.mysql.com/doc/refman/8.0/en/innodb-online-ddl-operations.html: ALGORITHM and LOCK make the server refuse in
place of copying the table or stopping writes in silence.
"""

from __future__ import annotations

import re

import msgspec

from advisor.handbook.ddl import quoted
from advisor.model.catalog import Catalog, Index, Table
from advisor.model.indexing import IndexDefinition
from advisor.recommend.definition import key_text
from advisor.recommend.export.change import Change, Prepared, Step
from advisor.recommend.export.place import Place, place_of

_COPIES = "This storage engine copies the table; writes wait until it is done."
_SHARED = "Writes wait until the index is built: such an index cannot be built otherwise."
_ONLINE = (
    "Reads and writes go on; the server refuses rather than stop them. It waits for open transactions at its ends."
)


def prepare(change: Change, name: str, catalog: Catalog, *, try_drops: bool) -> Prepared:
    """The statements. ``try_drops``: the index is hidden from the optimizer, not dropped, where that is known."""
    index = change.index
    place = place_of(index.table, catalog, index.engine)
    table = catalog.tables.get(index.table)
    blank = Prepared(change=change, name=name, schema=place.schema, table=place.bare)
    if change.kind == "reindex":
        how = "" if _copies(table) else ", ALGORITHM=INPLACE, LOCK=NONE"
        step = Step(
            f"ALTER TABLE {place.sql} FORCE{how}", "Rebuilds the whole table: this engine rebuilds no single index."
        )
        return msgspec.structs.replace(blank, up=(step,), notes=("a rebuild changes no definition: nothing to undo",))
    add, drop = _add(index, place, name, table), _drop(place, name, table, index)
    if change.kind == "create":
        primary = _primary(table)
        repeated = [key.column for key in index.keys if key.column in primary]
        notes = []
        if primary and not _copies(table) and index.method == "btree" and not repeated:
            notes.append(
                f"InnoDB adds the primary key ({', '.join(primary)}) to every entry: it needs no place in the keys."
            )
        generated = _generated(index, table)
        if generated is not None:
            drop, said = _instead(drop, generated, index)
            notes.append(said)
        return msgspec.structs.replace(blank, up=(add,), down=(drop,), notes=tuple(notes))
    hide = hidden(index, catalog)
    if try_drops and hide is not None:
        on, quoted_name = place.sql, quoted(name, index.engine)
        return msgspec.structs.replace(
            blank,
            up=(
                Step(
                    f"ALTER TABLE {on} ALTER INDEX {quoted_name} {hide[0]}",
                    "Hidden: writes keep it, plans cannot use it.",
                ),
            ),
            down=(Step(f"ALTER TABLE {on} ALTER INDEX {quoted_name} {hide[1]}"),),
            notes=("hidden, not dropped: drop it when nothing got slower for as long as the rarest job takes to run",),
        )
    tried: tuple[str, ...] = ()
    if hide is not None:
        words = f"ALTER TABLE {place.sql} ALTER INDEX {quoted(name, index.engine)} {hide[0]}"
        tried = (f"to try it first: {words}; hides the index from plans, and the way back from that is instant",)
    return msgspec.structs.replace(blank, up=(drop,), down=(add,), notes=tried)


def hidden(index: IndexDefinition, catalog: Catalog) -> tuple[str, str] | None:
    """The words that hide an index and show it again; None: this server has none, or its version is not known."""
    version = tuple(int(part) for part in re.findall(r"\d+", catalog.engine.version or "")[:2])
    if index.engine == "mariadb" and version >= (10, 6):
        return "IGNORED", "NOT IGNORED"
    if index.engine == "mysql" and version >= (8, 0):
        return "INVISIBLE", "VISIBLE"
    return None


def _add(index: IndexDefinition, place: Place, name: str, table: Table | None) -> Step:
    kind = {"fulltext": "FULLTEXT INDEX", "spatial": "SPATIAL INDEX"}.get(
        index.method, "UNIQUE INDEX" if index.unique else "INDEX"
    )
    keys = ", ".join(key_text(key, index.engine) for key in index.keys)
    using = " USING HASH" if index.method == "hash" else ""
    text = f"ALTER TABLE {place.sql} ADD {kind} {quoted(name, index.engine)}{using} ({keys})"
    if _copies(table):
        return Step(f"{text}, ALGORITHM=COPY, LOCK=SHARED", _COPIES)
    if index.method in ("fulltext", "spatial"):
        return Step(f"{text}, ALGORITHM=INPLACE, LOCK=SHARED", _SHARED)
    if any(key.expression is not None for key in index.keys):
        # A functional key part is a hidden generated column: which algorithm takes it depends on the version.
        return Step(text, "The server chooses how it builds an index on an expression; writes may wait.")
    return Step(f"{text}, ALGORITHM=INPLACE, LOCK=NONE", _ONLINE)


def _drop(place: Place, name: str, table: Table | None, index: IndexDefinition) -> Step:
    # MariaDB knows IF EXISTS here; MySQL does not, and says "can't DROP" (1091) where the index is gone already.
    exists = " IF EXISTS" if index.engine == "mariadb" else ""
    how = "" if _copies(table) else ", ALGORITHM=INPLACE, LOCK=NONE"
    note = "" if exists else "Without IF EXISTS, which MySQL lacks: error 1091 says that the index is not there."
    return Step(f"ALTER TABLE {place.sql} DROP INDEX{exists} {quoted(name, index.engine)}{how}", note)


def _copies(table: Table | None) -> bool:
    return table is not None and (table.storage_engine or "InnoDB").lower() != "innodb"


def _primary(table: Table | None) -> list[str]:
    for index in table.indexes if table else ():
        if index.primary:
            return [key.column for key in index.keys if key.column]
    return []


def _generated(index: IndexDefinition, table: Table | None) -> Index | None:
    """An index that the server may have made for a foreign key, and that it drops in silence when this one can serve.

    https://dev.mysql.com/doc/refman/8.0/en/create-table-foreign-keys.html. The catalog does not tell such an index from
    one that somebody made: it has the constraint's name and columns.
    """
    if table is None or _copies(table) or index.method != "btree":
        return None
    columns = tuple(key.column for key in index.keys if key.prefix is None)
    for foreign in table.foreign_keys:
        if columns[: len(foreign.columns)] != foreign.columns:
            continue
        for other in table.indexes:
            mine = tuple(key.column for key in other.keys if key.prefix is None)
            if other.name == foreign.name and mine == foreign.columns and not other.unique:
                return other
    return None


def _instead(drop: Step, generated: Index, index: IndexDefinition) -> tuple[Step, str]:
    """The way back where the foreign key's own index is gone, and what there is to say."""
    columns = ", ".join(quoted(key.column or "", index.engine) for key in generated.keys)
    name = quoted(generated.name, index.engine)
    said = (
        f"{generated.name} may be an index that the server made for its foreign key: the server drops such a one in "
        "silence now that this index serves the key too; the way back makes it again"
    )
    if index.engine == "mariadb":
        head, comma, tail = drop.sql.partition(", ALGORITHM")
        return Step(f"{head}, ADD INDEX IF NOT EXISTS {name} ({columns}){comma}{tail}", drop.note), said
    more = f" Error 1553 says that the foreign key needs it: then write DROP INDEX ..., ADD INDEX {name} ({columns})."
    return Step(drop.sql, drop.note + more), said
