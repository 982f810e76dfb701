"""golang-migrate: a file is one message to the server, so what must run outside of a transaction stands alone in its
file (database/postgres: several statements of a message are one transaction)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from advisor.alternatives.forms.form import IRREVERSIBLE, Form, Move
from advisor.alternatives.forms.origin import Origin, numbered
from advisor.alternatives.forms.text import comment, ended, note_of, statements, wrapped


def write(origin: Origin, moves: Sequence[Move]) -> Form | None:
    """None: the file is not named as golang-migrate names them, or a step is no single message."""
    match = re.match(r"(.*?)\.up\.((?:\w+\.)?sql)\Z", posixpath.basename(origin.file), re.DOTALL)
    if match is None or any(not move.unit.inside and len(move.unit.sql) > 1 for move in moves):
        return None
    form = Form(migrations=len(moves))
    for number, move in enumerate(moves):
        name = numbered(origin, match[1], number)
        sql = statements(move.unit)
        text = wrapped(sql) if len(sql) > 1 else ended(sql)
        form.add(origin.path(f"{name}.up.{match[2]}"), comment(note_of(move.unit)) + text)
        down = comment(IRREVERSIBLE) if move.back is None else comment("nothing to take back")
        if move.back:
            down = wrapped(move.back) if len(move.back) > 1 else ended(move.back)
        if move.back is not None:
            form.add(origin.path(f"{name}.down.{match[2]}"), down)
    if any(not move.unit.inside for move in moves):
        form.notes.append("without x-multi-statement in the address, which cuts DO blocks at their semicolons")
    if any(move.back is None for move in moves):
        form.notes.append(f"a migration without a down file: {IRREVERSIBLE}")
    return form
