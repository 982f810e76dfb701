"""JSON cut off, wrapped, edited by hand or quoted once more: reads what is whole, says what it supposed."""

from __future__ import annotations

import json
import re
from typing import Any

from advisor.plans.errors import PlanError
from advisor.plans.excerpt import Excerpt
from advisor.plans.postgresql.assemble import Lines, too_deep, warn
from advisor.plans.postgresql.keys import DEEPEST, TABLES
from advisor.plans.postgresql.scalars import merge_workers

_SPACE = re.compile(r"(?:[\s\ufeff\x00]+|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_STRING = re.compile(r'"([^"\\]*(?:\\\n*.[^"\\]*)*)"', re.DOTALL)  # a line may end within an escape
_WORD = re.compile(r"[-+.\w]+(?:[ \t]*\n[ \t]*[-+.\w]+)*")
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BAD_ESCAPE = re.compile(r'\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})')
_WRAP = re.compile(r"[ \t]*\n[ \t]*")
_WITHIN_WORD = re.compile(r"\S\n\S")
_TYPOGRAPHIC = re.compile("[\u201c\u201d\u201e\u201f\u2033]")
#: What clients print below a plan.
_AFTER = re.compile(r"[\s\x00]*(?:\(\d+ [^()\n]{1,40}\)[\s;]*)?")
_WORDS: dict[str, Any] = {
    "true": True,
    "false": False,
    "null": None,
    "nan": float("nan"),
    "infinity": float("inf"),
    "inf": float("inf"),
    "-infinity": float("-inf"),
    "-inf": float("-inf"),
    "-nan": float("nan"),
}
_KNOWN = frozenset(name for table in TABLES.values() for name in table)
#: Lists whose elements are whole by themselves: what stands before the cut is kept.
_OPEN_ENDED = frozenset({"", "Plans", "Workers", "Triggers", "Target Tables"})
_DEEPEST = 2 * DEEPEST + 8
_MOST_WARNINGS = 50


def parse(excerpt: Excerpt) -> tuple[Any, Lines]:
    """Value and lines of its nodes; warnings go to the excerpt. Raises PlanError where the text is no JSON at all."""
    before = len(excerpt.warnings)
    parser = _Parser(excerpt)
    parsed = parser.parse()
    if parser.between_words and not parser.within_words:
        del excerpt.warnings[before:]
        return _Parser(excerpt, spaced=True).parse()
    return parsed


def _unquoted(text: str) -> str:
    """Takes off the quotes of a cell (CSV doubles them) or of a JSON string around the whole."""
    if '""Node Type""' in text:
        return text.strip().removeprefix('"').removesuffix('"').replace('""', '"')
    if '"Node Type"' not in text:
        if '\\"Node Type\\"' in text:
            inner = text.strip().removeprefix('"').removesuffix('"')
            try:
                return str(json.loads(f'"{inner}"', strict=False))
            except ValueError:
                return inner.replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
        return _TYPOGRAPHIC.sub('"', text)
    return text


def _whole(text: str) -> str:
    """Without halves of characters, which no file can hold."""
    if _SURROGATE.search(text):
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


