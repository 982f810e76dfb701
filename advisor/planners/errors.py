"""What a planner cannot do for a reason the user can mend."""

from advisor.model.errors import UserError


class PlannerError(UserError):
    """One line: what, where, what to do."""
