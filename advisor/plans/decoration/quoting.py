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
