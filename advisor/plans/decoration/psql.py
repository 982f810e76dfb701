"""psql's frames: aligned with any border and line style, expanded, wrapped, unaligned."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from advisor.model.plan import PlanWarning
from advisor.plans.decoration import signs
from advisor.plans.decoration.balance import BLANKS_LOST, balance, spans
from advisor.plans.decoration.lines import Lines

_BARS = "|│║"
_CONTINUED = ("+", "↵")


@dataclass(slots=True)
class Frame:
    """What a frame held, and the first line after it."""

    lines: Lines
    end: int
    warnings: list[PlanWarning] = field(default_factory=list)


def aligned(lines: Lines, start: int) -> Frame:
    """The body below the header ``QUERY PLAN`` on line ``start``."""
    texts = lines.texts
    index = start + 1
    while index < len(texts) and not texts[index].strip():
        index += 1
    if index == len(texts) or not signs.RULE.match(texts[index]):
        index = start + 1
    ruled = False
    width = 0
    first = index
    while index < len(texts) and signs.RULE.match(texts[index]):
        ruled = True
        width = width or len(texts[index].rstrip())
        index += 1
    cut = width if index > first + 1 else 0
    header = texts[start].lstrip()
    boxed = header[:1] in _BARS and header.rstrip()[-1:] in _BARS
    if boxed:
        return _boxed(lines, index)
    doubts: list[PlanWarning] = []
    margin = len(texts[first]) - len(texts[first].lstrip()) if cut else 0
    body = lines.part(index, _margin_end(texts, index, margin) if margin else _end(texts, index))
    if margin:
        # a wrapped frame that was indented: the margin is no part of any piece
        cut -= margin
        body = body.with_texts([text[margin:] for text in body.texts])
        body = body.part(0, _end(body.texts, 0))
    end = index + len(body)
    if end < len(texts) and signs.COUNT.match(texts[end].lstrip()):
        end += 1
    if header.rstrip()[-1:] in _BARS and all(t.rstrip()[-1:] in _BARS for t in body.texts if t.strip()):
        # DBeaver's text: a bar at the end of each cell alone
        doubts += spanned(body)
        body = body.with_texts([t.rstrip()[:-1].rstrip() for t in body.texts])
    if ruled:
        body = _unpadded(body, cut, doubts)
        filled = [t for t in body.texts if t.strip()]
        if filled and all(t[0] in " .…;:" for t in filled):
            body = _unwrapped(body, margin=True)
        else:
            body = _unwrapped(body, margin=False)
    return Frame(body, end, doubts)


def _margin_end(texts: list[str], start: int, margin: int) -> int:
    """The first line that does not begin with the margin, or is another frame's header."""
    for index in range(start, len(texts)):
        if texts[index][:margin].strip() or ("QUERY PLAN" in texts[index] and signs.HEADER.match(texts[index])):
            return index
    return len(texts)


def _end(texts: list[str], start: int) -> int:
    """The footer's line, the next frame's header, or a prompt; not inside a literal."""
    depth, quote = 0, ""
    for index in range(start, len(texts)):
        text = texts[index]
        if not quote and text and text[0] not in " \t":
            if text[0] == "(" and signs.COUNT.match(text):
                return index
            after = (signs.PROMPT, signs.RECORD, signs.FENCE, signs.TIMING)
            if any(sign.match(text) for sign in after) and signs.FOOTER.match(text) is None:
                return index
        if not quote and "QUERY PLAN" in text and signs.HEADER.match(text):
            return index
        if "'" in text:
            depth, quote = balance(text, depth, quote)
            if quote == '"':
                quote = ""
    return _unquoted_end(texts, start)


def _unquoted_end(texts: list[str], start: int) -> int:
    """As `_end`, whatever quotes are open: there was one without its partner."""
    for index in range(start, len(texts)):
        text = texts[index]
        if text[:1] == "(" and signs.COUNT.match(text):
            return index
    return len(texts)


