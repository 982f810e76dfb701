"""Cutting SQL text into statements as the clients do: psql, mysql, sqlite3."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from advisor.model.engine import Dialect
from advisor.sources.unpack import Readable

_CHUNK = 1 << 20
#: No command to a client is longer than this.
_LINE = 64 << 10
#: How often to look for the next statement behind one that never ends.
_TRIES = 100
_LETTER = rb"A-Za-z0-9_$\x80-\xff"
_PLAIN = rb"'(?>(?:[^']++|'')*)'"
_ESCAPED = rb"'(?>(?:[^'\\]++|\\.|'')*)'"
_WORDS = rb"|(?<![" + _LETTER + rb"@.])(?:begin|case|end)(?![" + _LETTER + rb"])"
#: What a terminator may hide in, as a whole; then the single characters that matter outside of those.
_TOKENS: dict[Dialect, bytes] = {
    "postgresql": rb"(?<!["
    + _LETTER
    + rb"])[eE]"
    + _ESCAPED
    + rb"|(?<!["
    + _LETTER
    + rb"])[eE]'|"
    + _PLAIN
    + rb'|"(?>(?:[^"]++|"")*)"|(?<!['
    + _LETTER
    + rb"])\$(?:[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*+)?\$"
    + rb"|--[^\n]*+|/\*|['\"\\()]",
    "mysql": _ESCAPED
    + rb'|"(?>(?:[^"\\]++|\\.|"")*)"|`(?>(?:[^`]++|``)*)`|--(?=\s|\Z)[^\n]*+|\#[^\n]*+|/\*|'
    + rb"['\"`\\]",
    "sqlite": _PLAIN + rb'|"(?>(?:[^"]++|"")*)"|`(?>(?:[^`]++|``)*)`|\[[^\]]*+\]|--[^\n]*+|/\*|' + rb"['\"`\[]",
}
_TOKENS_COMPILED: dict[Dialect, re.Pattern[bytes]] = {
    dialect: re.compile(tokens, re.DOTALL) for dialect, tokens in _TOKENS.items()
}
#: What MySQL and MariaDB run although it looks like a comment.
_CODE = re.compile(rb"/\*M?!\d*+")
_GAP: dict[Dialect, re.Pattern[bytes]] = {
    "postgresql": re.compile(rb"(?>(?:\s++|--[^\n]*+)*)"),
    "mysql": re.compile(rb"(?>(?:\s++|--(?=\s|\Z)[^\n]*+|#[^\n]*+)*)"),
    "sqlite": re.compile(rb"(?>(?:\s++|--[^\n]*+)*)"),
}
_BLANK_LINE_END = re.compile(rb"[ \t\r]*+(?:\n|\Z)")
#: Statements with semicolons of their own inside: bodies from BEGIN to END.
_ROUTINE = re.compile(
    rb"\s*+create\s++(?:or\s++replace\s++)?(?:definer\s*+=\s*+\S++\s++|temp\s++|temporary\s++|constraint\s++)?"
    rb"(?:aggregate\s++)?(function|procedure|trigger|event)\b",
    re.IGNORECASE,
)
_RULE = re.compile(rb"\s*+create\s++(?:or\s++replace\s++)?rule\b", re.IGNORECASE)
_COMMENT = re.compile(rb"/\*|\*/")
_COMMENT_START = re.compile(r"--|/\*(?!M?!)")
_ATOMIC = re.compile(rb"\s++atomic\b", re.IGNORECASE)
_COPY = re.compile(rb"\s*+copy\b.*\bfrom\s++(?:program\s)?stdin\b", re.IGNORECASE | re.DOTALL)
_DELIMITER = re.compile(rb"delimiter[ \t]++(\S++)", re.IGNORECASE)
_CONNECT = re.compile(rb"\\(?:c|connect)\s++(?:-\S+\s++)?[\"']?([\w$-]++)")
_USE = re.compile(rb"use\s++`?([\w$-]++)`?\s*+\Z", re.IGNORECASE)
#: A quote character by itself is one that is not closed in the text at hand.
_OPEN = {b"'": "single", b'"': "double", b"`": "back", b"[": "bracket", b"e'": "single", b"E'": "single"}
_NOT_ENDED = re.compile(rb"\s++(if|loop|while|repeat|case)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, without its terminator and without the comments on lines before it."""

    text: str
    offset: int
    line: int
    database: str | None
    raw: bytes
    """As it stands in the stream."""