class _Parser:
    def __init__(self, excerpt: Excerpt, *, spaced: bool = False) -> None:
        self.excerpt = excerpt
        self.text = _unquoted(excerpt.text)
        # taking quotes off may undo escaped line ends: then no line of the excerpt is that of a node
        self.lined = self.text.count("\n") == excerpt.text.count("\n")
        self.position = 0
        self.counted = 0
        self.line = 0
        self.lines: Lines = {}
        self.spaced = spaced
        self.within_words = 0
        self.between_words = 0
        self.wrapped = False
        self.twice: list[tuple[list[Any], list[Any]]] = []
        self.warned = 0

    def warn(self, position: int, what: str, quote: str | None = None) -> None:
        self.warned += 1
        if self.warned <= _MOST_WARNINGS:
            warn(self.excerpt, self.at(position), what, quote)

    def at(self, position: int) -> int:
        """Line (from 0) of a position; positions other than 0 are asked for in ascending order."""
        if position == 0:
            return 0
        if self.lined and position > self.counted:
            self.line += self.text.count("\n", self.counted, position)
            self.counted = position
        return self.line

    def error(self, what: str) -> PlanError:
        number = self.excerpt.number(self.at(self.position))
        return PlanError(f"line {number}: the JSON cannot be read: {what}; give the plan as the server printed it")

    def skip(self) -> None:
        if match := _SPACE.match(self.text, self.position):
            self.position = match.end()

    def parse(self) -> tuple[Any, Lines]:
        values: list[Any] = []
        start = re.search(r"[\[{]", self.text)
        if start is None:
            raise self.error("no { or [ in it")
        before = self.text[: start.start()]
        if re.fullmatch(r'[\s\ufeff\x00]*"Plan"\s*:\s*', before):  # the brace before it was not copied
            before = ""
        if before.strip("\ufeff\x00 \t\n"):
            self.warn(0, "text before the JSON is left out", before.strip())
        self.position = start.start()
        while self.position < len(self.text) and self.text[self.position] in "[{":
            value = self.value()
            values.extend(value if isinstance(value, list) else [value])
            if match := _AFTER.match(self.text, self.position):
                self.position = match.end()
            self.skip()
        for before_, after in self.twice:
            merge_workers(before_, after)
        rest = self.text[self.position :].strip()
        if rest:
            self.warn(self.position, "text after the plan is left out", rest)
        if self.wrapped:
            self.warn(0, "line breaks inside of strings were taken out: the text was wrapped")
        return values, self.lines

    def value(self) -> Any:
        """One value with all that is in it, read without recursion."""
        text = self.text
        top: list[Any] = []
        # container, its key in the one around it, and the key that waits for its value
        stack: list[list[Any]] = [[top, "", None]]
        loose = False  # the last value is whole only if something stands after it
        comma = True
        while True:
            self.skip()
            if self.position >= len(text):
                self.cut(stack, loose)
                break
            container, _, key = stack[-1]
            char = text[self.position]
            if char in "]}":
                if (char == "]") is not isinstance(container, list) or len(stack) == 1:
                    raise self.error(f"a {char} that closes nothing")
                if key is not None:
                    self.warn(self.position, "a key without a value", key)
                self.position += 1
                stack.pop()
                loose = False
                comma = False
                if len(stack) == 1:
                    break
                continue
            if char == ",":
                if comma:
                    self.warn(self.position, "a comma too many")
                self.position += 1
                comma = True
                loose = False
                if self.rest_closes():
                    self.warn(self.position, "a comma too many")
                continue
            if isinstance(container, dict) and key is None:
                if not comma:
                    self.warn(self.position, "a comma is missing")
                loose = False
                stack[-1][2] = self.key(stack)
                continue
            if not isinstance(container, dict) and not comma and len(stack) > 1:
                self.warn(self.position, "a comma is missing")
            loose = False
            made: Any
            if char in "[{":
                made = [] if char == "[" else {}
                if len(stack) > _DEEPEST:
                    raise too_deep(self.excerpt.number(self.at(self.position)))
                self.put(container, key, made)
                stack[-1][2] = None
                stack.append([made, key or "", None])
                self.position += 1
                comma = True
                continue
            if char == '"':
                string = self.string(key=False)
                if string is None:
                    self.position = len(text)
                    continue
                made = string
            else:
                made = self.word()
                loose = True
            self.put(container, key, made)
            stack[-1][2] = None
            comma = False
        return top[0] if top else []

    def rest_closes(self) -> bool:
        self.skip()
        return self.position < len(self.text) and self.text[self.position] in "]}"

    def key(self, stack: list[list[Any]]) -> str | None:
        """A key and its colon; None when the text ends within."""
        begin = self.position
        if self.text[begin] != '"':
            raise self.error(f"a key in quotes should stand at {self.text[begin : begin + 20]!r}")
        name = self.string(key=True)
        self.skip()
        if name is None or self.position >= len(self.text):
            self.position = len(self.text)
            return None
        if self.text[self.position] != ":":
            raise self.error(f"no colon after the key {name[:40]!r}")
        self.position += 1
        if name == "Node Type":
            self.lines[id(stack[-1][0])] = self.at(begin)
        return name

    def put(self, container: Any, key: str | None, value: Any) -> None:
        if isinstance(container, list):
            container.append(value)
        elif key is not None:
            before = container.get(key)
            if before is not None and key == "Workers" and isinstance(before, list) and isinstance(value, list):
                # up to 12 the server prints two lists, one for the sorts and one for the rest
                self.twice.append((before, value))
            elif key in container:
                self.warn(self.position, "a key stands twice; the last one counts", key)
                del container[key]
            container[key] = value

    def string(self, *, key: bool) -> str | None:
        """The string that begins here; None when the text ends within."""
        match = _STRING.match(self.text, self.position)
        if match is None:
            return None
        self.position = match.end()
        raw: str = match.group(1)
        if "\n" in raw:
            # the server escapes line ends: these come from wrapping
            self.wrapped = True
            raw = self.joined(raw, key=key)
        if "\\" not in raw:
            return raw
        try:
            return _whole(json.loads(f'"{raw}"', strict=False))
        except ValueError:
            self.warn(match.start(), "an escape that JSON does not know, taken as it stands")
        try:
            return _whole(json.loads('"' + _BAD_ESCAPE.sub(r"\\\\", raw) + '"', strict=False))
        except ValueError:
            return raw

    def joined(self, raw: str, *, key: bool) -> str:
        """Joins a wrapped string: cut at a width, or between words so that a space is gone. The keys tell which."""
        if key:
            if (name := raw.replace("\n", "")) in _KNOWN:
                self.within_words += _WITHIN_WORD.search(raw) is not None
                return name
            if (name := _WRAP.sub(" ", raw)) in _KNOWN:
                self.between_words += 1
                return name
        return _WRAP.sub(" ", raw) if self.spaced else raw.replace("\n", "")

    def word(self) -> Any:
        match = _WORD.match(self.text, self.position)
        if match is None:
            raise self.error(f"unexpected {self.text[self.position : self.position + 20]!r}")
        word = re.sub(r"\s", "", match.group())
        if word.lower() in _WORDS:
            self.position = match.end()
            return _WORDS[word.lower()]
        if _NUMBER.fullmatch(word):
            self.position = match.end()
            try:
                return int(word)
            except ValueError:
                return float(word)
        if match.end() >= len(self.text.rstrip()):
            self.position = len(self.text)
            return None
        raise self.error(f"{word[:20]!r} is no value")

    def cut(self, stack: list[list[Any]], loose: bool) -> None:
        """The text ends within: takes back what may not be whole."""
        if len(stack) == 1:
            return
        if loose:  # a number's last digits may be missing
            container = stack[-1][0]
            if isinstance(container, dict):
                container.popitem()
            else:
                container.pop()
        node = ""
        for place, (container, name, _) in enumerate(stack):
            if isinstance(container, dict) and "Node Type" in container:
                node = str(container["Node Type"])
            if isinstance(container, list) and place and name not in _OPEN_ENDED:
                stack[place - 1][0].pop(name, None)  # a list of keys is whole or nothing
                break
        self.warn(len(self.text.rstrip()), "the plan is cut off here: what was printed after it is missing", node)
