"""The shipped handbook, loaded once."""

from __future__ import annotations

import pytest

from advisor.handbook import Handbook, load


@pytest.fixture(scope="session")
def handbook() -> Handbook:
    return load()
