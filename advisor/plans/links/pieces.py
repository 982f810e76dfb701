"""Where the conjuncts of a condition and the items of a list stand, from tokens alone.

Nothing is built here that could be too deep: parentheses are paired once, and what is inside of a pair is looked at
only when the pair is all there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from advisor.fingerprint import lexer
from advisor.model.engine import EngineName, dialect_of
from advisor.plans.links.lexemes import Lexeme

_OPENS = (lexer.LPAREN, lexer.LBRACKET)
_CLOSES = (lexer.RPAREN, lexer.RBRACKET)
_JOINING = frozenset({"JOIN", "OUTER", "LEFT", "RIGHT", "FULL", "INNER", "CROSS"})
_SIDES = frozenset({"LEFT", "RIGHT", "FULL", "INNER", "CROSS", "NATURAL"})
_ENDS = frozenset(
    """
    LIMIT OFFSET FETCH UNION INTERSECT EXCEPT WINDOW FOR RETURNING SET WHEN THEN JOIN STRAIGHT_JOIN INTO LOCK QUALIFY
    USING PROCEDURE WITH SEPARATOR VALUES FROM
    """.split()  # noqa: SIM905
)
_FRAMES = frozenset({"ROWS", "RANGE", "GROUPS"})
_CONDITIONS = {"WHERE": "where", "ON": "on", "HAVING": "having"}
_LISTS = {"GROUP": "group", "ORDER": "order", "PARTITION": "partition"}


class Piece(NamedTuple):
    """Lexemes [first, last)."""

    first: int
    last: int
    arm: bool = False
    """It stands below an OR."""


class Clause(NamedTuple):
    """Lexemes [first, last) of a WHERE, ON, HAVING, or of an ORDER BY, GROUP BY, PARTITION BY."""

    kind: str
    first: int
    last: int


def partners(tokens: Sequence[Lexeme]) -> list[int | None]:
    """For each parenthesis the other one of its pair."""
    found: list[int | None] = [None] * len(tokens)
    opened: list[int] = []
    for index, token in enumerate(tokens):
        if token.kind in _OPENS:
            opened.append(index)
        elif token.kind in _CLOSES and opened:
            start = opened.pop()
            found[start], found[index] = index, start
    return found


def conjuncts(
    tokens: Sequence[Lexeme],
    pairs: Sequence[int | None],
    first: int,
    last: int,
    engine: EngineName,
    *,
    arms: bool = False,
    commas: bool = False,
) -> list[Piece]:
    """The operands of AND in lexemes [first, last), parentheses around a whole AND looked through.

    ``arms``: those of OR too, each marked. ``commas``: a comma means AND, as in MySQL's lists of lookup conditions.
    """
    found: list[Piece] = []
    stack = [Piece(first, last)]
    while stack:
        piece = stack.pop()
        inner = _inside(tokens, pairs, piece)
        separators, alternatives = _separators(tokens, pairs, inner, engine, commas)
        if separators and not alternatives:
            stack.extend(reversed(_cut(inner, separators, piece.arm)))
            continue
        if piece.first < piece.last:
            found.append(piece)
        if alternatives and arms:
            stack.extend(reversed(_cut(inner, alternatives, True)))
    return found


def items(tokens: Sequence[Lexeme], pairs: Sequence[int | None], first: int, last: int) -> list[Piece]:
    """What stands between the commas of lexemes [first, last)."""
    separators = []
    index = first
    while index < last:
        if tokens[index].kind == lexer.COMMA:
            separators.append(index)
        index = _next(tokens, pairs, index, last)
    return [piece for piece in _cut(Piece(first, last), separators, False) if piece.first < piece.last]


def clauses(tokens: Sequence[Lexeme]) -> list[Clause]:
    """Every clause of a statement, nested ones too."""
    found: list[Clause] = []
    levels: list[tuple[str, int] | None] = [None]  # the open clause of each depth: kind, first lexeme
    cases: list[int] = []  # depths that a CASE opened

    def close(index: int) -> None:
        opened = levels[-1]
        if opened is not None and opened[1] < index:
            found.append(Clause(opened[0], opened[1], index))
        levels[-1] = None

    for index, token in enumerate(tokens):
        if token.kind in _OPENS:
            levels.append(None)
        elif token.kind in _CLOSES:
            while cases and cases[-1] == len(levels):
                close(index)
                cases.pop()
                levels.pop()
            close(index)
            if len(levels) > 1:
                levels.pop()
        elif token.kind == lexer.SEMICOLON or (
            token.kind == lexer.COMMA and levels[-1] is not None and levels[-1][0] in ("where", "on", "having")
        ):
            close(index)
        elif token.kind == lexer.WORD and not (index and tokens[index - 1].kind == lexer.DOT):
            after = tokens[index + 1].word if index + 1 < len(tokens) else ""
            if token.word == "CASE":
                levels.append(None)
                cases.append(len(levels))
            elif token.word == "END" and cases and cases[-1] == len(levels):
                close(index)
                cases.pop()
                levels.pop()
            elif token.word in _CONDITIONS:
                close(index)
                levels[-1] = (_CONDITIONS[token.word], index + 1)
            elif token.word in _LISTS and after == "BY":
                close(index)
                levels[-1] = (_LISTS[token.word], index + 2)
            elif token.word == "SELECT" and after == "DISTINCT":
                close(index)
                levels[-1] = ("select", index + 2)
            elif token.word == "FROM" and tokens[index - 1].word == "DISTINCT":
                pass  # IS DISTINCT FROM
            elif (
                token.word in _ENDS
                or (token.word in _SIDES and after in _JOINING)
                or (token.word in _FRAMES and levels[-1] is not None and levels[-1][0] in ("order", "partition"))
            ):
                close(index)
    while levels:
        close(len(tokens))
        levels.pop()
    return found


def _inside(tokens: Sequence[Lexeme], pairs: Sequence[int | None], piece: Piece) -> Piece:
    """Without parentheses around the whole, and without MariaDB's ``trigcond(..)``."""
    first, last = piece.first, piece.last
    while last - first > 2:
        opened = first + (tokens[first].word == "TRIGCOND")
        if pairs[opened] != last - 1:
            break
        first, last = opened + 1, last - 1
    return Piece(first, last, piece.arm)


