"""How a server would run an ALTER TABLE: what the operations that its clauses are come to."""

from __future__ import annotations

from advisor.migrations.static.mysql.alter import Alter
from advisor.migrations.static.mysql.meaning import meant_by
from advisor.migrations.static.mysql.operations import ALGORITHMS, KALTER, LOCKS, Meant, Version, line
from advisor.migrations.static.mysql.partitions import managed
from advisor.migrations.static.mysql.tables import MIndex, MTable
from advisor.migrations.static.mysql.way import Switches, Way

_INSTANT = frozenset({"add_column", "add_column_placed", "drop_column", "drop_column_indexed", "reorder"})


def decide(alter: Alter, table: MTable, engine: str, version: Version, switches: Switches) -> Way:
    """The way that the server takes when the statement asks for none, or for one that it accepts."""
    partition = next((one for one in alter.clauses if one.kind == "partition"), None)
    if partition is not None:
        return managed(partition, table, engine)
    renamed = _renamed(alter, table)
    meant = [
        one
        for clause in alter.clauses
        for one in (
            [Meant("rename_index")] if id(clause) in renamed else meant_by(clause, table, alter, engine, switches)
        )
    ]
    if not table.engine.startswith("innodb"):
        way = _other_engine(meant)
    else:
        way = _innodb(meant, alter, table, engine, version)
    asked = alter.algorithm or switches.alter_algorithm
    if asked == "INPLACE" and way.algorithm == "NOCOPY" and way.works:
        way.algorithm = "INPLACE"
    if asked == "COPY" and way.algorithm != "COPY":
        way.algorithm, way.lock, way.rebuilds, way.builds = "COPY", "SHARED", True, ()
    if alter.ignore and any(one.operation in ("add_index", "add_primary_key") for one in meant):
        way.algorithm, way.lock, way.rebuilds = "COPY", "SHARED", True
    if way.algorithm == "COPY" and engine == "mariadb" and version >= (11, 2) and _copied_online(alter, table):
        way.lock, way.cites = "NONE", (*way.cites, KALTER)
    if alter.lock in ("SHARED", "EXCLUSIVE") and LOCKS.index(alter.lock) > LOCKS.index(way.lock):
        way.lock = "SHARED" if alter.lock == "SHARED" else "EXCLUSIVE"
    return way


def refusal(alter: Alter, way: Way, engine: str, version: Version, switches: Switches) -> str | None:
    """Why the server does not accept the ALGORITHM or LOCK that the statement asks for."""
    asked = alter.algorithm or switches.alter_algorithm
    if asked == "INSTANT" and engine == "mysql" and version < (8, 0, 12):
        return "Unknown ALGORITHM 'INSTANT'"
    if asked in ALGORITHMS and ALGORITHMS.index(asked) < ALGORITHMS.index(way.algorithm):
        return f"ALGORITHM={asked} is not supported. Try ALGORITHM={way.algorithm}"
    if alter.lock == "NONE" and way.lock != "NONE":
        return f"LOCK=NONE is not supported. Try LOCK={way.lock}"
    if alter.lock == "SHARED" and way.lock == "EXCLUSIVE":
        return "LOCK=SHARED is not supported. Try LOCK=EXCLUSIVE"
    return None


def _copied_online(alter: Alter, table: MTable) -> bool:
    """MariaDB 11.2: rows that change while a table is copied are taken over, with exceptions."""
    return not (
        alter.ignore
        or table.versioned
        or any(one.kind in ("versioning", "order_by") for one in alter.clauses)
        or any(one.new is not None and one.new.column.identity for one in alter.clauses)
        or any(key.cascades for key in table.foreign_keys)
        or not table.engine.startswith("innodb")
    )


