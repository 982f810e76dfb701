"""From a log to what the detector says, as `analyze` does it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from advisor.api.analysis import digest
from advisor.catalog.ddl.file import read_ddl
from advisor.digest.digest import Digest
from advisor.graphs import NotAnalysed, build
from advisor.model.catalog import Catalog
from advisor.model.engine import EngineName
from advisor.model.stream import StreamReport
from advisor.stream.detection import candidates, detect
from advisor.stream.links import Links
from tests.stream.simulated import SCHEMA, Log


def schema(engine: EngineName) -> list[Catalog]:
    """The shop of the simulations."""
    return [read_ddl(SCHEMA, "schema.sql", engine)]


def detected(whole: Digest, catalogs: Sequence[Catalog]) -> StreamReport:
    """What the order of a digest's statements shows."""
    rows, shapes = whole.sequence_rows(), whole.shapes()
    wanted = candidates(rows)
    graphs = {}
    for shape in shapes:
        sample = shape.typical or shape.slowest
        if shape.fingerprint in wanted:
            try:
                graphs[shape.fingerprint] = build(sample.sql if sample else shape.sql, shape.engine.name, catalogs)
            except NotAnalysed:
                continue
    return detect(rows, Links(graphs, catalogs), shapes, routes=whole.routes.names)


def written(log: Log, server: str, folder: Path) -> Digest:
    """A simulated log, read."""
    writers = {"postgresql": log.postgresql, "mariadb": log.slow, "general": log.general}
    return digest([writers[server](folder)])


def said(whole: Digest, report: StreamReport) -> set[str]:
    """Texts that are reported as repeated, confirmed or likely."""
    texts = {shape.fingerprint: shape.sql for shape in whole.shapes()}
    return {texts[each.child] for each in report.repetitions if each.tier != "possible"}
