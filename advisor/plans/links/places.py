"""Where the parts of a query stand in its text: runs of tokens between two separators."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple

from advisor.fingerprint.lexer import PLACEHOLDER
from advisor.graphs.names import Node
from advisor.model.engine import EngineName
from advisor.plans.links import expression, pieces
from advisor.plans.links.lexemes import Lexeme, lexemes
from advisor.plans.links.linked import Span
from advisor.plans.links.syntax import unwrapped


class Place(NamedTuple):
    start: int
    end: int
    arm: bool


class Places:
    """The places of one text. ``original``: before it was masked; ``offset``: of the text that was parsed."""

    def __init__(self, text: str, original: str, engine: EngineName, offset: int) -> None:
        self.text = text
        self.engine = engine
        self.offset = offset
        self._lines = [0, *(match.end() for match in re.finditer("\n", original))]
        self._tokens: list[Lexeme] = lexemes(text, engine)
        self._ends = {}  # of placeholders that are longer than the ? they were masked with
        if "%" in original:
            self._ends = {token.start: token.end for token in lexemes(original, engine) if token.kind == PLACEHOLDER}
        self._pairs = pieces.partners(self._tokens)
        self._runs = self._found()
        self._fits: dict[str, Callable[[Node, Place], bool]] = {
            "condition": self._is_expression,
            "order": self._is_key,
            "window": self._is_key,
        }

    def located(self, node: Node, kind: str) -> Place | None:
        """The run of tokens that is this node, in a clause of that kind."""
        runs, fits = self._runs[kind], self._fits.get(kind, self._is_item)
        first = last = None
        for part in node.walk():
            start = part.meta.get("start") if part.meta else None
            if start is not None:
                first = start if first is None else min(first, start)
                last = part.meta["end"] if last is None else max(last, part.meta["end"])
        if first is None or last is None:
            return None
        first, last = first + self.offset, last + self.offset
        index = bisect_right(runs, (first, len(self.text) + 1, True))
        for place in reversed(runs[max(0, index - 40) : index]):
            if place.end > last and fits(node, place):
                return place
        return None

    def _is_expression(self, node: Node, place: Place) -> bool:
        other = expression.expression(self.text[place.start : place.end], self.engine)
        return other is not None and bool(unwrapped(other) == unwrapped(node))

    def _is_item(self, node: Node, place: Place) -> bool:
        if type(node).__name__ == "Alias":
            text = self.text[place.start : place.end]
            return len(text) >= 1 and expression.item(text, self.engine) == node
        return self._is_expression(node, place)

    def _is_key(self, node: Node, place: Place) -> bool:
        other = expression.key(self.text[place.start : place.end], self.engine)
        return other is not None and bool(other == node or (type(node).__name__ != "Ordered" and other.this == node))

    def span(self, start: int, end: int) -> Span:
        """Line and column of a place."""
        line = bisect_right(self._lines, start)
        return Span(start, end, line, start - self._lines[line - 1] + 1)

    def _found(self) -> dict[str, list[Place]]:
        """The runs of tokens between separators, by kind of clause, sorted by where they begin."""
        runs: dict[str, list[Place]] = {kind: [] for kind in ("condition", "order", "group", "partition", "select")}
        for clause in pieces.clauses(self._tokens):
            if clause.kind in ("where", "on", "having"):
                found = pieces.conjuncts(self._tokens, self._pairs, clause.first, clause.last, self.engine, arms=True)
                runs["condition"] += [self._place(piece) for piece in found]
                if clause.kind == "on":  # DISTINCT ON (a, b)
                    inner = self._pairs[clause.first]
                    if inner is not None and self._tokens[clause.first - 2].word == "DISTINCT":
                        listed = pieces.items(self._tokens, self._pairs, clause.first + 1, inner)
                        runs["group"] += [self._place(piece) for piece in listed]
            else:
                found = pieces.items(self._tokens, self._pairs, clause.first, clause.last)
                for piece in found:
                    runs[clause.kind].append(self._place(piece))
                    if clause.kind == "group":  # ROLLUP (a, b), GROUPING SETS ((a), (b))
                        runs["group"] += [self._place(inner) for inner in self._grouped(piece)]
        runs["window"] = runs["partition"] + runs["order"]
        for places in runs.values():
            places.sort()
        return runs

    def _grouped(self, piece: pieces.Piece) -> Iterator[pieces.Piece]:
        stack = [piece]
        while stack:
            current = stack.pop()
            last = current.last - 1
            opened = self._pairs[last] if last > current.first else None
            words = [token.word for token in self._tokens[current.first : opened or current.first]]
            if opened is None or not (not words or words[-1] in ("ROLLUP", "CUBE", "SETS")):
                continue
            inner = pieces.items(self._tokens, self._pairs, opened + 1, last)
            yield from inner
            stack.extend(inner)

    def _place(self, piece: pieces.Piece) -> Place:
        last = self._tokens[piece.last - 1]
        return Place(self._tokens[piece.first].start, self._ends.get(last.start, last.end), piece.arm)
