"""What a page proposes for one finding: index DDL made from columns of Detect, the page's own SQL, or words."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any, cast, get_args

from advisor.handbook import ddl, template
from advisor.handbook.finding import Claim
from advisor.handbook.page import Block, Page
from advisor.model.engine import EngineName
from advisor.model.finding import Finding, RecommendationKind
from advisor.model.remedy import Remedy

UNVERIFIED = "This rewrite follows from text and schema; it was not verified by running both forms."
Row = Mapping[str, Any]


def remedies(page: Page, claim: Claim, finding: Finding, connection: sqlite3.Connection) -> tuple[Remedy, ...]:
    """The remedies of one finding; empty where the page declares none, or the row says ``remedy_kind`` none.

    Raises ValueError where a row's index columns cannot be read.
    """
    row, engine = claim.shown, claim.engine
    kind = row.get("remedy_kind") or page.remedy
    if kind is None or kind == "none":
        return ()
    if kind not in get_args(RecommendationKind):
        raise ValueError(f"remedy_kind is {kind!r}; it is one of {', '.join(get_args(RecommendationKind))} or none")
    kind = cast(RecommendationKind, kind)
    own = _for(page.remedy_sql, engine)
    if own is not None:
        back = _for(page.rollback_sql, engine)
        return (
            Remedy(
                kind=kind,
                engine=engine,
                table=row.get("table_name"),
                columns=finding_columns(row, engine),
                where=row.get("where"),
                method=row.get("method"),
                name=row.get("index_name") if kind == "drop_index" else None,
                sql=template.sql(own.text, row, engine),
                rollback=template.sql(back.text, row, engine) if back else None,
                why=_why(kind, finding),
                certainty=finding.certainty,
            ),
        )
    if kind == "create_index":
        return _create(claim, finding, connection)
    if kind == "drop_index":
        return _drop(claim, finding, connection)
    return (
        Remedy(
            kind=kind,
            engine=engine,
            table=row.get("table_name"),
            columns=(str(row["column_name"]),) if row.get("column_name") else (),
            why=_why(kind, finding),
            certainty=finding.certainty,
        ),
    )


def finding_columns(row: Row, engine: EngineName) -> tuple[str, ...]:
    """The columns that a remedy is about, as the contract writes them."""
    if row.get("index_columns"):
        return tuple(ddl.readable(part, engine) for part in ddl.parts(row["index_columns"]))
    return (str(row["column_name"]),) if row.get("column_name") else ()


def _create(claim: Claim, finding: Finding, connection: sqlite3.Connection) -> tuple[Remedy, ...]:
    row, engine = claim.shown, claim.engine
    table, known_as = row.get("table_name"), str(claim.row.get("table_name"))
    if not table or not row.get("index_columns"):
        return ()
    keys = ddl.parts(row["index_columns"])
    include = tuple(str(item) for item in json.loads(row["include"])) if row.get("include") else ()
    method = str(row.get("method") or "btree")
    where = row.get("where") if engine in ("postgresql", "sqlite") else None
    schema = known_as.rpartition(".")[0]
    taken = [
        name
        for owner, name in connection.execute("SELECT table_name, index_name FROM index_def")
        if owner == known_as or (engine not in ("mysql", "mariadb") and owner.rpartition(".")[0] == schema)
    ]
    kind = connection.execute("SELECT kind FROM table_def WHERE table_name = ?", (known_as,)).fetchone()
    statements = ddl.create_index(
        engine,
        table,
        keys,
        include=include,
        where=where,
        method=method,
        partitioned=kind is not None and kind[0] == "partitioned",
        taken=taken,
    )
    return (
        Remedy(
            kind="create_index",
            engine=engine,
            table=table,
            columns=tuple(ddl.readable(key, engine) for key in keys),
            include=include,
            where=where,
            method=method,
            name=statements.name,
            sql=statements.sql,
            rollback=statements.rollback,
            why=finding.advice,
            certainty=finding.certainty,
        ),
    )


def _drop(claim: Claim, finding: Finding, connection: sqlite3.Connection) -> tuple[Remedy, ...]:
    engine, table, name = claim.engine, claim.shown.get("table_name"), claim.shown.get("index_name")
    index = connection.execute(
        "SELECT index_id, is_unique, method, predicate FROM index_def WHERE table_name = ? AND index_name = ?",
        (claim.row.get("table_name"), name),
    ).fetchone()
    if not table or not name or index is None:
        return ()
    keys = tuple(
        ddl.IndexPart(column, expression, bool(descending), opclass, prefix, collation)
        for column, expression, descending, opclass, prefix, collation in connection.execute(
            "SELECT column_name, expression, descending, opclass, prefix, collation FROM index_key"
            " WHERE index_id = ? ORDER BY position",
            (index[0],),
        )
    )
    include = tuple(
        column
        for (column,) in connection.execute(
            "SELECT column_name FROM index_include WHERE index_id = ? ORDER BY column_name", (index[0],)
        )
    )
    back = ddl.create_index(
        engine, table, keys, include=include, where=index[3], method=index[2], unique=bool(index[1]), name=name
    )
    statements = ddl.drop_index(engine, table, name, back.sql)
    return (
        Remedy(
            kind="drop_index",
            engine=engine,
            table=table,
            columns=tuple(ddl.readable(key, engine) for key in keys),
            include=include,
            where=index[3],
            method=index[2],
            name=name,
            sql=statements.sql,
            rollback=statements.rollback,
            why=finding.advice,
            certainty=finding.certainty,
        ),
    )


def _why(kind: RecommendationKind, finding: Finding) -> str:
    return f"{finding.advice}\n\n{UNVERIFIED}" if kind == "rewrite" else finding.advice


def _for(blocks: Mapping[str, Block], engine: EngineName) -> Block | None:
    return blocks.get(engine) or blocks.get("")
