"""Sqitch: psql runs a deploy script as it stands, so its transaction stands in it (sqitchtutorial); ``sqitch add``
writes the line of sqitch.plan, which has a time and a name in it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from advisor.alternatives.forms.form import IRREVERSIBLE, Form, Move
from advisor.alternatives.forms.origin import Origin
from advisor.alternatives.forms.text import comment, ended, note_of, statements, wrapped


def write(origin: Origin, moves: Sequence[Move]) -> Form | None:
    """None: the file stands in no folder ``deploy``."""
    root, found, inside = origin.file.rpartition("deploy/")
    if not found:
        return None
    own = inside.removesuffix(".sql")
    form = Form(migrations=len(moves))
    before = f"{own}_{origin.before}" if origin.before and not origin.alone else own
    for number, move in enumerate(moves):
        step = origin.before + number + (0 if origin.alone else 1)
        name = f"{own}_{step}" if step else own
        sql = statements(move.unit)
        text = wrapped(sql) if move.unit.inside else ended(sql)
        form.add(f"{root}deploy/{name}.sql", comment(note_of(move.unit)) + text)
        if move.back:
            text = wrapped(move.back) if move.unit.inside else ended(move.back)
            form.add(f"{root}revert/{name}.sql", text)
        elif move.back is not None:
            form.add(f"{root}revert/{name}.sql", comment("nothing to take back"))
        if name != own:
            add = ["sqitch", "add", name, "--requires", before, "--note", f"{own}, step {step}"]
            form.notes.append(f"before its files: {shlex.join(add)}")
            before = name
    if any(move.back is None for move in moves):
        form.notes.append(f"a change without a revert script: {IRREVERSIBLE}")
    return form
