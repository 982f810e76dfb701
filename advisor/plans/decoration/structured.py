"""JSON, XML and YAML documents: where one ends, and wrapped ones made whole."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from advisor.model.plan import PlanWarning
from advisor.plans.decoration import signs
from advisor.plans.decoration.comments import without_remarks
from advisor.plans.decoration.lines import Lines
from advisor.plans.decoration.wraps import glued, implausible, kept_whole, short_cuts

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]|"')
_PLAN_KEY = re.compile(
    r'"(?:Plan|Node Type|Query Text|query_block|query_plan|query_optimization|operation|access_type|Query Identifier'
    r'|query_spec|inputs|table_name)"'
)
_BLANKS = "a literal was cut at a blank: how many blanks stood there cannot be told"
XML_BREAK = "an element's text is broken here: it cannot be told whether the line break is its own or a wrap's"
_YAML_START = re.compile(r"[ \t]*(?:- )?(?:Plan: *$|Query Text: \"|Query Identifier: -?\d+ *$|Node Type: \")")
_YAML_KEY = re.compile(r"[ \t]*(?:- )*[A-Z][\w /()-]*:(?: |$)|[ \t]*- +(?:\S.*)?$|[ \t]*-? *\w+: ")
_YAML_TOP = re.compile(
    r"[ \t]*(?:Query (?:Text|Identifier|Parameters)|Plan|Planning(?: Time)?|Triggers|JIT|Settings|Execution Time|"
    r"Total Runtime|Serialization):"
)
_XML_START = re.compile(r"[ \t]*(?:<\?xml[^>]*>[ \t]*)?<(?:explain|Plan|Query)\b")


@dataclass(slots=True)
class Document:
    """One or more plans of a document; ``end``: the first line after it."""

    parts: list[Lines]
    end: int
    warnings: list[PlanWarning] = field(default_factory=list)
    is_plan: bool = True


def _dedented(lines: Lines) -> Lines:
    texts = lines.texts
    first = texts[0]
    margin = len(first) - len(first.lstrip())
    if not margin:
        return lines
    return lines.with_texts([t[margin:] if not t[:margin].strip() else t.lstrip() for t in texts])


def json_document(lines: Lines, start: int) -> Document:
    """From the bracket that opens line ``start``."""
    texts = lines.texts
    head = "".join(text.strip()[:4000] for text in texts[start : start + 16])
    if not _PLAN_KEY.search(head):
        return Document([], start, is_plan=False)
    end, pretty = _json_end(texts, start)
    body = without_remarks(lines.picked([i for i in range(start, end) if texts[i].strip()]))
    body, warnings = _json_whole(body)
    return Document([_dedented(part) for part in _elements(body, pretty)], end, warnings)


def _json_end(texts: list[str], start: int) -> tuple[int, bool]:
    """The line after the closing bracket, and whether the document is printed over lines."""
    opening = texts[start].rstrip()
    bracket = opening.lstrip()
    indent = opening[: len(opening) - len(bracket)]
    limit = len(texts)
    if bracket in ("[", "{"):
        closing = indent + ("]" if bracket == "[" else "}")
        for index in range(start + 1, len(texts)):
            text = texts[index]
            if text.startswith(closing) and (text == closing or not text[len(closing) :].strip(" ,;\t\"'|+")):
                return index + 1, True
            if _no_json(text):
                limit = index
                break
    depth = 0
    for index in range(start, limit):
        if index > start and _no_json(texts[index]):
            return index, False
        for mark in _TOKEN.findall(texts[index]):
            if mark in "[{":
                depth += 1
            elif mark in "]}":
                depth -= 1
                if depth == 0:
                    return index + 1, False
    return limit, False


def _no_json(text: str) -> bool:
    """Whether the line cannot be JSON's, in case that was cut off above it."""
    return text[:1] in ("(", "`", "~") and (signs.COUNT.match(text) or signs.FENCE.match(text)) is not None


def _elements(body: Lines, pretty: bool) -> list[Lines]:
    """The plans of an array of several; an array of one as it is."""
    texts = body.texts
    if not texts[0].lstrip().startswith("["):
        return [body]
    if pretty and len(texts) > 2:
        inner = texts[1].rstrip()
        if inner.lstrip() != "{":
            return [body]
        starts = [i for i, t in enumerate(texts) if t.startswith(inner) and t.rstrip() == inner]
        if len(starts) == 1:
            return [body]
        closers = (inner.replace("{", "}"), inner.replace("{", "}") + ",")
        parts = []
        for a, b in zip(starts, [*starts[1:], len(texts) - 1], strict=True):
            part = body.part(a, b)
            last = part.texts[-1].rstrip()
            if last in closers:
                part.texts[-1] = last.rstrip(",")
            parts.append(part)
        return parts
    text = "\n".join(texts)
    if text.count('"Plan"') < 2:
        return [body]
    spans = _spans(text)
    if len(spans) < 2:
        return [body]
    parts = []
    for a, b in spans:
        first = text.count("\n", 0, a)
        piece = text[a:b].split("\n")
        parts.append(Lines(piece, body.numbers[first : first + len(piece)]))
    return parts


