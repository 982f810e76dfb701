"""`log_line_prefix`: what stands before `LOG:  ` on a line of a stderr log.

A template is read from the setting (`PrefixTemplate.parse`) or learned from the log (`inference.infer`), and compiled
twice with one meaning: to a pattern for Python and to a small program for the compiled kernel. Every piece of both
is either *fixed* (takes what it takes, never tries again) or *lazy* (takes as little as lets the rest match). With few
lazy pieces, each bounded by the 63 bytes of a name, no line can make matching slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from advisor.sources.postgresql.severity import PRIMARY, SECONDARY

#: Longest text of a name. The server cuts names at 63 bytes.
NAME_BYTES = 64
_COMMAND_BYTES = 40
_REMOTE_BYTES = 255
#: Longest prefix that is looked at when a line fails every template.
PREFIX_BYTES = 400
LETTERS = "abcdehilLmnpPqQrstuvx"
#: Fields by number, as the kernel reports them. `?` is text of unknown meaning, `z` the zone behind a time, `T` a time
#: without a zone, `I` an ISO 8601 stamp (of a log collector), `#` a number of unknown meaning.
FIELDS = "?#abcdehilLmnpPQrstuvxzTI"


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of a template: literal text (``letter`` empty) or an escape with its padding."""

    letter: str
    text: bytes = b""
    width: int = 0


# What an op does; `_frame.pyx` has the same numbers.
LITERAL, TIME, ZONE, EPOCH, DIGITS, SESSION, VXID, STATE, REMOTE, LAZY, QUIT, ISO = range(12)
ANY, NO_SPACE, NUMERIC, LETTERS_ONLY = range(4)
_CLASS = {ANY: rb"[^\n]", NO_SPACE: rb"[^\s]", NUMERIC: rb"[-0-9 ]", LETTERS_ONLY: rb"[A-Za-z ()]"}
#: From here on a class is any byte but two: BUT + first + 256 * second.
BUT = 256


@dataclass(frozen=True, slots=True)
class Op:
    """A step of a compiled template."""

    kind: int
    field: str = "?"
    text: bytes = b""
    low: int = 0
    high: int = 0
    of: int = ANY


def _ops(item: Item) -> list[Op]:
    letter, width = item.letter, abs(item.width)
    if not letter:
        return [Op(LITERAL, text=item.text)]
    if letter == "q":
        return [Op(QUIT)]
    if letter in "mts":
        ops = [Op(TIME, letter), Op(LITERAL, text=b" "), Op(ZONE, "z" if letter != "s" else "?")]
        return [*ops, Op(LAZY, "?", low=0, high=width)] if width else ops
    if letter == "T":
        return [Op(TIME, "T")]
    if letter == "I":
        return [Op(ISO, "I")]
    if width and letter in "plxQPn#":
        return [Op(LAZY, letter, low=width, high=max(width, 24), of=NUMERIC)]
    if width and letter != "n":
        return [Op(LAZY, letter, low=width, high=max(width, NAME_BYTES))]
    if letter == "n":
        return [Op(EPOCH, letter)]
    if letter in "plx#":
        return [Op(DIGITS, letter, low=1)]
    if letter in "PQ":
        return [Op(DIGITS, letter, low=0)]
    if letter == "c":
        return [Op(SESSION, letter)]
    if letter == "v":
        return [Op(VXID, letter)]
    if letter == "e":
        return [Op(STATE, letter)]
    if letter == "r":
        return [Op(REMOTE, letter, high=_REMOTE_BYTES)]
    if letter in "hL":
        return [Op(LAZY, letter, high=_REMOTE_BYTES, of=NO_SPACE)]
    if letter in "ib":
        return [Op(LAZY, letter, high=_COMMAND_BYTES, of=LETTERS_ONLY)]
    return [Op(LAZY, letter, high=NAME_BYTES)]


def _narrowed(ops: list[Op]) -> list[Op]:
    """Names end at the delimiter that follows them: with two names that could take anything, matching would be slow.

    In `%u@%d ` the user may have an @ of its own (IAM and Azure logins do), the database not.
    """
    out = list(ops)
    for at, op in enumerate(ops[:-1]):
        if op.kind != LAZY or op.field not in "ud?" or op.of != ANY or op.low or ops[at + 1].kind != LITERAL:
            continue
        stop = other = ops[at + 1].text[0]
        if op.field == "d" and at >= 2 and ops[at - 1].text == b"@" and ops[at - 2].field == "u":
            other = ord("@")
            out[at - 2] = replace(ops[at - 2], of=BUT + stop + 256 * stop)
        out[at] = replace(op, of=BUT + stop + 256 * other)
    return out


def _class(of: int) -> bytes:
    if of < BUT:
        return _CLASS[of]
    return rb"[^\n" + re.escape(bytes({(of - BUT) & 255, (of - BUT) >> 8})) + rb"]"


_SOURCES = {
    TIME: rb"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?>(?:\.\d{1,6}+)?))",
    ISO: rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?>(?:\.\d{1,9}+)?)(?>(?:Z|[+-]\d\d:?\d\d)?))",
    ZONE: rb"([A-Za-z]{1,8}?|[+-]\d\d(?>(?:\d\d){0,2}))",
    EPOCH: rb"(\d{10}\.\d{3})",
    SESSION: rb"([0-9a-f]{1,16}+\.[0-9a-f]{1,8}+)",
    VXID: rb"((?>(?:-?\d{1,10}+/\d{1,20}+)?))",
    STATE: rb"([0-9A-Z]{5})",
}