def _unpadded(body: Lines, cut: int = 0, doubts: list[PlanWarning] | None = None) -> Lines:
    """Continuation marks off, when nearly all lines have one: an expression may end in ``+``.

    ``cut``: the width at which the frame's own rule was cut in pieces; then only the last piece of a line has its mark.
    """
    texts = body.texts
    doubts = [] if doubts is None else doubts
    for mark in _CONTINUED:
        marks = [i for i, t in enumerate(texts) if t.rstrip().endswith(mark)]
        if not marks or marks[0] > 3:
            continue
        alone = [i for i in marks if texts[i].strip() == mark]
        if len(alone) > 0.5 * len(marks) and not cut:
            kept = sorted(set(range(len(texts))) - set(alone))
            return body.picked(kept, [texts[i].rstrip().removesuffix(mark).rstrip() for i in kept])
        filled = sum(1 for t in texts[: marks[-1] + 1] if t.strip())
        if cut and len(marks) >= 0.3 * filled:
            return _pieced(body, mark, cut, doubts)
        if len(marks) >= 0.9 * filled:
            doubts.extend(spanned(body))
            return body.with_texts(
                [t.rstrip()[:-1].rstrip() if t.rstrip().endswith(mark) else t.rstrip() for t in texts]
            )
    return body


def _pieced(body: Lines, mark: str, width: int, doubts: list[PlanWarning]) -> Lines:
    """Lines up to their marks, each out of pieces of ``width``."""
    out: list[str] = []
    numbers: list[int] = []
    texts = body.texts
    last = max((i for i, t in enumerate(texts) if t.rstrip().endswith(mark)), default=-1)
    open_line = False
    for index, text in enumerate(texts):
        if open_line:
            if len(out[-1]) % width and text.strip(" " + mark):
                doubts.append(
                    PlanWarning(body.numbers[index], "blanks before this piece of a wrapped line were lost, or others")
                )
            out[-1] = out[-1].ljust(-(-len(out[-1]) // width) * width) + text
        else:
            out.append(text)
            numbers.append(body.numbers[index])
        open_line = index < last and not text.rstrip().endswith(mark)
    return Lines([t.rstrip().removesuffix(mark).rstrip() for t in out], numbers)


def _unwrapped(body: Lines, *, margin: bool) -> Lines:
    """Lines that ``\\pset format wrapped`` cut (``.`` or ``…`` at both margins) whole again; the margin off."""
    texts = body.texts
    dots = [
        i
        for i in range(1, len(texts))
        if texts[i][:1] in (".", "…", ";")
        and texts[i - 1].rstrip()[-1:] in (".", "…", ";", " ", "")
        and not texts[i].startswith("..  ")
    ]
    marked = [i for i in dots if texts[i - 1].rstrip()[-1:] == texts[i][:1]]
    if all(texts[i - 1].rstrip()[-2:-1].isdigit() and texts[i][1:2].isdigit() for i in marked):
        # ``7.355.`` and ``.9667``: a range that some other wrap cut in two, when it cut lines without a mark as well
        widest = max((len(texts[i - 1].rstrip()) for i in marked), default=0)
        unmarked = [i for i in range(1, len(texts)) if i not in marked and len(texts[i - 1].rstrip()) >= widest]
        marked = [] if unmarked else marked
    if not marked:
        # a dot without its partner is a number's or a name's, cut off by a wrap
        return body.with_texts([t[1:] if t[:1] in ("", " ") else t for t in texts]) if margin else body
    width = max(len(texts[i - 1].rstrip()) for i in marked)
    joined = {i for i in marked if len(texts[i - 1].rstrip()) == width}
    out: list[str] = []
    numbers: list[int] = []
    for index, text in enumerate(texts):
        piece = text
        if index + 1 in joined:
            piece = piece.rstrip()[:-1]
        if index in joined:
            out[-1] += piece[1:]
            continue
        out.append(piece[1:] if margin else piece)
        numbers.append(body.numbers[index])
    return Lines(out, numbers)


def _boxed(lines: Lines, start: int) -> Frame:
    """Between two bars on every line, down to the lower rule."""
    texts = lines.texts
    end = start
    while end < len(texts) and not signs.RULE.match(texts[end]):
        if texts[end].strip() and texts[end].lstrip()[0] not in _BARS and signs.COUNT.match(texts[end]):
            break
        end += 1
    body = lines.part(start, end)
    inner = unboxed(body)
    doubt = spanned(inner)
    inner = inner.with_texts([text.rstrip() for text in inner.texts])
    if end < len(texts) and signs.RULE.match(texts[end]):
        end += 1
    if end < len(texts) and signs.COUNT.match(texts[end].lstrip()):
        end += 1
    return Frame(_wrapped_marks(_unpadded(inner)), end, doubt)


def spanned(inner: Lines) -> list[PlanWarning]:
    """A doubt where padding comes off and a literal goes over several lines."""
    at = spans([text.rstrip(" +↵|│║") for text in inner.texts])
    return [] if at is None else [PlanWarning(inner.numbers[at], BLANKS_LOST)]


def unboxed(body: Lines) -> Lines:
    """Bars off: on every line (psql), or before the first and behind the last alone (MySQL)."""
    texts = body.texts
    filled = [t for t in texts if t.strip()]
    if filled and all(t.lstrip()[0] in _BARS for t in filled):
        out = []
        for text in texts:
            inner = text.lstrip()[1:]
            stripped = inner.rstrip()
            if stripped[-1:] in _BARS and stripped:
                inner = stripped[:-1]
            out.append(inner)
        if any(t[:1] in ".…;" and t[:1] for t in out):
            return body.with_texts(out)
        return body.with_texts([t[1:] if t.startswith(" ") else t for t in out])
    out = list(texts)
    first = next((i for i, t in enumerate(out) if t.strip()), None)
    if first is not None and out[first].lstrip()[:1] in _BARS:
        out[first] = re.sub(r"^\s*[|│║] ?", "", out[first])
        last = max(i for i, t in enumerate(out) if t.strip())
        out[last] = re.sub(r" *[|│║]\s*$", "", out[last])
    return body.with_texts(out)


def _wrapped_marks(inner: Lines) -> Lines:
    """Margins of a boxed, wrapped frame: each line still has its column for the mark."""
    texts = inner.texts
    if not any(t[:1] in (".", "…", ";") for t in texts if t):
        return inner
    margin = all(t[:1] in " .…;:" for t in texts if t.strip())
    return _unwrapped(inner, margin=margin)


def expanded(lines: Lines, start: int) -> Frame:
    """Records below ``-[ RECORD 1 ]``; none when they hold no ``QUERY PLAN``."""
    texts = lines.texts
    out: list[str] = []
    numbers: list[int] = []
    index = start
    offset: int | None = None
    boxed = texts[start].lstrip()[:1] in "+┌╔╓╒├|"
    any_name = False
    while index < len(texts):
        text = texts[index]
        if signs.RECORD.match(text):
            index += 1
            continue
        if boxed and signs.RULE.match(text):
            index += 1
            break
        found = _named(text, boxed)
        if found is not None:
            offset, bar = found
            any_name = True
            out.append(_cell(text[offset:], boxed))
            numbers.append(lines.numbers[index])
        elif any_name and offset is not None and _continues(text, offset, boxed):
            piece = text[offset - 1 :] if bar and text[offset - 1 : offset] in ".…;" else text[offset:]
            if piece[:1] in (".", "…", ";") and piece and text[offset - 1 : offset] == piece[:1]:
                previous = out[-1].rstrip()
                out[-1] = (previous[:-1] if previous[-1:] == piece[0] else out[-1]) + _cell(piece[1:], boxed)
            else:
                out.append(_cell(piece, boxed))
                numbers.append(lines.numbers[index])
        else:
            break
        index += 1
    doubts = spanned(Lines(out, numbers))
    return Frame(_unpadded(Lines(out, numbers)), index, doubts)


def _named(text: str, boxed: bool) -> tuple[int, bool] | None:
    """Where the cell begins on a line that names its column, and whether a bar stands before it."""
    match = re.match(r"(?:[|│║] )?QUERY PLAN(?: [|│║] |[|│║]| )", text) or re.match(
        r"(?:[|│║] )?QUERY PLAN(?: ?[|│║]| )$", text
    )
    if match is None:
        return None
    return match.end(), match.group()[-2:-1] in _BARS or match.group()[-1:] in _BARS


def _continues(text: str, offset: int, boxed: bool) -> bool:
    head = text[: offset - 1]
    return not head.strip(" |│║:;.…") and (len(text) >= offset - 1 or not text.strip()) and bool(text.strip())


def _cell(piece: str, boxed: bool) -> str:
    stripped = piece.rstrip()
    if boxed and stripped[-1:] in _BARS and stripped:
        return stripped[:-1].rstrip()
    return piece
