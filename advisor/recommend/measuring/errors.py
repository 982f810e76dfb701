"""Why nothing was measured."""

from advisor.model.errors import UserError


class MeasuringError(UserError):
    """One line: what, where, what to do. Never holds a password."""
