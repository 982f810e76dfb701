"""One conjunct in the words of facts/1: a small statement around it goes through the query graph."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.graphs.builder import Builder
from advisor.graphs.graph import NotAnalysed, Predicate
from advisor.graphs.names import Node
from advisor.model.catalog import Catalog
from advisor.model.engine import EngineName
from advisor.plans.links.sources import Source


class _Classifier(Builder):
    """A query graph that does not print the statement: nobody will read it."""

    def text(self, node: Node) -> str:
        return "" if type(node).__name__ == "Select" else super().text(node)


def classify(
    condition: Node, sources: Sequence[Source], engine: EngineName, catalogs: Sequence[Catalog]
) -> list[tuple[Predicate, Source | None]]:
    """Its predicates, each with the source that its column belongs to. Empty where the graph cannot say."""
    from sqlglot import exp

    tables = []
    for source in sources:
        name = source.relation if source.relation is not None else source.alias
        schema = source.schema if source.relation is not None else None
        if source.definition is not None:
            name = source.definition.name.rpartition(".")[2]
            schema = source.definition.schema
        tables.append(
            exp.Table(
                this=exp.to_identifier(name, quoted=True),
                db=exp.to_identifier(schema, quoted=True) if schema else None,
                alias=exp.TableAlias(this=exp.to_identifier(source.alias, quoted=True)),
            )
        )
    select = exp.Select(expressions=[exp.Literal.number(1)], where=exp.Where(this=condition))
    if tables:
        select.set("from_", exp.From(this=tables[0]))
        select.set("joins", [exp.Join(this=table) for table in tables[1:]])
    builder = _Classifier(engine, catalogs)
    try:
        builder.statement(select)
    except (NotAnalysed, RecursionError):
        return []
    except Exception:  # sqlglot may give a tree of a form that it cannot print
        return []
    found: list[tuple[Predicate, Source | None]] = []
    refs = {ref.ref_id: ref for ref in builder.rows.table_refs if ref.scope_id == 1}
    for predicate in builder.rows.predicates:
        if predicate.scope_id != 1:
            continue
        ref = refs.get(predicate.ref_id) if predicate.ref_id is not None else None
        owner = sources[ref.position - 1] if ref is not None and ref.position <= len(sources) else None
        found.append((predicate, owner))
    return found
