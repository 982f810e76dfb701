"""Puts wrapped lines together again.

A hard wrap cuts every line at one width and keeps each character; a word wrap cuts at a blank, which it may eat. Which it
was is told by the widths of the lines that were cut; where that leaves it open, by what PostgreSQL can have printed.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import product

from advisor.model.plan import PlanWarning
from advisor.plans.decoration.lines import Lines

_NUMBER = r"\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_NODE = re.compile(
    rf"[ \t]*(?:-> +)?\S.*? {{1,2}}(?:\(cost={_NUMBER}\.\.{_NUMBER} rows=\d+ width=\d+\))?"
    rf"(?: ?\((?:actual (?:time={_NUMBER}\.\.{_NUMBER} )?rows={_NUMBER} loops=\d+|never executed)\))?$"
)
_COUNTS = re.compile(
    r"[ \t]*(?:(?:Worker \d+: +)?(?:Buffers: (?:(?:shared|local|temp)(?: (?:hit|read|dirtied|written)=\d+)+(?:, )?)+"
    r"|(?:Rows Removed by (?:Filter|Join Filter|Index Recheck|Conflict Filter)|Heap Fetches|Workers (?:Planned|Launched)"
    r"|Index Searches|Subplans Removed|Functions|Conflicting Tuples|Tuples Inserted): \d+(?:\.\d+)?"
    r"|Planning [Tt]ime: \d+\.\d+ ms|Execution [Tt]ime: \d+\.\d+ ms|Total runtime: \d+\.\d+ ms"
    r"|Sort Method: [a-z -]+(?:N heapsort)?  (?:Memory|Disk): \d+kB"
    r"|Buckets: \d+(?: \(originally \d+\))?  Batches: \d+(?: \(originally \d+\))?  Memory Usage: \d+kB"
    r"|(?:Planned Partitions: \d+  )?Batches: \d+  Memory Usage: \d+kB(?:  Disk Usage: \d+kB)?"
    r"|Hits: \d+  Misses: \d+  Evictions: \d+  Overflows: \d+  Memory Usage: \d+kB"
    r"|Heap Blocks:(?: exact=\d+)?(?: lossy=\d+)?"
    r"|WAL: (?: ?[a-z ]+=\d+)+"
    r"|I/O Timings: (?:(?:shared |local |temp )?(?:(?:read|write)=\d+\.\d+ ?)+(?:, )?)+"
    r"|Timing: (?:\w+ \d+\.\d+ ms(?: \(.*?\))?(?:, )?)+))$"
)
#: Keys whose lines `_COUNTS` knows whole.
_COUNTED = re.compile(
    r"[ \t]*(?:Worker \d+: +)?(?:Buffers|Rows ?Removed ?by ?\w+(?: ?Filter| ?Recheck)?|Heap ?Fetches|Workers ?(?:Planned|Launched)|"
    r"Index ?Searches|Planning ?[Tt]ime|Execution ?[Tt]ime|Total ?runtime|Sort ?Method|Buckets|Batches|Hits|WAL|I/O ?Timings|"
    r"Heap ?Blocks|Timing|Functions|Subplans ?Removed):"
)
_EXPRESSION = re.compile(
    r"(?:Filter|Index Cond|Recheck Cond|Join Filter|Hash Cond|Merge Cond|One-Time Filter|Sort Key|Presorted Key|Group Key|"
    r"Output|Cache Key|Cache Mode|TID Cond|Order By|Run Condition|Index Name|Remote SQL|Function Call|Relations):"
)
#: Blanks that a word wrap eats come in twos before these.
_TWO = re.compile(
    r"\((?:cost=|actual )|(?:Memory|Disk|Memory Usage|Disk Usage|Batches|Misses|Evictions|Overflows|Peak|Buckets):"
)
_MOST_JOINTS = 6


@dataclass(slots=True)
class Joints:
    """Where lines hang together, by index of the line that continues another."""

    wrapped: list[int] = field(default_factory=list)
    inside_literal: list[int] = field(default_factory=list)
    """The line above ends within quotes: the break is the literal's own, unless the text is wrapped."""
    left_out: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Joined:
    """Lines made whole."""

    lines: Lines
    warnings: list[PlanWarning] = field(default_factory=list)


