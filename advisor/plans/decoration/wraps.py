"""Puts wrapped lines together again.

A hard wrap cuts every line at one width and keeps each character (a blank at the cut may have been taken for one at the
line's end, and dropped). A word wrap cuts at a blank, which it eats. Which of them it was is told first by lines
whose form is known whole (an operator's brackets, counters), then by the lengths of the lines that were cut. Where
neither decides, a warning stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise, product

from advisor.model.plan import PlanWarning
from advisor.plans.decoration.balance import balance
from advisor.plans.decoration.lines import Lines
from advisor.plans.decoration.whole import check_of, doubled_blank

#: Beyond so many cuts in one line its form is not asked for each way of joining it.
_MOST_CUTS = 7
#: Shorter lines are not taken for wrapped ones.
_NARROWEST = 20


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
    if not joints.wrapped and not joints.left_out and not joints.inside_literal:
        return Joined(lines.part(start, end))
    texts = lines.texts
    style = _Style(texts, start, end, joints)
    joined = Joined(Lines([], []))
    wrapped = set(joints.wrapped)
    literals = set(joints.inside_literal)
    for index in joints.inside_literal:
        if index in joints.left_out or not style.would_cut(texts[index - 1], texts[index]):
            continue
        if joints.wrapped:
            wrapped.add(index)
        if not style.certain:
            doubt = "a literal is broken here: it cannot be told whether the line break is its own or a wrap's"
            joined.warnings.append(PlanWarning(lines.numbers[index], doubt))
    blank = [i for i in joints.inside_literal if not texts[i].strip()]
    if blank and any(not texts[i].strip() for i in joints.left_out):
        joints.left_out.update(blank)
        doubt = "blank lines stand between the lines: those inside a literal were left out too"
        joined.warnings.append(PlanWarning(lines.numbers[blank[0]], doubt))
    out: list[str] = []
    numbers: list[int] = []
    for group in _groups(start, end, wrapped, joints.left_out):
        literal = any(i in literals for i in group[1:])
        parts = [texts[i] for i in group]
        out.append(_whole(parts, style, lines.numbers[group[0]], joined.warnings, literal=literal))
        numbers.append(lines.numbers[group[0]])
    joined.lines = Lines(out, numbers)
    return joined


def _groups(start: int, end: int, wrapped: set[int], left_out: set[int]) -> list[list[int]]:
    """Indexes of the lines that make up each whole line."""
    groups: list[list[int]] = []
    for index in range(start, end):
        if index in left_out:
            continue
        if index in wrapped and groups:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def kept_whole(pairs: list[tuple[str, str]], longest: int) -> tuple[bool, bool]:
    """Whether lines were cut at one width with every character kept, and whether that is certain."""
    cut = max((len(left) for left, _ in pairs), default=0)
    full = sum(1 for left, _ in pairs if len(left) >= cut - 1)
    may_be_hard = bool(pairs) and cut >= longest - 1 and full > 0.8 * len(pairs)
    may_be_word = all(len(left) + 1 + len(_first(right)) > longest for left, right in pairs)
    hard = may_be_hard
    if may_be_hard and may_be_word and len(pairs) == 1:
        left, right = pairs[0]
        hard = left[-1:].isalnum() and right[:1].isalnum()
    return hard, len(pairs) > 2 and (may_be_hard != may_be_word or (hard and len(pairs) > 4))


def short_cuts(lefts: list[str], width: int) -> bool:
    """Whether a cut line is a little shorter than the width: blanks lost at the cut are the likely reason, no more."""
    return any(width - 2 <= len(left) < width for left in lefts)


def implausible(left: str, right: str) -> bool:
    """Whether SQL never has these next to each other: a blank between them was lost."""
    return (left[-1:] == ")" and right[:1].isalpha()) or right[:2] == "  "


def glued(line: str, right: str, last: str, width: int, *, hard: bool) -> str:
    """``line``, whose last part is ``last``, and what followed the cut."""
    if not hard:
        return line.rstrip() + " " + right.lstrip()
    # blanks at the cut may have been taken for blanks at the line's end
    missing = width - len(last)
    return line + (" " * missing if 0 < missing <= 2 else "") + right


class _Style:
    """How the text was wrapped."""

    def __init__(self, texts: list[str], start: int, end: int, joints: Joints) -> None:
        own = [i for i in range(start, end) if i not in joints.left_out]
        before = dict(pairwise(own))
        before = {b: a for a, b in before.items()}
        pairs = [(texts[before[i]], texts[i]) for i in joints.wrapped if i in before]
        longest = max((len(texts[i]) for i in own), default=0)
        #: No line was longer than this.
        self.width = longest
        indents = Counter(len(right) - len(right.lstrip()) for _, right in pairs)
        common, often = indents.most_common(1)[0] if indents else (0, 0)
        #: Blanks that the wrap put before every continuation.
        self.indent = common if common > 1 and often > 0.8 * len(pairs) else 0
        raw, blank = self._votes(texts, start, end, joints)
        self.hard, sure = kept_whole(pairs, longest)
        if (raw != blank and not sure) or (raw != blank and len(pairs) <= 3):
            self.hard = raw > blank and max((len(left) for left, _ in pairs), default=0) == longest
        lefts = [left for left, _ in pairs]
        #: The other way of joining is ruled out.
        self.certain = (sure or raw != blank) and not (self.hard and short_cuts(lefts, self.width))

    def _votes(self, texts: list[str], start: int, end: int, joints: Joints) -> tuple[int, int]:
        """Cuts at which a line of known form must be joined as it is, and those where it needs a blank."""
        raw = blank = 0
        for group in _groups(start, end, set(joints.wrapped), joints.left_out):
            if not 1 < len(group) <= _MOST_CUTS:
                continue
            parts = [texts[i] for i in group]
            check = check_of(" ".join(parts)) or check_of("".join(parts))
            if check is None:
                continue
            for (left, right), keep in zip(pairwise(parts), _choice(parts, self, check) or (), strict=False):
                own = right[self.indent :] if not right[: self.indent].strip() else right
                if left[-1:].isspace() or own[:1].isspace() or len(left) < self.width - 2:
                    continue
                raw += keep
                blank += not keep and len(left) == self.width
        return raw, blank

    def would_cut(self, left: str, right: str) -> bool:
        """Whether a wrap of this style would have cut between these lines."""
        if self.width < _NARROWEST or len(left) > self.width:
            return False
        return len(left) >= self.width - 1 if self.hard else len(left) + 1 + len(_first(right)) > self.width


def _first(text: str) -> str:
    return text.lstrip().partition(" ")[0]


def _choice(parts: list[str], style: _Style, check: Callable[[str], object]) -> tuple[bool, ...] | None:
    """The one way of joining (as it is: True, with a blank: False) that gives the right form; None for none or two."""
    passing = {c for c in product((True, False), repeat=len(parts) - 1) if check(_glued(parts, style, c, hard=False))}
    return passing.pop() if len(passing) == 1 else None


def _whole(parts: list[str], style: _Style, number: int, warnings: list[PlanWarning], *, literal: bool) -> str:
    """One line out of its parts. ``literal``: it was cut within one."""
    if len(parts) == 1:
        return parts[0]
    usual = _glued(parts, style, (style.hard,) * (len(parts) - 1), hard=style.hard)
    turned = _glued(parts, style, (not style.hard,) * (len(parts) - 1), hard=style.hard)
    check = check_of(usual) or check_of(turned)  # a cut within ``(cost=`` hides what the line is
    if check is not None:
        if check(usual):
            return usual
        if len(parts) <= _MOST_CUTS:
            for choice in product((style.hard, not style.hard), repeat=len(parts) - 1):
                other = _glued(parts, style, choice, hard=style.hard)
                if check(other):
                    return other
        warnings.append(PlanWarning(number, "a wrapped line could not be put together for sure"))
    elif not style.hard and (literal or any(_in_literal(parts, cut) for cut in range(1, len(parts)))):
        warnings.append(PlanWarning(number, "a literal was cut at a blank: how many blanks stood there cannot be told"))
    elif style.hard and any(implausible(a, b) for a, b in pairwise(parts)):
        warnings.append(
            PlanWarning(number, "a wrapped line was put together as it is, though a blank seems to be lost")
        )
    elif not style.certain and any(not a[-1:].isspace() and not b[:1].isspace() for a, b in pairwise(parts)):
        how = "as it is" if style.hard else "with a blank"
        warnings.append(PlanWarning(number, f"a wrapped line was put together {how}, which may be wrong"))
    return usual


def _in_literal(parts: list[str], cut: int) -> bool:
    return balance("".join(parts[:cut]))[1] == "'"


def _glued(parts: list[str], style: _Style, raw: tuple[bool, ...], *, hard: bool) -> str:
    line = last = parts[0]
    for part, keep in zip(parts[1:], raw, strict=True):
        right = part[style.indent :] if style.indent and not part[: style.indent].strip() else part
        if keep:
            line = glued(line, right, last, style.width, hard=True) if hard else line + right
        else:
            line = doubled_blank(line.rstrip() + " ", right.lstrip())
        last = part
    return line
