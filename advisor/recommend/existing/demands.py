"""What the workload asks of indexes beside being read: arbiters of upserts, hints, parents that it deletes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from advisor.model.catalog import Catalog, ForeignKey, Index, Table
from advisor.recommend.existing.inventory import bare
from advisor.recommend.workload import Statement

if TYPE_CHECKING:
    from advisor.graphs import QueryGraph

_MYSQL_HINT = re.compile(r"\b(?:USE|FORCE|IGNORE)\s+(?:INDEX|KEY)\b([^()]{0,60})\(([^()]{0,4000})\)", re.IGNORECASE)
_SQLITE_HINT = re.compile(r"\bINDEXED\s+BY\s+(\"[^\"]*\"|`[^`]*`|\[[^\]]*\]|[\w$]+)", re.IGNORECASE)
_WORD = re.compile(r"\"[^\"]*\"|`[^`]*`|[\w$]+")
_BY_PATTERN = re.compile(r"\b\w*Regexp\s*\(", re.IGNORECASE)
_REPLACES = re.compile(r"\s*(?:REPLACE|INSERT\s+OR\s+REPLACE)\b", re.IGNORECASE)
_ANY = "*"


class Demands:
    """Of one workload over one catalog."""

    def __init__(self, statements: Sequence[Statement], catalog: Catalog) -> None:
        """Statements that have no query graph yet get one where their text can be read."""
        self.catalog = catalog
        self.mysql = catalog.engine.name in ("mysql", "mariadb")
        self.known = bool(statements)
        """Whether there is a workload at all."""
        self.tables: dict[str, frozenset[str]] = {}
        """Tables that a statement mentions, by fingerprint; absent: the statement could not be read."""
        self.deleted: dict[str, list[str]] = defaultdict(list)
        """Fingerprints of what deletes rows of a table, cascades included."""
        self.changed: dict[tuple[str, str], list[str]] = defaultdict(list)
        """... and of what updates a column."""
        self._arbiters: dict[str, list[tuple[frozenset[str], str]]] = defaultdict(list)
        self._arbiter_constraints: dict[tuple[str, str], str] = {}
        self._hinted: dict[str, str] = {}
        self._hinted_tables: dict[str, str] = {}
        for statement in statements:
            graph = _graph(statement, catalog)
            if graph is not None:
                self.tables[statement.fingerprint] = frozenset(self._names(graph))
                self._writes(statement, graph)
            self._hints(statement)
        self._cascade()

    def on_table(self, statements: Iterable[Statement], table: str) -> list[Statement]:
        """Statements that mention a table, a partition's included, or that could not be read."""
        wanted = {table, *_family(self.catalog, table)}
        return [
            one for one in statements
            if one.fingerprint not in self.tables or not wanted.isdisjoint(self.tables[one.fingerprint])
        ]  # fmt: skip

    def arbiter(self, table: Table, index: Index) -> str | None:
        """The fingerprint of an upsert that needs this unique index to know what a conflict is."""
        if not index.unique:
            return None
        named = self._arbiter_constraints.get((table.name, index.name))
        if named is not None:
            return named
        columns = frozenset(_folded(key.column or key.expression or "") for key in index.keys)
        for name in (table.name, table.partition_of or table.name):
            for wanted, fingerprint in self._arbiters.get(name, ()):
                if wanted == columns or _ANY in wanted:
                    return fingerprint
        return None

    def hint(self, table: Table, index: Index) -> str | None:
        """The fingerprint of a statement that names the index in a hint."""
        return self._hinted.get(index.name.lower()) or self._hinted_tables.get(bare(table).lower())

    def loses_parents(self, key: ForeignKey) -> list[str]:
        """Fingerprints of statements that delete rows which a foreign key refers to, or change their keys."""
        found = list(self.deleted.get(key.parent, ()))
        for column in key.parent_columns:
            found += self.changed.get((key.parent, column), ())
        return list(dict.fromkeys(found))

    def _names(self, graph: QueryGraph) -> Iterable[str]:
        for name in graph.tables:
            table = self.catalog.find(name)
            yield name if table is None else table.name

    def _writes(self, statement: Statement, graph: QueryGraph) -> None:
        targets = [ref.table_name for ref in graph.table_refs if ref.role == "target" and ref.table_name is not None]
        kind = graph.kind
        if kind in ("delete", "merge") or _REPLACES.match(statement.sql):
            for name in targets:
                self.deleted[name].append(statement.fingerprint)
        for change in graph.set_columns:
            self.changed[change.table_name, change.column_name].append(statement.fingerprint)
        if kind != "insert" or not targets:
            return
        conflict = graph.tree.args.get("conflict") if graph.tree is not None else None
        if _REPLACES.match(statement.sql):
            self._arbiters[targets[0]].append((frozenset({_ANY}), statement.fingerprint))
        elif conflict is not None:
            constraint = conflict.args.get("constraint")
            keys = conflict.args.get("conflict_keys") or []
            if constraint is not None:
                self._arbiter_constraints[targets[0], str(constraint.name)] = statement.fingerprint
            else:
                wanted = frozenset(_conflict_key(key) for key in keys) or frozenset({_ANY})
                self._arbiters[targets[0]].append((wanted, statement.fingerprint))

    def _cascade(self) -> None:
        """A deleted row takes those with it that refer to it ON DELETE CASCADE, and so on."""
        waiting = list(self.deleted)
        children: dict[str, list[str]] = defaultdict(list)
        for table in self.catalog.tables.values():
            for key in table.foreign_keys:
                if key.on_delete == "cascade":
                    children[key.parent].append(table.name)
        for name in waiting:
            for child in children.get(name, ()):
                if child not in self.deleted:
                    self.deleted[child] = list(self.deleted[name])
                    waiting.append(child)

    def _hints(self, statement: Statement) -> None:
        for text in dict.fromkeys((statement.sql, *(query.sql for query in statement.queries))):
            for hint in _hint_comments(text):
                words = [word.strip('"`').lower() for word in _WORD.findall(hint)]
                self._hinted.update(dict.fromkeys(words, statement.fingerprint))
                if _BY_PATTERN.search(hint):
                    self._hinted_tables.update(dict.fromkeys(words, statement.fingerprint))
            if self.mysql:
                for _, names in _MYSQL_HINT.findall(text):
                    for word in _WORD.findall(names):
                        self._hinted[word.strip('"`').lower()] = statement.fingerprint
            elif self.catalog.engine.name == "sqlite":
                for name in _SQLITE_HINT.findall(text):
                    self._hinted[name.strip('"`[]').lower()] = statement.fingerprint


