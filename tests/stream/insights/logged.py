"""Materials of small logs, through the real readers and digest."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from advisor.catalog.ddl.file import read_ddl
from advisor.digest.digest import Digest
from advisor.graphs import NotAnalysed, build
from advisor.model.engine import EngineName
from advisor.sources.read import Reading
from advisor.stream.material import Material, material_of


def line(second: float, sql: str, *, session: int = 500, ms: float = 1.0, who: str = "app@shop") -> str:
    """A line of PostgreSQL's log for a statement that ended at a second of 2026-11-01 10:00."""
    minutes, rest = divmod(second, 60)
    stamp = f"2026-11-01 {10 + int(minutes) // 60:02}:{int(minutes) % 60:02}:{rest:06.3f}"
    return f"{stamp} UTC [{session}] {who} LOG:  duration: {ms:.3f} ms  statement: {sql}"


def material(
    lines: Iterable[str], *, schema: str | None = None, engine: EngineName = "postgresql", suffix: str = ".log"
) -> Material:
    """The material of a log."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"server{suffix}"
        path.write_text("\n".join(lines) + "\n")
        return material_of_files([path], schema=schema, engine=engine)


def material_of_files(
    paths: Sequence[Path], *, schema: str | None = None, engine: EngineName = "postgresql"
) -> Material:
    reading = Reading([str(path) for path in paths])
    digest = Digest(reading.summaries)
    for batch in reading:
        digest.add(batch)
    digest.capture = reading.capture
    catalogs = [read_ddl(schema, "schema.sql", engine)] if schema else []
    graphs = {}
    for shape in digest.shapes():
        sample = next((s for s in (shape.slowest, shape.typical) if s is not None and not s.cut), None)
        try:
            graphs[shape.fingerprint] = build(sample.sql if sample else shape.sql, shape.engine.name, catalogs)
        except NotAnalysed:
            continue
    return material_of(digest, graphs, catalogs)


def fingerprint(material: Material, part: str) -> str:
    """The shape whose normalised text contains a part."""
    (found,) = [shape.fingerprint for shape in material.shapes if part in shape.sql]
    return found
