"""JSON as MySQL and MariaDB print it, which is not always JSON: read as far as it goes, with a warning for each repair.

- MySQL's ``end_markers_in_json`` puts ``/* table */`` behind brackets.
- MariaDB (10.11 too) puts a condition into a string as it stands: where its quotes or backslashes show it, nothing in
  that string is taken for an escape.
- MariaDB before 10.9 repeats a key in one object (``"table": {..}, "table": {..}``): members are kept as a list.
- A text cut off anywhere gives what is whole: a value that the cut may have shortened is left out.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import Any, Final

from advisor.model.plan import PlanWarning
from advisor.plans.errors import PlanError
from advisor.plans.excerpt import Excerpt

#: Brackets within brackets. Plans of the servers stay far below.
DEEPEST = 2000
#: Repairs that are told one by one.
_TOLD = 20


class Members:
    """A JSON object: its members in order, repeated keys too."""

    __slots__ = ("line", "pairs")

    def __init__(self, line: int) -> None:
        self.pairs: list[tuple[str, Any]] = []
        self.line = line

    def get(self, key: str, default: Any = None) -> Any:
        """The first member of that name."""
        return next((value for name, value in self.pairs if name == key), default)

    def __contains__(self, key: str) -> bool:
        return any(name == key for name, _ in self.pairs)

    def keys(self) -> list[str]:
        """Names in order, repeated ones too."""
        return [name for name, _ in self.pairs]


class _Missing:
    """A value that the text promised and does not have."""


_MISSING: Final = _Missing()
_SPACE = re.compile(r"(?:[\s,]+|/\*(?:[^*]|\*(?!/))*(?:\*/|\*?\Z)|/\Z)*")
_STRING = re.compile(r'"([^"\\\x00-\x1f]*)"')
_NUMBER = re.compile(r"-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?")
_WORD = re.compile(r"[A-Za-z_][\w.+-]*")
_ENDS_KEY = re.compile(r"\s*:")
_COMMENT = r"(?:\s*/\*[^*\n]{0,200}\*/)?"
#: The last name may be cut off too.
_ENDS_VALUE = re.compile(_COMMENT + r'\s*(?:,\s*(?:"[^"\n]*(?:"\s*:|"?\s*\Z)|$)|[}\]]|$)')
_ENDS_ELEMENT = re.compile(_COMMENT + r'\s*(?:,\s*["\[{\d]|[}\]]|$)')
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class _Reader:
    def __init__(self, excerpt: Excerpt) -> None:
        self.text = excerpt.text
        self.end = len(excerpt.text.rstrip())
        self.excerpt = excerpt
        self.starts = [0]
        self.starts.extend(match.end() for match in re.finditer("\n", self.text))
        self.warnings: list[PlanWarning] = []
        self.repaired = 0

    def line(self, place: int) -> int:
        return self.excerpt.number(bisect_right(self.starts, place) - 1)

    def warn(self, place: int, text: str) -> None:
        self.repaired += 1
        if self.repaired <= _TOLD:
            self.warnings.append(PlanWarning(self.line(place), text))

    def string(self, place: int, ends: re.Pattern[str]) -> tuple[str | _Missing, int]:
        """The string that opens at ``place``, and where it ends."""
        quick = _STRING.match(self.text, place)
        if quick is not None and ends.match(self.text, quick.end()):
            return quick[1], quick.end()
        text, start, at = self.text, place + 1, place + 1
        inner = 0
        while True:
            at = self._quote(at)
            if at < 0:
                return _MISSING, len(text)
            if ends.match(text, at + 1):
                break
            inner += 1
            at += 1
        if inner:
            self.warn(place, "a text with quotes that were not escaped: read up to where a value can end")
            return text[start:at], at + 1
        return self._unescaped(text[start:at], place), at + 1

    def _quote(self, at: int) -> int:
        """The next quote without a backslash before it, from ``at`` on; -1: none."""
        text = self.text
        while True:
            at = text.find('"', at)
            if at < 0:
                return -1
            before = at - 1
            while before >= 0 and text[before] == "\\":
                before -= 1
            if (at - before) % 2:
                return at
            at += 1

    def _unescaped(self, raw: str, place: int) -> str:
        if "\\" not in raw:
            return raw
        bad = False

        def one(match: re.Match[str]) -> str:
            nonlocal bad
            mark = match[1]
            if mark in _ESCAPES:
                return _ESCAPES[mark]
            if len(mark) == 5:
                return chr(int(mark[1:], 16))
            bad = True
            return match[0]

        found = re.sub(r"\\(u[0-9a-fA-F]{4}|.|$)", one, raw, flags=re.DOTALL)
        if bad:
            self.warn(place, "a text whose backslashes were not escaped: read as it stands")
            return raw
        return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def scalar(self, place: int) -> tuple[Any, int]:
        """A number or a word that begins at ``place``."""
        match = _NUMBER.match(self.text, place)
        if match is not None:
            if match.end() >= self.end:
                return _MISSING, match.end()  # the cut may have taken digits
            text = match[0]
            if text.lstrip("-").isdigit():
                return (int(text) if len(text) < 25 else float(text)), match.end()
            return float(text), match.end()
        word = _WORD.match(self.text, place)
        if word is not None:
            if word.end() >= self.end:
                return _MISSING, word.end()
            known = {"null": None, "true": True, "false": False}
            if word[0] not in known:
                self.warn(place, f"not a JSON value: {word[0][:40]}")
            return known.get(word[0], word[0]), word.end()
        return _MISSING, -1


def read(excerpt: Excerpt) -> tuple[Members | list[Any], list[PlanWarning]]:
    """The document, and what had to be repaired. Errors: `PlanError` where there is no object at all."""
    reader = _Reader(excerpt)
    text = reader.text
    place = _SPACE.match(text, 0).end()  # type: ignore[union-attr]
    root: Members | list[Any] | None = None
    stack: list[Members | list[Any]] = []
    end = len(text)
    while place < end:
        mark = text[place]
        top = stack[-1] if stack else None
        if mark in "}]":
            if top is None:
                break
            if (mark == "}") != isinstance(top, Members):
                reader.warn(place, f"a bracket {mark} that closes another kind")
            stack.pop()
            place = _SPACE.match(text, place + 1).end()  # type: ignore[union-attr]
            if not stack:
                break
            continue
        key: str | None = None
        began = place
        if isinstance(top, Members):
            if mark != '"':
                raise PlanError(
                    f"line {reader.line(place)}: the JSON is broken: a name in quotes is missing. Paste the plan again."
                )
            name, place = reader.string(place, _ENDS_KEY)
            if isinstance(name, _Missing):
                break
            place = _SPACE.match(text, place).end()  # type: ignore[union-attr]
            if place < end and text[place] == ":":
                place = _SPACE.match(text, place + 1).end()  # type: ignore[union-attr]
            if place >= end:
                break
            key, mark = name, text[place]
        value: Any
        if mark in "{[":
            value = Members(reader.line(began)) if mark == "{" else []
            if len(stack) >= DEEPEST:
                raise PlanError(f"line {reader.line(place)}: the JSON is nested more than {DEEPEST} levels deep.")
            place += 1
        elif mark == '"':
            value, place = reader.string(place, _ENDS_VALUE if key is not None else _ENDS_ELEMENT)
        else:
            value, after = reader.scalar(place)
            if after < 0:
                shown = text[place : place + 20]
                raise PlanError(f"line {reader.line(place)}: the JSON is broken at {shown!r}. Paste the plan again.")
            place = after
        if isinstance(value, _Missing):
            break
        if root is None:
            if not isinstance(value, (Members, list)):
                break
            root = value
        elif isinstance(top, Members):
            assert key is not None
            top.pairs.append((key, value))
        elif isinstance(top, list):
            top.append(value)
        if isinstance(value, (Members, list)):
            stack.append(value)
        place = _SPACE.match(text, place).end()  # type: ignore[union-attr]
    if root is None:
        raise PlanError(
            f"line {excerpt.number(0)}: no JSON object of an EXPLAIN. Paste the plan from its first bracket on."
        )
    if stack:
        for one in stack:
            if isinstance(one, Members) and "r_other_time_ms" not in one:
                # Half of a sum would be read as the whole.
                one.pairs = [(name, x) for name, x in one.pairs if name not in ("r_table_time_ms", "r_unpack_time_ms")]
        reader.warnings.append(
            PlanWarning(
                reader.line(end), f"the JSON is cut off: {len(stack)} brackets are open, what follows is missing"
            )
        )
    elif place < end and text[place:].strip():
        reader.warnings.append(PlanWarning(reader.line(place), "text behind the plan was left out"))
    if reader.repaired > _TOLD:
        reader.warnings.append(
            PlanWarning(reader.line(end), f"{reader.repaired - _TOLD} more repairs of the same kinds")
        )
    return root, reader.warnings


def plain(value: Any) -> Any:
    """With objects as dicts; a repeated key has a list of its values."""
    if isinstance(value, Members):
        found: dict[str, Any] = {}
        seen: dict[str, int] = {}
        for name, one in value.pairs:
            count = seen[name] = seen.get(name, 0) + 1
            if count == 1:
                found[name] = plain(one)
            else:
                found[name] = [found[name], plain(one)] if count == 2 else [*found[name], plain(one)]
        return found
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value


def dumps(value: Any) -> str:
    """The document as JSON of two blanks a level, repeated keys as they were."""
    lines: list[str] = []
    # Work items: text to write, or (value, indent, what stands before it, what follows it).
    waiting: list[str | tuple[Any, int, str, str]] = [(value, 0, "", "")]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            lines.append(item)
            continue
        one, indent, before, after = item
        pad = "  " * indent
        if isinstance(one, Members) and one.pairs:
            lines.append(f"{pad}{before}{{")
            waiting.append(f"{pad}}}{after}")
            last = len(one.pairs) - 1
            inside = [
                (child, indent + 1, json.dumps(name, ensure_ascii=False) + ": ", "" if i == last else ",")
                for i, (name, child) in enumerate(one.pairs)
            ]
            waiting.extend(reversed(inside))
        elif isinstance(one, list) and any(isinstance(child, (Members, list)) for child in one):
            lines.append(f"{pad}{before}[")
            waiting.append(f"{pad}]{after}")
            last = len(one) - 1
            waiting.extend(reversed([(child, indent + 1, "", "" if i == last else ",") for i, child in enumerate(one)]))
        else:
            shown = "{}" if isinstance(one, Members) else json.dumps(one, ensure_ascii=False)
            lines.append(f"{pad}{before}{shown}{after}")
    return "\n".join(lines)
