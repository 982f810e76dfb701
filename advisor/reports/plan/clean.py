"""The plans alone, as their server printed them: without frames, prefixes, wraps, and literals unless asked for."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.plan import Plan
from advisor.reports.escape import visible


def clean(plans: Sequence[Plan], *, redacted: bool) -> str:
    """Each plan in its own format, below its statement where one is known; a blank line between two."""
    from advisor.plans.render import render

    parts = []
    for plan in plans:
        text = render(plan)
        if redacted:
            text = _without_literals(text, plan)
        parts.append(visible(text).rstrip("\n"))
    return "\n\n".join(parts) + "\n"
