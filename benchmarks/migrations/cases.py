"""Cases: data of fixtures/migrations, written as the file that a tool would run."""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: ADVISOR_SUITE=second: the suite that stands in its folder `second` (the environment, for child processes see it too).
FIXTURES = Path(__file__).parents[2] / "fixtures" / "migrations" / os.environ.get("ADVISOR_SUITE", "")
#: mode: (file, head, foot, runs in one transaction). ``sql``: as psql runs it, each statement by itself.
_MODES = {
    "sql": ("migration.sql", "", "", False),
    "begin": ("migration.sql", "BEGIN;\n", "COMMIT;\n", True),
    "flyway": ("V2__case.sql", "", "", True),
    # Flyway sees by itself that a statement cannot run in a transaction, and runs its file without one.
    "flyway-no-tx": ("V2__case.sql", "", "", False),
    "dbmate": ("db/migrations/20260101000000_case.sql", "-- migrate:up\n", "\n-- migrate:down\n", True),
    "dbmate-no-tx": (
        "db/migrations/20260101000000_case.sql", "-- migrate:up transaction:false\n", "\n-- migrate:down\n", False,
    ),
    "goose": ("20260101000000_case.sql", "-- +goose Up\n", "\n-- +goose Down\nSELECT 1;\n", True),
    "goose-no-tx": (
        "20260101000000_case.sql", "-- +goose NO TRANSACTION\n-- +goose Up\n", "\n-- +goose Down\nSELECT 1;\n", False,
    ),
    "diesel": ("migrations/2026-01-01-000000_case/up.sql", "", "", True),
}  # fmt: skip
_TOKEN = re.compile(
    r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|(\$\w*\$).*?\1|;|[^;'\"$/-]+|.", re.DOTALL
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One migration; its truth is measured, never written here."""

    id: str
    engine: str
    base: str
    sql: str
    mode: str = "sql"
    min_major: int = 0
    max_major: int = 99
    family: str = ""

    @property
    def held(self) -> bool:
        """Of the third that is not to be looked at while rules are written."""
        return hashlib.sha256(self.id.encode()).digest()[0] % 3 == 0

    @property
    def path(self) -> str:
        """Of its file, as the tool names it."""
        return _MODES[self.mode][0]

    @property
    def text(self) -> str:
        """Of its file."""
        _, head, foot, _ = _MODES[self.mode]
        return head + self.sql + foot

    @property
    def transaction(self) -> bool:
        """Its statements run in one transaction."""
        return _MODES[self.mode][3]

    @property
    def statements(self) -> list[tuple[int, str]]:
        """(line in the file, statement), BEGIN and COMMIT not among them."""
        offset = _MODES[self.mode][1].count("\n")
        return [(offset + line, sql) for line, sql in split(self.sql)]


def split(text: str) -> list[tuple[int, str]]:
    """(line of its first word, statement) of a text without psql's own commands."""
    found, current, start, line = [], "", 0, 1
    for token in _TOKEN.finditer(text):
        said = token[0]
        if said == ";":
            if current.strip():
                found.append((start, current.strip()))
            current = ""
        elif not (said.startswith(("--", "/*")) and not current.strip()):
            if not current.strip() and said.strip():
                start = line + said[: len(said) - len(said.lstrip())].count("\n")
            current += said
        line += said.count("\n")
    if current.strip():
        found.append((start, current.strip()))
    return found


def load(engine: str, *, major: int | None = None) -> list[Case]:
    """All cases of ``postgresql`` or ``mariadb``, in the order of their files; of a major those that it knows."""
    cases: list[Case] = []
    for file in sorted((FIXTURES / engine / "cases").glob("*.toml")):
        rows: list[dict[str, Any]] = tomllib.loads(file.read_text())["case"]
        cases += [Case(engine=engine, family=file.stem, **row) for row in rows]
    doubled = {one.id for one in cases if sum(other.id == one.id for other in cases) > 1}
    if doubled:
        raise SystemExit(f"cases of one id: {', '.join(sorted(doubled))}")
    return [one for one in cases if major is None or one.min_major <= major <= one.max_major]


def write(case: Case, directory: Path) -> Path:
    """Its file below a directory; returns what `advisor check` is given."""
    file = directory / case.path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(case.text)
    return file
