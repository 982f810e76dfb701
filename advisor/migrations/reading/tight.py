"""Comments whose dashes nothing follows (``--so``): tools take them out before a statement, and MySQL knows none.

(manual, "'--' as the Start of a Comment"; Flyway, ``Parser.isSingleLineComment``; Liquibase, ``stripComments``.)
"""

from __future__ import annotations

import re

from advisor.migrations.reading.cut import Span, cut
from advisor.model.engine import EngineName, dialect_of

_TIGHT = re.compile(rb"--[^\s\x00-\x1f]")
_LINES = 20
"""Such comments one below the other."""


def spaced(data: bytes, engine: EngineName | None) -> bytes:
    """The same with a blank in the place of the first letter, where MySQL would not see a comment."""
    if engine is None or dialect_of(engine) != "mysql":
        return data
    for _ in range(_LINES):
        spans = cut(data, Span(0, len(data)), "mysql").statements
        places = [span.start for span in spans if _TIGHT.match(data, span.start)]
        if not places:
            break
        changed = bytearray(data)
        for place in places:
            changed[place + 2] = ord(" ")
        data = bytes(changed)
    return data
