"""The printed conditions of MySQL 5.7 to 9 and MariaDB (Item::print of either)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor.fingerprint import lexer
from advisor.model.engine import EngineName
from advisor.plans.links.lexemes import Lexeme, lexemes, unnumbered
from advisor.plans.links.pieces import items, partners

#: Wrappers that evaluate their argument, once or on some condition, and nothing else.
_TRANSPARENT = frozenset(
    {
        "CACHE",
        "EXISTS",
        "NOP",
        "IS_NOT_NULL_TEST",
        "REF_NULL_HELPER",
        "SJ",
        "MATERIALIZE",
        "TEMPORARY_TABLE",
        "MAX",
        "MIN",
    }
)
_NUMBERED = re.compile(r"(?:subquery|select\s*+)_?(\d+)\Z", re.IGNORECASE)
_TRIGGERED = frozenset({"TRIGCOND", "TRIGCOND_IF"})


def as_sql(text: str, engine: EngineName) -> str:
    """The text with what only EXPLAIN prints put into SQL."""
    text = unnumbered(text)
    tokens = lexemes(text, engine)
    return _Writer(text, tokens, partners(tokens)).write(0, len(tokens), 0).strip()


class _Writer:
    def __init__(self, text: str, tokens: Sequence[Lexeme], pairs: Sequence[int | None]) -> None:
        self.text = text
        self.tokens = tokens
        self.pairs = pairs

    def write(self, first: int, last: int, depth: int) -> str:
        """Lexemes [first, last)."""
        out: list[str] = []
        index = first
        position = self.tokens[first].start if first < last else 0
        while index < last:
            token = self.tokens[index]
            out.append(" " if token.start > position else "")
            written, upto = self._one(index, last, depth) if depth < 200 else (None, index)
            if written is None:
                written, upto = self.text[token.start : token.end], index + 1
            out.append(written)
            position = self.tokens[upto - 1].end
            index = upto
        return "".join(out)

    def _one(self, index: int, last: int, depth: int) -> tuple[str | None, int]:
        token = self.tokens[index]
        if token.kind == lexer.OPERATOR and token.word == "<":
            return self._angled(index, last, depth)
        if token.kind == lexer.LPAREN:
            end = self.pairs[index]
            if end is not None and end - index <= 3:
                found = _NUMBERED.match(self.text[self.tokens[index + 1].start : self.tokens[end - 1].end])
                if found is not None:
                    return f"(SELECT 'subquery {found.group(1)}')", end + 1
        elif token.kind == lexer.WORD:
            following = self.tokens[index + 1] if index + 1 < last else None
            if token.word in _TRIGGERED and following is not None and following.kind == lexer.LPAREN:
                return "", index + 1
            if token.word == "MULTIPLE" and following is not None and following.word == "EQUAL":
                return self._multiple(index, depth)
            if token.word == "MATCH" and following is not None and following.kind != lexer.LPAREN:
                return self._match(index, last, depth)
        return None, index

    def _angled(self, index: int, last: int, depth: int) -> tuple[str | None, int]:
        """``<cache>(x)`` and its like."""
        if index + 3 >= last or self.tokens[index + 1].kind != lexer.WORD or self.tokens[index + 2].word != ">":
            return None, index
        word, opened = self.tokens[index + 1].word, index + 3
        if word == "EXPR_CACHE" and self.tokens[opened].word == "<":  # <expr_cache><t.a,t.b>((subquery#2))
            while opened < last and self.tokens[opened].kind != lexer.LPAREN:
                opened += 1
        end = self.pairs[opened] if opened < last else None
        if end is None or self.tokens[opened].kind != lexer.LPAREN:
            return None, index
        arguments = items(self.tokens, self.pairs, opened + 1, end)
        if word == "IN_OPTIMIZER" and len(arguments) >= 2:
            tested = self.write(arguments[0].first, arguments[0].last, depth + 1)
            return f"({tested} IN (SELECT '{self._subquery(arguments[1].first, end)}'))", end + 1
        if word == "IF" and len(arguments) == 3:
            return f"({self.write(arguments[1].first, arguments[1].last, depth + 1)})", end + 1
        if word in ("PRIMARY_INDEX_LOOKUP", "INDEX_LOOKUP") and arguments:
            return f"(SELECT '{self._subquery(opened, end)}')", end + 1
        if word in _TRANSPARENT or word == "EXPR_CACHE":
            return f"({self.write(opened + 1, end, depth + 1)})", end + 1
        return None, index

    def _subquery(self, first: int, last: int) -> str:
        """The name of the first subquery among the lexemes."""
        for token in self.tokens[first:last]:
            if token.kind == lexer.WORD and (found := _NUMBERED.match(self.text[token.start : token.end])):
                return f"subquery {found.group(1)}"
        return "subquery"

    def _multiple(self, index: int, depth: int) -> tuple[str | None, int]:
        """``multiple equal(5, a, b)``."""
        opened = index + 2
        end = self.pairs[opened] if opened < len(self.tokens) else None
        if end is None or end < opened:
            return None, index
        members = [
            self.write(piece.first, piece.last, depth + 1) for piece in items(self.tokens, self.pairs, opened + 1, end)
        ]
        if len(members) < 2:
            return None, index
        return "(" + " AND ".join(f"{members[0]} = {other}" for other in members[1:]) + ")", end + 1

    def _match(self, index: int, last: int, depth: int) -> tuple[str | None, int]:
        """``match a,b against (..)`` has lost its parentheses."""
        for against in range(index + 1, last):
            if self.tokens[against].word == "AGAINST":
                return f"MATCH({self.write(index + 1, against, depth + 1)}) ", against
        return None, index
