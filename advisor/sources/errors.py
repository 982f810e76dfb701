"""The one error that a wrong or unreadable input may raise."""

from __future__ import annotations

from advisor.model.errors import UserError


class InputError(UserError):
    """What is wrong, where, and what to do about it: one line that may be shown as it is. The command exits with 2."""

    def __init__(self, what: str, where: str = "", todo: str = "") -> None:
        self.what = what
        self.where = where
        self.todo = todo
        message = f"{where}: {what}" if where else what
        super().__init__(" ".join((f"{message}; {todo}" if todo else message).split()))
