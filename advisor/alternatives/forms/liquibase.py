"""Liquibase's formatted SQL: a changeset a migration, in a transaction unless ``runInTransaction:false``; what has
semicolons of its own goes to the server whole, ``splitStatements:false`` (its documentation, "changeSet")."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from advisor.alternatives.forms.form import IRREVERSIBLE, Form, Move
from advisor.alternatives.forms.origin import Origin
from advisor.alternatives.forms.text import comment, compound, ended, note_of, statements

_MARK = re.compile(
    r"^[ \t]*--[ \t]*changeset[ \t]+(?P<author>\"[^\"\n]+\"|[^:\n]+):[ \t]*(?P<id>\"[^\"\n]+\"|\S+)", re.I | re.M
)


def write(origin: Origin, moves: Sequence[Move]) -> Form | None:
    """One file; its changesets are named after the one that the statement stands in."""
    own = posixpath.basename(origin.file).removesuffix(".sql")
    author, name = _changeset(origin)
    form = Form(migrations=len(moves))
    form.notes.append(
        f"the changesets may also take the statement's place in {posixpath.basename(origin.file)}; a file of "
        "its own is included after it"
    )
    parts = ["--liquibase formatted sql\n"]
    for number, move in enumerate(moves, origin.before + 1):
        sql = statements(move.unit)
        how = "" if move.unit.inside else " runInTransaction:false"
        how += " splitStatements:false" if any(compound(one) for one in sql) else ""
        part = f"--changeset {author}:{name}-{number}{how}\n{comment(note_of(move.unit))}{ended(sql)}"
        if move.back:
            part += "".join(f"--rollback {line}\n" for line in ended(move.back).splitlines() if line.strip())
        else:
            part += "--rollback empty\n" if move.back is not None else comment(f"no rollback: {IRREVERSIBLE}")
        parts.append(part)
    form.add(origin.path(f"{own}_{origin.before + 1}.sql"), "\n".join(parts))
    return form


def _changeset(origin: Origin) -> tuple[str, str]:
    """Author and id of the one that holds the statement."""
    lines = origin.text.split("\n")
    marks = list(_MARK.finditer("\n".join(lines[: origin.line])))
    if not marks:
        return "advisor", posixpath.basename(origin.file).removesuffix(".sql").replace(" ", "_")
    last = marks[-1]
    return last["author"].strip(), last["id"].strip('"').replace(" ", "_")
