"""Every predicate and key of a plan, read as SQL, resolved, and found again in the query."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from advisor.graphs.collector import paused
from advisor.graphs.graph import NotAnalysed, Predicate
from advisor.graphs.names import Node
from advisor.model.catalog import Catalog
from advisor.model.engine import dialect_of
from advisor.model.limits import LIMITS
from advisor.model.plan import Plan, PlanNode
from advisor.plans.links import expression, pieces
from advisor.plans.links.classify import classify
from advisor.plans.links.form import ColumnLeaf, Form, TooDeep, pattern_range
from advisor.plans.links.former import Former
from advisor.plans.links.lexemes import lexemes, unnumbered
from advisor.plans.links.linked import LinkedKey, LinkedPredicate, Links, Span
from advisor.plans.links.match import Matcher
from advisor.plans.links.sources import Source, Sources
from advisor.plans.links.spelling import as_sql
from advisor.plans.links.statement import Statement
from advisor.plans.links.values import Resolver

_SUBPLAN = re.compile(r"'((?:SubPlan|InitPlan|CTE|subquery)\b[^']*)'")
_RETURNS = re.compile(r"(.+?)\s*\(returns\s+([^()]*)\)\s*\Z")
_PATTERNED = re.compile(r"\) ?~[<>]=?~ |\w ~[<>]=?~ ")
_TEXTS = ("TEXT", "BPCHAR", "VARCHAR")
_DIRECTION = re.compile(
    r"(?>(?:\s++NULLS\s++(?:FIRST|LAST))?)\s*+\Z|\s++(?P<direction>ASC|DESC)(?>(?:\s++NULLS\s++(?:FIRST|LAST))?)\s*+\Z"
    r"|\s++USING\s++\S++(?>(?:\s++NULLS\s++(?:FIRST|LAST))?)\s*+\Z",
    re.IGNORECASE,
)


def link(plan: Plan, query: str | None = None, catalogs: Sequence[Catalog] = ()) -> Links:
    """Reads, resolves and places the predicates and keys of a plan. ``query``: the statement, if not plan.query.

    Never fails: what cannot be read is in ``unread``, what cannot be resolved or placed has None.
    """
    text = query if query is not None else plan.query
    with paused():
        statement = None
        if text:
            try:
                statement = Statement(text, plan.engine.name, catalogs)
            except NotAnalysed:
                statement = None
        return _Linker(plan, statement, catalogs).run()


@dataclass(slots=True)
class _Read:
    """A conjunct as read."""

    sql: str
    rows: list[tuple[Predicate, Source | None]]
    span: Span | None
    subplan: bool
    own: Source | None
    """The relation of the node where it was read."""

    def of(self, own: Source | None) -> _Read:
        """The same condition of another relation."""
        if own is self.own:
            return self
        rows = [(row, own if source is self.own else source) for row, source in self.rows]
        return _Read(self.sql, rows, self.span, self.subplan, own)


class _Linker:
    def __init__(self, plan: Plan, statement: Statement | None, catalogs: Sequence[Catalog]) -> None:
        self.plan = plan
        self.engine = plan.engine.name
        self.sources = Sources(plan, catalogs, statement)
        self.catalogs = self.sources.catalogs
        self.statement = statement
        self.matcher = Matcher(statement) if statement is not None else None
        self.links = Links()
        self._cut: dict[str, list[str]] = {}
        self._read: dict[tuple[object, ...], _Read | None] = {}
        self._subplans: dict[str, str] = {}
        self._params: dict[str, str] = {}
        for node in plan.nodes:
            if node.subplan_name is None:
                continue
            match = _RETURNS.match(node.subplan_name)
            name = match.group(1) if match is not None else node.subplan_name
            self._subplans.setdefault(name, node.id)
            if match is not None:
                for param in match.group(2).split(","):
                    self._params[param.strip()] = name

    def run(self) -> Links:
        for node in self.plan.nodes:
            for role, text in node.predicates.items():
                if role == "order_by":
                    self._keys(node, "sort", (text,))
                else:
                    self._predicate(node, role, text)
            self._keys(node, "sort", node.sort_keys)
            self._keys(node, "presorted", node.presorted_keys)
            self._keys(node, "group", node.group_keys)
        return self.links

    # ------------------------------------------------------------------ predicates
    def _predicate(self, node: PlanNode, role: str, text: str) -> None:
        for number, conjunct in enumerate(self._conjuncts(text)):
            read = self._conjunct(node, conjunct)
            if read is None:
                self.links.unread.append((node.id, role, conjunct))
                continue
            base = LinkedPredicate(
                node=node.id,
                role=role,
                conjunct=number,
                text=conjunct,
                sql=read.sql,
                table=None,
                alias=None,
                column=None,
                operator=None,
                op_class=None,
                subplan=read.subplan,
                span=read.span,
            )
            if not read.rows:
                self.links.predicates.append(base)
            for row, source in read.rows:
                self.links.predicates.append(_filled(base, row, source))

    def _conjuncts(self, text: str) -> list[str]:
        """The conjuncts of a predicate as printed."""
        known = self._cut.get(text)
        if known is None:
            if len(text) > LIMITS.statement_bytes:
                known = [text]
            else:
                tokens = lexemes(unnumbered(text), self.engine)
                commas = dialect_of(self.engine) == "mysql"
                found = pieces.conjuncts(tokens, pieces.partners(tokens), 0, len(tokens), self.engine, commas=commas)
                known = [text[tokens[piece.first].start : tokens[piece.last - 1].end] for piece in found]
            self._cut[text] = known
        return known

    def _conjunct(self, node: PlanNode, text: str) -> _Read | None:
        if len(text) > LIMITS.statement_bytes:
            return None
        near = self.sources.near(node)
        own = near[0] if len(near) == 1 else None
        key: tuple[object, ...] = (text, *(id(source) for source in near))
        if own is not None:
            # Partitions have the same conditions, each under an alias of its own.
            text = _without_alias(text, own.alias) if self.engine == "postgresql" else text
            key = (text, own.refs, own.guessed, own.definition and (own.definition.partition_of or own.table))
        if key in self._read:
            known = self._read[key]
            return known.of(own) if known is not None else None
        if len(self._read) >= LIMITS.plan_conjuncts:
            return None
        sql = as_sql(text, self.engine, self._params)
        tree = expression.expression(sql, self.engine)
        read = None
        if tree is not None:
            try:
                read = self._understood(node, sql, tree, near, patterned=_PATTERNED.search(text) is not None)
            except (TooDeep, RecursionError):
                read = _Read(sql, [], None, False, own)
        if not self._ambiguous(tree):
            self._read[key] = read
        return read

    def _ambiguous(self, tree: Node | None) -> bool:
        """Whether an alias in it means one thing here and another thing there."""
        return tree is not None and any(
            len(self.sources.by_alias.get(self.sources.fold(name), ())) > 1 for name in _qualifiers(tree)
        )

    def _understood(self, node: PlanNode, sql: str, tree: Node, near: list[Source], *, patterned: bool) -> _Read:
        names = _qualifiers(tree)
        used = [source for name in names if (source := self.sources.named(name, node)) is not None]
        if len(near) == 1:
            _qualify(tree, near[0])
        if _unqualified(tree):
            used += [source for source in near if source not in used]
        elif near and near[0] not in used and near[0].alias in _qualifiers(tree):
            used.append(near[0])
        subplans = _SUBPLAN.findall(sql) if "(SELECT '" in sql else []
        forms = self._forms(node, tree, near) if self.matcher is not None else []
        if patterned:
            forms = [pattern_range(form) for form in forms]
        span = None
        matched = None
        if self.matcher is not None and forms:
            matched = self.matcher.conjunct(forms, guessed=any(source.guessed for source in used))
            if matched is None and self.sources.unmet:
                # A view's own alias may be one that the query has too.
                matched = self.matcher.conjunct(self._forms(node, tree, near, unmet=True), guessed=True)
            if matched is None and dialect_of(self.engine) == "mysql":
                matched = self.matcher.derived(forms)
            span = matched.conjunct.span if matched is not None else None
        if self.engine == "postgresql":
            tree = _without_text_casts(tree, matched.query.text_casts if matched is not None else None)
        rows = classify(tree, used, self.engine, self.catalogs)
        return _Read(sql, rows, span, bool(subplans), near[0] if len(near) == 1 else None)

    # ------------------------------------------------------------------ forms
    def _forms(
        self, node: PlanNode, tree: Node, near: list[Source], *, value: bool = False, unmet: bool = False
    ) -> list[Form]:
        found: dict[Form, None] = {}
        for turned, bare in ((False, False), (True, False), (False, True)):
            former = Former(
                self.engine,
                self._resolver(node, near, self.sources.unmet if unmet else frozenset()),
                turned=turned,
                bare=bare,
            )
            former.tables = self._subplan_tables
            form = former.value(tree) if value else former.condition(tree)
            if form.fixed:
                found[form] = None
            if not former.tied and not former.tested:
                break
        return list(found)

    def _resolver(self, node: PlanNode, near: list[Source], unmet: frozenset[int]) -> Resolver:
        names = self.statement.names if self.statement is not None else None

        def resolve(column: Node) -> ColumnLeaf:
            name = names.fold(column.this) if names is not None else column.name
            qualifier = column.args.get("table")
            if qualifier is not None:
                source = self.sources.named(names.fold(qualifier) if names is not None else qualifier.name, node)
                return ColumnLeaf(name, source.refs | unmet if source is not None else None)
            if not near:
                return ColumnLeaf(name, None)
            return ColumnLeaf(name, unmet.union(*(source.refs for source in near)))

        return resolve

    def _subplan_tables(self, query: Node) -> frozenset[str] | None:
        """The tables of the subplan that stands for a subquery."""
        name = next((str(part.name) for part in query.walk() if type(part).__name__ == "Literal"), None)
        below = self._subplans.get(name) if name is not None else None
        return self.sources.tables_below(below) if below is not None else None

    # ------------------------------------------------------------------ keys
    def _keys(self, node: PlanNode, role: str, keys: Sequence[str]) -> None:
        if not keys:
            return
        near = self.sources.near(node)
        forms: list[list[Form]] = []
        linked: list[LinkedKey] = []
        for position, text in enumerate(keys, 1):
            match = _DIRECTION.search(text)
            bare = text[: match.start()] if match is not None else text
            descending = match is not None and (match.group("direction") or "").upper() == "DESC"
            key = LinkedKey(node.id, role, position, text, None, None, descending)
            tree = None
            if len(bare) <= LIMITS.statement_bytes:
                tree = expression.expression(as_sql(bare, self.engine, self._params), self.engine)
            if tree is None:
                self.links.unread.append((node.id, role, text))
                forms.append([])
            else:
                self._resolve_key(key, node, tree, near)
                try:
                    forms.append(self._forms(node, tree, near, value=True) if self.matcher is not None else [])
                except (TooDeep, RecursionError):
                    forms.append([])
            linked.append(key)
        if self.matcher is not None:
            spans = self.matcher.keys(forms, [key.descending for key in linked], self._kinds(node, role))
            for key, span in zip(linked, spans, strict=True):
                key.span = span
        self.links.keys += linked

    def _resolve_key(self, key: LinkedKey, node: PlanNode, tree: Node, near: list[Source]) -> None:
        while type(tree).__name__ in ("Paren", "Collate"):
            tree = tree.this
        if type(tree).__name__ != "Column" or type(tree.this).__name__ == "Star":
            return
        rows = classify(tree, self._key_sources(tree, node, near), self.engine, self.catalogs)
        for row, source in rows:
            key.column = row.column_name
            key.table = source.table if source is not None else None

    def _key_sources(self, tree: Node, node: PlanNode, near: list[Source]) -> list[Source]:
        names = _qualifiers(tree)
        return [s for name in names if (s := self.sources.named(name, node)) is not None] if names else near

    def _kinds(self, node: PlanNode, role: str) -> tuple[str, ...]:
        """The lists of a query that a node's keys may be from, the likeliest first."""
        if role == "group":
            return ("group", "select")
        parent = self.plan.by_id.get(node.parent) if node.parent is not None else None
        while parent is not None and parent.operator in ("gather", "gather_merge", "materialize", "incremental_sort"):
            parent = self.plan.by_id.get(parent.parent) if parent.parent is not None else None
        above = parent.operator if parent is not None else None
        if above == "merge_join":
            return ()
        if above in ("aggregate", "group") and node.operator != "aggregate":
            return ("group", "select", "order", "window")
        if above == "window":
            return ("window", "order")
        if above == "distinct":
            return ("select", "group", "order")
        return ("order", "group", "select", "window")


