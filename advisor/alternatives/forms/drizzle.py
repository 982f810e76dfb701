"""drizzle: all pending migrations run in one transaction (drizzle-orm, pg-core/dialect.ts, ``migrate``), so nothing
that must run outside of one can be a migration of it. Nor are the other steps written then: run without it, a swap of
columns would lose what was to be filled in between."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from advisor.alternatives.forms.form import Form, Move
from advisor.alternatives.forms.origin import Origin, numbered
from advisor.alternatives.forms.text import comment, ended, note_of

_BREAK = "--> statement-breakpoint\n"


def write(origin: Origin, moves: Sequence[Move]) -> Form | None:
    """Files only where drizzle can run all of it."""
    folder = posixpath.basename(origin.file) == "migration.sql"
    own = posixpath.basename(origin.folder if folder else origin.file).removesuffix(".sql")
    form = Form()
    outside = [_short(move.unit.sql[0]) for move in moves if not move.unit.inside]
    if outside:
        form.notes.append(
            f"drizzle runs all that is pending in one transaction: {', '.join(outside)} cannot be a migration of it; "
            "run the steps by hand (psql)"
        )
        return form
    for move in moves:
        name = numbered(origin, own, form.migrations)
        form.migrations += 1
        path = origin.above(name, "migration.sql") if folder else origin.path(f"{name}.sql")
        form.add(path, comment(note_of(move.unit)) + _BREAK.join(ended([one]) for one in move.unit.sql))
        if not folder and name != own:
            slug = name.partition("_")[2]
            form.notes.append(
                f"drizzle-kit generate --custom --name={slug} makes {name}.sql and its entry in the journal"
            )
    if form.migrations > 1:
        form.notes.append(
            "one deployment a file: in one transaction the locks of an earlier one are held while a later one works"
        )
    return form


def _short(sql: str) -> str:
    """Enough of a statement to find it among the steps."""
    line = " ".join(sql.split())
    return line if len(line) <= 60 else f"{line[:59]}…"