def _spans(text: str) -> list[tuple[int, int]]:
    """Offsets of the objects directly within the outer array."""
    depth = 0
    spans: list[tuple[int, int]] = []
    begin = 0
    for match in _TOKEN.finditer(text):
        mark = match.group()
        if mark in "[{":
            if depth == 1 and mark == "{":
                begin = match.start()
            depth += 1
        elif mark in "]}":
            depth -= 1
            if depth == 1 and mark == "}":
                spans.append((begin, match.end()))
    return spans


def _json_whole(body: Lines) -> tuple[Lines, list[PlanWarning]]:
    """Wrapped lines joined. A string never holds a line break: a line that ends inside one was cut."""
    texts = body.texts
    # most lines end in a comma or an opening bracket; only the others are looked at twice
    if not any(_odd(text) for text in texts if text.count('"') & 1 or "\\" in text) and not _broken_tokens(texts):
        return body, []
    pairs = [(texts[i], texts[i + 1]) for i in _cuts(texts)]
    longest = max(len(text) for text in texts)
    hard, sure = kept_whole(pairs, longest)
    sure = sure and not (hard and _doubtful(pairs, longest))
    whole = _json_joined(body, hard=hard)
    note = "a wrapped string was put together " + ("as it is" if hard else "with a blank") + ", which may be wrong"
    if not hard and any(left.count("'") % 2 or '\\"' in left for left, _ in pairs):
        note, sure = _BLANKS, False
    return whole, [] if sure else [PlanWarning(body.numbers[0], note)]


def _doubtful(pairs: list[tuple[str, str]], width: int) -> bool:
    return short_cuts([left for left, _ in pairs], width) or any(implausible(a, b) for a, b in pairs)


def _cuts(texts: list[str]) -> list[int]:
    """Lines that end in the midst of a string or another value."""
    cuts: list[int] = []
    inside = False
    for index, text in enumerate(texts[:-1]):
        inside ^= _odd(text)
        if inside or _broken_tokens(texts[index : index + 2]):
            cuts.append(index)
    return cuts


def _odd(text: str) -> bool:
    if text.count('"') % 2 == 0 and "\\" not in text:
        return False
    if "\\" in text:
        text = text.replace("\\\\", "").replace('\\"', "")
    return text.count('"') % 2 == 1


def _broken_tokens(texts: list[str]) -> bool:
    """Whether a line between strings ends in the midst of something."""
    for index in [i for i, text in enumerate(texts[:-1]) if text[-1:] not in (",", "{", "[")]:
        end = texts[index].rstrip()[-1:]
        if end and end not in ",{[]}" and texts[index + 1].lstrip()[:1] not in ("}", "]", ""):
            return True
    return False


def _json_joined(body: Lines, *, hard: bool) -> Lines:
    texts = body.texts
    width = max(len(text) for text in texts)
    out: list[str] = []
    numbers: list[int] = []
    joining = False
    for index, text in enumerate(texts):
        if joining:
            out[-1] = glued(out[-1], text, texts[index - 1], width, hard=hard)
        else:
            out.append(text)
            numbers.append(body.numbers[index])
        joining = _odd(out[-1]) or (hard and len(text) == width)
        if not joining and index + 1 < len(texts):
            joining = _broken_tokens([out[-1], texts[index + 1]])
    return Lines(out, numbers)


def is_yaml(lines: Lines, start: int) -> bool:
    """Whether a YAML plan begins on the line: its node's type stands below in quotes."""
    texts = lines.texts
    if not _YAML_START.match(texts[start]):
        return False
    for index in range(start, min(start + 60, len(texts))):
        text = texts[index].lstrip(" -")
        if text.startswith("Node Type: "):
            return True
        if index > start and signs.ROOT.match(texts[index]):
            return False
    return False


def yaml_document(lines: Lines, start: int) -> Document:
    """Down to the first line that is no longer of it."""
    texts = lines.texts
    first = texts[start]
    base = len(first) - len(first.lstrip())
    is_list = first.lstrip().startswith("- ")
    starts = [start]
    index = start + 1
    width = max(len(t) for t in texts[start : start + 5000])
    wrapped: list[int] = []
    open_string = _odd(first)
    deeper = re.compile(" " * (base + 1) + r" *(?:- )?[A-Z][\w /()-]*:(?: |$)").match
    while index < len(texts):
        text = texts[index]
        if not open_string and deeper(text):
            open_string = (text.count('"') % 2 == 1 or "\\" in text) and _odd(text)
            index += 1
            continue
        stripped = text.strip()
        if open_string:
            wrapped.append(index)
            open_string = not _odd(text)
            index += 1
            continue
        if (
            not stripped
            or signs.COUNT.match(text)
            or signs.FENCE.match(text)
            or (signs.TIMING.match(text) and "Time: " not in text[:16])
        ):
            break
        indent = len(text) - len(text.lstrip())
        if signs.RULE.match(text) or signs.PROMPT.match(text) or signs.HEADER.match(text):
            break
        if indent == base and is_list and stripped.startswith("- "):
            starts.append(index)
        elif indent < base + (2 if is_list else 0) or not (_YAML_KEY if is_list or indent > base else _YAML_TOP).match(
            text
        ):
            if len(texts[index - 1]) + 1 + len(stripped.partition(" ")[0]) > width and len(texts[index - 1]) > 20:
                wrapped.append(index)
            elif not is_list and indent == base and _YAML_TOP.match(text):
                pass
            else:
                break
        elif (
            not is_list
            and indent == base
            and _YAML_START.match(text)
            and ("Query Text" in text or text.strip() == "Plan:")
            and _has_plan(texts, starts[-1], index, text)
        ):
            starts.append(index)
        open_string = _odd(text)
        index += 1
    parts = []
    warnings: list[PlanWarning] = []
    for a, b in zip(starts, [*starts[1:], index], strict=True):
        parts.append(_dedented(_yaml_joined(lines, a, b, wrapped, width, warnings)))
    return Document(parts, index, warnings)


