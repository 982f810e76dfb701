"""From a statement's text to its query graph."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.graphs import parse
from advisor.graphs.graph import NotAnalysed, QueryGraph
from advisor.model.catalog import Catalog
from advisor.model.engine import EngineName, dialect_of
from advisor.model.limits import LIMITS

_KINDS = {"Insert": "insert", "Update": "update", "Delete": "delete", "Merge": "merge"}
_QUIET = frozenset({"Transaction", "Commit", "Rollback", "Set", "Use", "Show", "Pragma", "Kill"})


def build(sql: str, engine: EngineName, catalogs: Sequence[Catalog] = ()) -> QueryGraph:
    """The query graph of one statement, resolved against the catalogs of its engine. Raises NotAnalysed.

    Without a catalog it works from names; a column that several tables could own then belongs to none.
    """
    quiet = parse.quiet_kind(sql)
    if quiet is not None and len(sql) < LIMITS.statement_bytes:
        graph = QueryGraph()
        graph.kind = quiet
        return graph
    from advisor.graphs import ddl

    actions = ddl.read(sql, engine)
    if actions is not None and not ddl.has_query(sql):
        graph = QueryGraph()
        graph.kind = "ddl"
        graph.ddl_actions = actions
        return graph
    tree = parse.parse(sql, engine)
    from advisor.graphs.builder import Builder

    fitting = [catalog for catalog in catalogs if dialect_of(catalog.engine.name) == dialect_of(engine)]
    builder = Builder(engine, fitting)
    # sqlglot reads SQLite's comma as a CROSS JOIN: without the word in the text it was a comma.
    builder.crosses = engine != "sqlite" or "cross" in sql.lower()
    cls = type(tree).__name__
    if cls in _QUIET:
        builder.rows.kind = "utility"
        return builder.rows
    if cls == "Describe":
        raise NotAnalysed("EXPLAIN is not analysed")
    if cls == "Create" and tree.args.get("expression") is not None:
        tree = tree.args["expression"]
        builder.rows.ddl_actions = actions or []
    elif cls not in ("Select", "Union", "Intersect", "Except", "Values", "Subquery", *_KINDS):
        raise NotAnalysed(f"{parse.verb(sql)} is not analysed")
    try:
        builder.statement(tree)
    except RecursionError as error:
        raise NotAnalysed("nested too deeply") from error
    except NotAnalysed:
        raise
    except Exception as error:
        # sqlglot can give a tree of a form that no valid statement has, or fail to print one: never crash the run.
        raise NotAnalysed(f"unexpected form ({type(error).__name__}: {str(error)[:80]})") from error
    builder.rows.tree = tree
    builder.rows.node_scopes = builder.node_scopes
    builder.rows.kind = "ddl" if cls == "Create" else _KINDS.get(cls, "select")
    return builder.rows
