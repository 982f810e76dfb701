"""What a statement leaves open: psql's variables, and placeholders that nobody gave a value for."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping

from advisor.migrations.reading.template import DOLLAR, LEFT_BRACES, named
from advisor.model.engine import Dialect
from advisor.model.migration import Tool
from advisor.sources.split import enclosed

_SET = re.compile(r"\\set\s+([A-Za-z_]\w*)(?:[ \t]+(.*))?", re.DOTALL)
_VARIABLE = re.compile(r"(?<!:):[A-Za-z_'\"]")
_WORDS = re.compile(r"'((?:[^']|'')*)'|\"([^\"]*)\"|(\S+)")


def open_placeholder(sql: bytes, dialect: Dialect, tool: Tool) -> str | None:
    """Why a statement cannot be read: a template's placeholder stands in it. What stands in strings is data."""
    found = [
        *(LEFT_BRACES.finditer(sql) if b"{{" in sql else ()),
        *(DOLLAR.finditer(sql) if b"${" in sql else ()),
    ]
    if not found:
        return None
    own = tool in ("flyway", "liquibase")
    strings: list[tuple[int, int]] = []
    bodies: list[tuple[int, int]] = []
    for what, start, end in enclosed(sql, dialect):
        if what in ("string", "comment"):
            strings.append((start, end))
        elif what == "body":
            bodies.append((start, end))
    for match in found:
        # `${x}` in the body of a function may be JavaScript, where the tool knows no such placeholder
        body = not own and match[0].startswith(b"$") and _inside(match, bodies)
        if not body and not _inside(match, strings):
            shown = match[0].decode("utf-8", "replace")
            name = named(shown.strip("${}- \t"))
            return f"the placeholder {shown[:60]} has no value: give --placeholder {name[:60]}=VALUE"
    return None


def _inside(match: re.Match[bytes], spans: list[tuple[int, int]]) -> bool:
    at = bisect_right(spans, (match.start(), len(match.string))) - 1
    return at >= 0 and match.end() <= spans[at][1]


class Variables:
    """psql's ``:name``, ``:'name'`` and ``:"name"``, with what ``\\set`` and the user gave them."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def command(self, text: str) -> None:
        """Take note of a ``\\set``."""
        if match := _SET.match(text.strip()):
            words = _WORDS.findall(match[2] or "")
            self._values[match[1]] = "".join(one[0].replace("''", "'") or one[1] or one[2] for one in words)

    def put(self, sql: str) -> tuple[str, str | None]:
        """The statement with its variables put in, and why it cannot be read, if one has no value."""
        if _VARIABLE.search(sql) is None:
            return sql, None
        data = sql.encode()
        out: list[str] = []
        at = 0
        depth = 0  # of brackets: [a:b] is a slice
        for what, start, end in [*enclosed(data, "postgresql"), ("end", len(data), len(data))]:
            # :'name' looks like a string behind a colon
            text = data[at:start].decode("utf-8", "replace")
            if what in ("string", "name") and text.endswith(":") and not text.endswith("::") and not depth:
                name = data[start + 1 : end - 1].decode("utf-8", "replace")
                if name.isidentifier():
                    value = self._values.get(name)
                    if value is None:
                        return sql, f"the psql variable :{name} has no value: give --placeholder {name}=VALUE"
                    mark = data[start : start + 1].decode()
                    written, missing, depth = self._bare(text[:-1], depth)
                    out += [written, mark + value.replace(mark, mark * 2) + mark]
                    at = end
                    if missing is not None:
                        return sql, missing
                    continue
            written, missing, depth = self._bare(text, depth)
            if missing is not None:
                return sql, missing
            out += [written, data[start:end].decode("utf-8", "replace")]
            at = end
        return "".join(out), None

    def _bare(self, text: str, depth: int) -> tuple[str, str | None, int]:
        """A stretch without quotes, why it cannot be read, and how many brackets are open at its end."""
        out: list[str] = []
        at = 0
        for match in re.finditer(r"\[|\]|(?<![:\w]):([A-Za-z_]\w*)", text):
            if match[0] == "[":
                depth += 1
            elif match[0] == "]":
                depth = max(depth - 1, 0)
            elif match[1] in self._values:
                out += [text[at : match.start()], self._values[match[1]]]
                at = match.end()
            elif not depth:
                return text, f"the psql variable :{match[1]} has no value: give --placeholder {match[1]}=VALUE", depth
        return "".join([*out, text[at:]]), None, depth
