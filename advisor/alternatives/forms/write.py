"""An alternative with its steps as files of the tool that wrote the migration."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import msgspec

from advisor.alternatives.forms import (
    alembic,
    dbmate,
    diesel,
    django,
    drizzle,
    flyway,
    golang_migrate,
    goose,
    liquibase,
    prisma,
    sqitch,
)
from advisor.alternatives.forms.form import Form, Move
from advisor.alternatives.forms.inverse import inverses
from advisor.alternatives.forms.origin import Origin
from advisor.alternatives.forms.text import COMMITS
from advisor.alternatives.forms.units import Told, Unit, units
from advisor.model.check import Alternative
from advisor.model.migration import Tool

Writer = Callable[[Origin, Sequence[Move]], Form | None]
WRITERS: Mapping[Tool, Writer] = {
    "flyway": flyway.write,
    "golang-migrate": golang_migrate.write,
    "dbmate": dbmate.write,
    "sqitch": sqitch.write,
    "goose": goose.write,
    "diesel": diesel.write,
    "prisma": prisma.write,
    "drizzle": drizzle.write,
    "liquibase": liquibase.write,
    "alembic": alembic.write,
    "django": django.write,
}
#: Whose batches are a loop of Python, not a DO block.
_LOOPS = ("alembic", "django", "drizzle")
#: Whose file stays: it has a place in an order, a way back and a state of models; or holds more than one migration.
_KEPT = ("alembic", "django", "liquibase")


def with_files(found: Alternative, origin: Origin) -> tuple[Alternative, int]:
    """The alternative with its files, and how many migrations they are. Unchanged where there is nothing to write:
    plain SQL, commands of a shell, batches of MySQL (they live in a session)."""
    writer = WRITERS.get(origin.tool)
    if writer is None or not found.steps:
        return found, 0
    if origin.engine.name != "postgresql":
        return _noted(found, "batches are no migration, which runs once: run them by hand or in a job"), 0
    parts = units(found)
    if parts is None:
        return _noted(found, f"not written as migrations of {origin.tool}: a step is more than a file can say"), 0
    own = [one for one in parts if isinstance(one, Unit)]
    notes = _by_hand(parts)
    if any(one.batches for one in own) and origin.tool not in _LOOPS and origin.major < COMMITS:
        return _noted(
            found, f"not written as migrations of {origin.tool}: before PostgreSQL {COMMITS} no block commits batches"
        ), 0
    if origin.tool in _KEPT and origin.alone:
        origin = replace(origin, alone=False)
    moves = [Move(unit, back) for unit, back in zip(own, inverses(own), strict=True)]
    form = writer(origin, moves) if moves else None
    if form is None:
        return _noted(found, f"not written as migrations of {origin.tool}: it cannot run them"), 0
    notes = [*_place(origin, form), *notes, *form.notes]
    return msgspec.structs.replace(found, files=tuple(form.files), file_notes=tuple(notes)), form.migrations


def _by_hand(parts: Sequence[Unit | Told]) -> list[str]:
    """Queries for a person, when their time is, and what is for a later deployment."""
    notes, done = [], 0
    for one in parts:
        if isinstance(one, Unit):
            done += 1
            if one.note.startswith("when "):
                notes.append(f"migration {done} of them in a later deployment, {one.note}")
            continue
        when = f"after migration {done} of them" if done else "before them"
        notes.append(f"{when}, by hand, the query of the steps: {one.note or 'look at what it finds'}")
    return notes


def _noted(found: Alternative, note: str) -> Alternative:
    return msgspec.structs.replace(found, file_notes=(note,))


def _place(origin: Origin, form: Form) -> list[str]:
    """What becomes of the statement itself."""
    name = posixpath.basename(origin.file)
    if name in ("up.sql", "migration.sql"):
        name = f"{posixpath.basename(origin.folder)}/{name}"
    if not form.files or origin.tool == "django":
        return []
    if origin.alone:
        return [f"the first takes the place of {name}"]
    more = "" if origin.last else "; what follows it there and rests on it goes behind them"
    return [f"take line {origin.line} out of {name}{more}"]