def _next(tokens: Sequence[Lexeme], pairs: Sequence[int | None], index: int, last: int) -> int:
    """The lexeme after this one, or after the pair or CASE that it opens."""
    partner = pairs[index]
    if partner is not None and partner > index:
        return partner + 1
    if tokens[index].word == "CASE" and tokens[index].kind == lexer.WORD:
        depth = 1
        while depth and (index := index + 1) < last:
            partner = pairs[index]
            if partner is not None and partner > index:
                index = partner
            elif tokens[index].kind == lexer.WORD:
                depth += {"CASE": 1, "END": -1}.get(tokens[index].word, 0)
    return index + 1


def _separators(
    tokens: Sequence[Lexeme], pairs: Sequence[int | None], piece: Piece, engine: EngineName, commas: bool
) -> tuple[list[int], list[int]]:
    """The ANDs of a piece, and its ORs."""
    mysql = dialect_of(engine) == "mysql"
    ands: list[int] = []
    ors: list[int] = []
    between = 0
    index = piece.first
    while index < piece.last:
        token = tokens[index]
        if token.kind == lexer.WORD and not (index and tokens[index - 1].kind == lexer.DOT):
            if token.word == "BETWEEN":
                between += 1
            elif token.word == "AND" and between:
                between -= 1
            elif token.word == "AND":
                ands.append(index)
            elif token.word in ("OR", "XOR"):
                ors.append(index)
        elif mysql and token.kind == lexer.OPERATOR and token.word in ("&&", "||"):
            (ands if token.word == "&&" else ors).append(index)
        elif commas and token.kind == lexer.COMMA:
            ands.append(index)
        index = _next(tokens, pairs, index, piece.last)
    return ands, ors


def _cut(piece: Piece, separators: list[int], arm: bool) -> list[Piece]:
    edges = [piece.first - 1, *separators, piece.last]
    return [Piece(one + 1, other, arm) for one, other in pairwise(edges)]
