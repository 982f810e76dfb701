"""Database URLs: taken apart, and never printed with their secret."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.sources.dsn import is_dsn, parse_dsn, safe_dsn
from advisor.sources.errors import InputError


@pytest.mark.parametrize(
    ("source", "engine", "host", "port", "user", "password", "database"),
    [
        ("postgresql://h/d", "postgresql", "h", None, None, None, "d"),
        ("postgres://u@h:1/d", "postgresql", "h", 1, "u", None, "d"),
        ("postgresql+psycopg://u:p@h:5433/d", "postgresql", "h", 5433, "u", "p", "d"),
        ("mysql+pymysql://u:p%40q@h/d", "mysql", "h", None, "u", "p@q", "d"),
        ("mariadb://u:p@q/r@h/d", "mariadb", "h", None, "u", "p@q/r", "d"),
        ("mysql://u:w?at#@h/d", "mysql", "h", None, "u", "w?at#", "d"),
        ("postgresql://u@[::1]:5432/d", "postgresql", "::1", 5432, "u", None, "d"),
        ("postgresql:///d?host=/run/pg&user=u&password=p", "postgresql", "/run/pg", None, "u", "p", "d"),
        ("sqlite:///app.db", "sqlite", None, None, None, None, "app.db"),
        ("sqlite:////var/app.db", "sqlite", None, None, None, None, "/var/app.db"),
    ],
)
def test_parts(
    source: str, engine: str, host: str | None, port: int | None, user: str | None, password: str | None, database: str
) -> None:
    dsn = parse_dsn(source)
    assert (dsn.engine, dsn.host, dsn.port, dsn.user, dsn.password, dsn.database) == (
        engine,
        host,
        port,
        user,
        password,
        database,
    )


@pytest.mark.parametrize(
    ("source", "safe"),
    [
        ("postgresql://u:p@h:1/d?sslmode=require", "postgresql://u@h:1/d?sslmode=require"),
        ("postgresql://h/d?user=u&password=hush", "postgresql://h/d?user=u&password=***"),
        ("mysql://u:w?at@h/d", "mysql://u@h/d"),
        ("app.log", "app.log"),
    ],
)
def test_safe(source: str, safe: str) -> None:
    assert safe_dsn(source) == safe


@given(st.text(st.characters(codec="ascii", exclude_characters="\0"), min_size=1, max_size=30))
def test_no_password_is_ever_shown(password: str) -> None:
    secret = f"XX{password}XX"
    source = f"postgresql://someone:{secret}@example/db"
    shown = safe_dsn(source)
    assert secret not in shown
    assert "XX" not in shown
    dsn = parse_dsn(source)
    assert "XX" not in repr(dsn)
    assert "XX" not in dsn.redact(f"connection to {dsn.password} failed")


def test_a_bad_port_is_told_without_secrets() -> None:
    with pytest.raises(InputError) as caught:
        parse_dsn("postgresql://u:hush@h:none/d")
    assert "port" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_only_database_urls_are_dsns() -> None:
    assert is_dsn("MariaDB://h/d")
    assert not is_dsn("s3://bucket/postgresql.log")
    assert not is_dsn("postgresql.log")
