"""Index changes as files: what `analyze --format sql`, ``alembic``, ``django`` and ``changes`` write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.cli.output import notice, write

if TYPE_CHECKING:
    from advisor.model.analysis import Analysis
    from advisor.recommend.export import Format


#: As the user names them, and as they are written: ``json`` is the name of the whole report.
_FORMS: dict[str, Format] = {"sql": "sql", "alembic": "alembic", "django": "django", "changes": "json"}
CHANGE_FORMATS = tuple(_FORMS)


@dataclass(frozen=True, slots=True)
class Changes:
    """What the user said about the files."""

    catalog: Sequence[str]
    down_revision: str | None
    django_app: str | None
    django_after: str | None
    show_literals: bool


def write_changes(name: str, file: str | None, result: Analysis, wanted: Changes, *, quiet: bool) -> None:
    """Writes one file; of SQL the way back beside it, as ``NAME.down.sql``. Raises UserError."""
    from advisor import api
    from advisor.api.exports import unwritten
    from advisor.recommend.export import Options

    form = _FORMS[name]
    options = Options(
        slug="advised_indexes",
        show_literals=wanted.show_literals,
        down_revision=wanted.down_revision,
        app=wanted.django_app,
        after=wanted.django_after,
    )
    write(file, api.export(result, form, catalog=wanted.catalog, options=options))
    left = unwritten(result)
    if left is not None:
        notice(left, quiet=quiet)
    if form == "sql" and file is not None:
        path = Path(file)
        back = str(path.with_name(f"{path.stem}.down{path.suffix or '.sql'}"))
        write(back, api.export(result, form, catalog=wanted.catalog, options=options, down=True))
        notice(f"the way back is in {back}", quiet=quiet)
