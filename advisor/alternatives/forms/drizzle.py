"""drizzle: all pending migrations run in one transaction (drizzle-orm, pg-core/dialect.ts, ``migrate``), so nothing
that must run outside of one can be a migration of it."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from advisor.alternatives.forms.form import Form, Move
from advisor.alternatives.forms.origin import Origin, numbered
from advisor.alternatives.forms.text import comment, ended, note_of

_BREAK = "--> statement-breakpoint\n"


def write(origin: Origin, moves: Sequence[Move]) -> Form | None:
    """None: nothing of it can be a migration of drizzle."""
    folder = posixpath.basename(origin.file) == "migration.sql"
    own = posixpath.basename(origin.folder if folder else origin.file).removesuffix(".sql")
    form = Form()
    outside: list[str] = []
    for move in moves:
        if not move.unit.inside:
            outside.append(_short(move.unit.sql[0]))
            continue
        name = numbered(origin, own, form.migrations)
        form.migrations += 1
        path = origin.above(name, "migration.sql") if folder else origin.path(f"{name}.sql")
        form.add(path, comment(note_of(move.unit)) + _BREAK.join(ended([one]) for one in move.unit.sql))
        if not folder and name != own:
            slug = name.partition("_")[2]
            form.notes.append(
                f"drizzle-kit generate --custom --name={slug} makes {name}.sql and its entry in the journal"
            )
    if outside:
        steps = ", ".join(outside)
        form.notes.insert(
            0,
            f"drizzle runs all that is pending in one transaction: {steps} cannot be a migration of it; run it by "
            "hand (psql), when its turn comes",
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
