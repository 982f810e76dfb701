"""The made-up format of `lines.py` as one more registered reader."""

from __future__ import annotations

import pytest

from advisor.sources import detect

_LINES = "tests.sources.lines"


@pytest.fixture
def lines_format(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = detect.Reader("test-lines", "postgresql", _LINES, pairing=_LINES)
    monkeypatch.setattr(detect, "READERS", (*detect.READERS, reader))
