"""What a statement reads, writes and depends on: what a cache in front of it, or a replica, would have to know."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from advisor.digest.effect import OTHER, WRITE
from advisor.fingerprint.hashing import value_hash
from advisor.fingerprint.keying import key, key_parameters
from advisor.graphs.graph import QueryGraph
from advisor.model.catalog import Catalog
from advisor.model.engine import EngineName, dialect_of
from advisor.model.shape import Sample, ShapeSummary
from advisor.stream.insights.functions import natures

if TYPE_CHECKING:
    from advisor.stream.material import Material

Tables = frozenset[str]
_NONE: Tables = frozenset()
_MYSQL = ("mysql", "mariadb")
_NAME = r'((?:[\w$]+|"[^"]+"|`[^`]+`)(?:\.(?:[\w$]+|"[^"]+"|`[^`]+`))*)'
#: The one table that a write names, where there is no query graph of it. MySQL's UPDATE of a join is left out.
_TARGET = re.compile(
    rf"(?:insert\s+(?:ignore\s+)?into|replace\s+into|delete\s+from|update(?=\s+(?:only\s+)?{_NAME}(?:\s+as)?(?:\s+\w+)?\s+set\b)"
    rf"(?:\s+only)?)\s+{_NAME}"
)
#: Utilities that change what tables hold. The others (VACUUM, ANALYZE, SET, SHOW, LOCK...) do not.
_FILLS = re.compile(r"copy\b(?!.*\bto\b)|load\b|refresh\b|import\b|explain\s+analy[sz]e\s+(?!select)|execute\b")


@dataclass(frozen=True, slots=True)
class Effects:
    """Of one shape. Tables by canonical name in lower case, partitions by the table that they belong to."""

    reads: Tables | None = _NONE
    """None: not known."""
    writes: Tables | None = _NONE
    """None: any table."""
    uncacheable: str | None = None
    """Why its answer cannot be kept for another who asks the same; None where it can."""
    primary: str | None = None
    """Why a replica cannot answer it; None where one can."""
    locks: bool = False
    """SELECT ... FOR UPDATE or SHARE."""
    pins: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(table, column) that it compares by ``=`` with one of its first four values (or, an INSERT, sets to it) -> which
    one. It concerns no row of the table with another value in the column."""
    fresh: Tables = _NONE
    """Columns ``table.column`` that an INSERT leaves to the server: the row's own new key."""


def effects(material: Material) -> dict[str, Effects]:
    """The effects of every shape in the rows, and of those elsewhere that may write."""
    names = _Names(material.catalogs)
    found: dict[str, Effects] = {}
    writing = [shape.fingerprint for shape in material.shapes if shape.kind not in ("select", "transaction")]
    quiet = _quiet(material)
    for fingerprint in dict.fromkeys([*material.fingerprints, *writing]):
        shape = material.by_fingerprint.get(fingerprint)
        graph = material.graphs.get(fingerprint)
        if shape is None:  # evicted from the digest: its first word is all that is left
            writes = _NONE if fingerprint in quiet else None
            found[fingerprint] = Effects(None, writes, "not known", "not known")
        elif graph is None or (graph.tree is None and graph.kind != "ddl"):
            found[fingerprint] = _unanalysed(shape, names)
        else:
            found[fingerprint] = _analysed(shape, graph, names)
    return found


def _quiet(material: Material) -> frozenset[str]:
    """Shapes that change no table, by what they do to their transaction."""
    writing = np.isin(material.rows["effect"], [WRITE, OTHER])
    loud = set(np.unique(material.codes[writing]).tolist())
    return frozenset(name for code, name in enumerate(material.fingerprints) if code not in loud)


