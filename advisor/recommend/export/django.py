"""Changes as a Django migration.

`AddIndexConcurrently` needs a model, which a catalog does not show: it is written where the table's name is Django's
``app_model`` or the user named the model, and the index is one that `models.Index` can say. Everything else is `RunSQL`
with the statement itself. Both need ``atomic = False`` on PostgreSQL:
https://docs.djangoproject.com/en/stable/ref/contrib/postgres/operations/#concurrent-index-operations
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor.model.engine import EngineName
from advisor.recommend.export.change import Prepared
from advisor.recommend.export.comments import about, lines
from advisor.recommend.export.options import Options
from advisor.recommend.export.python_text import call, literal, strings
from advisor.recommend.export.sqlfile import AFTERWARDS, PATIENT, UNBOUNDED, with_patience

#: `models.Index.max_name_length`: longer names work in the database, and fail the checks once a model lists them.
LONGEST_NAME = 30
_CLASSES = {"gin": "GinIndex", "gist": "GistIndex", "brin": "BrinIndex", "hash": "HashIndex", "spgist": "SpGistIndex"}
_NAME = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
_INDENT = "        "


def text(prepared: Sequence[Prepared], engine: EngineName, options: Options) -> str:
    """The migration: valid Python whatever the names hold."""
    operations: list[str] = []
    for one in prepared:
        operations += [f"{_INDENT}{line}" for line in about(one, options, "#")]
        if one.refused is not None:
            operations += [f"{_INDENT}{line}" for line in lines(f"Left out: {one.refused}.", "#")]
        else:
            operations += _operations(one, engine, options)
    if engine == "postgresql" and any(one.refused is None for one in prepared):
        session, reset = [UNBOUNDED, PATIENT], list(AFTERWARDS)
        operations = [*_run(session, reset), *operations, *_run(reset, session)]
    dependencies = f"[({literal(options.app)}, {literal(options.after)})]" if options.app and options.after else "[]"
    body = "\n".join(operations)
    head = [
        *lines("Index changes that were advised, as a Django migration.", "#"),
        *([] if dependencies != "[]" else lines("Fill in dependencies: the application's latest migration.", "#")),
    ]
    if engine == "postgresql":
        head += lines(
            "An interrupted build leaves an INVALID index behind, which costs writes and serves no query: drop it with "
            "DROP INDEX CONCURRENTLY before running this again.",
            "#",
        )
    return "\n".join(
        [
            *head,
            *_imports(body),
            "",
            "",
            "class Migration(migrations.Migration):",
            *(["    atomic = False", ""] if engine == "postgresql" else []),
            f"    dependencies = {dependencies}",
            "    operations = [",
            *operations,
            "    ]",
            "",
        ]
    )


def model_of(one: Prepared, options: Options) -> str | None:
    """The model behind a table: as the user says, else by Django's own way to name tables; None: not of this app."""
    told = options.models.get(one.change.index.table)
    if told:
        return told.rpartition(".")[2].lower()
    if options.app is None or one.schema is not None:
        return None
    prefix = f"{options.app.lower()}_"
    model = one.table[len(prefix) :]
    return model if one.table.startswith(prefix) and _NAME.match(model) and model == model.lower() else None


