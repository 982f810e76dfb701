"""The fast way to a shape key in Python: a cache from coarse templates to exact answers.

One regular expression splits the plainest literals (strings without escapes, whole numbers and decimals) out of a
text; what is left, with a mark for each literal, is its *template*. The first text of a template goes through
`normal` in full. If the places where `normal` found literals are exactly those of the split, the template is trusted:
another text with the same template differs in the contents of those literals only, and no content changes how the
text is cut, so shape and signs are the same. Every other text goes the long way each time. Nothing is guessed.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from zlib import crc32

from advisor.fingerprint import hashing
from advisor.fingerprint.normal import normal
from advisor.fingerprint.tag import is_tag
from advisor.model.engine import Dialect

#: Shape key, literals hash, value hashes, list length, place of the tag.
Answer = tuple[int, int, tuple[int, int, int, int], int, tuple[int, int] | None]

#: Bytes of templates kept. A busy application has some thousands, of some hundred bytes each.
CACHE_BYTES: Final = 32 << 20
#: With more literals than this, lists and rows are collapsed in the template; shorter ones just make more templates.
_FEW: Final = 4

_NUMBER: Final = (
    rb"(?<![A-Za-z0-9_$.@:\x80-\xff][0-9])[0-9]*+(?>(?:\.[0-9]++)?)(?>(?:[eE][+-]?[0-9]++)?)(?![A-Za-z0-9_.$\x80-\xff])"
)
_SPLIT: Final[dict[Dialect, re.Pattern[bytes]]] = {
    "postgresql": re.compile(rb"(['0-9](?:(?<=')(?>(?:[^']++|'')*)'|" + _NUMBER + rb"))"),
    "mysql": re.compile(
        rb"(['\"0-9](?:(?<=')(?>(?:[^'\\]++|''|\\.)*)'|(?<=\")(?>(?:[^\"\\]++|\"\"|\\.)*)\"|" + _NUMBER + rb"))",
        re.DOTALL,
    ),
    "sqlite": re.compile(rb"(['0-9](?:(?<=')(?>(?:[^']++|'')*)'|" + _NUMBER + rb"))"),
}
_STRING, _DIGITS = b"\1", b"\2"
_IN_LIST: Final = re.compile(rb"(\b[iI][nN] ?\([\1\2])((?>(?:, ?[\1\2])+))(?=\))")
_ROWS: Final = re.compile(rb"(\((?>(?:[^()]++|\([^()]*+\))*)\))((?>(?:, ?\1)+))")
_MINUS: Final = crc32(b"-")
_M: Final = (1 << 64) - 1
_K: Final = 0xD6E8FEB86659FD93


class Template(NamedTuple):
    """What all texts of a trusted template share."""

    key: int
    in_count: int
    plan: list[tuple[int, int]] | None
    """None: one value a literal, in order. Else (index of the literal, hash of its sign) or (-1, hash of a word)."""


class Coarse:
    """Keys statements of one dialect, and remembers their templates."""

    def __init__(self, dialect: Dialect, cache_bytes: int = CACHE_BYTES) -> None:
        self._dialect = dialect
        self._split = _SPLIT[dialect].split
        self._known: dict[bytes, Template | None] = {}
        self._escapes = dialect == "mysql"  # a backslash in a string is part of the string, whatever follows
        self._limit = cache_bytes
        self._size = 0

    def key(self, sql: bytes) -> Answer:
        """Key a statement."""
        tag = None
        text = sql
        if b"*/" in sql:
            start, end, tag = self._bare(sql)
            text = sql[start:end]
        if b"\1" in text or b"\2" in text or (b"\\" in text and not self._escapes):
            return self._exact(sql)
        parts = self._split(text)
        literals = parts[1::2]
        if b"" in parts[2:-1:2]:  # two literals touch
            return self._exact(sql)
        parts[1::2] = [_DIGITS if 48 <= literal[0] <= 57 else _STRING for literal in literals]
        template = b"".join(parts)
        if self._escapes and b"\\" in template:
            return self._exact(sql)
        longest = 0
        if len(literals) > _FEW:
            template, longest = _collapse(template)
        try:
            known = self._known[template]
        except KeyError:
            known = self._learn(template, text, literals, longest)
        if known is None:
            return self._exact(sql)
        hashes = [crc32(literal if 48 <= literal[0] <= 57 else literal[1:-1]) for literal in literals]
        number, in_count, plan = known
        firsts = hashes
        if plan is not None:
            signed = [crc32(_inner(literals[i]), before) if i >= 0 else before for i, before in plan]
            firsts = [value for value, (i, _) in zip(signed, plan, strict=True) if i >= 0]
            hashes = signed
        h = 0
        for value in hashes:
            h = ((h ^ (value or 1)) * _K) & _M
            h ^= h >> 32
        return number, h, hashing.first(firsts), in_count if in_count > longest else longest, tag

    def _exact(self, sql: bytes) -> Answer:
        done = normal(sql, self._dialect)
        key = hashing.shape_key(bytes(done.out))
        return key, hashing.combine(done.values), hashing.first(done.keys), done.in_count, done.tag

    def _bare(self, sql: bytes) -> tuple[int, int, tuple[int, int] | None]:
        """The text without a comment at its start and one at its end, and the tag in them.

        A comment with another opening in it is left where it is, and so is what may be executed. Whether the one at
        the end is a comment at all is for `_learn` to see: only if the rest is lexed to its last byte.
        """
        start, end = 0, len(sql)
        tag = None
        if sql.startswith(b"/*") and (close := sql.find(b"*/", 2)) > 0 and _plain(sql, 2, close):
            start = close + 2
            if is_tag(sql[2:close]):
                tag = 2, close
        if sql.endswith(b"*/"):
            opened = sql.rfind(b"/*", start)
            if opened >= 0 and sql.find(b"*/", opened + 2) == end - 2 and _plain(sql, opened + 2, end - 2):
                if is_tag(sql[opened + 2 : end - 2]):
                    tag = opened + 2, end - 2
                end = opened
        return start, end, tag

    def _learn(self, template: bytes, text: bytes, literals: list[bytes], longest: int) -> Template | None:
        """Make a template's answer from the first text that has it; None if it cannot be trusted."""
        known = self._judge(template, text, literals, longest)
        self._size += len(template) + 200
        if self._size > self._limit:
            self._known.clear()
            self._size = len(template) + 200
        self._known[template] = known
        return known

    def _judge(self, template: bytes, text: bytes, literals: list[bytes], longest: int) -> Template | None:
        done = normal(text, self._dialect)
        comments = (b"/*", b"--", b"#") if self._dialect == "mysql" else (b"/*", b"--")
        if done.tag is not None or any(mark in template for mark in comments):
            return None
        places = [place for place in done.places if place[0] >= 0]
        if len(done.places) != len(done.values) or places != _places(self._split(text)):
            return None
        plan = []
        number = 0
        for place, value in zip(done.places, done.values, strict=True):
            if place[0] < 0:
                plan.append((-1, value))
                continue
            before = next((c for c in (0, _MINUS) if crc32(_inner(literals[number]), c) == value), None)
            if before is None:
                return None
            plan.append((number, before))
            number += 1
        simple = all(before == 0 for _, before in plan)
        in_count = done.in_count
        if longest:
            # Collapsing is right if the collapsed text has the same shape and nothing but one length varies with it.
            short = normal(template.replace(_STRING, b"''").replace(_DIGITS, b"0"), self._dialect)
            if not simple or short.out != done.out or short.in_count != 1:
                return None
            in_count = 1
        return Template(hashing.shape_key(bytes(done.out)), in_count, None if simple else plan)


def _plain(sql: bytes, start: int, end: int) -> bool:
    return sql[start : start + 1] not in (b"!", b"M") and sql.find(b"/*", start - 1, end + 1) < 0


def _inner(literal: bytes) -> bytes:
    return literal if 48 <= literal[0] <= 57 else literal[1:-1]


def _places(parts: list[bytes]) -> list[tuple[int, int]]:
    """Where the literals of a split text stand, as in Normal.places."""
    places = []
    pos = 0
    for index, part in enumerate(parts):
        if index % 2:
            places.append((pos, pos + len(part)))
        pos += len(part)
    return places


def _collapse(template: bytes) -> tuple[bytes, int]:
    """The template with IN lists and repeated rows at length one, and how long the longest was."""
    longest = 0

    def shorten(found: re.Match[bytes]) -> bytes:
        nonlocal longest
        first, rest = found.groups()
        longest = max(longest, 1 + rest.count(b"," if found.re is _IN_LIST else first))
        return first

    template = _IN_LIST.sub(shorten, template)
    return _ROWS.sub(shorten, template), longest
