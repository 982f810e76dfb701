"""diesel: a folder a migration, in a transaction unless its metadata.toml says ``run_in_transaction = false``
(diesel_migrations, ``TomlMetadata``)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from advisor.alternatives.forms.form import IRREVERSIBLE, Form, Move
from advisor.alternatives.forms.origin import Origin
from advisor.alternatives.forms.text import comment, ended, note_of, statements


def write(origin: Origin, moves: Sequence[Move]) -> Form | None:
    """None: the file is no up.sql of a folder, or a step outside of a transaction is no single message."""
    if posixpath.basename(origin.file) != "up.sql" or not origin.folder:
        return None
    if any(not move.unit.inside and len(move.unit.sql) > 1 for move in moves):
        return None
    form = Form(migrations=len(moves))
    for number, move in enumerate(moves):
        name = _named(origin, number)
        form.add(origin.above(name, "up.sql"), comment(note_of(move.unit)) + ended(statements(move.unit)))
        if move.back is not None:
            down = ended(move.back) if move.back else f"{comment('nothing to take back')}SELECT 1;\n"
            form.add(origin.above(name, "down.sql"), down)
        if not move.unit.inside:
            form.add(origin.above(name, "metadata.toml"), "run_in_transaction = false\n")
    if any(move.back is None for move in moves):
        form.notes.append(f"a migration without down.sql: {IRREVERSIBLE}")
    return form


def _named(origin: Origin, number: int) -> str:
    """``2024-05-01-101500_orders`` as ``2024-05-01-101501_orders_1``: diesel goes by what stands before the ``_``."""
    own = posixpath.basename(origin.folder)
    if origin.alone:
        if number == 0:
            return own
        number -= 1
    step = origin.before + number + 1
    match = re.match(r"(.*?)(\d+)(_.*|)\Z", own.partition("_")[0], re.DOTALL)
    rest = own[len(own.partition("_")[0]) :]
    if match is None:
        return f"{own}_{step}"
    taken = {one.partition("_")[0] for one in origin.beside}
    free = int(match[2])
    while any(f"{match[1]}{free + more:0{len(match[2])}d}" in taken for more in range(1, 10)):
        free += 10
    return f"{match[1]}{free + step:0{len(match[2])}d}{rest}_{step}"
