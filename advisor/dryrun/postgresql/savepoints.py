"""What a ROLLBACK TO leaves: a migration's own savepoints, followed on the copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from advisor.dryrun.postgresql.relations import Relation
from advisor.dryrun.postgresql.session import Session
from advisor.dryrun.postgresql.standing import Standing
from advisor.model.migration import MigrationStatement


class Kept(NamedTuple):
    """What was known at a savepoint. Names of what was made since stay known."""

    relations: dict[int, Relation]
    gone: set[str]
    emptied: set[int]


class Savepoints:
    """Of one transaction: places that something later comes back to."""

    def __init__(self, session: Session, standing: Standing, statements: Sequence[MigrationStatement]) -> None:
        self._session = session
        self._standing = standing
        self._wanted = {number - one.undone_before for number, one in enumerate(statements) if one.undone_before}
        undone = len(statements)
        while undone and statements[undone - 1].open_ended:
            undone -= 1
        self.whole = undone == 0
        """Nothing of the transaction stays."""
        self.last = undone if 0 < undone < len(statements) else None
        """From here on its end is undone."""
        if self.last is not None:
            self._wanted.add(self.last)
        self._kept: dict[int, Kept] = {}

    def before(self, number: int, emptied: set[int]) -> None:
        """A statement is about to run."""
        if number in self._wanted and self._session.open:
            self._session.place(f"advisor_at_{number}")
            standing = self._standing
            self._kept[number] = Kept(dict(standing.relations), set(standing.gone), set(emptied))

    def back(self, number: int) -> set[int] | None:
        """As it was before a statement; what was emptied then. None: there is no way back."""
        kept = self._kept.get(number)
        if kept is None or self._session.send(f"ROLLBACK TO SAVEPOINT advisor_at_{number}").failed:
            return None
        self._standing.relations = dict(kept.relations)
        self._standing.gone = set(kept.gone)
        return set(kept.emptied)
