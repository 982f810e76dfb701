"""Blank lines between all lines, and tabs that stand for the blanks at the start."""

from __future__ import annotations

import re

from advisor.model.plan import PlanWarning
from advisor.plans.decoration import signs
from advisor.plans.decoration.lines import Lines

_FEWEST = 3
_LOGGED = re.compile(r"\d (?:ms|мс)\W")


def undoubled(lines: Lines) -> Lines:
    """Without every second line, where each of them is blank (a mail program made a paragraph of each line)."""
    texts = lines.texts
    kept: list[int] = []
    index, changed = 0, False
    while index < len(texts):
        end = index
        filled = 0
        while end < len(texts) and (end + 1 >= len(texts) or not texts[end + 1] or texts[end + 1].isspace()):
            filled += bool(texts[end].strip())
            end += 2
        if end < len(texts) and end > index and texts[end].strip():
            # the last line of the run has no blank line below
            end += 1
            filled += 1
        shown = [i for i in range(index, min(end, len(texts)), 2) if _like_plan(texts[i])]
        if filled >= _FEWEST and len(shown) > 2 and len(shown) >= 0.5 * filled:
            end = min(end, len(texts))
            kept.extend(range(index, shown[0]))
            kept.extend(range(shown[0], shown[-1] + 1, 2))
            kept.extend(range(shown[-1] + 1, end))
            changed = True
            index = end
        else:
            last = max(index + 1, min(end, len(texts)))
            kept.extend(range(index, last))
            index = last
    return lines.picked(kept) if changed else lines


def _like_plan(text: str) -> bool:
    """A line with brackets, a key, an arrow, a rule: no prose."""
    return (
        signs.START.match(text) is not None
        or signs.METRICS.search(text) is not None
        or text.lstrip()[:1] in tuple('"{}[]|<+-│║┌├└╔╠╚=*`(')
        or text[:1] == " "
        or "\t" in text
        or ("," in text.strip("., ") and text.count(",") > 3)
    )


def untabbed(lines: Lines, doubts: list[PlanWarning]) -> Lines:
    """Leading tabs of eight columns as blanks. auto_explain's own tab before every line stays."""
    texts = lines.texts
    tabbed = [i for i, text in enumerate(texts) if text[:1] == "\t"]
    if not tabbed or not any(_shows(texts[i].lstrip()) for i in tabbed):
        return lines
    if any(texts[i - 1].rstrip()[-1:] == ":" and _LOGGED.search(texts[i - 1]) for i in tabbed[:50] if i):
        return lines
    if any(texts[i - 1].startswith("Query Text:") for i in tabbed[:50] if i):
        return lines  # the first line was pasted without its tab
    if any(
        texts[i].lstrip().startswith(("Query Text:", "{", "[", "Query Parameters:")) and texts[i][1:2] != "\t"
        for i in tabbed[:3]
    ):
        return lines
    out = list(texts)
    for index in tabbed:
        text = texts[index]
        lead = text[: len(text) - len(text.lstrip(" \t"))]
        out[index] = lead.expandtabs(8) + text[len(lead) :]
        if not _shows(text.lstrip()):
            doubts.append(
                PlanWarning(lines.numbers[index], "tabs were read as eight columns; here they may be a literal's own")
            )
    return lines.with_texts(out)


def _shows(lead: str) -> bool:
    """Whether a line is one of a plan, but for what stands before it."""
    return (
        lead[:1] in '"{}[]<-('
        or signs.START.match(lead) is not None
        or signs.METRICS.search(lead) is not None
        or lead[:1] == "*"
    )
