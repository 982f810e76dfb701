"""Material made of a few events, through the real digest and the real query graphs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from advisor.digest.digest import Digest
from advisor.graphs import NotAnalysed, QueryGraph, build
from advisor.model.engine import Engine
from advisor.model.incident import Incident
from advisor.sources.read import Reading
from advisor.stream.material import Material, material_of
from tests.digest.events import POSTGRESQL, Event, batch

#: 2023-11-14 22:00:00 UTC: a full hour.
HOUR = 1_699_999_200_000_000
SECOND = 1_000_000


def made(events: Iterable[Event], *, incidents: Sequence[Incident] = (), engine: Engine = POSTGRESQL) -> Material:
    """The material of events, each at its own place in one source."""
    placed = [
        Event(**{**{name: getattr(e, name) for name in Event.__dataclass_fields__}, "offset": e.offset or at})
        for at, e in enumerate(events)
    ]
    digest = Digest()
    digest.add(batch(placed, incidents=incidents, engine=engine))
    return of(digest)


def read(*paths: Path | str) -> Material:
    """The material of logs."""
    reading = Reading([str(path) for path in paths])
    digest = Digest(reading.summaries)
    for part in reading:
        digest.add(part)
    digest.capture = reading.capture
    return of(digest)


def of(digest: Digest) -> Material:
    """The material of a digest, with a query graph of every shape that has one."""
    graphs: dict[str, QueryGraph] = {}
    for shape in digest.shapes():
        try:
            graphs[shape.fingerprint] = build(shape.sql, shape.engine.name, [])
        except NotAnalysed:
            continue
    return material_of(digest, graphs)


def sql_of(material: Material, fingerprint: str | None) -> str | None:
    """The normalised text of a shape."""
    return None if fingerprint is None else material.by_fingerprint[fingerprint].sql
