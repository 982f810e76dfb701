"""A mail's source: lines in quoted-printable."""

from __future__ import annotations

import quopri
import re

from advisor.model.plan import PlanWarning
from advisor.plans.decoration.lines import Lines

_SIGN = re.compile(r"=3D")
#: What stands before every line was put there later.
_CARRIED = re.compile(r"\d{4}-\d\d-\d\dT|[A-Z][a-z]{2} [ \d]\d \d\d:|<\d{1,3}>1 |\[pod/|[ ]{0,3}>|\{\"|[\w.-]+ +\| ")
_BARE = re.compile(r"=(?![0-9A-F]{2}).")
_CODE = re.compile(r"=[0-9A-F]{2}")


def decoded(lines: Lines, doubts: list[PlanWarning]) -> Lines:
    """As the mail showed it: soft line breaks gone, ``=3D`` an equals sign again."""
    texts = lines.texts
    if not any("=3D" in text for text in texts) and any(map(_BARE.search, texts)):
        return lines
    if not (any("=3D" in text for text in texts) or (any(map(_soft, texts)) and max(map(len, texts)) <= 76)) or any(
        "(cost=" in t and "(cost=3D" not in t for t in texts
    ):
        return lines
    if sum(1 for text in texts if _CARRIED.match(text)) > 0.5 * sum(1 for text in texts if text):
        return lines
    out: list[str] = []
    numbers: list[int] = []
    joining = False
    for text, number in zip(texts, lines.numbers, strict=True):
        bare = text.rstrip(" \t") if text.rstrip(" \t").endswith("=") else text
        soft = bare.endswith("=")
        body = bare[:-1] if soft else bare
        if joining:
            if body[:2] == "  ":
                doubts.append(
                    PlanWarning(
                        number, "a line of quoted-printable goes on behind blanks: they may be a list's or its own"
                    )
                )
            out[-1] += body
        else:
            out.append(body)
            numbers.append(number)
        joining = soft
    return Lines([_decoded(text) for text in out], numbers)


def _soft(text: str) -> bool:
    return 70 < len(text) <= 76 and text[-1] == "=" and text[-2] not in " <>!="


def _decoded(text: str) -> str:
    if not _CODE.search(text):
        return text
    try:
        return quopri.decodestring(text.encode()).decode()
    except UnicodeDecodeError:
        return _SIGN.sub("=", text)
