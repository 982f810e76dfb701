"""The made-up format of `lines.py` as one more registered reader."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from advisor.sources import detect

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def lines_format(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = detect.Reader("test-lines", "postgresql", "lines", pairing="lines")
    monkeypatch.setattr(detect, "READERS", (*detect.READERS, reader))
