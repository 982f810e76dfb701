"""The plans alone, as their server printed them: without frames, prefixes, wraps, and literals unless asked for."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.plan import Plan
from advisor.reports.escape import visible


def clean(plans: Sequence[Plan], *, redact: bool) -> str:
    """Each plan in its own format; a blank line between two."""
    from advisor.plans.redacted import redacted
    from advisor.plans.render import render

    parts = []
    for plan in plans:
        parts.append(visible(render(redacted(plan) if redact else plan)).rstrip("\n"))
    return "\n\n".join(parts) + "\n"
