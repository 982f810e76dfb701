"""An in-memory database with a snapshot's schema and statistics, and without rows: what SQLite plans by.

SQLite plans by the schema, sqlite_stat1 and, where the library reads it, sqlite_stat4; table sizes play no part. The
statistics tables are filled by hand and read by ``ANALYZE sqlite_schema`` (lang_analyze.html).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from advisor.catalog.snapshot.literals import translate
from advisor.model.snapshot import SchemaObject, Snapshot
from advisor.planners.hypothetical import quoted
from advisor.planners.sqlite.library import Library, SqliteError, in_memory

#: Functions and collations of an application that one definition may need stand-ins for.
_TRIES = 20
_ORDER = {"table": 0, "index": 1, "view": 2, "trigger": 3}


@dataclass(slots=True)
class World:
    """The database, and what could not be made."""

    library: Library
    problems: list[str] = field(default_factory=list)
    """Of objects that are missing or stand-ins."""


def build(snapshot: Snapshot, *, apsw: bool, hidden: frozenset[str] = frozenset()) -> World:
    """The world of a snapshot without the indexes ``hidden`` (lower case)."""
    world = World(in_memory(apsw=apsw))
    for one in sorted(snapshot.objects, key=lambda o: (_ORDER.get(o.kind, 4), o.oid or 0)):
        if one.name.lower() in hidden and one.kind == "index":
            continue
        if one.kind in _ORDER:
            _make(world, one, snapshot)
    _inject(world, snapshot, hidden)
    return world


def _make(world: World, one: SchemaObject, snapshot: Snapshot) -> None:
    for ddl in one.ddl:
        # conditions of partial indexes and views hold literals that queries' are compared with
        sql = translate(ddl, snapshot)[0] if one.kind in ("index", "view") else ddl
        for _ in range(_TRIES):
            try:
                world.library.run(sql)
            except SqliteError as error:
                made = world.library.stand_in(str(error))
                if made is not None:
                    world.problems.append(f"{made} is not known here: a stand-in")
                    continue
                world.problems.append(f"{one.kind} {one.name}: {error}")
            break


def _inject(world: World, snapshot: Snapshot, hidden: frozenset[str]) -> None:
    run = world.library.run
    run("ANALYZE")  # makes the tables of statistics
    known = {str(name).lower() for (name,) in run("SELECT name FROM sqlite_schema")}
    run("DELETE FROM sqlite_stat1")
    seen = set()
    for row in snapshot.rows:
        if row.source != "sqlite_stat1":
            continue
        tbl, idx = row.values["tbl"], row.values["idx"]
        if tbl is None or str(tbl).lower() not in known or (idx is not None and str(idx).lower() in hidden):
            continue
        seen.add(str(tbl).lower())
        stat = str(row.values["stat"])
        run("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", (tbl, idx, stat))
    for relation in snapshot.relations:
        name = relation.name.lower()
        rows = relation.rows if relation.rows is not None else relation.tuples if relation.tuples >= 0 else None
        if relation.kind == "table" and name not in seen and name in known and rows is not None:
            grown = max(int(rows), 1)
            run("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, NULL, ?)", (relation.name, str(grown)))
    if world.library.samples and any(row.source == "sqlite_stat4" for row in snapshot.rows):
        run("DELETE FROM sqlite_stat4")
        for row in snapshot.rows:
            values = row.values
            if row.source != "sqlite_stat4" or str(values["idx"]).lower() in hidden:
                continue
            run(
                "INSERT INTO sqlite_stat4 (tbl, idx, neq, nlt, ndlt, sample) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    values["tbl"],
                    values["idx"],
                    values["neq"],
                    values["nlt"],
                    values["ndlt"],
                    bytes.fromhex(str(values["sample"])),
                ),
            )
    reload(world.library)


def drop(world: World, indexes: frozenset[str]) -> None:
    """Takes indexes (lower case) out of the world, with their statistics."""
    run = world.library.run
    for (name,) in run("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"):
        if str(name).lower() in indexes:
            run(f"DROP INDEX {quoted(str(name), 'sqlite')}")
    reload(world.library)


#: Rows of a table without statistics (build.c: nRowLogEst = 200).
DEFAULT_ROWS = 1 << 20


def reload(library: Library) -> None:
    """Makes the planner read the tables of statistics."""
    library.run("ANALYZE sqlite_schema")
