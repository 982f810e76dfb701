"""Changes as an Alembic revision.

`op.create_index` says the ordinary index of PostgreSQL and SQLite; what it cannot say (partitions, ALGORITHM and LOCK,
operator classes, names that are read differently when quoted) is `op.execute` with the statement itself. CONCURRENTLY
stands in `autocommit_block`: https://alembic.sqlalchemy.org/en/latest/api/runtime.html#alembic.runtime.migration.MigrationContext.autocommit_block
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from advisor.handbook.ddl import RESERVED
from advisor.model.engine import EngineName
from advisor.recommend.definition import key_text
from advisor.recommend.export.change import Prepared, Step
from advisor.recommend.export.comments import about, lines
from advisor.recommend.export.options import Options
from advisor.recommend.export.python_text import call, literal, strings
from advisor.recommend.export.sqlfile import AFTERWARDS, BRIEF, PATIENT, UNBOUNDED

_SIMPLE = re.compile(r"[a-z_][a-z0-9_]*\Z")


def text(prepared: Sequence[Prepared], engine: EngineName, options: Options) -> str:
    """The revision: valid Python whatever the names hold."""
    follows = "None" if options.down_revision is None else literal(options.down_revision)
    head = [
        *lines("Index changes that were advised, as an Alembic revision.", "#"),
        *(
            []
            if options.down_revision
            else lines("Fill in down_revision: your latest revision (`alembic heads`).", "#")
        ),
    ]
    if engine == "postgresql":
        head += lines(
            "An interrupted build leaves an INVALID index behind, which costs writes and serves no query: drop it with "
            "DROP INDEX CONCURRENTLY before running this again. In env.py, set transaction_per_migration=True.",
            "#",
        )
    body = [
        "import sqlalchemy as sa",
        "from alembic import op",
        "",
        f"revision = {literal(revision(prepared, options))}",
        f"down_revision = {follows}",
        "branch_labels = None",
        "depends_on = None",
        "",
        "",
        *_function("upgrade", prepared, engine, options),
        "",
        "",
        *_function("downgrade", prepared, engine, options),
    ]
    if not any("sa." in line for line in body):
        body.remove("import sqlalchemy as sa")
    return "\n".join([*head, *body]) + "\n"


def revision(prepared: Sequence[Prepared], options: Options) -> str:
    """Twelve hex digits of the statements: the same changes have the same id."""
    if options.revision:
        return options.revision
    told = "\n".join(step.sql for one in prepared for step in one.up) + str(options.down_revision)
    return hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def _function(name: str, prepared: Sequence[Prepared], engine: EngineName, options: Options) -> list[str]:
    found: list[str] = []
    indent = "        " if engine == "postgresql" else "    "
    done = False
    patience: bool | None = None
    for one in prepared if name == "upgrade" else reversed(prepared):
        if name == "upgrade":
            found += [f"{indent}{line}" for line in about(one, options, "#")]
        if one.refused is not None:
            found += [f"{indent}{line}" for line in lines(f"Left out ({one.name}): {one.refused}.", "#")]
            continue
        for step in one.up if name == "upgrade" else one.down:
            if engine == "postgresql" and step.waits is not patience:
                patience = step.waits
                found += _execute(PATIENT if patience else BRIEF, indent)
            found += [f"{indent}{line}" for line in lines(step.note, "#")]
            found += _operation(one, step, engine, indent)
            done = True
    if not done:
        return [f"def {name}() -> None:", *found, "    pass"]
    if engine != "postgresql":
        return [f"def {name}() -> None:", *found]
    return [
        f"def {name}() -> None:",
        "    with op.get_context().autocommit_block():",
        *_execute(UNBOUNDED, indent),
        *found,
        *(line for each in AFTERWARDS for line in _execute(each, indent)),
    ]


def _operation(one: Prepared, step: Step, engine: EngineName, indent: str) -> list[str]:
    verb = step.sql.split(" ", 1)[0]
    if engine in ("mysql", "mariadb") or not _sayable(one) or verb not in ("CREATE", "DROP") or "EXTENSION" in step.sql:
        return _execute(step.sql, indent)
    schema = [f"schema={literal(one.schema)}"] if one.schema else []
    if verb == "DROP":
        more = ["postgresql_concurrently=True"] if engine == "postgresql" else []
        return call(
            "op.drop_index",
            [literal(one.name), f"table_name={literal(one.table)}", *schema, *more, "if_exists=True"],
            indent,
        )
    index = one.change.index
    keys = [
        literal(key.column)
        if key.column is not None
        and not key.descending
        and key.nulls_first in (None, False)
        and not key.opclass
        and not key.collation
        else f"sa.text({literal(_escaped(key_text(key, engine)))})"
        for key in index.keys
    ]
    arguments = [literal(one.name), literal(one.table), f"[{', '.join(keys)}]", *schema]
    if index.unique:
        arguments.append("unique=True")
    if index.where:
        arguments.append(f"{engine}_where=sa.text({literal(_escaped(index.where))})")
    if engine == "postgresql":
        if index.method != "btree":
            arguments.append(f"postgresql_using={literal(index.method)}")
        if index.include:
            arguments.append(f"postgresql_include={strings(index.include)}")
        if index.options:
            pairs = ", ".join(f"{literal(name)}: {literal(value)}" for name, value in index.options)
            arguments.append(f"postgresql_with={{{pairs}}}")
        arguments.append("postgresql_concurrently=True")
    return call("op.create_index", arguments, indent)


def _sayable(one: Prepared) -> bool:
    """Every name is the same with quotes and without, for us and for SQLAlchemy, and the index is an ordinary one."""
    index = one.change.index
    names = [one.name, one.table, one.schema or "public", *(key.column or "x" for key in index.keys), *index.include]
    plain = all(_SIMPLE.match(name) and name not in RESERVED for name in names)
    from_server = one.change.kind == "drop" and one.change.ddl is not None
    return plain and one.ordinary and not from_server and one.change.kind != "reindex"


def _execute(sql: str, indent: str) -> list[str]:
    return call("op.execute", [f"sa.text({literal(_escaped(sql))})"], indent)


def _escaped(sql: str) -> str:
    """``sa.text`` reads ``:name`` as a parameter unless a backslash stands before it, and takes that one away."""
    return sql.replace(":", "\\:")
