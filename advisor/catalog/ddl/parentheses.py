"""Parentheses around expressions."""

from __future__ import annotations


def strip_parentheses(text: str) -> str:
    """An expression without the pairs of parentheses that enclose all of it."""
    text = text.strip()
    if not text.startswith("(") or not text.endswith(")"):
        return text
    start, end = 0, len(text)
    closing = _closing(text)
    while end - start > 1 and closing.get(start) == end - 1:
        start, end = start + 1, end - 1
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
    return text[start:end]


def _closing(text: str) -> dict[int, int]:
    """Where each opening parenthesis outside quotes is closed."""
    found: dict[int, int] = {}
    open_: list[int] = []
    quote = ""
    for i, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"`":
            quote = char
        elif char == "(":
            open_.append(i)
        elif char == ")" and open_:
            found[open_.pop()] = i
    return found
