"""Tag comments: what an application says of itself in its statements (sqlcommenter, marginalia, Rails query logs)."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

# The first pair decides. A key and "='" is sqlcommenter; a key, ":" and no space is marginalia ("TODO: x" is prose,
# "https://..." a link).
_TAG: Final = re.compile(rb"[\x00\t-\r\x20]*+[A-Za-z0-9_.%-]++(?:='|:(?!//)[^\x00\t-\r\x20,])")


def is_tag(content: bytes) -> bool:
    """Does the inside of a comment look like tags?"""
    return _TAG.match(content) is not None


_PAIR: Final = re.compile(r"\s*+([A-Za-z0-9_.%-]++)(?:='((?>(?:[^'\\]++|\\.)*))'|[:=]([^,']*+))\s*+(?:,|$)")


def tags(comment: str) -> dict[str, str]:
    """Key-value pairs in the inside of a comment: ``route='%2Fpolls',app='x'`` or ``app:x,action:index``.

    sqlcommenter's values are URL-decoded, marginalia's taken as they are. Reading stops at what is no pair; a
    comment that is no tag comment gives an empty dict.
    """
    found: dict[str, str] = {}
    pos = 0
    while match := _PAIR.match(comment, pos):
        key, quoted, plain = match.groups()
        if quoted is not None:
            found.setdefault(unquote(key), unquote(quoted.replace("\\'", "'")))
        elif plain.strip():
            found.setdefault(key, plain.strip())
        pos = match.end()
        if pos >= len(comment):
            break
    return found
