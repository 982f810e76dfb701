"""Where a finding stands, in words: its line, and those of further statements that it is about."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from advisor.model.finding import Finding
from advisor.reports.escape import one_line

#: Stretches of lines that are named.
_SPANS = 12
#: Of a transaction's statements that hold locks or work meanwhile: a title names as many.
_NAMED = 5


def place(finding: Finding) -> str:
    """``m.sql:52 and lines 53-65, 67``; empty without a location."""
    at = finding.location
    if at is None:
        return ""
    text = f"{one_line(at.file)}:{at.line}"
    alike = {one.line for one in finding.related if one.role == "alike"}
    if alike:
        text += f" and {lines(alike)}"
    for role, verb in (("lock", "locks at"), ("work", "work at")):
        there = {one.line for one in finding.related if one.role == role}
        if len(there) >= _NAMED:
            text += f"; {verb} {lines(there)}"
    return text


def lines(numbers: Iterable[int]) -> str:
    """``line 3``; ``lines 3-5, 9``; of very many stretches the first."""
    spans: list[list[int]] = []
    for number in sorted(set(numbers)):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    words = [str(low) if low == high else f"{low}-{high}" for low, high in spans]
    if len(words) > _SPANS:
        left = sum(high - low + 1 for low, high in spans[_SPANS:])
        words = [*words[:_SPANS], f"and {left} more"]
    several = len(spans) > 1 or spans[0][0] != spans[0][1]
    return f"line{'s' if several else ''} {', '.join(words)}"


def beside(path: str, file: str) -> str:
    """``path`` as seen from the folder of ``file``, or the one above: tools with a folder a migration write there."""
    folder = posixpath.dirname(file)
    for near in (folder, posixpath.dirname(folder)):
        if near and path.startswith(f"{near}/"):
            return path[len(near) + 1 :]
    return path
