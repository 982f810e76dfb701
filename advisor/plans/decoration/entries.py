"""auto_explain's entries in the server's CSV and JSON logs, and log lines that a shipper put into JSON."""

from __future__ import annotations

import json
import re

from advisor.plans.decoration.lines import Lines

_CSV = re.compile(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[^,]*,.*?,"(?P<head>duration: [\d.]+ ms +plan:)\s*$')
_JSON = re.compile(r'\s*\{"')
_NAMES = ("message", "log", "msg", "MESSAGE", "line", "text", "textPayload", "_raw", "body", "@message")
_DECODER = json.JSONDecoder()
_DURATION = re.compile(r"duration: [\d.]+ ms +plan:$")
_PAIRED = re.compile(r'(?:[^"]|"")*')


def opened(lines: Lines) -> Lines:
    """Messages as the server's plain log has them."""
    texts = lines.texts
    out: list[str] = []
    numbers: list[int] = []
    index, changed = 0, False
    while index < len(texts):
        text = texts[index]
        taken = _csv(texts, index) if text[:4].isdigit() and '"duration: ' in text else None
        if taken is None and _JSON.match(text) and text.rstrip().endswith("}"):
            message = _message(text)
            taken = (message, index + 1) if message is not None else None
        if taken is None:
            out.append(text)
            numbers.append(lines.numbers[index])
            index += 1
            continue
        pieces, after = taken
        if _DURATION.match(pieces[0].rstrip()):
            pieces = ["LOG:  " + pieces[0].rstrip(), *("\t" + piece for piece in pieces[1:])]
        one = after == index + 1
        out.extend(pieces)
        numbers.extend(
            lines.numbers[index] if one else lines.numbers[min(index + k, after - 1)] for k in range(len(pieces))
        )
        index, changed = after, True
    return Lines(out, numbers) if changed else lines


def _csv(texts: list[str], start: int) -> tuple[list[str], int] | None:
    """The cell of the message of an entry, and the line after the entry."""
    head = _CSV.match(texts[start])
    if head is None:
        return None
    pieces = [head.group("head")]
    for index in range(start + 1, len(texts)):
        text = texts[index]
        whole = _PAIRED.match(text)
        end = whole.end() if whole else 0
        if end < len(text):
            pieces.append(text[:end].replace('""', '"'))
            return pieces, index + 1
        pieces.append(text.replace('""', '"'))
    return None


def _message(text: str) -> list[str] | None:
    try:
        entry, _ = _DECODER.raw_decode(text.strip())
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict):
        return None
    for name in _NAMES:
        value = entry.get(name)
        if isinstance(value, str):
            return value.removesuffix("\n").split("\n")
    return None
