"""Mail and markdown quotes (``> ``) before every line."""

from __future__ import annotations

import re

from advisor.plans.decoration import signs
from advisor.plans.decoration.lines import Lines

_QUOTED = re.compile(r"[ \t]{0,12}>(?!=)")
_ONE = re.compile(r"[ \t]{0,12}> ?")
_MARK = re.compile(r"[ \t]{0,12}>")
_SPACED = re.compile(r"[ \t]{0,12}>(?: |>|$)")


def unquoted(lines: Lines) -> Lines:
    """Without quote marks where most lines of a run bear them; a wrap leaves a line without one among them."""
    for _ in range(8):
        texts = lines.texts
        quoted = [
            i for i, text in enumerate(texts) if text.startswith((">", " >", "  >", "   >")) and _QUOTED.match(text)
        ]
        if not quoted or (len(quoted) < 2 and not signs.ROOT.match(texts[quoted[0]].lstrip("> \"'"))):
            return lines
        first, last = quoted[0], quoted[-1]
        standing = [i for i in range(first, last + 1) if texts[i].strip()]
        if len(quoted) / max(len(standing), 1) < 0.45:
            return lines
        # an operator at the start of a wrapped line is no quote mark: marks stand in runs, blank lines aside
        place = {index: at for at, index in enumerate(standing)}
        marked = {place[i] for i in quoted}
        out = list(texts)
        pattern = _ONE if all(_SPACED.match(texts[i]) for i in quoted) else _MARK
        for index in quoted:
            at = place[index]
            if at - 1 in marked or at + 1 in marked or index in (first, last):
                out[index] = pattern.sub("", texts[index], count=1)
        lines = lines.with_texts(out)
    return lines


def undiffed(lines: Lines) -> Lines:
    """Without the ``+`` of a diff, or the bar of a chat's quote, before every line of a run in which a plan begins."""
    texts = lines.texts
    for mark in ("+", "|"):
        marked = [i for i, text in enumerate(texts) if text[:1] == mark]
        if len(marked) < 2 or all(signs.RULE.match(texts[i]) for i in marked):
            continue
        first, last = marked[0], marked[-1]
        filled = sum(1 for text in texts[first : last + 1] if text)
        if len(marked) < 0.9 * filled or not any(_plan(texts[i][1:]) for i in marked):
            continue
        if mark == "|" and (
            any(texts[i][1:3] == "--" for i in marked)
            or (
                sum(texts[i].rstrip()[-1:] == "|" for i in marked) > 0.5 * len(marked)
                and not all(texts[i][:3] in ("| |", "|", "| +") for i in marked)
            )
        ):
            continue
        step = 2 if mark == "|" and all(texts[i][1:2] in " " for i in marked) else 1
        out = list(texts)
        for index in marked:
            out[index] = out[index][step:]
        return lines.with_texts(out)
    return lines


def _plan(text: str) -> bool:
    """Whether a plan, or what holds one, shows on the line."""
    lead = text.lstrip(" \"'(")
    return (
        signs.ROOT.match(lead) is not None
        or signs.HEADER.match(lead) is not None
        or signs.METRICS.search(text) is not None
        or lead.startswith(("<explain", "- Plan:", "Plan:", "[{", '{"', "Query Text:", "-> ", "|--", "id\t", "EXPLAIN"))
        or '"Plan"' in text
        or '"query_block"' in text
        or "select_type" in text
        or signs.BARE_ROOT.match(lead) is not None
    )
