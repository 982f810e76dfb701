"""Takes off, in whatever order they were put on, what carried every line: quotes, prefixes, markup, indentation."""

from __future__ import annotations

import re

from advisor.model.plan import PlanWarning
from advisor.plans.decoration import entries, exports, signs
from advisor.plans.decoration.balance import BLANKS_LOST, spans
from advisor.plans.decoration.cells import without_stray_quotes
from advisor.plans.decoration.comments import uncommented
from advisor.plans.decoration.html import unmarked
from advisor.plans.decoration.lines import Lines
from advisor.plans.decoration.prefixes import unprefixed
from advisor.plans.decoration.printable import decoded
from advisor.plans.decoration.quoting import unquoted
from advisor.plans.decoration.spacing import undoubled, untabbed

_ROUNDS = 8
#: An operator's brackets before such a bar.
_CLOSED = re.compile(r"\((?:cost=[^()]* width=\d+|actual [^()]*|never executed)\) *\|\s*$")
#: An arrow with one blank before an operator with a width, which only PostgreSQL prints.
_NARROW = re.compile(r"[ \t]*-> [A-Z][^()]*\(cost=[\d.]+ rows=\d+ width=")


def uncarried(lines: Lines, doubts: list[PlanWarning]) -> Lines:
    """The lines as they stood in the client or the log; ``doubts`` gets what that may have changed wrongly."""
    for _ in range(_ROUNDS):
        before = lines
        for _ in range(_ROUNDS):
            inner = lines
            lines = decoded(_unpadded(lines, doubts), doubts)
            for step in _STEPS:
                lines = step(lines)
            if lines is inner:
                break
        lines = untabbed(lines, doubts)
        lines = entries.opened(exports.opened(_blocks_outdented(unmarked(lines, doubts))))
        if lines is before:
            break
    return _widened(lines)


def _widened(lines: Lines) -> Lines:
    """PostgreSQL's arrows with their two blanks, where a page made one blank out of several."""
    texts = lines.texts
    if not any(_NARROW.match(text) for text in texts if "-> " in text):
        return lines
    return lines.with_texts(
        [t.replace("-> ", "->  ", 1) if signs.TREE.match(t) and not signs.ARROW.match(t) else t for t in texts]
    )


def _unpadded(lines: Lines, doubts: list[PlanWarning]) -> Lines:
    """Without blanks at the ends, where so many lines have them that no server printed them."""
    texts = lines.texts
    padded = [text for text in texts if text[-1:].isspace()]
    filled = sum(1 for text in texts if text)
    if len(padded) < 2 or len(padded) < 0.3 * filled:
        return lines
    if len(padded) == filled and len(set(map(len, padded))) > 1:
        # as many behind every line: what is more stood there before
        least = (
            min(len(text) - len(text.rstrip()) for text in padded if text.strip()) if any(map(str.strip, padded)) else 0
        )
        if least:
            return lines.with_texts([text[:-least] if text.strip() else "" for text in texts])
    at = spans(texts)
    if at is not None:
        doubts.append(PlanWarning(lines.numbers[at], BLANKS_LOST))
    return lines.with_texts([text.rstrip() for text in texts])


def _unbarred(lines: Lines) -> Lines:
    """Without the bars that DBeaver closes a cell with, where every line of a plan has one and none begins with one."""
    texts = lines.texts
    out: list[str] | None = None
    index = 0
    while index < len(texts):
        end = index
        while end < len(texts) and texts[end].rstrip()[-1:] == "|" and texts[end].lstrip()[:1] != "|":
            end += 1
        if end > index and any(_CLOSED.search(text) for text in texts[index:end]):
            out = list(texts) if out is None else out
            out[index:end] = [text.rstrip()[:-1].rstrip() for text in texts[index:end]]
        index = max(end, index + 1)
    return lines if out is None else lines.with_texts(out)


def _outdented(lines: Lines) -> Lines:
    """Without the blanks that every line begins with (marks of a code block aside)."""
    texts = lines.texts
    least: int | None = None
    for text in texts:
        if not text or not text[0].isspace():
            if text and not signs.FENCE.match(text):
                return lines
            continue
        if text.isspace():
            continue
        column = len(text) - len(text.lstrip(" "))
        if column == 0:
            return lines
        least = column if least is None else min(least, column)
    if not least:
        return lines
    return lines.with_texts([text if signs.FENCE.match(text) and text[:1] != " " else text[least:] for text in texts])


def _blocks_outdented(lines: Lines) -> Lines:
    """As `_outdented`, for each paragraph of indented lines that begins as a plan does and stands among others."""
    texts = lines.texts
    if "" not in texts and not any(text[:1] in "`~{" and signs.FENCE.match(text) for text in texts if text):
        return lines
    out: list[str] | None = None
    index = 0
    while index < len(texts):
        text = texts[index]
        if not text[:1].isspace() or text.isspace() or (index and not _apart(texts[index - 1])):
            index += 1
            continue
        end = index
        least = 1000
        while end < len(texts) and (not texts[end] or texts[end][0].isspace()):
            if texts[end] and not texts[end].isspace():
                least = min(least, len(texts[end]) - len(texts[end].lstrip()))
            end += 1
        if (end == len(texts) or _apart(texts[end - 1]) or _apart(texts[end])) and _begins(texts, index, end):
            out = list(texts) if out is None else out
            out[index:end] = [t[least:] for t in texts[index:end]]
        index = max(end, index + 1)
    return lines if out is None else lines.with_texts(out)


def _apart(text: str) -> bool:
    return not text.strip() or signs.FENCE.match(text) is not None


def _begins(texts: list[str], start: int, end: int) -> bool:
    """Whether what stands there may be what a client or a server printed."""
    lead = texts[start].lstrip()
    if lead[:1] in "[{<>\"'" or lead.startswith(("- Plan:", "Query Text:", "-> ", "|--", "Nov ", "20")):
        return True
    if signs.HEADER.match(lead):
        return end - start > 1 and signs.RULE.match(texts[start + 1]) is not None
    return any(
        sign.match(lead) for sign in (signs.ROOT, signs.ANY_ROOT, signs.RECORD, signs.BOX, signs.STARS, signs.EXPLAIN)
    ) or lead.startswith(("EXPLAIN", "QUERY PLAN", "id", "| id", "| QUERY"))


_STEPS = (undoubled, _outdented, unprefixed, unquoted, uncommented, _unbarred, without_stray_quotes)