def join(lines: Lines, start: int, end: int, joints: Joints) -> Joined:
    """Lines [start, end) with every wrapped line whole and what was left out gone."""
    if not joints.wrapped and not joints.left_out:
        return Joined(lines.part(start, end))
    texts = lines.texts
    style = _Style(texts, joints.wrapped)
    wrapped = set(joints.wrapped)
    joined = Joined(Lines([], []))
    if style.found:
        for index in joints.inside_literal:
            if style.cut_here(texts[index - 1], texts[index]):
                wrapped.add(index)
    out: list[str] = []
    numbers: list[int] = []
    parts: list[str] = []
    for index in range(start, end):
        if index in joints.left_out:
            continue
        if index in wrapped and parts:
            parts.append(texts[index])
            continue
        if parts:
            out.append(_whole(parts, style, numbers[-1], joined.warnings))
        parts = [texts[index]]
        numbers.append(lines.numbers[index])
    if parts:
        out.append(_whole(parts, style, numbers[-1], joined.warnings))
    joined.lines = Lines(out, numbers)
    return joined


class _Style:
    """How the text was wrapped."""

    def __init__(self, texts: list[str], wrapped: list[int]) -> None:
        lefts = [texts[i - 1] for i in wrapped if i > 0]
        rights = [texts[i] for i in wrapped]
        self.found = bool(wrapped)
        lengths = Counter(map(len, lefts))
        self.width = max(lengths, default=0)
        near = sum(n for length, n in lengths.items() if self.width - 2 <= length <= self.width)
        middle = sum(
            1 for left, right in zip(lefts, rights, strict=True) if left[-1:].isalnum() and right[:1].isalnum()
        )
        total = max(len(lefts), 1)
        #: Every character was kept: nearly all cut lines end at the same column.
        self.hard = near / total > 0.8 and (total > 1 or middle > 0)
        self.certain = total > 2
        indents = Counter(len(r) - len(r.lstrip()) for r in rights)
        common, often = indents.most_common(1)[0] if indents else (0, 0)
        #: Blanks that the wrap put before every continuation.
        self.indent = common if common > 1 and often / total > 0.8 else 0

    def cut_here(self, left: str, right: str) -> bool:
        """Whether a wrap of this style would have cut between these lines."""
        if self.hard:
            return self.width - 1 <= len(left) <= self.width
        first = right.lstrip().partition(" ")[0]
        return len(left) + 1 + len(first) > self.width and len(left) <= self.width


def _whole(parts: list[str], style: _Style, number: int, warnings: list[PlanWarning]) -> str:
    """One line out of its parts."""
    if len(parts) == 1:
        return parts[0]
    usual = _glued(parts, style, [style.hard] * (len(parts) - 1))
    check = _check_of(usual)
    if check is None or check(usual):
        return usual
    if len(parts) - 1 <= _MOST_JOINTS:
        for choice in product((style.hard, not style.hard), repeat=len(parts) - 1):
            other = _glued(parts, style, list(choice))
            if check(other):
                return other
    warnings.append(PlanWarning(number, "a wrapped line could not be put together for sure"))
    return usual


def _check_of(line: str):  # type: ignore[no-untyped-def]
    """What the whole line must look like, where that is known."""
    if _EXPRESSION.match(line.lstrip()):
        return None
    if _COUNTED.match(line):
        return _COUNTS.match
    if re.match(r"[ \t]*-> ", line) or "(cost=" in line or "(actual" in line:
        return _NODE.match
    return None


def _glued(parts: list[str], style: _Style, raw: list[bool]) -> str:
    line = parts[0]
    for part, keep in zip(parts[1:], raw, strict=True):
        right = part[style.indent :] if style.indent and not part[: style.indent].strip() else part
        if keep:
            line = (
                line.ljust(style.width) + right
                if style.hard and len(line.rstrip()) >= 0 and _short(line, style)
                else line + right
            )
            continue
        if line[-1:].isspace() or right[:1].isspace():
            blank = "" if line[-1:].isspace() and not right[:1].isspace() else " "
            line = line.rstrip() + (line[len(line.rstrip()) :] if blank == "" else "") + blank + right.lstrip()
        else:
            line = line + " " + right
        line = _spaced(line, right.lstrip())
    return line


def _short(line: str, style: _Style) -> bool:
    return False


def _spaced(line: str, right: str) -> str:
    """The double blank back that PostgreSQL prints before some words."""
    if right and _TWO.match(right):
        left = line[: len(line) - len(right)].rstrip()
        if right.startswith("(actual ") and left.endswith(")"):
            return left + " " + right
        return left + "  " + right
    return line
