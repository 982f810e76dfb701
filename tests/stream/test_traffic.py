"""Thousands of requests without any loop."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stream.reading import detected, said, schema, written
from tests.stream.traffic import traffic


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_said_of_traffic_without_loops(seed: int, tmp_path: Path) -> None:
    server = ("postgresql", "mariadb", "general")[seed % 3]
    whole = written(traffic(seed, 1200), server, tmp_path)
    catalogs = [] if seed % 2 else schema("postgresql" if server == "postgresql" else "mariadb")
    assert said(whole, detected(whole, catalogs)) == set()
