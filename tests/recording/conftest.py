"""A small shop on SQLAlchemy, and databases of our own on the servers of loopback."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pymysql
import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

APPS = Path(__file__).parents[2] / "fixtures" / "apps"
NAME = f"adv_recording_{os.getpid()}"


def _load_shop() -> ModuleType:
    spec = importlib.util.spec_from_file_location("shop_under_test", APPS / "sqlalchemy_shop" / "shop.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["shop_under_test"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def shop() -> ModuleType:
    """Models and services of `fixtures/apps/sqlalchemy_shop`."""
    return _load_shop()


@pytest.fixture(scope="session")
def postgresql_database() -> Iterator[str]:
    """Name of an empty database on PostgreSQL of loopback."""
    with psycopg.connect("host=127.0.0.1 user=postgres dbname=postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {NAME}")
        yield NAME
        connection.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


@pytest.fixture(scope="session")
def mariadb_database() -> Iterator[str]:
    """Name of an empty database on MariaDB of loopback."""
    connection = pymysql.connect(host="127.0.0.1", user="root")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {NAME}")
        yield NAME
        cursor.execute(f"DROP DATABASE {NAME}")
    connection.close()


@pytest.fixture
def filled(shop: Any) -> Callable[[Engine], Engine]:
    """Fills the shop's tables behind an engine."""

    def fill(engine: Engine) -> Engine:
        shop.Base.metadata.drop_all(engine)
        shop.Base.metadata.create_all(engine)
        with Session(engine) as session:
            shop.fill(session)
        return engine

    return fill


@pytest.fixture
def engine(filled: Callable[[Engine], Engine]) -> Iterator[Engine]:
    """The shop in memory: 4 authors with 3 books each, one review a book, a tree of 6 categories."""
    engine = filled(create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}))
    yield engine
    engine.dispose()


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.server),
        pytest.param("mariadb", marks=pytest.mark.server),
    ]
)
def any_engine(request: pytest.FixtureRequest, filled: Callable[[Engine], Engine]) -> Iterator[Engine]:
    """The shop on each engine."""
    if request.param == "sqlite":
        url = "sqlite://"
    elif request.param == "postgresql":
        url = f"postgresql+psycopg://postgres@127.0.0.1/{request.getfixturevalue('postgresql_database')}"
    else:
        url = f"mysql+pymysql://root@127.0.0.1/{request.getfixturevalue('mariadb_database')}"
    engine = filled(create_engine(url))
    yield engine
    engine.dispose()


#: Only this plugin, by the name of its entry point: the others of this environment take longer to load than a run.
ALONE = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "", "PYTEST_ADDOPTS": "-p advisor"}
CONFTEST = """
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

@pytest.fixture
def connection():
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT)"))
        connection.execute(text("CREATE TABLE books (id INTEGER PRIMARY KEY, author_id INTEGER)"))
        for n in (1, 2, 3):
            connection.execute(text("INSERT INTO authors VALUES (:n, 'x')"), {"n": n})
            connection.execute(text("INSERT INTO books VALUES (:n, :n)"), {"n": n})
        yield connection
        for (key,) in connection.execute(text("SELECT author_id FROM books")).all():
            connection.execute(text("SELECT name FROM authors WHERE id = :key"), {"key": key})
"""
APP = """
from sqlalchemy import text

def page(connection):
    found = []
    for (key,) in connection.execute(text("SELECT author_id FROM books")).all():
        found.append(connection.execute(text("SELECT name FROM authors WHERE id = :key"), {"key": key}).scalar())
    return found

def once(connection):
    return connection.execute(text("SELECT a.name FROM books b JOIN authors a ON a.id = b.author_id")).all()
"""


@pytest.fixture
def run(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Runs pytest over the text of a test file: the verdict of each test, and what was printed."""

    def run(test: str, *options: str, ini: str = "") -> tuple[dict[str, str], str]:
        (tmp_path / "conftest.py").write_text(CONFTEST)
        (tmp_path / "app.py").write_text(APP)
        (tmp_path / "test_it.py").write_text("import app, pytest\n" + textwrap.dedent(test))
        (tmp_path / "pytest.ini").write_text(
            "[pytest]\npythonpath = .\naddopts = --strict-markers\n" + textwrap.dedent(ini)
        )
        command = [sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider", *options]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, env=ALONE)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        verdicts = re.findall(r"^(PASSED|FAILED|ERROR|XFAIL) \S+?::(\S+)", done.stdout, re.MULTILINE)
        return {name: verdict for verdict, name in verdicts}, done.stdout

    return run
