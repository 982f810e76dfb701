"""Prisma: a folder a migration. It opens no transaction, and up to 7.3 sends the file as one message, which PostgreSQL
runs in one where it holds several statements: what must run outside stands alone (prisma-engines, ``apply_script``)."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from advisor.alternatives.forms.form import Form, Move
from advisor.alternatives.forms.origin import Origin, numbered
from advisor.alternatives.forms.text import comment, ended, note_of, statements, wrapped


def write(origin: Origin, moves: Sequence[Move]) -> Form | None:
    """None: the file is no migration.sql of a folder, or a step outside of a transaction is no single message."""
    if posixpath.basename(origin.file) != "migration.sql" or not origin.folder:
        return None
    if any(not move.unit.inside and len(move.unit.sql) > 1 for move in moves):
        return None
    form = Form(migrations=len(moves))
    for number, move in enumerate(moves):
        name = numbered(origin, posixpath.basename(origin.folder), number)
        sql = statements(move.unit)
        text = wrapped(sql) if len(sql) > 1 else ended(sql)
        form.add(origin.above(name, "migration.sql"), comment(note_of(move.unit)) + text)
    if any(not move.unit.inside for move in moves):
        form.notes.append(
            "a statement that runs in no transaction stands alone in its migration.sql: Prisma has no switch"
        )
    form.notes.append("schema.prisma stays as it is for the migration that they replace")
    return form
