"""What goes wrong for a reason the user can mend: one line that says what, where, and what to do (exit code 2)."""


class UserError(Exception):
    """Base of every error that ends a run with one line and exit code 2."""
