"""A small shop on SQLAlchemy, and databases of our own on the servers of loopback."""

from __future__ import annotations

import importlib.util
import os
import sys
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
