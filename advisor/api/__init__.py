"""The Python API: what the command line calls, and what a script or a notebook calls.

import advisor
result = advisor.analyze(["slow.log"], catalog="schema.sql")
for finding in result.findings: ...
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from advisor.api.analysis import analyze, digest
    from advisor.api.check import CheckWishes
    from advisor.api.comparing import compare
    from advisor.api.explanation import explain
    from advisor.api.exports import export
    from advisor.api.gate import reaches
    from advisor.digest.digest import Digest
    from advisor.model.analysis import Analysis
    from advisor.model.check import Check
    from advisor.model.compared import Comparison
    from advisor.model.explained import Explanation
    from advisor.sources.options import ReadOptions

__all__ = [
    "Analysis",
    "Check",
    "CheckWishes",
    "Comparison",
    "Digest",
    "Explanation",
    "ReadOptions",
    "analyze",
    "compare",
    "digest",
    "explain",
    "export",
    "reaches",
]

#: Loaded on first use: reading a plan needs nothing of what reading a log does.
_HOMES = {
    "Analysis": "advisor.model.analysis",
    "Check": "advisor.model.check",
    "CheckWishes": "advisor.api.check",
    "Comparison": "advisor.model.compared",
    "Digest": "advisor.digest.digest",
    "Explanation": "advisor.model.explained",
    "ReadOptions": "advisor.sources.options",
    "analyze": "advisor.api.analysis",
    "compare": "advisor.api.comparing",
    "digest": "advisor.api.analysis",
    "explain": "advisor.api.explanation",
    "export": "advisor.api.exports",
    "reaches": "advisor.api.gate",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'advisor.api' has no attribute {name!r}")
