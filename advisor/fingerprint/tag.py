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
