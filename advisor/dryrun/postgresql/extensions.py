"""CREATE EXTENSION, which the copy's role may not run: the extensions of the migrations are made before them."""

from __future__ import annotations

import re

from advisor.dryrun.postgresql.session import Said, Session
from advisor.model.migration import Failure, Outcome

_EXTENSION = re.compile(r"\s*CREATE\s+EXTENSION\s+(?P<if>IF\s+NOT\s+EXISTS\s+)?\"?(?P<name>[\w-]+)", re.IGNORECASE)


def extension_made(statement: str) -> str | None:
    """The extension that a statement makes."""
    found = _EXTENSION.match(statement)
    return found["name"] if found is not None else None


class Extensions:
    """Those of the copy, and which of them the migrations have so far."""

    def __init__(self, session: Session, base: frozenset[str]) -> None:
        """``base``: that the base has, those made for the migrations not among them."""
        self.known = set(base)
        self.made = {row[0] for row in session.admin.execute("SELECT extname::text FROM pg_extension").fetchall()}

    def refused(self, said: Said, statement: str) -> Outcome | None:
        """What a refused CREATE EXTENSION does in production; None: it is none, or the copy does not have it."""
        found = _EXTENSION.match(statement)
        if found is None or said.code != "42501" or found["name"] not in self.made:
            return None
        name = found["name"]
        if name in self.known and not found["if"]:
            return Outcome(
                evidence="executed", failure=Failure(message=f'extension "{name}" already exists', code="42710")
            )
        self.known.add(name)
        return Outcome(evidence="executed")
