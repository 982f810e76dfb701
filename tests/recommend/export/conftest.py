"""Databases of our own on the real servers, and what stands in them."""

from __future__ import annotations

import os

import pytest

PG = "postgresql://postgres@127.0.0.1:5432/"
PG_NAME = f"adv_g_export_{os.getpid()}"
MARIADB = "mariadb://root@127.0.0.1:3306/"


@pytest.fixture
def postgresql():
    """An empty database; gives its DSN."""
    import psycopg

    with psycopg.connect(PG + "postgres", autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {PG_NAME} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {PG_NAME}")
        yield PG + PG_NAME
        admin.execute(f"DROP DATABASE {PG_NAME} WITH (FORCE)")


@pytest.fixture
def mariadb():
    """An empty database; gives its DSN."""
    import pymysql

    with pymysql.connect(host="127.0.0.1", user="root", autocommit=True) as admin, admin.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {PG_NAME}")
        cursor.execute(f"CREATE DATABASE {PG_NAME} CHARACTER SET utf8mb4")
        yield MARIADB + PG_NAME
        cursor.execute(f"DROP DATABASE {PG_NAME}")
