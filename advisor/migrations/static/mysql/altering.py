"""ALTER TABLE, CREATE INDEX, DROP INDEX and OPTIMIZE TABLE: locks, work and refusals."""

from __future__ import annotations

from advisor.catalog.ddl.cursor import Cursor
from advisor.catalog.ddl.operations import Name
from advisor.migrations.static.mysql import failing
from advisor.migrations.static.mysql.alter import Alter
from advisor.migrations.static.mysql.changes import changes
from advisor.migrations.static.mysql.clauses import Clause
from advisor.migrations.static.mysql.decide import decide, refusal
from advisor.migrations.static.mysql.effects import metadata, of_way
from advisor.migrations.static.mysql.known import Known
from advisor.migrations.static.mysql.tables import MTable
from advisor.migrations.static.mysql.told import Told
from advisor.migrations.static.mysql.way import Way
from advisor.model.migration import Change, Failure, Lock, Work


def altered(known: Known, alter: Alter) -> Told:
    """ALTER TABLE, CREATE INDEX and DROP INDEX; the schema is then as after it."""
    known.heed(alter)
    table, unknown = known.table(alter.table)
    if table.temporary:
        known.state.alter(table, alter)
        return Told(changes=tuple(changes(alter, table, known.state)))
    done = changes(alter, table, known.state)
    way = decide(alter, table, known.engine.name, known.version, known.session.switches)
    _count_versions(known, way, alter, table)
    failure = None
    if unknown is not None and not alter.conditional:
        failure = known.missing(alter.table)
    refused = refusal(alter, way, known.engine.name, known.version, known.session.switches)
    if unknown is None:
        failure = failing.altered(alter, table, known.asked())
        if way.uncertain is None and failure is None and refused is not None and alter.clauses and not _managed(alter):
            failure = Failure(message=refused, code="1846")
    open_question = way.uncertain or (unknown if _depends(alter) else None)
    others = _others(known, alter)
    locks, work = of_way(way, table, known.parents(table, alter))
    for other in others:
        locks = (*locks, metadata(other.name, other.preexisting))
        if way.scans:
            scanned = [one for one in work if one.kind != "scan"]
            work = (*scanned, Work(kind="scan", relation=other.name, preexisting=other.preexisting))
    if done and all(change.no_op for change in done):
        locks, work = (), ()
    if failure is None and known.state.find(alter.table) is not None:
        known.state.alter(table, alter)
    wait = alter.wait_seconds
    return Told(
        locks=() if way.no_op else locks,
        work=work,
        changes=tuple(done),
        failure=failure,
        algorithm=None if way.no_op else way.algorithm,
        uncertain=open_question,
        wait_ms=None if wait is None else wait * 1000,
        unknown=unknown is not None,
    )


def _count_versions(known: Known, way: Way, alter: Alter, table: MTable) -> None:
    """From MySQL 8.0.29 on each INSTANT ADD or DROP COLUMN is a version that old rows keep (M80, M90)."""
    if known.mariadb or known.version < (8, 0, 29) or way.algorithm != "INSTANT" or not table.preexisting:
        return
    if all(one.kind not in ("add_column", "drop_column") for one in alter.clauses):
        return
    most = 255 if known.version >= (9, 1) else 64
    note = (
        f"ALGORITHM=INSTANT adds a row version to a table, and MySQL keeps at most {most} of them until it is "
        "rebuilt (TOTAL_ROW_VERSIONS in information_schema.INNODB_TABLES): beyond that the ALTER rebuilds the "
        "table, or fails where it asks for INSTANT"
    )
    if note not in known.notes:
        known.notes.append(note)


def _others(known: Known, alter: Alter) -> list[MTable]:
    found: list[MTable] = []
    for clause in alter.clauses:
        if clause.kind == "partition" and clause.table is not None and clause.name != "CONVERT":
            found.append(known.table(clause.table)[0])
    return found


def optimized(known: Known, c: Cursor, verb: str) -> Told:
    """OPTIMIZE TABLE and REPAIR TABLE."""
    c.next()
    c.accept_any("NO_WRITE_TO_BINLOG", "LOCAL")
    c.accept("TABLE") or c.accept("TABLES")
    locks: list[Lock] = []
    work: list[Work] = []
    done: list[Change] = []
    algorithm = uncertain = None
    while True:
        table, unknown = known.table(c.name())
        innodb = table.engine.startswith("innodb")
        alter = Alter(Name(table.name), [Clause("force")])
        way = decide(alter, table, known.engine.name, known.version, known.session.switches)
        if verb == "REPAIR" and innodb:
            way = Way("INSTANT", "NONE", no_op=True)
        elif not innodb:
            way = Way("COPY", "EXCLUSIVE", rebuilds=True)
        mine, works = of_way(way, table)
        locks += mine
        work += works
        algorithm = None if way.no_op else way.algorithm
        uncertain = uncertain or unknown
        done.append(Change(action="rebuild", table=table.name))
        if not c.accept(","):
            break
    return Told(tuple(locks), tuple(work), tuple(done), algorithm=algorithm, uncertain=uncertain)


def _managed(alter: Alter) -> bool:
    return any(one.kind == "partition" for one in alter.clauses)


def _depends(alter: Alter) -> bool:
    """Does the schema decide how this runs?"""
    plain = {"rename_table", "set_default", "rename_column", "drop_foreign_key", "index_visibility", "rename_index"}
    return any(one.kind not in plain for one in alter.clauses)
