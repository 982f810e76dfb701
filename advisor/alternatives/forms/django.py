"""Django: a migration a migration. What runs outside of a transaction has ``atomic = False``. Operations of
django.contrib.postgres where the migration's own operation tells the model; else RunSQL, beside which the state of the
models must come from that operation (documentation, "SeparateDatabaseAndState")."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import replace

from advisor.alternatives.forms.form import Form, Move
from advisor.alternatives.forms.operation import Operation, operation_of
from advisor.alternatives.forms.origin import Origin, numbered
from advisor.alternatives.forms.source import bare, listed, literal, string
from advisor.alternatives.forms.text import PAUSE, comment, note_of

_VALIDATE = re.compile(r"ALTER\s+TABLE\s.*\sVALIDATE\s+CONSTRAINT\s+(\"(?:[^\"]|\"\")+\"|\w+)\Z", re.I | re.S)
_CHECKED = re.compile(r"ALTER\s+TABLE\s.*\bADD\s+CONSTRAINT\s.*\bCHECK\s*\(.*NOT\s+VALID\Z", re.I | re.S)
_OPERATIONS = "django.contrib.postgres.operations"
#: They change no model.
_STATELESS = ("RunSQL", "RunPython")


def write(origin: Origin, moves: Sequence[Move]) -> Form | None:
    """One file a migration, each behind the one before."""
    app, _, name = origin.name.partition(".")
    if not origin.file.endswith(".py") or not name:
        return None
    own = operation_of(origin.text, origin.line, origin.lines)
    form = Form(migrations=len(moves))
    below = _below(origin, name)
    known = _known(origin, own, moves)
    for number, move in enumerate(moves):
        last = number + 1 == len(moves)
        new = numbered(origin, name, number)
        form.add(origin.path(f"{new}.py"), _file(origin, app, below, move, known[number], own, last=last))
        below = new
    if origin.before:
        form.notes.append(
            f"the first depends on {_below(origin, name)}, of an earlier statement's files: {name} where that one stays"
        )
    form.notes.insert(0, _place(origin, own, below))
    return form


def _below(origin: Origin, name: str) -> str:
    """What the first depends on: the file of the statement, what came in its place, or the last that is there."""
    if origin.before:
        return numbered(replace(origin, before=0), name, origin.before - 1)
    later = sorted(one.removesuffix(".py") for one in origin.beside if re.match(r"\d+_.*\.py\Z", one))
    return later[-1] if later and later[-1] > name else name


def _known(origin: Origin, own: Operation | None, moves: Sequence[Move]) -> list[str | None]:
    """Operations that say exactly what a migration's statements do, and keep the models' state."""
    nothing: list[str | None] = [None] * len(moves)
    if own is None or not own.whole:
        return nothing
    sql = [move.unit.sql for move in moves]
    arguments = own.arguments(8)
    if len(moves) == 1 and moves[0].unit.how == "alone" and origin.has("django", 3, 0):
        words = sql[0][0].upper().split()
        if own.name == "AddIndex" and words[0] == "CREATE":
            return [f"AddIndexConcurrently({arguments})"]
        if own.name == "RemoveIndex" and words[0] == "DROP" and len(sql[0]) == 1:
            return [f"RemoveIndexConcurrently({arguments})"]
    if own.name == "AddConstraint" and len(moves) == 2 and origin.has("django", 4, 0) and own.says("CheckConstraint"):
        validated = _VALIDATE.match(sql[1][-1])
        model = own.argument("model_name", 0)
        if validated is not None and model is not None and _CHECKED.match(sql[0][-1]):
            name = string(bare(validated[1]))
            return [f"AddConstraintNotValid({arguments})", f"ValidateConstraint(model_name={model}, name={name})"]
    return nothing


def _file(
    origin: Origin, app: str, below: str, move: Move, known: str | None, own: Operation | None, *, last: bool
) -> str:
    unit = move.unit
    imports = ["from django.db import migrations"]
    before = ""
    if known is not None:
        imports.append(f"from {_OPERATIONS} import {known.partition('(')[0]}")
        rows = [f"migrations.RunSQL({literal(one)}, migrations.RunSQL.noop)" for one in unit.sql[:-1]]
        rows.append(known)
        used = own.imports if own is not None and not known.startswith("Validate") else ()
    else:
        used = ()
        if unit.batches:
            imports.insert(0, "import time")
            before = _loop(unit.sql[0])
            back = ", migrations.RunPython.noop" if move.back is not None else ""
            rows = [f"migrations.RunPython(batches{back})"]
        else:
            rows = [_run(unit.sql, move.back)]
        if last and own is not None and own.whole and own.name not in _STATELESS:
            rows.append(_SEPARATE.format(own.text(16)))
            used = own.imports
    atomic = "" if unit.inside else "    atomic = False\n\n"
    body = "".join(f"        {row},\n" for row in rows)
    return (
        f"{_head([*imports, *used])}\n\n\n{before}class Migration(migrations.Migration):\n"
        f"{comment(note_of(unit), '    #')}{atomic}"
        f"    dependencies = [({string(app)}, {string(below)})]\n\n    operations = [\n{body}    ]\n"
    )


_SEPARATE = """migrations.SeparateDatabaseAndState(
            state_operations=[
                {},
            ],
        )"""


def _head(imports: Sequence[str]) -> str:
    """Sorted, those of a package before those from modules."""
    found = set(imports)
    if "from django.db import models" in found:
        found -= {"from django.db import models", "from django.db import migrations"}
        found.add("from django.db import migrations, models")
    plain = sorted(one for one in found if one.startswith("import "))
    others = sorted(one for one in found if not one.startswith("import "))
    return "\n".join([*plain, *([""] if plain and others else []), *others])


def _run(sql: Sequence[str], back: Sequence[str] | None) -> str:
    def rows(texts: Sequence[str]) -> str:
        if len(texts) == 1 and "\n" not in texts[0]:
            return literal(texts[0])
        return listed(texts, 12)

    text = f"migrations.RunSQL(\n            {rows(sql)},\n"
    if back is not None:
        text += f"            reverse_sql={rows(back) if back else 'migrations.RunSQL.noop'},\n"
    return f"{text}        )"


def _loop(sql: str) -> str:
    return (
        "def batches(apps, schema_editor):\n"
        f"    batch = (\n        {literal(sql, 8)}\n    )\n"
        "    with schema_editor.connection.cursor() as cursor:\n"
        "        while True:\n"
        "            cursor.execute(batch)\n"
        "            if not cursor.rowcount:\n"
        "                break\n"
        f"            time.sleep({PAUSE})\n\n\n"
    )


def _place(origin: Origin, own: Operation | None, last: str) -> str:
    """What becomes of the operation, and with it of the models' state."""
    name = posixpath.basename(origin.file)
    if own is None:
        return f"take the operation of line {origin.line} out of {name}, and give it to {last} as state_operations"
    if own.name in _STATELESS:
        return f"take it out of the {own.name} on line {origin.line} of {name}"
    if own.whole:
        where = f"line {origin.line} out of {name}"
        return f"take the {own.name} on {where}: these files have it, state of the models included"
    why = "runs other statements too" if not own.single else "uses names of its file"
    return (
        f"the {own.name} on line {origin.line} of {name} {why}: in its place SeparateDatabaseAndState("
        "state_operations=[it], database_operations=[RunSQL of what else it runs])"
    )