def _has_plan(texts: list[str], start: int, end: int, text: str) -> bool:
    """Whether the document above is whole, so that this key begins another."""
    return any(t.strip() == "Plan:" for t in texts[start:end])


def _yaml_joined(
    lines: Lines, start: int, end: int, wrapped: list[int], width: int, warnings: list[PlanWarning]
) -> Lines:
    inside = {i for i in wrapped if start < i < end}
    if not inside:
        return lines.part(start, end)
    out: list[str] = []
    numbers: list[int] = []
    texts = lines.texts
    pairs = [(texts[i - 1], texts[i]) for i in sorted(inside)]
    hard, sure = kept_whole(pairs, max(len(t) for t in texts[start:end]))
    sure = sure and not (hard and _doubtful(pairs, width))
    for index in range(start, end):
        if index in inside:
            out[-1] = glued(out[-1], texts[index], texts[index - 1], width, hard=hard)
        else:
            out.append(texts[index])
            numbers.append(lines.numbers[index])
    note = "a wrapped string was put together " + ("as it is" if hard else "with a blank") + ", which may be wrong"
    if not hard and any(left.count("'") % 2 or '\\"' in left for left, _ in pairs):
        note, sure = _BLANKS, False
    if not sure:
        warnings.append(PlanWarning(lines.numbers[start], note))
    return Lines(out, numbers)


def is_xml(text: str) -> bool:
    """Whether an XML plan begins on the line."""
    return _XML_START.match(text) is not None


def xml_document(lines: Lines, start: int) -> Document:
    """Down to ``</explain>``."""
    texts = lines.texts
    end = next((i + 1 for i in range(start, len(texts)) if "</explain>" in texts[i]), len(texts))
    body = lines.part(start, end)
    last = body.texts[-1]
    tail = last.find("</explain>")
    if tail >= 0:
        body.texts[-1] = last[: tail + len("</explain>")]
    body, warnings = _xml_whole(body)
    return Document([_dedented(part) for part in _queries(body)], end, warnings)


def _queries(body: Lines) -> list[Lines]:
    """Each ``<Query>`` of one ``<explain>``, with the element around it."""
    texts = body.texts
    starts = [i for i, t in enumerate(texts) if t.strip() == "<Query>"]
    if len(starts) < 2:
        return [body]
    parts = []
    for a, b in zip(starts, [*starts[1:], len(texts) - 1], strict=True):
        parts.append(
            Lines(
                [texts[0], *texts[a:b], "</explain>"],
                [body.numbers[0], *body.numbers[a:b], body.numbers[min(b, len(texts) - 1)]],
            )
        )
    return parts


def _xml_whole(body: Lines) -> tuple[Lines, list[PlanWarning]]:
    """Lines cut at one width joined. An element's text may hold line breaks of its own."""
    texts = body.texts
    cut = [
        i
        for i in range(len(texts) - 1)
        if not texts[i].rstrip().endswith(">") or not texts[i + 1].lstrip().startswith("<")
    ]
    if not cut:
        return body, []
    width = max(len(t) for t in texts)
    inside_tag = [i for i in cut if texts[i].rfind("<") > texts[i].rfind(">")]
    at_width = [i for i in cut if len(texts[i]) == width]
    doubts = [PlanWarning(body.numbers[cut[0]], XML_BREAK)]
    if not inside_tag and len(at_width) < 2:
        return body, doubts
    hard = len(at_width) >= 0.8 * len(cut)
    joined_at = set(at_width if hard else cut)
    if not hard:
        joined_at = {i for i in cut if len(texts[i]) + 1 + len(texts[i + 1].lstrip().partition(" ")[0]) > width}
    out: list[str] = []
    numbers: list[int] = []
    for index, text in enumerate(texts):
        if index - 1 in joined_at:
            out[-1] = out[-1] + text if hard else out[-1].rstrip() + " " + text.lstrip()
        else:
            out.append(text)
            numbers.append(body.numbers[index])
    if hard and len(cut) == len(at_width) > 3 and all(texts[i + 1][:2] != "  " for i in cut):
        return Lines(out, numbers), []
    left = [i for i in cut if i not in joined_at]
    return Lines(out, numbers), [PlanWarning(body.numbers[(left or cut)[0]], XML_BREAK)]
