"""The schema that migrations meet, with what a dry run makes its copy of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from advisor.api.catalogs import Given, given
from advisor.model.engine import engine_of_scheme
from advisor.model.migration import Script

if TYPE_CHECKING:
    from advisor.model.engine import EngineName
    from advisor.model.snapshot import Snapshot


def schema_of(source: str, engine: EngineName | None, rows: Mapping[str, int], at: str | None = None) -> Given:
    """A catalog with a snapshot of it: of a server it is captured in memory (read-only), of a schema file it has
    statements and no statistics. MySQL's and MariaDB's schema files have none. ``at``: where the file of that name
    stands, where it is elsewhere. Raises CatalogError, PlannerError."""
    from advisor.catalog.source import holds_snapshot, load, text_of

    if at is not None and at != source:
        return _elsewhere(source, engine, rows, at)

    scheme, separator, _ = source.partition("://")
    if separator and engine_of_scheme(scheme) in ("mysql", "mariadb"):
        from advisor.catalog.snapshot import capture
        from advisor.catalog.snapshot.describe import catalog_of

        snapshot = capture(source, values="present")
        return Given(source, catalog_of(snapshot), snapshot)
    if not separator and not holds_snapshot(source):
        from advisor.catalog.ddl.detect import detect

        if (engine or detect(text_of(source)).name) in ("mysql", "mariadb"):
            return Given(source, load(source, engine))
    return given(source, engine, "shadow", rows)


def _elsewhere(source: str, engine: EngineName | None, rows: Mapping[str, int], at: str) -> Given:
    """A file that stands in another place than its name says."""
    from advisor.catalog.ddl.detect import detect
    from advisor.catalog.ddl.file import read_ddl
    from advisor.catalog.source import holds_snapshot, text_of

    if holds_snapshot(at):
        from advisor.catalog.snapshot.describe import catalog_of
        from advisor.catalog.snapshot.file import read

        snapshot = read(at)
        return Given(source, catalog_of(snapshot), snapshot, at)
    text = text_of(at)
    if (engine or detect(text).name) in ("mysql", "mariadb"):
        return Given(source, read_ddl(text, source, engine), at=at)
    from advisor.planners.defaults import snapshot_of_ddl

    stated = snapshot_of_ddl(text, source, engine, rows=rows)
    return Given(source, read_ddl(text, source, engine), stated, at)


def captured(own: Given | None) -> Snapshot | None:
    """The snapshot, where it holds production's statistics."""
    if own is None or own.snapshot is None or own.snapshot.header.statistics == "default":
        return None
    return own.snapshot


def statements_of(own: Given | None) -> tuple[Script, ...]:
    """A schema file that no snapshot stands for, as a migration that came first."""
    if own is None or own.snapshot is not None or own.is_server:
        return ()
    from advisor.catalog.source import text_of
    from advisor.migrations.reading import script_of

    return (script_of(text_of(own.at or own.source), own.source, engine=own.catalog.engine.name),)
