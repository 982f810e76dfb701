"""Alembic: a revision a migration. What runs outside of a transaction stands in an ``autocommit_block`` (Alembic 1.2),
which also ends the transaction of the revisions before: without ``transaction_per_migration`` they share one."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from itertools import pairwise

from advisor.alternatives.forms.form import IRREVERSIBLE, Form, Move
from advisor.alternatives.forms.operations import call, text_of
from advisor.alternatives.forms.origin import Origin
from advisor.alternatives.forms.source import literal, string
from advisor.alternatives.forms.text import PAUSE, comment, note_of
from advisor.alternatives.forms.units import Unit

#: Of the column that Alembic keeps the revision in.
_LONGEST = 32


def write(origin: Origin, moves: Sequence[Move]) -> Form | None:
    """One file a revision, each behind the one before, the first behind the revision of the statement."""
    if not origin.file.endswith(".py") or not origin.name:
        return None
    form = Form(migrations=len(moves))
    own = posixpath.basename(origin.file).removesuffix(".py")
    below = _revision(origin.name, origin.before)
    for step, move in enumerate(moves, origin.before + 1):
        revision = _revision(origin.name, step)
        up = _body(move.unit, move.unit.sql, origin)
        down = f"    raise NotImplementedError({string(IRREVERSIBLE)})\n"
        if move.back is not None:
            down = _body(move.unit, move.back, origin, down=True) if move.back else "    pass\n"
        loop = "import time\n\n" if move.unit.batches else ""
        alchemy = "import sqlalchemy as sa\n" if "sa." in up + down else ""
        head = f"revision = {string(revision)}\ndown_revision = {string(below)}\n"
        functions = f"def upgrade() -> None:\n{up}\n\ndef downgrade() -> None:\n{down}"
        text = f"{loop}{alchemy}from alembic import op\n\n{head}\n\n{functions}"
        form.add(origin.path(f"{own}_{step}.py"), text)
        below = revision
    inside = [move.unit.how == "together" for move in moves]
    if any(one and other for one, other in pairwise(inside)):
        form.notes.append(
            "env.py: context.configure(..., transaction_per_migration=True), or all of them share one transaction"
        )
    form.notes.append(f"a revision that followed {origin.name} follows the last of these instead")
    if origin.before:
        before = _revision(origin.name, origin.before)
        form.notes.append(
            f"the first follows {before}, of an earlier statement's files: {origin.name} where that one stays"
        )
    return form


def _revision(own: str, step: int) -> str:
    if step == 0:
        return own
    return f"{own[: _LONGEST - 1 - len(str(step))]}_{step}"


def _body(unit: Unit, sql: Iterable[str], origin: Origin, *, down: bool = False) -> str:
    """The lines of a function."""
    note = "" if down else comment(note_of(unit), "    #")
    if unit.how == "together":
        return note + "".join(f"    {call(one, origin, 4)}\n" for one in sql)
    block = "    with op.get_context().autocommit_block():\n"
    if unit.batches and not down:
        text = text_of(unit.sql[0]).replace("= \\:value", "= :value")
        return (
            f"{note}    batch = sa.text(\n        {literal(text, 8)}\n    )\n"
            f"{block}        while op.get_bind().execute(batch).rowcount:\n            time.sleep({PAUSE})\n"
        )
    return note + block + "".join(f"        {call(one, origin, 8)}\n" for one in sql)
