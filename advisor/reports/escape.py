"""Log text is hostile: what may go to a terminal, into Markdown, and into one line.

A log can hold terminal control sequences, right-to-left overrides, Markdown and markup. Each report escapes what it
prints; nothing from an input is ever interpreted.
"""

from __future__ import annotations

import re

# C0 and C1 controls but newline and tab, and the invisible characters that reorder or hide text (Unicode TR 36): all of
# category Cf but those that are seen, and letters without a shape.
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\ud800-\udfff]"
)
_SPACE = re.compile(r"\s+")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~$&@])")
_LINKED = re.compile(r"@(?=\w)|#(?=\d)|\bwww(?=\.)|:(?=//)|\bGH-(?=\d)|[!$&%~](?=[\w\"])", re.IGNORECASE)
#: At the beginning of a line: headings of two lines, rules, lists, GitLab's quick actions (``/close``).
_NUMBERED = re.compile(r"\d{1,9}(?=[.)](?:\s|\Z))")
_BACKTICKS = re.compile(r"`+")


def visible(text: str) -> str:
    """The text with every control or invisible character replaced by a visible sign; newlines and tabs stay."""
    return _CONTROL.sub("\ufffd", text)


def one_line(text: str, limit: int | None = None) -> str:
    """On one line, blanks folded, cut at ``limit`` characters with an ellipsis."""
    line = _SPACE.sub(" ", visible(text)).strip()
    if limit is not None and len(line) > limit:
        return line[: max(0, limit - 1)] + "…"
    return line


def markdown(text: str) -> str:
    """Plain text inside Markdown prose: nothing in it is markup, a mention, a link or HTML.

    Services look for mentions, issue numbers and bare addresses in the rendered text, where a backslash is gone: a
    zero-width space breaks those up.
    """
    line = one_line(text)
    number = _NUMBERED.match(line)
    begun, rest = (number[0] + "\\" + line[number.end()], line[number.end() + 1 :]) if number else ("", line)
    if rest[:1] in ("-", "=", "/") and not begun:
        begun, rest = "\\" + rest[0], rest[1:]
    return begun + _MARKDOWN.sub(r"\\\1", _LINKED.sub("\\g<0>\u200b", rest))


def code_span(text: str, limit: int | None = None, *, cell: bool = False) -> str:
    """A Markdown code span on one line, fenced by more backticks than the text holds; ``cell``: inside a table."""
    line = one_line(text, limit)
    if cell:
        line = line.replace("|", "\\|")
    if not line:
        return ""
    fence = "`" * (1 + max((len(run) for run in _BACKTICKS.findall(line)), default=0))
    pad = " " if "`" in line else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def code_block(text: str, language: str = "sql") -> str:
    """A fenced Markdown block whose fence is longer than any in the text."""
    body = visible(text).rstrip("\n")
    fence = "`" * max(3, 1 + max((len(run) for run in _BACKTICKS.findall(body)), default=0))
    return f"{fence}{language}\n{body}\n{fence}"
