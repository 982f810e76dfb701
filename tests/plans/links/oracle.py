"""Checks the links of a plan against a query whose places are known."""

from __future__ import annotations

import re
from collections import Counter

from advisor.model.engine import EngineName
from advisor.model.plan import Plan
from advisor.plans.links import link
from advisor.plans.links.lexemes import lexemes
from advisor.plans.links.pieces import partners
from tests.plans.links.generator import Query

_CONSTANT = re.compile(r"(?<!\d)1\d{5}(?!\d)|20[2-9]\d-\d\d-\d\d")
_WRITTEN = re.compile(r"'(?:[^']|'')*'|(?<![\w.])1\d{5}(?:\.5)?(?![\w.])")


def masked(text: str) -> str:
    """The text as a statistics view keeps it: placeholders for constants, here as long as what they replace."""

    def placeholder(match: re.Match[str]) -> str:
        found = match.group()
        return "?" + " " * (len(found) - 1) if _CONSTANT.search(found) else found

    return _WRITTEN.sub(placeholder, text)


def bare(text: str, start: int, end: int, engine: EngineName) -> tuple[int, int]:
    """A place without the parentheses around all of it."""
    tokens = lexemes(text[start:end], engine)
    pairs = partners(tokens)
    first, last = 0, len(tokens)
    while last - first > 2 and pairs[first] == last - 1:
        first, last = first + 1, last - 1
    return start + tokens[first].start, start + tokens[last - 1].end


def check(query: Query, plan: Plan, counts: Counter[str], text: str | None = None) -> list[str]:
    """What is wrong: spans that are not where the condition stands, and what could not be read."""
    engine = plan.engine.name
    text = text if text is not None else query.text
    links = link(plan, text)
    wrong = [f"unread: {text}" for _, _, text in links.unread]
    for predicate in links.predicates:
        if predicate.column is not None:
            counts["columns"] += 1
            counts["resolved"] += predicate.table is not None
    for predicate in {(p.node, p.role, p.conjunct): p for p in links.predicates}.values():
        constants = set(_CONSTANT.findall(predicate.text))
        if not constants:
            wrong += _wrong_join(query, text, predicate, links.predicates, engine)
            continue
        counts["conjuncts"] += 1
        if predicate.span is None:
            continue
        counts["placed"] += 1
        found = bare(text, predicate.span.start, predicate.span.end, engine)
        region = query.expected(constants, predicate.text)
        if region is None or bare(text, region.start, region.end, engine) != found:
            wrong.append(f"{predicate.text} is not {text[found[0] : found[1]]!r} of {text}")
        line = text[: predicate.span.start].count("\n")
        if (predicate.span.line, predicate.span.column) != (
            line + 1,
            predicate.span.start - (text.rfind("\n", 0, predicate.span.start) + 1) + 1,
        ):
            wrong.append(f"line or column of {predicate.span} in {text}")
    return wrong


def _wrong_join(query: Query, text: str, predicate, predicates, engine: EngineName) -> list[str]:
    if predicate.span is None:
        return []
    found = bare(text, predicate.span.start, predicate.span.end, engine)
    sides = {
        f"{re.sub(r'_[0-9]+$', '', p.alias)}.{p.column}"
        for p in predicates
        if (p.node, p.role, p.conjunct) == (predicate.node, predicate.role, predicate.conjunct) and p.alias
    }
    for region in query.regions:
        if region.columns is not None and bare(text, region.start, region.end, engine) == found:
            return (
                [] if region.columns == sides else [f"{predicate.text} is not {text[found[0] : found[1]]!r}: {sides}"]
            )
    return []
