"""Runs the pages over the facts of one input. A page that fails is reported, and the others run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from advisor.handbook import pattern as patterns
from advisor.handbook import sandbox
from advisor.handbook.check import match_table
from advisor.handbook.finding import Claim, Ground, claimed, finding, rank, seen, subject_columns
from advisor.handbook.page import Block, Page, PageError
from advisor.handbook.remedies import remedies
from advisor.handbook.shelf import load
from advisor.model.finding import Finding
from advisor.model.remedy import Judgement

MAX_FINDINGS = 500  # of one page: past it a report is noise; the most severe and costly are kept and the cut is said


class FactBase(Protocol):
    """What the engine asks of `advisor.facts.Facts`."""

    @property
    def connection(self) -> sqlite3.Connection:
        """The relations of facts/1."""

    def trees(self) -> Iterable[tuple[str, Any, Mapping[int, int]]]:
        """Per analysed shape: fingerprint, syntax tree, and the scope of each query node by ``id(node)``."""


@dataclass(slots=True)
class Judged:
    """What the pages found, most severe and costly first, and the pages that could not run."""

    judgements: list[Judgement] = field(default_factory=list)
    problems: list[PageError] = field(default_factory=list)


def run(facts: FactBase, directories: Sequence[Path | str] = ()) -> list[Judgement]:
    """Judge with the shipped handbook and the pages of ``directories``; pages that cannot be used are left out."""
    return judge(load(directories).pages, facts).judgements


def judge(pages: Iterable[Page], facts: FactBase) -> Judged:
    """Run pages over facts. A page that fails becomes a problem, and the others run."""
    pages = list(pages)
    judged = Judged()
    connection = facts.connection
    ground = seen(connection)
    matches = _matches(pages, facts)
    for page in pages:
        if page.pattern is not None and not matches.get(page.id):
            continue
        try:
            rows = _rows(page, connection, matches.get(page.id, []))
            found = _judgements(page, rows, ground, connection)
            judged.judgements += found[:MAX_FINDINGS]
            if len(found) > MAX_FINDINGS:
                what, do = (
                    f"{len(found):,} findings of one page.",
                    f"The first {MAX_FINDINGS} by severity and cost are kept.",
                )
                judged.problems.append(PageError(page.path, page.detect.line, what, do))
        except sandbox.Refused as error:
            what = f"Detect did not finish: {error}."
            judged.problems.append(PageError(page.path, page.detect.line, what, "The other pages ran."))
        except ValueError as error:
            if isinstance(error, PageError):
                judged.problems.append(error)
            else:
                do = "See docs/rules.md on the columns of Detect."
                judged.problems.append(
                    PageError(page.path, page.detect.line, f"a row of Detect cannot be used: {error}.", do)
                )
    judged.judgements = _unyielded(judged.judgements, {page.id: frozenset(page.yields_to) for page in pages})
    judged.judgements.sort(key=rank)
    return judged


def _unyielded(judgements: list[Judgement], yields: Mapping[str, frozenset[str]]) -> list[Judgement]:
    """Without what shows a symptom, or less evidence, where a page that it yields to found the same shape.

    A finding about a plan speaks for its tables only: a finding about another table of the statement stands beside it.
    """
    by_shape: dict[str, list[Finding]] = {}
    for judgement in judgements:
        for role in judgement.finding.fingerprints:
            by_shape.setdefault(role.fingerprint, []).append(judgement.finding)
    return [
        judgement
        for judgement in judgements
        if not any(
            other.rule in yields.get(judgement.finding.rule, ()) and _covers(other, judgement.finding)
            for role in judgement.finding.fingerprints
            for other in by_shape[role.fingerprint]
        )
    ]


def _covers(winner: Finding, other: Finding) -> bool:
    about_plan = winner.marks or other.marks
    return not about_plan or not winner.tables or not other.tables or bool(set(winner.tables) & set(other.tables))


def _matches(pages: Sequence[Page], facts: FactBase) -> dict[str, list[tuple[str | int | None, ...]]]:
    found: dict[str, list[tuple[str | int | None, ...]]] = {}
    compiled = {page.id: _compiled(page.pattern) for page in pages if page.pattern is not None}
    if not compiled:
        return found
    for fingerprint, tree, scopes in facts.trees():
        for page_id, match in patterns.find(compiled, tree):
            row: list[str | int | None] = [fingerprint, _scope_of(match.node, scopes), match.node.sql()]
            for variable in compiled[page_id].variables:
                row += _binding(match.bindings.get(variable), scopes)
            found.setdefault(page_id, []).append(tuple(row))
    return found


def _compiled(block: Block) -> patterns.Pattern:
    return patterns.compiled(block.text, block.options.get("dialect", "postgres"))


def _scope_of(node: Any, scopes: Mapping[int, int]) -> int | None:
    while node is not None:
        scope = scopes.get(id(node))
        if scope is not None:
            return scope
        node = node.parent
    return None


def _binding(node: Any, scopes: Mapping[int, int]) -> list[str | int | None]:
    if node is None:
        return [None, None, None, None]
    named = node.key in ("column", "table")
    alias = (node.args.get("table") and node.table) if node.key == "column" else node.alias_or_name if named else None
    return [node.sql(), node.name if named else None, alias or None, _scope_of(node, scopes)]


def _rows(
    page: Page, connection: sqlite3.Connection, matches: list[tuple[str | int | None, ...]]
) -> list[dict[str, Any]]:
    if page.pattern is None:
        return sandbox.select(connection, page.detect.text)
    variables = _compiled(page.pattern).variables
    connection.execute("DROP TABLE IF EXISTS temp.match")
    connection.execute(match_table(variables))
    try:
        connection.executemany(f"INSERT INTO temp.match VALUES ({', '.join('?' * (3 + 4 * len(variables)))})", matches)
        return sandbox.select(connection, page.detect.text)
    finally:
        connection.execute("DROP TABLE IF EXISTS temp.match")


def _judgements(
    page: Page, rows: list[dict[str, Any]], ground: Ground, connection: sqlite3.Connection
) -> list[Judgement]:
    groups: dict[tuple[Any, ...], list[Claim]] = {}
    subject = page.subject or subject_columns(page.columns or tuple(rows[0] if rows else ()))
    for row in rows:
        claim = claimed(page, row, ground)
        if claim is not None:
            key = (claim.engine, *(claim.shown.get(name) for name in subject))
            groups.setdefault(key, []).append(claim)
    judgements = []
    for key, claims in groups.items():
        claims.sort(key=lambda claim: claim.order)  # the first speaks for the group
        found = finding(page, key, claims, ground)
        judgements.append(Judgement(found, remedies(page, claims[0], found, connection)))
    judgements.sort(key=rank)
    return judgements