class _UnfinishedError(Exception):
    """The text at hand ends within a statement; ``within`` names what is open, if anything is."""

    def __init__(self, within: str = "") -> None:
        self.within = within


class Split:
    """Iterate over it for the statements of a stream. Memory is bounded by the longest statement allowed."""

    def __init__(
        self,
        stream: Readable,
        dialect: Dialect,
        *,
        max_bytes: int = 32 << 20,
        chunk: int = _CHUNK,
        passed: Callable[[str, int, int], None] | None = None,
    ) -> None:
        """``passed`` is told of each part that is no statement and no comment: what it is (``command``, ``use``,
        ``copied``, ``unreadable``), and from which byte of the stream to which."""
        self._stream = stream
        self._passed = passed
        self._data = b""
        self._at = 0
        self._before = 0  # bytes of the stream before self._data
        self._dialect: Dialect = dialect
        self._max = max_bytes
        self._chunk = chunk
        self._terminator = b";"
        self._plain, self._routine = self._compiled()
        self._database: str | None = None
        self._ended = False
        self._last = b"\n"
        self._given_up = 0
        self.lines = 0
        """Lines passed so far; at the end: lines of the stream."""
        self.copied = 0
        """Lines of COPY data."""
        self.commands = 0
        """Commands to the client."""
        self.unreadable: list[tuple[int, int, str]] = []
        """(line, number of lines, reason)."""

    def __iter__(self) -> Iterator[Statement]:
        self._more()
        while self._begin():
            start = self._at
            try:
                end, resume = self._scan(start)
            except _UnfinishedError as unfinished:
                if len(self._data) - start > self._max:
                    self._give_up(f"a statement longer than {self._max:,} bytes")
                    continue
                if self._more():
                    continue
                if unfinished.within:
                    self._give_up(f"{unfinished.within} is never closed")
                    continue
                start, end, resume = self._at, len(self._data), len(self._data)
            raw = self._data[start:end].rstrip()
            line = self.lines + 1
            self._pass(resume)
            use = _USE.match(raw) if self._dialect == "mysql" else None
            if use:
                self._database = use[1].decode("utf-8", "replace")
                self.commands += 1
                self._tell("use", start, end)
            elif raw:
                yield Statement(raw.decode("utf-8", "replace"), self._before + start, line, self._database, raw)
                if self._dialect == "postgresql" and _COPY.match(raw):
                    self._pass_copy()
        self.lines += self._last != b"\n"

    def _compiled(self) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
        """The token patterns without and with the words that open and close the body of a routine."""
        tokens = re.escape(self._terminator) + rb"|" + _TOKENS[self._dialect]
        flags = re.DOTALL | re.IGNORECASE
        return re.compile(tokens, flags), re.compile(tokens + _WORDS, flags)

    def _more(self) -> bool:
        """Read on; False at the end. What is kept doubles at most, so that starting over stays linear."""
        size = max(self._chunk, len(self._data) - self._at)
        parts = []
        while size > 0 and (part := self._stream.read(size)):
            parts.append(part)
            size -= len(part)
        if not parts:
            self._ended = True
            return False
        self._last = parts[-1][-1:]
        self._before += self._at
        self._data = self._data[self._at :] + b"".join(parts)
        self._at = 0
        return True

    def _tell(self, what: str, start: int, end: int) -> None:
        """Of a part that is passed over, by places in the text at hand."""
        if self._passed is not None:
            self._passed(what, self._before + start, self._before + end)

    def _pass(self, to: int) -> None:
        """Leave behind what stands before ``to``."""
        self.lines += self._data.count(b"\n", self._at, to)
        self._at = to

    def _begin(self) -> bool:
        """Go to where the next statement starts, passing blanks, comments and commands to the client."""
        while True:
            match = _GAP[self._dialect].match(self._data, self._at)
            assert match is not None
            if match.end() == len(self._data) and not self._ended:
                # A comment may go on in what follows; whole lines of the gap can go.
                self._pass(max(self._at, self._data.rfind(b"\n", self._at) + 1))
                if len(self._data) - self._at <= self._max:
                    self._more()
                    continue
            self._pass(match.end())
            # Enough must be at hand to see a whole word and, for a command, a whole line.
            left = len(self._data) - self._at
            if (left < 16 or (left < _LINE and self._data.find(b"\n", self._at) < 0)) and self._more():
                continue
            if self._at == len(self._data):
                return False
            if self._command():
                self.commands += 1
                end = self._data.find(b"\n", self._at) + 1 or len(self._data)
                self._tell("command", self._at, end)
                self._pass(end)
                continue
            end = self._comment_alone()
            if end < 0:
                return True
            self._pass(end)

    def _command(self) -> bool:
        """Whether a line for the client stands here; takes note of the database or terminator that it sets."""
        data, at = self._data, self._at
        if self._dialect == "postgresql":
            if connect := _CONNECT.match(data, at):
                self._database = connect[1].decode("utf-8", "replace")
            return data.startswith(b"\\", at)
        if self._dialect == "sqlite":
            return data.startswith(b".", at)
        if delimiter := _DELIMITER.match(data, at):
            self._terminator = delimiter[1]
            self._plain, self._routine = self._compiled()
            return True
        return False

    def _comment_alone(self) -> int:
        """Where the comment that starts here ends, if it has its lines for itself and is no hint or code; else -1."""
        while True:
            data, at = self._data, self._at
            if not data.startswith(b"/*", at) or data.startswith((b"/*!", b"/*+", b"/*M!"), at):
                return -1
            try:
                end = self._comment_end(at)
            except _UnfinishedError:
                if len(data) - at <= self._max and self._more():
                    continue
                return -1
            if data.find(b"\n", end) < 0 and len(data) - end < _LINE and self._more():
                continue
            line_end = _BLANK_LINE_END.match(data, end)
            return line_end.end() if line_end else -1

    def _scan(self, at: int) -> tuple[int, int]:
        """Where the statement ends and where to go on. Raises _UnfinishedError."""
        data = self._data
        routine = self._terminator == b";" and _ROUTINE.match(data, at)
        rule = self._dialect == "postgresql" and _RULE.match(data, at)
        tokens = self._routine if routine else self._plain
        depth = 0
        while match := tokens.search(data, at):
            at, token = match.end(), match[0]
            first = token[:1]
            if token == self._terminator:
                if depth <= 0:
                    return match.start(), at
            elif token in _OPEN:
                raise _UnfinishedError(f"a {_OPEN[token]} quote")
            elif token == b"/*":
                at = self._comment_end(match.start())
            elif first == b"$":
                at = data.find(token, at) + len(token)
                if at < len(token):
                    raise _UnfinishedError("a dollar quote")
            elif token == b"\\":
                ends = self._client_end(match.start())
                if ends is not None:
                    return ends
            elif token == b"(":
                depth += bool(rule)
            elif token == b")":
                depth -= bool(rule)
            elif first.isalpha() and token.isalpha():
                at, depth = self._body(token.lower(), at, depth)
        raise _UnfinishedError

    def _body(self, word: bytes, at: int, depth: int) -> tuple[int, int]:
        """Depth after BEGIN, CASE or END in the body of a routine."""
        if word == b"begin" and self._dialect == "postgresql" and not _ATOMIC.match(self._data, at):
            return at, depth
        if word != b"end":
            # PostgreSQL has CASE expressions outside of bodies as well: they matter inside only
            return at, depth + (word == b"begin" or depth > 0)
        after = _NOT_ENDED.match(self._data, at)
        if after and after[1].lower() == b"case":
            return after.end(), depth - 1
        return at, depth - (not after and depth > 0)

    def _client_end(self, at: int) -> tuple[int, int] | None:
        """What a backslash outside of quotes does: psql's commands and mysql's \\G end the statement."""
        data = self._data
        if self._dialect == "mysql":
            return (at, at + 2) if data[at + 1 : at + 2] in (b"g", b"G") else None
        if data[at + 1 : at + 2] in (b";", b":"):  # both go to the server: psql only does not send yet
            return (at, at + 2) if data[at + 1 : at + 2] == b";" else None
        end = data.find(b"\n", at)
        if end < 0 and not self._ended:
            raise _UnfinishedError
        self.commands += 1
        self._tell("command", at, end + 1 or len(data))
        return at, end + 1 or len(data)

    def _comment_end(self, at: int) -> int:
        """Where the block comment that starts here ends; PostgreSQL's nest."""
        data, depth = self._data, 0
        for match in _COMMENT.finditer(data, at):
            if match[0] == b"*/":
                depth -= 1
            elif self._dialect == "postgresql" or not depth:
                depth += 1
            if depth == 0:
                return match.end()
        raise _UnfinishedError("a comment")

    def _pass_copy(self) -> None:
        """Leave the data of a COPY behind, up to the line with a backslash and a dot."""
        end = self._data.find(b"\n", self._at) + 1 or len(self._data)
        self._pass(end)
        while True:
            end = self._data.find(b"\n", self._at) + 1
            if not end:
                if len(self._data) - self._at <= self._max and self._more():
                    continue
                end = len(self._data)
            if end == self._at:
                return
            last = self._data[self._at : end].rstrip() == b"\\."
            self._tell("copied", self._at, end)
            self._pass(end)
            if last:
                return
            self.copied += 1

    def _give_up(self, reason: str) -> None:
        """Count a statement as unreadable up to the first line that ends like one, and try again behind it."""
        first = self.lines + 1
        self._given_up += 1
        # Each try may look through all that is at hand, so there is a last one.
        end = self._data.find(self._terminator + b"\n", self._at) if self._given_up < _TRIES else -1
        to = end + len(self._terminator) + 1 if end >= 0 else len(self._data)
        part = not self._data.endswith(b"\n", self._at, to)
        self._tell("unreadable", self._at, to)
        self._pass(to)
        self.unreadable.append((first, self.lines + 1 - first + part, reason))


