"""Comment marks of SQL, programs and shells before every line of a plan that somebody kept in a script."""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor.plans.decoration import signs
from advisor.plans.decoration.lines import Lines

_MARK = re.compile(r"[ \t]*(?P<mark>--|//|#|\*)(?: |$)")
#: Lines of a slow log, whose marks are its own.
_SLOW_LOG = re.compile(r"# ?(?:explain|Time|User@Host|Query_time|Thread_id|Bytes_sent|Rows_affected|Schema)\b")
_OPENING = re.compile(r"[ \t]*/\*+[ \t]*")
_CLOSING = re.compile(r"[ \t]*\*+/[ \t]*$")
_JSON = re.compile(r'[ \t]*"(?:Plan|Node Type|query_block)" ?:')
#: A whole line of JSON, and a remark behind it.
_REMARK = re.compile(
    r"^(?P<json>[ \t]*(?:\"[^\"\\]*\"[ \t]*:[ \t]*)?"
    r"(?:\"(?:[^\"\\]|\\.)*\"|-?[\d.]+(?:[eE][+-]?\d+)?|true|false|null|[\[{}\]])(?:[ \t]*,)?)[ \t]+(?:#|//)[^\"]*$"
)
_HEADS = (signs.FULL_ARROW, signs.HEADER, signs.STARS, signs.STEP, _JSON)


def uncommented(lines: Lines) -> Lines:
    """Without the marks, where a run of lines that all bear the same one holds a plan."""
    texts = lines.texts
    out: list[str] | None = None
    index = 0
    while index < len(texts):
        found = _MARK.match(texts[index])
        if found is None:
            index += 1
            continue
        mark = found.group("mark")
        end = index
        bare: list[str] = []
        while end < len(texts) and (one := _MARK.match(texts[end])) and one.group("mark") == mark:
            bare.append(texts[end][one.end() :])
            end += 1
        if end - index > 1 and not any(_SLOW_LOG.match(t) for t in texts[index:end]) and _holds_plan(bare):
            out = list(texts) if out is None else out
            out[index:end] = bare
        index = end
    lines = lines if out is None else lines.with_texts(out)
    return _opened(lines)


def without_remarks(lines: Lines) -> Lines:
    """JSON without what somebody wrote behind the values (``# read whole``, ``// 2 of 3 columns``)."""
    texts = lines.texts
    if not any("#" in text or "//" in text for text in texts):
        return lines
    return lines.with_texts([_REMARK.sub(r"\g<json>", text, count=1) for text in texts])


def _holds_plan(texts: Sequence[str]) -> bool:
    return any(
        (signs.METRICS.search(text) and signs.ROOT.match(text))
        or (signs.TREE.match(text) and "rows=" in text)
        or "select_type" in text
        or any(head.match(text) for head in _HEADS)
        for text in texts
    )


def _opened(lines: Lines) -> Lines:
    """Without ``/*`` and ``*/`` around a plan. A statement that was logged keeps its own."""
    texts = lines.texts
    if not any("*/" in text for text in texts) or any("Query Text:" in text for text in texts):
        return lines
    out: list[str] | None = None
    opening: int | None = None
    for index, text in enumerate(texts):
        if _OPENING.match(text) and "*/" not in text:
            opening = index
        elif opening is not None and "*/" in text:
            if _CLOSING.match(text) and _holds_plan(texts[opening + 1 : index]):
                out = list(texts) if out is None else out
                out[opening] = _OPENING.sub("", texts[opening], count=1)
                out[index] = ""
            opening = None
    return lines if out is None else lines.with_texts(out)
