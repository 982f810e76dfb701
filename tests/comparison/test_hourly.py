"""Stretches of hours: of windows of any length, also of one that a broken clock made."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from advisor import api

LINE = "{} 10:00:0{}.000 UTC [500] app@shop LOG:  duration: 5.000 ms  statement: SELECT id FROM book WHERE id = {}\n"


@pytest.mark.parametrize("day", ["0001-11-01", "9998-11-01"])
def test_an_event_of_another_age_ends_no_comparison(day: str, tmp_path: Path) -> None:
    usual = "".join(LINE.format("2026-11-01", at, at) for at in range(10))
    (tmp_path / "one.log").write_text(usual)
    (tmp_path / "two.log").write_text(usual + LINE.format(day, 1, 1))
    started = time.process_time()
    found = api.compare(str(tmp_path / "one.log"), str(tmp_path / "two.log"))
    assert time.process_time() - started < 10
    assert [(shape.calls_before, shape.calls_after) for shape in found.shapes] == [(10, 11)]