class _Names:
    """Tables by one name each, and what a write of one changes beside it."""

    def __init__(self, catalogs: Iterable[Catalog]) -> None:
        self.views: set[str] = set()
        self.secured: set[str] = set()
        self.unlisted_key: set[tuple[str, str]] = set()
        self._whole: dict[str, str] = {}
        self._children: dict[str, set[str]] = {}
        for catalog in catalogs:
            for table in catalog.tables.values():
                name = table.name.lower()
                if table.partition_of:
                    self._whole[name] = table.partition_of.lower()
                if table.kind in ("view", "materialized_view", "foreign"):
                    self.views.add(name)
                if table.rls_enabled:
                    self.secured.add(name)
                for reference in table.foreign_keys:
                    actions = f"{reference.on_delete or ''} {reference.on_update or ''}".upper()
                    if "CASCADE" in actions or "SET" in actions:
                        self._children.setdefault(reference.parent.lower(), set()).add(name)

    def of(self, name: str) -> str:
        """The name that stands for a table as written or canonical."""
        plain = name.replace('"', "").replace("`", "").lower().removeprefix("public.")
        for _ in range(8):
            whole = self._whole.get(plain)
            if whole is None:
                break
            plain = whole
        return plain

    def touched(self, tables: Iterable[str], *, insert: bool) -> Tables:
        """What a write of tables changes: themselves, and what foreign keys cascade to."""
        found: set[str] = set()
        waiting = [self.of(name) for name in tables]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                if not insert:
                    waiting += [self.of(child) for child in self._children.get(name, ())]
        return frozenset(found)


def _unanalysed(shape: ShapeSummary, names: _Names) -> Effects:
    """By kind and first words: who writes must be known even where the statement is too light to be analysed."""
    why = "not analysed"
    if shape.kind == "select":
        return Effects(None, _NONE, why, why)
    if shape.kind == "transaction":
        return Effects(uncacheable=why, primary=why)
    if shape.kind == "utility":
        return Effects(_NONE, None if _FILLS.match(shape.sql.lower()) else _NONE, why, why)
    found = _TARGET.match(shape.sql.lower())
    if shape.kind in ("insert", "update", "delete") and found is not None:
        return Effects(None, names.touched([found[2]], insert=shape.kind == "insert"), why, why)
    return Effects(None, None, why, why)


def _analysed(shape: ShapeSummary, graph: QueryGraph, names: _Names) -> Effects:
    if graph.kind == "ddl" and graph.tree is None:
        changed = [action.table_name for action in graph.ddl_actions]
        known = bool(changed) and all(changed)
        return Effects(_NONE, names.touched([n for n in changed if n], insert=False) if known else None, "DDL", "DDL")
    targets = [ref.table_name for ref in graph.table_refs if ref.role == "target"]
    writes: Tables | None = _NONE
    if targets or graph.kind != "select":
        known = bool(targets) and all(targets)
        writes = names.touched([n for n in targets if n], insert=graph.kind == "insert") if known else None
    reads = frozenset(names.of(ref.table_name) for ref in graph.table_refs if ref.role != "target" and ref.table_name)
    pins, fresh = _pins(shape, graph, names)
    locks = any(scope.locking for scope in graph.scopes)
    if graph.kind != "select" or targets:
        return Effects(reads, writes, "it writes", "it writes", locks, pins, fresh)
    uncacheable, primary = _hindrances(shape, graph, reads, names)
    return Effects(
        None if reads & names.views else reads, _called(graph, reads, names), uncacheable, primary, locks, pins
    )


def _called(graph: QueryGraph, reads: Tables, names: _Names) -> Tables | None:
    """What a SELECT changes: the table of SELECT ... INTO; any, where it only calls a function that we do not know, as
    is done with procedures."""
    from sqlglot import exp

    into = graph.tree.find(exp.Into)
    if into is not None:
        return names.touched([into.this.name] if into.this is not None else [], insert=True)
    return None if not reads and "unknown" in natures(graph.tree) else _NONE


def _hindrances(shape: ShapeSummary, graph: QueryGraph, reads: Tables, names: _Names) -> tuple[str | None, str | None]:
    from sqlglot import exp

    if any(scope.locking for scope in graph.scopes):
        return "it locks rows", "it locks rows"
    if graph.tree.find(exp.Into) is not None:
        return "it writes", "it writes"
    if shape.engine.name in _MYSQL and graph.tree.find(exp.Parameter, exp.SessionParameter) is not None:
        return "it uses a variable of the session", "it uses a variable of the session"
    if any(ref.kind == "function" and ref.table_name is None for ref in graph.table_refs) and not reads:
        return "it reads a function", "it reads a function"
    called = natures(graph.tree)
    primary = next((f"it calls {called[what]}()" for what in ("primary", "unknown") if what in called), None)
    if called:
        return f"it calls {next(iter(called.values()))}()", primary
    if not reads:
        return "it reads no table", None
    if reads & names.secured:
        return "row-level security: the answer depends on who asks", None
    return None, primary


