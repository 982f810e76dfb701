"""Accepted changes of indexes as files that run: SQL up and down, an Alembic revision, a Django migration, JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from advisor.model.catalog import Catalog
from advisor.model.engine import EngineName
from advisor.model.errors import UserError
from advisor.recommend.export import alembic, django, json, sqlfile
from advisor.recommend.export.change import Change, Prepared, Step
from advisor.recommend.export.options import Options
from advisor.recommend.export.prepare import prepared

__all__ = ["FORMATS", "Change", "Format", "Options", "Prepared", "Step", "export", "export_down", "files", "prepared"]

Format = Literal["sql", "alembic", "django", "json"]
FORMATS: tuple[Format, ...] = ("sql", "alembic", "django", "json")

_WRITERS: dict[Format, Callable[[Sequence[Prepared], EngineName, Options], str]] = {
    "sql": sqlfile.text,
    "alembic": alembic.text,
    "django": django.text,
    "json": json.text,
}


def export(changes: Sequence[Change], catalog: Catalog, form: Format, options: Options | None = None) -> str:
    """The changes as the text of one file; of ``sql`` the way up. Raises UserError for a form that there is none of."""
    given = options or Options()
    if form not in _WRITERS:
        raise UserError(f"no output format {form!r}; there are {', '.join(FORMATS)}")
    return _WRITERS[form](_prepared(changes, catalog, form, given), catalog.engine.name, given)


def export_down(changes: Sequence[Change], catalog: Catalog, options: Options | None = None) -> str:
    """The way back of ``sql``, which is a file of its own; the other forms hold both ways."""
    given = options or Options()
    return sqlfile.text(_prepared(changes, catalog, "sql", given), catalog.engine.name, given, "down")


def files(changes: Sequence[Change], catalog: Catalog, form: Format, options: Options | None = None) -> dict[str, str]:
    """Text by file name, named as the tool that runs it expects; of ``sql`` the way up and the way back."""
    given = options or Options()
    text = export(changes, catalog, form, given)
    ready = _prepared(changes, catalog, form, given)
    if form == "sql":
        down = sqlfile.text(ready, catalog.engine.name, given, "down")
        return {f"{given.slug}.sql": text, f"{given.slug}.down.sql": down}
    if form == "alembic":
        return {f"{alembic.revision(ready, given)}_{given.slug}.py": text}
    if form == "django":
        number = int(given.after[:4]) + 1 if given.after and given.after[:4].isdigit() else 1
        return {f"{number:04d}_{given.slug}.py": text}
    return {f"{given.slug}.json": text}


def _prepared(changes: Sequence[Change], catalog: Catalog, form: Format, options: Options) -> list[Prepared]:
    return prepared(changes, catalog, options, longest=django.LONGEST_NAME if form == "django" else None)
