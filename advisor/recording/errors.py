"""What a failed assertion of a trace raises."""

from __future__ import annotations


class NPlusOneError(AssertionError):
    """Statements are repeated for rows of another one. The text names both places in the code, N, and the fix."""


class TooManyQueriesError(AssertionError):
    """More statements ran than were allowed. The text names those that ran most often, and where."""


class CaptureError(TypeError):
    """The object given to `capture` is nothing whose statements can be recorded. The text says what is."""