def _pins(shape: ShapeSummary, graph: QueryGraph, names: _Names) -> tuple[dict[tuple[str, str], int], Tables]:
    """Columns that one of the first four values decides, and columns that an INSERT leaves to the server."""
    sample = next((each for each in (shape.slowest, shape.typical) if each is not None and not each.cut), None)
    if sample is None or sample.redacted:
        return {}, _NONE
    hashes = _hashes(sample, shape.engine.name)
    found: dict[tuple[str, str], int] = {}
    if graph.kind == "insert":
        given = _inserted(graph)
        if given is None:
            return {}, _NONE
        table, columns = given
        for column, text in columns.items():
            _pin(found, hashes, (names.of(table), column), text)
        return found, frozenset() if "id" in columns else frozenset({f"{names.of(table)}.id"})
    changed = {(names.of(each.table_name), each.column_name.lower()) for each in graph.set_columns}
    mentions = [names.of(ref.table_name) for ref in graph.table_refs if ref.table_name]
    for predicate in graph.predicates:
        if predicate.operator != "=" or predicate.value_kind not in ("literal", "parameter") or predicate.wrapper:
            continue
        if predicate.under_or or predicate.negated or not predicate.restricts or predicate.clause == "having":
            continue
        if predicate.table_name is None or predicate.column_name is None or predicate.value_sql is None:
            continue
        spot = (names.of(predicate.table_name), predicate.column_name.lower())
        if spot not in changed and mentions.count(spot[0]) == 1 and _inner(graph, predicate.ref_id):
            _pin(found, hashes, spot, predicate.value_sql)
    return found, _NONE


def _inner(graph: QueryGraph, ref_id: int | None) -> bool:
    """Rows of the reference that fail the condition play no part: it is not the optional side of an outer join."""
    return any(ref.ref_id == ref_id and not ref.nullable for ref in graph.table_refs)


def _pin(found: dict[tuple[str, str], int], hashes: tuple[int, ...], spot: tuple[str, str], text: str) -> None:
    """Note which of the values it is, if that is certain: by its hash, which only one of them may have."""
    value = text[1:-1].replace("''", "'") if len(text) > 1 and text[0] == text[-1] == "'" else text
    wanted = value_hash(value.encode("utf-8", "surrogatepass"))
    places = [place for place, each in enumerate(hashes) if each == wanted]
    if len(places) == 1:
        found[spot] = places[0]


def _hashes(sample: Sample, engine: EngineName) -> tuple[int, ...]:
    """Hashes of the first values as the stream has them."""
    if sample.parameters:
        return key_parameters(sample.parameters.encode("utf-8", "surrogatepass"))[1]
    return key(sample.sql.encode("utf-8", "surrogatepass"), dialect_of(engine)).keys


def _inserted(graph: QueryGraph) -> tuple[str, dict[str, str]] | None:
    """Table and values (as SQL) of a plain INSERT of one row; None for an upsert, a REPLACE, INSERT ... SELECT."""
    from sqlglot import exp

    tree = graph.tree
    targets = [ref.table_name for ref in graph.table_refs if ref.role == "target"]
    if not isinstance(tree, exp.Insert) or len(targets) != 1 or targets[0] is None:
        return None
    if tree.args.get("conflict") is not None or tree.args.get("overwrite") or not isinstance(tree.this, exp.Schema):
        return None
    values = tree.expression
    if not isinstance(values, exp.Values) or len(values.expressions) != 1:
        return None
    columns = [column.name.lower() for column in tree.this.expressions]
    given = [value.sql() for value in values.expressions[0].expressions]
    return (targets[0], dict(zip(columns, given, strict=False))) if len(columns) == len(given) else None
