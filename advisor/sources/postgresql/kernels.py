"""Whether the compiled framers are there."""

from __future__ import annotations

from functools import cache
from types import ModuleType

from advisor import fingerprint


@cache
def compiled() -> ModuleType | None:
    """The module of the compiled framers; None where they were not built or ADVISOR_PURE forbids them.

    Both kinds of framer give the same keys, because both ask the tokeniser in use.
    """
    if fingerprint.tokeniser() != "compiled":
        return None
    try:
        from advisor.sources.postgresql import compiled as module
    except ImportError:
        return None
    return module
