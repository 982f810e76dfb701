"""Flyway: a file a migration, in one transaction unless its own ``.conf`` says executeInTransaction=false (Flyway
manual, "Script Configuration"). The community edition has no way back."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from advisor.alternatives.forms.form import Form, Move
from advisor.alternatives.forms.origin import Origin
from advisor.alternatives.forms.text import comment, ended, note_of, statements

_NAME = re.compile(r"(?P<prefix>[VR])(?P<version>.*?)__(?P<what>.*)\.sql\Z", re.DOTALL)


def write(origin: Origin, moves: Sequence[Move]) -> Form | None:
    """None: the file is not named as Flyway names them."""
    match = _NAME.match(posixpath.basename(origin.file))
    if match is None:
        return None
    form = Form(migrations=len(moves))
    for number, move in enumerate(moves):
        name = _named(origin, match, number)
        form.add(origin.path(name), comment(note_of(move.unit)) + ended(statements(move.unit)))
        if not move.unit.inside:
            form.add(origin.path(f"{name}.conf"), "executeInTransaction=false\n")
    if any("CONCURRENTLY" in one.upper() for move in moves if not move.unit.inside for one in move.unit.sql):
        form.notes.append(
            "from 9.1.2 on CONCURRENTLY waits for Flyway's own transaction for ever unless "
            "flyway.postgresql.transactional.lock=false is set"
        )
    return form


def _named(origin: Origin, match: re.Match[str], number: int) -> str:
    """Versions between that of the file and the next: 42.1, or 42.0.1 where there is a 42.1 already."""
    if origin.alone:
        if number == 0:
            return posixpath.basename(origin.file)
        number -= 1
    step = origin.before + number + 1
    if match["prefix"] == "R":
        return f"R__{match['what']}_{step}.sql"
    version, dot = match["version"], "_" if "_" in match["version"] else "."
    start = re.compile(rf"V{re.escape(version)}[._]\d")
    while any(start.match(one) for one in origin.beside):
        version = f"{version}{dot}0"
        start = re.compile(rf"V{re.escape(version)}[._]\d")
    return f"V{version}{dot}{step}__{match['what']}.sql"
