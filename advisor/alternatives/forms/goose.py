"""goose: what stands after ``+goose Up`` and ``+goose Down``, in a transaction unless the file says ``NO TRANSACTION``;
statements with semicolons of their own between StatementBegin and StatementEnd (its documentation, "Annotations")."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence

from advisor.alternatives.forms.form import IRREVERSIBLE, Form, Move
from advisor.alternatives.forms.origin import Origin, numbered
from advisor.alternatives.forms.text import comment, compound, ended, note_of, statements


def write(origin: Origin, moves: Sequence[Move]) -> Form | None:
    """One file a migration."""
    form = Form(migrations=len(moves))
    for number, move in enumerate(moves):
        name = numbered(origin, posixpath.basename(origin.file).removesuffix(".sql"), number)
        head = "" if move.unit.inside else "-- +goose NO TRANSACTION\n"
        up = comment(note_of(move.unit)) + _enclosed(statements(move.unit))
        down = comment(IRREVERSIBLE) if move.back is None else _enclosed(move.back)
        form.add(origin.path(f"{name}.sql"), f"{head}-- +goose Up\n{up}\n-- +goose Down\n{down}")
    return form


def _enclosed(sql: Iterable[str]) -> str:
    out = ""
    for one in sql:
        text = ended([one])
        out += f"-- +goose StatementBegin\n{text}-- +goose StatementEnd\n" if compound(one) else text
    return out
