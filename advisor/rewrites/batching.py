"""One statement in place of a loop of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import msgspec

from advisor.catalog.types import facts
from advisor.graphs.graph import NotAnalysed
from advisor.model.catalog import Catalog
from advisor.model.engine import EngineName, dialect_of
from advisor.model.rewrite import Batched
from advisor.model.stream import KeyLink, RepetitionKind
from advisor.rewrites.batch import Batch, NotBatched, text, told
from advisor.rewrites.creating import get_or_create
from advisor.rewrites.inserting import insert
from advisor.rewrites.joining import joined
from advisor.rewrites.selecting import select
from advisor.rewrites.statement import Statement, asked, read, varying
from advisor.rewrites.writing import delete, update


def batched(
    child_sql: str,
    parent_sql: str | None,
    link: KeyLink | None,
    dialect: str,
    catalogs: Sequence[Catalog] = (),
    *,
    kind: RepetitionKind | None = None,
    samples: Sequence[str] = (),
    limit: int | None = None,
    insert_sql: str | None = None,
    check: bool = True,
) -> Batched:
    """What can be asked once in place of a repeated statement, and how that was checked. Never raises.

    ``child_sql`` is the text of a shape (``?`` for values) or of one execution; its literals are shown again, so give
    the shape where they must not be. ``samples`` are logged executions of it: they tell which values change from turn
    to turn, and nothing of them is shown but what a LIMIT or a select list needs. ``limit``: rows that a turn takes
    at most, where the text hides it. ``insert_sql``: what a ``get_or_create`` inserts. ``dialect`` is an engine's name.
    """
    engine = cast(EngineName, {"postgres": "postgresql"}.get(dialect, dialect))
    if kind == "list_then_detail":
        return Batched(why_not="each detail is asked for in a request of its own: there is no loop to batch")
    if kind == "redundant":
        note = "ask once and keep the answer for the unit of work: every further turn asks the same again"
        return Batched(sql=child_sql, form="once", notes=(note,), checked="not checked: nothing is rewritten")
    fitting = [catalog for catalog in catalogs if dialect_of(catalog.engine.name) == dialect_of(engine)]
    try:
        batch = batch_of(
            child_sql, link, engine, fitting, kind=kind, samples=samples, limit=limit, insert_sql=insert_sql
        )
    except (NotBatched, NotAnalysed) as error:
        return Batched(why_not=str(error))
    except RecursionError:
        return Batched(why_not="nested too deeply")
    told_batch = told_of(batch)
    if engine in ("mysql", "mariadb") and batch.key and _text_key(batch, engine, fitting):
        note = "texts that the column's collation calls equal are one key to the server: compare keys as it does"
        told_batch = msgspec.structs.replace(told_batch, notes=(*told_batch.notes, note))
    if parent_sql is not None and link is not None:
        told_batch = _with_join(told_batch, batch, parent_sql, link, fitting, check=check)
    if not check:
        return told_batch
    from advisor.rewrites.checking.check import check as against_the_loop

    outcome = against_the_loop(batch, fitting, link)
    if outcome.status == "different":
        return Batched(form=batch.form, checked=outcome.words, why_not=f"the batch that was made is {outcome.words}")
    return msgspec.structs.replace(told_batch, checked=outcome.words, verified=outcome.status == "same")


def told_of(batch: Batch) -> Batched:
    """The batch for people."""
    sql, parameters = told(batch)
    if batch.then is not None:
        second, more = told(batch.then)
        sql, parameters = f"{sql};\n{second}", (*parameters, *more)
    return Batched(sql=sql, form=batch.form, key=batch.key, parameters=parameters, notes=batch.notes)


def _with_join(
    told_batch: Batched, batch: Batch, parent_sql: str, link: KeyLink, catalogs: Sequence[Catalog], *, check: bool
) -> Batched:
    from advisor.rewrites.checking.joins import check_join

    try:
        join = joined(batch, read(parent_sql, batch.statement.engine), link)
    except (NotBatched, NotAnalysed) as error:
        return msgspec.structs.replace(told_batch, join_note=f"no join with the parent: {error}")
    slots = {**batch.statement.slots, **join.parent.slots}
    both = replace(batch, statement=Statement(batch.statement.tree, batch.statement.engine, slots))
    sql, _ = text(join.tree, both)
    if not check:
        return msgspec.structs.replace(told_batch, join_sql=sql, join_note=join.note)
    outcome = check_join(batch, join, catalogs, link)
    if outcome.status == "different":
        return msgspec.structs.replace(told_batch, join_note=f"the join that was made is {outcome.words}")
    return msgspec.structs.replace(
        told_batch, join_sql=sql, join_note=f"{join.note} ({outcome.words})", join_verified=outcome.status == "same"
    )


def batch_of(
    child_sql: str,
    link: KeyLink | None,
    engine: EngineName,
    catalogs: Sequence[Catalog] = (),
    *,
    kind: RepetitionKind | None = None,
    samples: Sequence[str] = (),
    limit: int | None = None,
    insert_sql: str | None = None,
) -> Batch:
    """The batch as a tree (see `batched`). Raises NotBatched and NotAnalysed."""
    from sqlglot import exp

    statement = asked(read(child_sql, engine), samples)
    varies = varying(statement, samples)
    tree = statement.tree
    if kind == "get_or_create" and insert_sql is not None and isinstance(tree, exp.Query):
        return get_or_create(statement, read(insert_sql, engine), link, varies, catalogs, limit)
    if isinstance(tree, exp.Insert):
        return insert(statement)
    if isinstance(tree, exp.Delete):
        return delete(statement, link, varies)
    if isinstance(tree, exp.Update):
        return update(statement, link, varies, _types(statement, catalogs))
    return select(statement, link, varies, catalogs, limit=limit, exists=kind == "exists_per_row")


def _text_key(batch: Batch, engine: EngineName, catalogs: Sequence[Catalog]) -> bool:
    """Rows are told apart by a text column of the catalog."""
    from sqlglot import exp

    for catalog in catalogs:
        for node in batch.statement.tree.find_all(exp.Table):
            table = catalog.find(node.name) if node.name else None
            for column in table.columns if table is not None else ():
                if column.name in batch.compared and facts(column.type, engine, catalog.types).family == "string":
                    return True
    return False


def _types(statement: Statement, catalogs: Sequence[Catalog]) -> dict[str, str]:
    """Declared types of the written table's columns, by name in lower case."""
    node = statement.tree.this
    for catalog in catalogs:
        schema = node.args.get("db")
        table = catalog.find(node.name, schema.name if schema is not None else None)
        if table is not None:
            return {column.name.lower(): column.type for column in table.columns}
    return {}