def _operations(one: Prepared, engine: EngineName, options: Options) -> list[str]:
    model, index = model_of(one, options), _index(one, engine)
    steps = [step for step in one.up if not step.sql.startswith("CREATE EXTENSION")]
    if one.change.kind == "create" and model and index and options.app:
        arguments = [f"model_name={literal(model)}", f"index={index}"]
        told = [
            f"{_INDENT}{line}"
            for line in lines(
                f"The model {model} is taken to stand behind {one.change.index.table}. List the index in its "
                f"Meta.indexes too, or the next makemigrations takes it away: {index}",
                "#",
            )
        ]
        if engine == "postgresql" and len(steps) == 1:
            before = [step.sql for step in one.up if step not in steps]
            made = call("AddIndexConcurrently", arguments, _INDENT)
            made[-1] += ","
            return [*(_run(before, []) if before else []), *told, *made]
        if engine == "sqlite":
            made = call("migrations.AddIndex", arguments, _INDENT)
            made[-1] += ","
            return [*told, *made]
        inner = call("migrations.AddIndex", arguments, _INDENT + "        ")
        inner[-1] += ","
        return [
            *told,
            f"{_INDENT}migrations.SeparateDatabaseAndState(",
            f"{_INDENT}    database_operations=[",
            *_run(_sql(one, "up", engine), _sql(one, "down", engine), _INDENT + "        "),
            f"{_INDENT}    ],",
            f"{_INDENT}    state_operations=[",
            *inner,
            f"{_INDENT}    ],",
            f"{_INDENT}),",
        ]
    if (
        one.change.kind == "drop"
        and engine == "postgresql"
        and model
        and one.ordinary
        and one.name in options.state_indexes
    ):
        made = call("RemoveIndexConcurrently", [f"model_name={literal(model)}", f"name={literal(one.name)}"], _INDENT)
        made[-1] += ","
        return made
    why = {
        "create": "The statement itself: the model is not known, or models.Index has no words for this index.",
        "drop": "The statement itself. Where a model has the index, take it out there as well.",
        "reindex": "",
    }[one.change.kind]
    return [
        *(f"{_INDENT}{line}" for line in lines(why, "#")),
        *_run(_sql(one, "up", engine), _sql(one, "down", engine)),
    ]


def _sql(one: Prepared, direction: str, engine: EngineName) -> list[str]:
    steps = one.up if direction == "up" else one.down
    return with_patience(steps) if engine == "postgresql" else [step.sql for step in steps]


def _run(forward: Sequence[str], backward: Sequence[str], indent: str = _INDENT) -> list[str]:
    """RunSQL with lists: each goes to the driver as it is, unsplit, and without parameters a % is a %."""

    def block(name: str, statements: Sequence[str]) -> list[str]:
        return [f"{indent}    {name}=[", *(f"{indent}        {literal(sql)}," for sql in statements), f"{indent}    ],"]

    return [f"{indent}migrations.RunSQL(", *block("sql", forward), *block("reverse_sql", backward), f"{indent}),"]


def _index(one: Prepared, engine: EngineName) -> str | None:
    """The index in Django's words; None where it has none, or where they say less."""
    index = one.change.index
    columns = [key.column for key in index.keys]
    names = [*columns, *index.include]
    if not one.ordinary or index.where or index.unique or any(name is None or not _NAME.match(name) for name in names):
        return None
    if len(one.name) > LONGEST_NAME or not _NAME.match(one.name) or one.name.startswith("_"):
        return None
    if any(key.collation or key.prefix or key.nulls_first not in (None, key.descending) for key in index.keys):
        return None
    opclasses = [key.opclass for key in index.keys]
    if any(opclasses) and (not all(opclasses) or any(not _NAME.match(each or "") for each in opclasses)):
        return None
    kind = "models.Index"
    more: list[str] = []
    if index.method != "btree":
        if engine != "postgresql" or index.method not in _CLASSES:
            return None
        kind = _CLASSES[index.method]
    for name, value in index.options:
        if (index.method, name) != ("brin", "pages_per_range") or not value.isdigit():
            return None
        more.append(f"pages_per_range={int(value)}")
    fields = [("-" if key.descending else "") + (key.column or "") for key in index.keys]
    if any(opclasses):
        more.append(f"opclasses={strings([each or '' for each in opclasses])}")
    if index.include:
        more.append(f"include={strings(index.include)}")
    return f"{kind}(fields={strings(fields)}, name={literal(one.name)}{''.join(f', {each}' for each in more)})"


def _imports(body: str) -> list[str]:
    code = "\n".join(line for line in body.splitlines() if not line.lstrip().startswith("#"))
    classes = sorted(name for name in _CLASSES.values() if f"index={name}(" in code)
    operations = sorted(
        name for name in ("AddIndexConcurrently", "RemoveIndexConcurrently") if f"{_INDENT}{name}(" in code
    )
    found = []
    if classes:
        found.append(f"from django.contrib.postgres.indexes import {', '.join(classes)}")
    if operations:
        found.append(f"from django.contrib.postgres.operations import {', '.join(operations)}")
    found.append(f"from django.db import migrations{', models' if 'index=models.' in code else ''}")
    return found
