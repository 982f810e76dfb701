"""Database performance advice from slow-query logs, proven before it is given.

    import advisor
    result = advisor.analyze(["slow.log"], catalog="schema.sql")

`advisor.explain("plan.txt")` does the same for EXPLAIN plans; `advisor.export(result, "alembic", catalog=...)` writes
the index changes of a result as a migration; `advisor.compare(before, after)` tells what changed between two windows;
`advisor.check(["migrations/"], catalog="prod.snapshot", workload="slow.log")` judges migrations before they are merged.

`with advisor.capture(engine) as trace:` records what a program under test asks, with the lines that ask.

The result of `analyze` has the fields of the JSON report, typed (`advisor.model.analysis.Analysis`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from advisor.api import analyze, compare, explain, export
    from advisor.api.check import check
    from advisor.recording import capture

__all__ = ["analyze", "capture", "check", "compare", "explain", "export"]


def __getattr__(name: str) -> Any:
    # Loaded on first use: `import advisor` costs nothing.
    if name == "capture":
        from advisor import recording

        return recording.capture
    if name == "check":  # of the same name as its package, which the package above would give
        from advisor.api.check import check

        return check
    if name in __all__:
        from advisor import api

        return getattr(api, name)
    raise AttributeError(f"module 'advisor' has no attribute {name!r}")