def _source(op: Op) -> bytes:
    if op.kind == LITERAL:
        return re.escape(op.text)
    if op.kind == DIGITS:
        return rb"(-?+\d{%d,20}+)" % op.low
    if op.kind == REMOTE:
        return rb"((?>[^\s()]{0,%d}+\(\d{1,5}+\)|\[local\])|[^\s]{0,%d}?)" % (op.high, op.high)
    if op.kind == LAZY:
        return rb"(%s{%d,%d}?)" % (_class(op.of), op.low, op.high)
    return _SOURCES[op.kind]


@dataclass(frozen=True)
class PrefixTemplate:
    """A `log_line_prefix`, taken apart."""

    items: tuple[Item, ...]

    @classmethod
    def parse(cls, text: str) -> PrefixTemplate:
        """Read the setting as the server does: unknown escapes and a lone ``%`` print nothing."""
        items: list[Item] = []
        literal = bytearray()
        for part in re.finditer(r"%(-?\d*)(.)|%$|([^%]+)", text, re.DOTALL):
            if part[3] is not None:
                literal += part[3].encode()
            elif part[2] == "%":
                literal += b"%"
            elif part[2] and part[2] in LETTERS:
                if literal:
                    items.append(Item("", bytes(literal)))
                    literal.clear()
                items.append(Item(part[2], width=int(part[1]) if part[1] not in ("", "-") else 0))
        if literal:
            items.append(Item("", bytes(literal)))
        return cls(tuple(items))

    @cached_property
    def text(self) -> str:
        """The template as a setting. Pieces of unknown meaning print as `%?`."""
        return "".join(
            f"%{item.width or ''}{item.letter}"
            if item.letter
            else item.text.decode("utf-8", "replace").replace("%", "%%")
            for item in self.items
        )

    @cached_property
    def ops(self) -> tuple[Op, ...]:
        """The steps that match a prefix, in order."""
        return tuple(_narrowed([op for item in self.items for op in _ops(item)]))

    @cached_property
    def letters(self) -> frozenset[str]:
        """The fields it has."""
        return frozenset(item.letter for item in self.items if item.letter)

    @property
    def looseness(self) -> int:
        """How many pieces take any text: a template with fewer is tried first, because it cannot match by accident."""
        return sum(op.kind in (LAZY, REMOTE) for op in self.ops)

    @property
    def identifies(self) -> bool:
        """Whether its lines carry a time or a process: enough to call a line a record of the server."""
        return bool(self.letters & set("mtnpcTI"))

    def source(self) -> tuple[bytes, list[str]]:
        """The pattern of the prefix, and the field of each of its groups."""
        source, fields, quits = b"", [], 0
        for op in self.ops:
            if op.kind == QUIT:
                source += b"(?:"
                quits += 1
                continue
            source += _source(op)
            if op.kind != LITERAL:
                fields.append(op.field)
        return source + b")??" * quits, fields


_COMMON = (b"LOG", b"DETAIL", b"STATEMENT", b"ERROR", b"CONTEXT", b"HINT")


def _alternatives(words: Iterable[bytes]) -> bytes:
    rest = sorted(set(words) - set(_COMMON), key=lambda word: (-len(word), word))
    return b"|".join(re.escape(word) for word in (*_COMMON, *rest))


_COLON = rb"(?>(?:\xc2\xa0|\x20)?):  "
#: The severity or label with `:  ` behind it. French catalogs put a space before the colon.
WORDS = rb"(" + _alternatives({*PRIMARY, *SECONDARY}) + rb")" + _COLON
#: The same on a line of unknown prefix: the prefix ends at the first such word.
ANY_HEAD = re.compile(rb"^(?!\t)([^\n]{0,%d}?)(?<![a-z_])" % PREFIX_BYTES + WORDS, re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Head:
    """What a matched line begins with."""

    fields: dict[str, bytes]
    word: bytes
    """Severity or label as printed."""
    end: int
    """Where the message begins."""


class Prefix:
    """Several templates of one log as one pattern. The more specific are tried first."""

    def __init__(self, templates: Sequence[PrefixTemplate], words: Iterable[bytes] | None = None) -> None:
        """``words``: the only severities and labels to look for, which makes a pattern cheaper to build."""
        self.templates = tuple(sorted(dict.fromkeys(templates), key=lambda t: (t.looseness, -len(t.items), t.text)))
        sources, self._groups, group = [], [], 0
        for template in self.templates:
            source, fields = template.source()
            sources.append(source + b"()")
            names: dict[str, int] = {}
            for number, field in enumerate(fields):
                names.setdefault(field, group + number + 1)
            group += len(fields) + 1
            self._groups.append((group, names))
        self.word = group + 1
        heads = WORDS if words is None else rb"(" + b"|".join(map(re.escape, sorted(words))) + rb")" + _COLON
        self.pattern = re.compile(rb"^(?![\t\r\n])(?:" + b"|".join(sources) + b")" + heads, re.MULTILINE)

    def groups(self, match: re.Match[bytes]) -> dict[str, int]:
        """Numbers of the groups of the template that matched, by field."""
        for marker, names in self._groups:
            if match.start(marker) >= 0:
                return names
        return {}

    def head(self, line: bytes) -> Head | None:
        """The head of a line; None when no template matches."""
        match = self.pattern.match(line)
        if match is None:
            return None
        fields = {field: match[number].strip() for field, number in self.groups(match).items() if match[number]}
        return Head(fields, match[self.word], match.end())
