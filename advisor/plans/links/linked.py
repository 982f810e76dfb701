"""The words of `links`: a plan's predicates and keys, read as SQL and found again in the query."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of the query text, and what stands there; line and column from 1."""

    start: int
    end: int
    line: int
    column: int


@dataclass(slots=True)
class LinkedPredicate:
    """One conjunct of a node's predicate, seen from one column (as `advisor.graphs.graph.Predicate` is)."""

    node: str
    """Plan node id."""
    role: str
    """PredicateRole."""
    conjunct: int
    """Number of the conjunct within the node's predicate, from 0."""
    text: str
    """The conjunct as the plan prints it."""
    sql: str | None
    """... as SQL that sqlglot read; None where it could not be read."""
    table: str | None
    """Canonical name (the catalog's, where one is given)."""
    alias: str | None
    column: str | None
    operator: str | None
    """Words as in facts/1, predicate.operator and op_class."""
    op_class: str | None
    wrapper: str | None = None
    wrapper_kind: str | None = None
    value_kind: str | None = None
    leading_wildcard: bool | None = None
    under_or: bool = False
    subplan: bool = False
    """It asks a subplan, hashed or not."""
    span: Span | None = None
    """The conjunct of the query text that it evaluates; None where none, or more than one, fits."""


@dataclass(slots=True)
class LinkedKey:
    """One sort, group or presorted key."""

    node: str
    role: str
    """sort | presorted | group"""
    position: int
    """From 1."""
    expression: str
    table: str | None
    column: str | None
    descending: bool = False
    span: Span | None = None


@dataclass(slots=True)
class Links:
    """All of a plan."""

    predicates: list[LinkedPredicate] = field(default_factory=list)
    keys: list[LinkedKey] = field(default_factory=list)
    unread: list[tuple[str, str, str]] = field(default_factory=list)
    """Predicates that could not be read: node id, role, text."""
