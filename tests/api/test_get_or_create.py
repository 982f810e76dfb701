"""A look-up that creates: its fix is made from both statements."""

from __future__ import annotations

from pathlib import Path

from advisor.api.repetitions import Ground, mended
from advisor.graphs import build
from tests.stream.reading import detected, schema, written
from tests.stream.simulated import Log
from tests.stream.worlds import WORLDS


def test_the_fix_inserts_what_the_loop_inserted(tmp_path: Path) -> None:
    log = Log(4)
    WORLDS["get_or_create"].play(log, log.random)
    whole, catalogs = written(log, "postgresql", tmp_path), schema("postgresql")
    shapes = whole.shapes()
    graphs = {
        shape.fingerprint: build(shape.typical.sql, "postgresql", catalogs)
        for shape in shapes
        if shape.typical is not None and shape.kind in ("select", "insert")
    }
    ground = Ground("postgresql", shapes, graphs, catalogs, None, 1, None)
    row = next(c for c in mended(detected(whole, catalogs).repetitions, ground) if c.kind == "get_or_create")
    assert row.batched_sql is not None
    assert "INSERT INTO users (name, email)" in row.batched_sql
    assert "ON CONFLICT" in row.batched_sql
