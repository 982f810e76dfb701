"""What a log, a container or syslog puts before every line."""

from __future__ import annotations

import json
import re

from advisor.plans.decoration import signs
from advisor.plans.decoration.lines import Lines

_CRI = re.compile(r"(?P<tag>(?:<[a-z][^<>]*>)*)\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d) std(?:out|err) [FP](?: |$)")
_COMPOSE = re.compile(r"[\w.-]+ {1,20}\| ?")
_SYSLOG = re.compile(
    r"(?P<tag>(?:<[a-z][^<>]*>)*)(?:<\d+>1? ?)?"
    r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d))"
    r" [\w.:-]+ [\w./-]+(?:\[\d+\])?: ?"
)
#: Syslog of RFC 5424, a cloud's drain, a pod's name, a time alone.
_HEADS = (
    re.compile(r"<\d{1,3}>1 \S+ \S+ \S+ \S+ \S+ (?:-|\[[^\]]*\]) "),
    re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d) [\w.-]+\[[\w.-]+\]: (?:\[\w+\] )?"),
    re.compile(r"\[pod/[^\]\s]+\] "),
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d) "),
)
_DOCKER = re.compile(r'(?P<tag>(?:<[a-z][^<>]*>)*)\{"log": ?"')
_DECODER = json.JSONDecoder()
_PART = re.compile(r"\[\d+-\d+\] ?")
_BARE_PART = re.compile(r"\[\d+-\d+\] ")
_OCTAL = re.compile(r"#(011|012|015)")


def unprefixed(lines: Lines) -> Lines:
    """Without the words that carried each line, where most lines have them."""
    lines = _journal(lines)
    for _ in range(3):
        texts = lines.texts
        filled = [text for text in texts if text and not text.isspace()]
        sample = filled[:400]
        if not sample:
            return lines

        def often(pattern: re.Pattern[str], share: float, sample: list[str] = sample) -> bool:
            return sum(1 for text in sample if pattern.match(text)) >= max(1, share * len(sample))

        if often(_SYSLOG, 0.2) or often(_BARE_PART, 0.5):
            lines = _syslog(lines)
        elif often(_CRI, 0.2):
            lines = lines.with_texts([_CRI.sub(r"\g<tag>", text, count=1) for text in texts])
        elif often(_COMPOSE, 0.6) and _compose(sample):
            lines = lines.with_texts([_COMPOSE.sub("", text, count=1) for text in texts])
        elif sum(1 for text in sample if _DOCKER.match(text)) >= 0.2 * len(sample):
            lines = _docker(lines)
        else:
            head = next((each for each in _HEADS if often(each, 0.5)), None)
            if head is None:
                return lines
            lines = lines.with_texts([head.sub("", text, count=1) for text in texts])
    return lines


def _journal(lines: Lines) -> Lines:
    """journalctl's head stands before the first line of an entry alone; the others are indented by its length."""
    texts = lines.texts
    out: list[str] | None = None
    for index in range(len(texts) - 1):
        if not texts[index + 1][:16].isspace():
            continue
        head = _SYSLOG.match(texts[index])
        if head is None:
            continue
        margin = " " * head.end()
        end = index + 1
        while end < len(texts) and (texts[end].startswith(margin) or not texts[end].strip()):
            end += 1
        if end == index + 1:
            continue
        out = list(texts) if out is None else out
        out[index] = texts[index][head.end() :]
        out[index + 1 : end] = [text[head.end() :] for text in texts[index + 1 : end]]
    return lines if out is None else lines.with_texts(out)


def _compose(sample: list[str]) -> bool:
    """One or two services only, and no ruler."""
    names = {text.partition("|")[0].strip() for text in sample if "|" in text}
    return len(names) <= 2 and not any(name.isdigit() or name == "QUERY PLAN" for name in names)


def _syslog(lines: Lines) -> Lines:
    """Syslog's head off. PostgreSQL begins each further line of a message with a tab: a part without one goes on with a
    line that was too long for one part."""
    parts: list[tuple[str, int, str]] = []
    tabbed = further = 0
    for text, number in zip(lines.texts, lines.numbers, strict=True):
        head = _SYSLOG.match(text)
        body = text[head.end() :] if head else text
        tag = head.group("tag") if head else ""
        part = _PART.match(body)
        if part:
            body = body[part.end() :]
        body = _OCTAL.sub(lambda m: {"011": "\t", "012": "\n", "015": ""}[m.group(1)], body)
        kind = "whole"
        if part and not part.group().endswith(("-1]", "-1] ")):
            kind = "tabbed" if body.startswith("\t") else "part"
            further += 1
            tabbed += kind == "tabbed"
        parts.append((tag + body, number, kind))
    out: list[str] = []
    numbers: list[int] = []
    for body, number, kind in parts:
        if kind == "part" and out and tabbed > 0.5 * further and not signs.FENCE.match(body):
            out[-1] += body
            continue
        for piece in body.split("\n"):
            out.append(piece)
            numbers.append(number)
    return Lines(out, numbers)


def _docker(lines: Lines) -> Lines:
    """The ``log`` member of each JSON line."""
    out: list[str] = []
    numbers: list[int] = []
    for text, number in zip(lines.texts, lines.numbers, strict=True):
        body = text
        head = _DOCKER.match(text)
        if head:
            try:
                entry, _ = _DECODER.raw_decode(text[head.end("tag") :])
                body = head.group("tag") + str(entry["log"]).removesuffix("\n")
            except (ValueError, KeyError, RecursionError):
                body = text
        for piece in body.split("\n"):
            out.append(piece)
            numbers.append(number)
    return Lines(out, numbers)