def _hint_comments(text: str) -> Iterable[str]:
    """What stands in each ``/*+ ... */``; one that does not end hints at nothing."""
    start = text.find("/*+")
    while start >= 0:
        end = text.find("*/", start)
        if end < 0:
            return
        yield text[start + 3 : end]
        start = text.find("/*+", end)


def _conflict_key(node: Any) -> str:
    """``Ordered(Column(a))`` as ``a``; of an expression its text."""
    inner = node.this if type(node).__name__ == "Ordered" else node
    name = type(inner).__name__
    if name in ("Column", "Identifier"):
        return _folded(str(inner.name))
    return _folded(str(inner.sql(dialect="postgres")))


def _folded(text: str) -> str:
    """Column or expression, so that two spellings of one are more likely equal."""
    return "".join(text.lower().split()).replace('"', "")


def _family(catalog: Catalog, table: str) -> list[str]:
    found = [table]
    for name in found:
        found += [one.name for one in catalog.tables.values() if one.partition_of == name]
    above = catalog.tables.get(table)
    while above is not None and above.partition_of is not None:
        found.append(above.partition_of)
        above = catalog.tables.get(above.partition_of)
    return found


def _graph(statement: Statement, catalog: Catalog) -> QueryGraph | None:
    if statement.graph is not None:
        return statement.graph
    from advisor.graphs import NotAnalysed, build

    for text in (statement.sql, *(query.sql for query in statement.queries[:1])):
        try:
            return build(text, statement.engine, [catalog])
        except NotAnalysed:
            continue
    return None
