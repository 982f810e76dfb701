"""The catalogs that the user names, each read once: for the rules, and for a planner where it has statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisor.model.counted import counted
from advisor.model.engine import engine_of_scheme
from advisor.model.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from advisor.model.catalog import Catalog
    from advisor.model.engine import EngineName
    from advisor.model.snapshot import Snapshot
    from advisor.planners.choice import Choice
    from advisor.planners.planner import Planner


@dataclass(frozen=True, slots=True)
class Given:
    """One catalog of the command line."""

    source: str
    catalog: Catalog
    snapshot: Snapshot | None = None
    """None: a schema file, or a server that was not asked for its statistics."""
    at: str | None = None
    """Where its file stands, where that is not ``source``."""

    @property
    def is_server(self) -> bool:
        """Was it read from a running server?"""
        return "://" in self.source


def given(
    source: str, engine: EngineName | None, wanted: Choice | None, rows: Mapping[str, int] | None = None
) -> Given:
    """Reads one, with what the planner ``wanted`` for it needs.

    A PostgreSQL or SQLite server is captured in memory, as `advisor snapshot` does; so is a MariaDB server, and a
    schema file gets default statistics over ``rows``, where a shadow is asked for by name. Raises CatalogError.
    """
    from advisor.catalog.source import holds_snapshot, load, text_of

    snapshot: Snapshot | None = None
    scheme, separator, _ = source.partition("://")
    if separator:
        live = engine_of_scheme(scheme)
        if wanted in ("auto", "shadow") and (
            live in ("postgresql", "sqlite") or (live == "mariadb" and wanted == "shadow")
        ):
            from advisor.catalog.snapshot import capture

            snapshot = capture(source, values="present")
    elif holds_snapshot(source):
        from advisor.catalog.snapshot.file import read

        snapshot = read(source)
    elif wanted == "shadow":
        from advisor.planners.defaults import snapshot_of_ddl

        stated = snapshot_of_ddl(text_of(source), source, engine, rows=rows or {})
        return Given(source, load(source, engine), stated)
    if snapshot is None:
        return Given(source, load(source, engine))
    from advisor.catalog.snapshot.describe import catalog_of

    return Given(source, catalog_of(snapshot), snapshot)


def plannable(catalogs: Sequence[Given], wanted: Choice | None, *, insisted: bool) -> tuple[Given | None, str]:
    """The one catalog that indexes are searched with, or None and why, for the report.

    ``insisted``: the user asked for something that only a planner gives, so that None is an error (UserError).
    """
    if wanted is None:
        return None, ""
    able = [one for one in catalogs if _able(one, wanted)]
    if len(able) == 1:
        return able[0], ""
    if len(able) > 1:
        why = f"{counted(len(able), 'catalog')} could be planned with: indexes are searched with one, name only that"
    elif not catalogs:
        why = "no --catalog: give a snapshot (advisor snapshot DSN -o FILE) or a DSN, and indexes are searched with it"
    elif any(one.catalog.engine.name in ("mysql", "mariadb") for one in catalogs):
        why = (
            "indexes for MySQL and MariaDB are advised from text and schema; "
            "a MariaDB snapshot is planned with --planner shadow"
        )
    else:
        why = "the catalog has no statistics to plan with: give a snapshot (advisor snapshot DSN -o FILE) or a DSN"
    if insisted:
        raise UserError(f"no planner for the index search: {why}")
    return None, why if len(able) > 1 else ""


def _able(one: Given, wanted: Choice) -> bool:
    engine = one.catalog.engine.name
    if wanted == "hypopg":
        return engine == "postgresql" and one.is_server
    if one.snapshot is None:
        return False
    return engine in ("postgresql", "sqlite") or (engine == "mariadb" and wanted == "shadow")


def opened(one: Given, wanted: Choice) -> Planner:
    """The planner over a catalog. Raises PlannerError."""
    from advisor.planners.choice import of_snapshot, open_planner

    if wanted == "hypopg" or one.snapshot is None:
        return open_planner(one.source, wanted=wanted, what_if=True)
    return of_snapshot(one.snapshot, wanted)