def comments(data: bytes, dialect: Dialect, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """From where to where each comment goes. MySQL's ``/*! code */`` is none, nor is what stands in quotes."""
    return ((at, to) for what, at, to in enclosed(data, dialect, start, end) if what == "comment")


def enclosed(data: bytes, dialect: Dialect, start: int = 0, end: int | None = None) -> Iterator[tuple[str, int, int]]:
    """(what, from, to) of all that is no bare SQL: ``comment``, ``string``, ``name`` in quotes, ``body`` in dollars."""
    at, end = start, len(data) if end is None else end
    tokens = _TOKENS_COMPILED[dialect]
    while match := tokens.search(data, at, end):
        at, token = match.end(), match[0]
        first = token[:1]
        if token.startswith((b"--", b"#")):
            yield "comment", match.start(), at
        elif token == b"/*":
            if dialect == "mysql" and (code := _CODE.match(data, match.start(), end)):
                at = code.end()
                continue
            at = _closed(data, match.start(), end, nested=dialect == "postgresql")
            yield "comment", match.start(), at
        elif first == b"$":
            close = data.find(token, at, end)
            at = end if close < 0 else close + len(token)
            yield "body", match.start(), at
        elif len(token) > 1:
            name = first in b"`[" or (first == b'"' and dialect != "mysql")
            yield "name" if name else "string", match.start(), at


def _closed(data: bytes, at: int, end: int, *, nested: bool) -> int:
    """Where the block comment that starts here ends: at the end of the text, if nothing closes it."""
    depth = 0
    for match in _COMMENT.finditer(data, at, end):
        if match[0] == b"*/":
            depth -= 1
        elif nested or not depth:
            depth += 1
        if depth == 0:
            return match.end()
    return end


def comment_free(text: str) -> str:
    """The text without comments, roughly: quotes are not looked at. Linear, whatever the text."""
    parts: list[str] = []
    at = 0
    while match := _COMMENT_START.search(text, at):
        parts.append(text[at : match.start()])
        end = text.find("\n" if match[0] == "--" else "*/", match.end())
        if end < 0:
            return "".join(parts)
        at = end if match[0] == "--" else end + 2
    return "".join([*parts, text[at:]])
