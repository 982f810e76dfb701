"""Recommended changes of indexes as files: SQL, an Alembic revision, a Django migration, JSON."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from advisor.api.arguments import listed
from advisor.model.errors import UserError

if TYPE_CHECKING:
    from advisor.model.analysis import Analysis
    from advisor.model.catalog import Catalog
    from advisor.model.finding import Recommendation
    from advisor.recommend.export import Change, Format, Options


def export(
    result: Analysis,
    form: Format,
    *,
    catalog: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    options: Options | None = None,
    only: Sequence[str] = (),
    down: bool = False,
) -> str:
    """The text of one file with the index changes that a result recommends, ``only`` those with these ids.

    What a planner or a run has proven; where nothing was proven, what follows from text and schema, and the file says
    so. ``catalog`` are the result's own; ``down`` asks for the way back of ``sql``, which is a file of its own.
    Raises UserError for changes of several engines, an unknown id, no change.
    """
    from advisor.catalog import load
    from advisor.recommend import export as exporting

    wanted = _wanted(result, only)
    engines = {item.engine.name for item in wanted}
    if len(engines) > 1:
        raise UserError(f"index changes for {', '.join(sorted(engines))}: one file is for one engine; choose ids")
    catalogs = [load(name, None) for name in listed(catalog)]
    own = [one for one in catalogs if one.engine.name in engines]
    if wanted and not own:
        raise UserError(f"--format {form}: no --catalog of {', '.join(engines)} to write the changes for")
    if not wanted:
        raise UserError(f"--format {form}: no index is recommended to be created or dropped")
    texts = {shape.fingerprint: shape.sql for shape in result.shapes}
    changes = [_change(item, texts, own[0], form) for item in wanted]
    if down:
        return exporting.export_down(changes, own[0], options)
    return exporting.export(changes, own[0], form, options)


def unwritten(result: Analysis) -> str | None:
    """One line on the index changes that `export` leaves out beside proven ones; None: it writes all."""
    from advisor.model.counted import counted

    left = len(_changes(result)) - len(_wanted(result, ()))
    if not left:
        return None
    others = counted(left, "index change")
    return f"{others} that nothing has proven {'is' if left == 1 else 'are'} left out of the file; the report has them"


def _changes(result: Analysis) -> list[Recommendation]:
    return [
        item
        for item in result.recommendations
        if item.kind in ("create_index", "drop_index") and item.definition is not None
    ]


def _wanted(result: Analysis, only: Sequence[str]) -> list[Recommendation]:
    changes = _changes(result)
    if only:
        unknown = set(only) - {item.id for item in changes}
        if unknown:
            raise UserError(f"{', '.join(sorted(unknown))}: no index change has this id")
        return [item for item in changes if item.id in only]
    proven = [item for item in changes if item.proof != "static"]
    return proven or changes


def _change(item: Recommendation, texts: dict[str, str], catalog: Catalog, form: Format) -> Change:
    from advisor.recommend.export import Change

    assert item.definition is not None
    standing = catalog.tables[item.table].indexes if item.table in catalog.tables else ()
    known = [texts[one.fingerprint] for one in item.affects if one.fingerprint in texts]
    return Change(
        kind="drop" if item.kind == "drop_index" else "create",
        index=item.definition,
        # Django bounds names more tightly than the database does: a new index gets one that fits.
        name=None if form == "django" and item.kind == "create_index" else item.name,
        ddl=next((index.ddl for index in standing if index.name == item.name), None)
        if item.kind == "drop_index"
        else None,
        why=item.why,
        statements=tuple(known),
        bytes=item.size_bytes,
        seconds_per_hour=item.benefit.seconds_per_hour,
        write_seconds_per_hour=item.write_seconds_per_hour,
        proof=item.proof,
    )