def _filled(base: LinkedPredicate, row: Predicate, source: Source | None) -> LinkedPredicate:
    return LinkedPredicate(
        node=base.node,
        role=base.role,
        conjunct=base.conjunct,
        text=base.text,
        sql=base.sql,
        table=source.table if source is not None else None,
        alias=source.alias if source is not None else None,
        column=row.column_name,
        operator=row.operator,
        op_class=row.op_class,
        wrapper=row.wrapper,
        wrapper_kind=row.wrapper_kind,
        value_kind=row.value_kind,
        leading_wildcard=row.leading_wildcard,
        under_or=row.under_or,
        subplan=base.subplan,
        span=base.span,
    )


_ALIASED = re.compile(r"""'[^']*+'?|"[^"]*+"?|(?<![\w."])([A-Za-z_]\w*+)\.(?=[\w"])""")


def _without_alias(text: str, alias: str) -> str:
    """A scan's own columns without their alias, as PostgreSQL prints them where it can."""
    if f"{alias}." not in text or "\\" in text:
        return text
    return _ALIASED.sub(lambda match: "" if match.group(1) == alias else match.group(), text)


def _qualifiers(tree: Node) -> list[str]:
    """The aliases that an expression names, as stored."""
    found: dict[str, None] = {}
    for node in tree.walk():
        if type(node).__name__ == "Column" and (table := node.args.get("table")) is not None:
            found[table.name] = None
    return list(found)


def _qualify(tree: Node, source: Source) -> None:
    """PostgreSQL leaves the alias of a scan's own columns out."""
    from sqlglot import exp

    for node in tree.walk():
        if type(node).__name__ == "Column" and node.args.get("table") is None and type(node.this).__name__ != "Star":
            node.set("table", exp.to_identifier(source.alias, quoted=True))


def _unqualified(tree: Node) -> bool:
    return any(type(node).__name__ == "Column" and node.args.get("table") is None for node in tree.walk())


def _without_text_casts(tree: Node, written: int | None) -> Node:
    """``(name)::text = 'x'`` is how PostgreSQL prints a comparison of a varchar: no cast that anybody wrote.

    ``written``: how many the query has; None where that is not known.
    """
    if written:
        return tree
    for node in list(tree.walk()):
        if type(node).__name__ != "Cast" or str(getattr(node.args["to"].this, "name", "")) not in _TEXTS:
            continue
        inner = node.this
        while type(inner).__name__ == "Paren":
            inner = inner.this
        if written == 0 or type(inner).__name__ == "Column":
            if node is tree:
                return inner
            node.replace(inner)
    return tree
