"""Walks over the tokens of one statement: what every part of the DDL parser shares."""

from __future__ import annotations

import re
from itertools import pairwise

from advisor.catalog.ddl.lexer import Statement, Token
from advisor.catalog.ddl.operations import Name
from advisor.model.engine import Dialect

_BLANKS = re.compile(r"\s+")
_END = Token("end", "", 0, 0)


class Unexpected(Exception):  # noqa: N818 - it is what was met, and becomes an Unread, not an error
    """The statement has a form that the parser does not know."""


class Cursor:
    """A position in a statement."""

    def __init__(self, statement: Statement, dialect: Dialect) -> None:
        self.tokens = statement.tokens
        self.text = statement.text
        self.dialect = dialect
        self.at = 0

    @property
    def token(self) -> Token:
        """The next token; one of kind ``end`` past the last."""
        return self.tokens[self.at] if self.at < len(self.tokens) else _END

    @property
    def done(self) -> bool:
        """True past the last token."""
        return self.at >= len(self.tokens)

    def ahead(self, offset: int) -> Token:
        """A token further on."""
        position = self.at + offset
        return self.tokens[position] if position < len(self.tokens) else _END

    def sees(self, *words: str) -> bool:
        """True when the next tokens are these keywords or operators."""
        return all(self.ahead(i).upper == word for i, word in enumerate(words))

    def accept(self, *words: str) -> bool:
        """Steps over these keywords when they come next."""
        if not self.sees(*words):
            return False
        self.at += len(words)
        return True

    def accept_any(self, *words: str) -> str | None:
        """Steps over one of these keywords, and says which."""
        word = self.token.upper
        if word and word in words:
            self.at += 1
            return word
        return None

    def expect(self, *words: str) -> None:
        """Steps over these keywords or refuses the statement."""
        if not self.accept(*words):
            raise Unexpected(f"expected {' '.join(words)} before {self.token.text[:40]!r}")

    def next(self) -> Token:
        """Steps over any token."""
        token = self.token
        if token is _END:
            raise Unexpected("the statement ends too early")
        self.at += 1
        return token

    def fold(self, token: Token) -> str:
        """An identifier as the engine stores it."""
        return token.folded if self.dialect == "postgresql" else token.text

    def identifier(self) -> str:
        """One identifier. MySQL and SQLite take string quotes for names in places; so do we."""
        token = self.token
        if token.kind in ("word", "quoted") or (token.kind == "string" and self.dialect != "postgresql"):
            self.at += 1
            return self.fold(token)
        raise Unexpected(f"expected a name before {token.text[:40]!r}")

    def name(self) -> Name:
        """A possibly qualified name; of three parts (catalog.schema.name) the last two count."""
        parts = [self.identifier()]
        while self.sees("."):
            self.at += 1
            parts.append(self.identifier())
        return Name(parts[-1], parts[-2] if len(parts) > 1 else None)

    def names(self) -> tuple[str, ...]:
        """A parenthesised list of identifiers."""
        self.expect("(")
        found = [self.identifier()]
        while self.accept(","):
            found.append(self.identifier())
        self.expect(")")
        return tuple(found)

    def source(self, start: int, stop: int) -> str:
        """The text of tokens start..stop (exclusive), blanks between them folded to one."""
        if start >= stop:
            return ""
        tokens = self.tokens[start:stop]
        parts = [self.text[tokens[0].start : tokens[0].end]]
        for before, token in pairwise(tokens):
            if token.start > before.end:
                parts.append(" ")
            parts.append(self.text[token.start : token.end])
        return "".join(parts)

    def parenthesised(self) -> str:
        """The text inside a balanced pair of parentheses, which is stepped over."""
        self.expect("(")
        start, depth = self.at, 1
        while True:
            token = self.next()
            if token.kind == "op":
                if token.text == "(":
                    depth += 1
                elif token.text == ")":
                    depth -= 1
                    if not depth:
                        return self.source(start, self.at - 1)

    def skip_parenthesised(self) -> None:
        """Steps over a balanced pair of parentheses if one comes next."""
        if self.sees("("):
            self.parenthesised()

    def until(self, *stops: str) -> str:
        """The text up to one of these words or operators outside parentheses, or the end; it stops before the stop."""
        start, depth = self.at, 0
        while not self.done:
            token = self.token
            if token.kind == "op" and token.text in ("(", "["):
                depth += 1
            elif token.kind == "op" and token.text in (")", "]"):
                if not depth:
                    break
                depth -= 1
            elif not depth and token.upper and token.upper in stops:
                break
            self.at += 1
        return self.source(start, self.at)

    def rest(self) -> str:
        """The text to the end of the statement."""
        start, self.at = self.at, len(self.tokens)
        return self.source(start, self.at)


def folded(text: str) -> str:
    """Blanks folded to one."""
    return _BLANKS.sub(" ", text).strip()