def _innodb(meant: list[Meant], alter: Alter, table: MTable, engine: str, version: Version) -> Way:
    operations = {one.operation for one in meant}
    fulltext = any(one.method == "fulltext" for one in table.indexes)
    virtual = [one for one in table.columns if one.generated in ("virtual", "unknown")]
    virtual_index = any(table.indexed(one.name) for one in virtual)
    way = Way("INSTANT", "NONE")
    builds: list[str] = []
    instant = not (fulltext or (table.row_format == "compressed") or (virtual_index and engine == "mariadb"))
    if table.column("FTS_DOC_ID") is not None and fulltext:
        instant = engine == "mysql"
    if engine == "mysql" and table.temporary:
        instant = False
    for one in meant:
        found = line(engine, one.operation, version)
        algorithm, lock, rebuilds = found.algorithm, found.lock, found.rebuilds
        if one.operation in _INSTANT and algorithm in ("INSTANT", "NOCOPY") and not instant:
            algorithm, rebuilds = "INPLACE", True
        if ALGORITHMS.index(algorithm) > ALGORITHMS.index(way.algorithm):
            way.algorithm = algorithm
        if LOCKS.index(lock) > LOCKS.index(way.lock):
            way.lock = lock
        way.rebuilds |= rebuilds
        if found.builds:
            builds.append(one.index or "")
        if found.cite not in way.cites:
            way.cites = (*way.cites, found.cite)
        way.uncertain = way.uncertain or one.uncertain
    columns = bool(_INSTANT & operations)
    if way.algorithm == "NOCOPY" and engine == "mariadb" and builds and columns:
        # An index is only built beside the columns that are there: new or dropped columns and an index make a rebuild.
        if "add_index_new_virtual" not in operations:
            way.algorithm, way.rebuilds = "INPLACE", True
    elif way.algorithm == "INPLACE" and engine == "mysql" and columns and len(meant) > 1:
        way.rebuilds = True  # INSTANT does not go with what is not
    stay = _staying(alter, table)
    exclusive = any(
        one.method in ("fulltext", "spatial", "rtree")
        or (engine == "mariadb" and any(column.name.lower() in one.columns for column in virtual))
        for one in stay
    )
    if way.rebuilds and way.algorithm == "INPLACE" and exclusive and way.lock == "NONE":
        way.lock = "SHARED"
    if _copied_for_generated(operations, table, engine, version, bool(virtual), virtual_index):
        way.algorithm, way.lock, way.rebuilds = "COPY", "SHARED", True
    if way.algorithm == "COPY":
        way.lock, way.rebuilds = "SHARED", True
    way.builds = () if way.rebuilds and way.algorithm == "COPY" else tuple(builds)
    return way


def _copied_for_generated(
    operations: set[str],
    table: MTable,
    engine: str,
    version: Version,
    virtual: bool,
    virtual_index: bool,
) -> bool:
    """Generated columns that are there make other changes copy the table."""
    if engine == "mysql":
        adds = any(one.startswith(("add_column_virtual", "drop_column_virtual")) for one in operations)
        return adds and len(operations) > 1 and version < (8, 0, 12)
    if virtual_index and operations & {"set_not_null", "drop_not_null"}:
        return True
    # As 10.11 answers: a column that may be NULL from now on changes no value that is stored.
    if "set_not_null" in operations and any(one.generated == "stored" for one in table.columns):
        return True
    if not virtual or version < (10, 2, 2):
        return False
    if "add_column_placed" in operations:
        return True
    dropped = operations & {"drop_column", "drop_column_indexed"}
    others = operations - dropped
    if dropped and (virtual_index or any(one.startswith(("add_column", "add_index", "reorder")) for one in others)):
        return True
    return virtual_index and "drop_column" in operations


def _other_engine(meant: list[Meant]) -> Way:
    """MyISAM, Aria, MEMORY: only definitions change without a copy."""
    known = {"rename_column", "set_default", "column_metadata", "rename_table", "widen_enum", "rename_index"}
    known |= {"index_visibility", "table_metadata"}
    # One change of a column's name or options alone is written into the definition.
    light = all(one.operation in known for one in meant)
    if light:
        return Way("INSTANT", "NONE", cites=(KALTER,))
    return Way("COPY", "SHARED", rebuilds=True, cites=(KALTER,))


def _staying(alter: Alter, table: MTable) -> list[MIndex]:
    """Indexes that the statement leaves."""
    indexes = {(one.name or "").lower() for one in alter.clauses if one.kind in ("drop_index", "drop_constraint")}
    columns = {(one.column or "").lower() for one in alter.clauses if one.kind == "drop_column"}
    return [
        one
        for one in table.indexes
        if one.name.lower() not in indexes and not (one.columns and set(one.columns) <= columns)
    ]


def _renamed(alter: Alter, table: MTable) -> set[int]:
    """Clauses that drop an index and make the same again: the server takes both for a change of its name."""
    pairs: set[int] = set()
    for one in alter.clauses:
        index = table.index(one.name) if one.kind == "drop_index" else None
        if index is None or index.method == "fulltext":
            continue
        for other in alter.clauses:
            made = other.constraint
            if made is None or made.kind not in ("index", "unique") or id(other) in pairs:
                continue
            same = tuple((key.column or "").lower() for key in made.keys) == index.columns
            method = (made.method or "btree") == ("spatial" if index.method == "rtree" else index.method)
            if same and method and (made.kind == "unique") == index.unique and not any(k.prefix for k in made.keys):
                pairs |= {id(one), id(other)}
                break
    return pairs
