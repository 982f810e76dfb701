"""The two applications of `fixtures/apps`, tested by a pytest of their own with the plugin switched on."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.recording.conftest import APPS


def verdicts(app: str, *options: str, **environment: str) -> tuple[dict[str, str], str]:
    """Test -> verdict, and what pytest printed."""
    command = [sys.executable, "-B", "-m", "pytest", "-rA", "--tb=short", *options]
    # not our own settings of pytest, nor those of a run that covers this one
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "SHOP_"))}
    env |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "-p advisor"}
    done = subprocess.run(
        command, cwd=APPS / app, capture_output=True, text=True, timeout=200, env={**env, **environment}
    )
    found = re.findall(r"^(PASSED|FAILED|ERROR) \S+?::(?:\w+::)?(\w+)", done.stdout, re.MULTILINE)
    assert found, done.stdout + done.stderr
    return {name: verdict for verdict, name in found}, done.stdout


def as_named(found: dict[str, str]) -> None:
    """Tests named `test_bad...` fail, all others pass."""
    assert len(found) >= 20
    assert found == {name: "FAILED" if name.startswith("test_bad") else "PASSED" for name in found}


@pytest.mark.parametrize(
    "engine",
    [
        "sqlite",
        pytest.param("postgresql", marks=[pytest.mark.server, pytest.mark.long]),
        pytest.param("mariadb", marks=[pytest.mark.server, pytest.mark.long]),
    ],
)
def test_sqlalchemy(engine: str, request: pytest.FixtureRequest) -> None:
    environment = {}
    if engine == "postgresql":
        name = request.getfixturevalue("postgresql_database")
        environment = {"SHOP_URL": f"postgresql+psycopg://postgres@127.0.0.1/{name}"}
    if engine == "mariadb":
        name = request.getfixturevalue("mariadb_database")
        environment = {"SHOP_URL": f"mysql+pymysql://root@127.0.0.1/{name}"}
    found, output = verdicts("sqlalchemy_shop", "--advisor", **environment)
    as_named(found)
    for line in (
        r"child   shop.py:\d+ in titles_with_authors",
        r"parent  shop.py:\d+ in titles_with_authors, 12 rows",
        r"fix     select\(Book\).options\(joinedload\(Book.author\)\)",
        r"fix     select\(Author\).options\(selectinload\(Author.books\)\)",
        r"5 statements, 2 allowed",
    ):
        assert re.search(line, output), line


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=[pytest.mark.server, pytest.mark.long])])
def test_django(engine: str) -> None:
    environment = {"SHOP_DATABASE": f"adv_recording_django_{os.getpid()}"} if engine == "postgresql" else {}
    found, output = verdicts("django_shop", "--advisor", **environment)
    as_named(found)
    for line in (
        r"child   shop/views.py:\d+ in books\n",
        r"child   shop/templates/shop/shelf.html:4 \(template\)\n\s+> \{\{ book.author.name \}\}</li>",
        r"parent  shop/templates/shop/shelf.html:2 \(template\), 6 rows",
        r"called by shop/views.py:\d+ in shelf",
        r'fix     Book.objects.select_related\("author"\)',
        r'fix     Author.objects.prefetch_related\("book_set"\)',
        r'fix     Book.objects.prefetch_related\("tags"\)',
        r"One UPDATE a row: 6 statements",
        r"N\+1: 3 counts, one for each row",
    ):
        assert re.search(line, output), line


@pytest.mark.long
def test_without_the_option_only_marked_tests_are_watched() -> None:
    found, output = verdicts("django_shop")
    assert [name for name, verdict in found.items() if verdict != "PASSED"] == ["test_bad_budget"]
    assert "7 statements, 3 allowed" in output
