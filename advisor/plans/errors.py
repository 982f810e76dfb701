"""What a plan's reader raises."""

from __future__ import annotations

from advisor.model.errors import UserError


class PlanError(UserError):
    """Text that is no plan, or a plan that cannot be read rightly. One line: what, where (line), what to do."""
