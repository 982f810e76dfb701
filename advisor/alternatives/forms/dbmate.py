"""dbmate: blocks ``migrate:up`` and ``migrate:down``, each in a transaction unless it says ``transaction:false`` (its
README, "Migration Options")."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from advisor.alternatives.forms.form import IRREVERSIBLE, Form, Move
from advisor.alternatives.forms.origin import Origin, numbered
from advisor.alternatives.forms.text import comment, ended, note_of, statements


def write(origin: Origin, moves: Sequence[Move]) -> Form | None:
    """None: a step outside of a transaction is no single message."""
    if any(not move.unit.inside and len(move.unit.sql) > 1 for move in moves):
        return None
    form = Form(migrations=len(moves))
    for number, move in enumerate(moves):
        how = "" if move.unit.inside else " transaction:false"
        name = numbered(origin, posixpath.basename(origin.file).removesuffix(".sql"), number)
        text = (
            f"-- migrate:up{how}\n{comment(note_of(move.unit))}{ended(statements(move.unit))}\n-- migrate:down{how}\n"
        )
        form.add(origin.path(f"{name}.sql"), text + (comment(IRREVERSIBLE) if move.back is None else ended(move.back)))
    return form
