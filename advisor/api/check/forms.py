"""Alternatives with their steps written as files of the tool that wrote the migration."""

from __future__ import annotations

import os
import posixpath
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.model.check import Alternative
from advisor.model.engine import Engine
from advisor.model.migration_limits import MIGRATION

if TYPE_CHECKING:
    from advisor.alternatives.forms import Origin
    from advisor.migrations.assess import Assessed

#: By tool the file in the folder from which it runs, and the packages whose versions matter.
_PYTHON = {"alembic": ("alembic.ini", ("alembic", "sqlalchemy")), "django": ("manage.py", ("django",))}
#: Tools with a folder a migration.
_FOLDERS = ("up.sql", "migration.sql")
_ENVIRONMENTS = (".venv", "venv", "env")


def with_forms(
    found: Mapping[int, Alternative], assessed: Sequence[Assessed], engine: Engine
) -> dict[int, Alternative]:
    """By the number of the statement. One that did not pass where it was tried gets no files."""
    from advisor.alternatives.forms import with_files

    written: Counter[tuple[str, str]] = Counter()
    out: dict[int, Alternative] = {}
    for number, one in sorted(found.items()):
        out[number] = one
        if one.passes is False:
            continue
        script = assessed[number].script
        key = script.file, script.name
        out[number], count = with_files(one, _origin(assessed[number], engine, written[key]))
        written[key] += count
    return out


def _origin(one: Assessed, engine: Engine, before: int) -> Origin:
    from advisor.alternatives.forms import Origin
    from advisor.migrations.reading.tree import WorkTree

    script = one.script
    path = script.file
    folder = posixpath.dirname(path)
    tree = WorkTree([path])
    around = posixpath.dirname(folder) if posixpath.basename(path) in _FOLDERS else folder
    files, folders = tree.entries(around)
    raw = (tree.raw(path) or b"")[: MIGRATION.max_file_bytes]
    return Origin(
        tool=script.tool,
        file=path,
        name=script.name,
        line=one.statement.line,
        sql=one.statement.sql,
        engine=engine,
        alone=len(script.statements) == 1 and not script.unread,
        last=script.statements[-1] == one.statement,
        before=before,
        text=raw.decode("utf-8-sig", "replace"),
        lines=tuple(each.line for each in script.statements),
        beside=frozenset(posixpath.basename(each) for each in (*files, *folders)),
        versions=_versions(script.tool, path),
    )


def _versions(tool: str, file: str) -> dict[str, tuple[int, ...]]:
    """Of the packages in the project's Python: its own environment, else the active one, else ours."""
    if tool not in _PYTHON:
        return {}
    start, packages = _PYTHON[tool]
    above = list(Path(file).resolve().parents)
    root = next((number for number, one in enumerate(above) if (one / start).is_file()), 0)
    active = os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX")
    places = [one / name for one in above[: root + 2] for name in _ENVIRONMENTS]
    for place in [*places, *([Path(active)] if active else []), Path(sys.prefix)]:
        known = _installed(place)
        if tool in known:
            return {name: known[name] for name in packages if name in known}
    return {}


def _installed(prefix: Path) -> dict[str, tuple[int, ...]]:
    """What the names of an environment's ``dist-info`` folders say."""
    found: dict[str, tuple[int, ...]] = {}
    for path in prefix.glob("lib/python3*/site-packages/*.dist-info"):
        name, _, version = path.name.removesuffix(".dist-info").partition("-")
        numbers = re.match(r"\d+(?:\.\d+)*", version)
        if numbers is not None:
            found[name.lower()] = tuple(int(one[:9]) for one in numbers[0].split("."))
    return found
