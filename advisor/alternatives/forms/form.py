"""What a writer of files is given, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass, field

from advisor.alternatives.forms.units import Unit
from advisor.model.check import MigrationFile


@dataclass(frozen=True, slots=True)
class Move:
    """One migration with its way back: None where nobody can tell it, empty where there is nothing to take back."""

    unit: Unit
    back: tuple[str, ...] | None


@dataclass(slots=True)
class Form:
    """The files of one alternative."""

    files: list[MigrationFile] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    migrations: int = 0
    """How many they make."""

    def add(self, path: str, text: str) -> None:
        """One file more."""
        self.files.append(MigrationFile(path=path, text=text))


IRREVERSIBLE = "it cannot be taken back by statements"
