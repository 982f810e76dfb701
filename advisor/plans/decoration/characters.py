"""Characters that a page, a terminal or a chat put into the text: byte order marks, colours, odd blanks."""

from __future__ import annotations

import re

_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CARETS = re.compile(r"\^\[\[[0-9;]*m")
#: Blanks of one column that are no U+0020, and characters of no width.
_BLANKS = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_NO_WIDTH = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
#: Where a plan's form asks for a blank: there alone it shows that blanks were replaced.
_BLANK_IN_FORM = re.compile(
    "^[ \t]*[\u00a0\u2000-\u200a\u202f\u205f\u3000]"
    "|->[ ]?[\u00a0\u2007\u202f]|[\u00a0\u2007\u202f] ?\\((?:cost|actual)",
    re.MULTILINE,
)


def clean(text: str) -> str:
    """The text with line ends \\n and plain blanks. A literal keeps odd ones where the plan's form has plain ones."""
    if text.startswith("\ufeff"):
        text = text[1:]
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    if "^[[" in text:
        text = _CARETS.sub("", text)
    if "\r" in text:
        text = text.replace("\r\n", "\n")
        if "\n" not in text:
            text = text.replace("\r", "\n")
        elif "\r" in text:
            text = re.sub(r"\r+(?=[ \t]*$)", "", text, flags=re.MULTILINE)
    if "\x00" in text:
        text = text.replace("\x00", "")
    if text.isascii():
        return text
    if "\u2028" in text or "\x85" in text or "\u2029" in text:
        text = text.replace("\u2028", "\n").replace("\u2029", "\n")
    if _NO_WIDTH.search(text):
        text = _NO_WIDTH.sub("", text)
    if _BLANKS.search(text) and _BLANK_IN_FORM.search(text):
        text = _BLANKS.sub(" ", text)
    return text
