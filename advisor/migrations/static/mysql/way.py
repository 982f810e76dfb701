"""How a server runs an ALTER TABLE, and what the session has set about it."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.migrations.static.mysql.operations import Algorithm, AlterLock


@dataclass(slots=True)
class Way:
    """How the whole statement runs."""

    algorithm: Algorithm
    lock: AlterLock
    rebuilds: bool = False
    builds: tuple[str, ...] = ()
    """Indexes that are made."""
    scans: bool = False
    """Rows are read to check them, and none is written."""
    cites: tuple[str, ...] = ()
    uncertain: str | None = None
    no_op: bool = False

    @property
    def works(self) -> bool:
        """Does it grow with the table?"""
        return self.rebuilds or bool(self.builds) or self.scans


@dataclass(slots=True)
class Switches:
    """What the session has set, as far as it decides how an ALTER runs."""

    foreign_key_checks: bool = True
    alter_algorithm: str | None = None
    """MariaDB's alter_algorithm, or old_alter_table; None: DEFAULT."""
    strict: bool = True
