"""docs/capture.md shows what is really printed, and names what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from advisor.recording import plugin
from advisor.recording.trace import Trace
from tests.recording.test_apps import verdicts

PAGE = (Path(__file__).parents[2] / "docs" / "capture.md").read_text()


def test_the_picture_of_a_failure() -> None:
    (picture,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    found, output = verdicts("sqlalchemy_shop", "--advisor", "-k", "test_bad_collection")
    assert found == {"test_bad_collection": "FAILED"}
    assert picture.rstrip() in output


def test_every_setting_and_property_is_named() -> None:
    class Parser:
        def __init__(self) -> None:
            self.names: list[str] = []

        def getgroup(self, *_: str) -> Parser:
            return self

        def addoption(self, name: str, **_: str) -> None:
            self.names.append(name)

        def addini(self, name: str, *_: str, **__: str) -> None:
            self.names.append(name)

    parser = Parser()
    plugin.pytest_addoption(parser)  # type: ignore[arg-type]
    for name in parser.names:
        assert name in PAGE
    for name in (
        "statements",
        "count",
        "round_trips",
        "repetitions",
        "report",
        *[n for n in vars(Trace) if n[:7] == "assert_"],
    ):
        assert f"trace.{name}" in PAGE


@pytest.mark.parametrize("word", ["psycopg2", "asyncpg", "executescript", "xdist"])
def test_limits_are_told(word: str) -> None:
    assert word in PAGE
