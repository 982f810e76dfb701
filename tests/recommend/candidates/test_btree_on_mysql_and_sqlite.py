"""Forms that MySQL, MariaDB and SQLite have, and those that they do not."""

from __future__ import annotations

import pytest

from advisor.model.engine import EngineName
from tests.recommend.candidates.shapes import catalog, proposed

MYSQL = """
CREATE TABLE t (id bigint NOT NULL AUTO_INCREMENT, a int, b int, made datetime, status varchar(20), body text,
  title varchar(1000), wide varchar(700), wider varchar(700), latin varchar(3000) CHARACTER SET latin1, doc json,
  active tinyint(1) NOT NULL, spot point, raw blob, PRIMARY KEY (id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE p (x int NOT NULL, y int NOT NULL, z int, w int, PRIMARY KEY (x, y)) ENGINE=InnoDB;
CREATE TABLE m (a varchar(300), b int) ENGINE=MyISAM DEFAULT CHARSET=utf8mb4;
"""
SQLITE = """
CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b INT, made TEXT, status TEXT, active BOOLEAN, doc TEXT);
CREATE TABLE p (x INT, y INT, z INT, PRIMARY KEY (x, y)) WITHOUT ROWID;
"""


def _mysql(sql: str, engine: EngineName = "mysql", version: str = "8.0.36") -> list[str]:
    return proposed(sql, catalog(MYSQL, engine, version), constants={("t", "status"): "'x'"})


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM t WHERE a = 4 AND b > 5", "(a, b)"),
        # InnoDB appends the primary key.
        ("SELECT * FROM t WHERE a = 4 ORDER BY id DESC LIMIT 5", "(a)"),
        ("SELECT id FROM t WHERE a = 4 AND b = 5", "(a, b)"),
        ("SELECT * FROM p WHERE z = 4 ORDER BY x, y LIMIT 5", "(z)"),
        ("SELECT * FROM p WHERE z = 4 ORDER BY y LIMIT 5", "(z, y)"),
        # Covering: more keys, for want of INCLUDE.
        ("SELECT b FROM t WHERE a = 4 AND made > '2025-01-01'", "(a, made, b)"),
        # Prefixes of what is too long for a key, for comparing alone.
        ("SELECT * FROM t WHERE body = 'x'", "(body(64))"),
        ("SELECT * FROM t WHERE raw = 'x'", "(raw(64))"),
        ("SELECT * FROM t WHERE title LIKE 'x%'", "(title(64))"),
        ("SELECT * FROM t WHERE latin = 'x'", "(latin)"),
        ("SELECT * FROM t WHERE wide = 'x'", "(wide)"),
        ("SELECT * FROM m WHERE a = 'x'", "(a(64))"),
        ("SELECT * FROM t WHERE status LIKE 'x%'", "(status)"),
        ("SELECT * FROM t WHERE a <=> 4", "(a)"),
        ("SELECT * FROM t ORDER BY a DESC, b LIMIT 5", "(a, b DESC)"),
        ("SELECT * FROM t WHERE year(made) = 2025", "((year(made)))"),
        ("SELECT * FROM t WHERE date(made) = '2025-01-01'", "((date(made)))"),
        ("SELECT * FROM t WHERE lower(status) = 'x'", "((lower(status)))"),
        ("SELECT * FROM t x JOIN p ON p.w = x.a WHERE x.status = 'x'", "(status, a)"),
        ("UPDATE t SET b = 1 WHERE a = 4 ORDER BY made LIMIT 5", "(a, made)"),
        ("SELECT * FROM t WHERE active = 1 AND a = 4", "(active, a)"),
    ],
)  # fmt: skip
def test_proposed_on_mysql(sql: str, expected: str) -> None:
    assert expected in [text.split(" ", 2)[2] for text in _mysql(sql)], _mysql(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM t WHERE body LIKE '%x%'",
        "SELECT * FROM t ORDER BY body LIMIT 5",
        "SELECT * FROM t WHERE status = 4",  # every value is converted to a number
        "SELECT * FROM t WHERE doc = '{}' AND spot = point(1, 2)",
        "SELECT * FROM t WHERE doc ->> '$.a' = 'x'",
        "SELECT * FROM t WHERE lower(body) = 'x'",
        "SELECT * FROM t WHERE active",  # true of any number but 0
        "SELECT * FROM p WHERE x = 4 ORDER BY y",
        "SELECT * FROM t WHERE id = 4 AND a = 5",
    ],
)
def test_nothing_on_mysql(sql: str) -> None:
    assert _mysql(sql) == []


def test_no_form_that_mysql_lacks() -> None:
    found = _mysql("SELECT b FROM t WHERE a = 4 AND status = 'x' AND made IS NULL")
    assert found
    assert not any(word in text for text in found for word in ("WHERE", "INCLUDE", "USING"))


def test_a_key_is_no_longer_than_innodb_takes() -> None:
    found = _mysql("SELECT * FROM t WHERE wide = 'x' AND wider = 'y'")
    assert set(found) == {"ON t (wide)", "ON t (wider)"}  # 2 * 2802 bytes


@pytest.mark.parametrize(
    ("engine", "version", "has"),
    [("mysql", "8.0.1", True), ("mysql", "5.7.44", False), ("mariadb", "10.8.1", True), ("mariadb", "10.6.9", False)],
)
def test_keys_in_two_directions_by_version(engine: EngineName, version: str, has: bool) -> None:
    found = _mysql("SELECT * FROM t ORDER BY a DESC, b LIMIT 5", engine, version)
    assert ("ON t (a, b DESC)" in found) is has
    assert "ON t (a, b)" in _mysql("SELECT * FROM t ORDER BY a DESC, b DESC LIMIT 5", engine, version)


@pytest.mark.parametrize(
    ("engine", "version", "has"),
    [("mysql", "8.0.13", True), ("mysql", "8.0.12", False), ("mariadb", "11.4.2-MariaDB", False)],
)
def test_functional_keys_by_version(engine: EngineName, version: str, has: bool) -> None:
    assert bool(_mysql("SELECT * FROM t WHERE year(made) = 2025", engine, version)) is has


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM t WHERE a = 4 ORDER BY made, id LIMIT 5", "(a, made)"),
        ("SELECT b FROM t WHERE a = 4", "(a, b)"),
        ("SELECT * FROM t WHERE status = 'x' AND a = 4", "(a) WHERE status = 'x'"),
        ("SELECT * FROM t WHERE status LIKE 'x%'", '(status COLLATE "NOCASE")'),
        ("SELECT * FROM t WHERE status GLOB 'x*'", "(status)"),
        ("SELECT * FROM p WHERE z = 4 ORDER BY y LIMIT 4", "(z, y)"),
    ],
)
def test_proposed_on_sqlite(sql: str, expected: str) -> None:
    found = proposed(sql, catalog(SQLITE, "sqlite", "3.40"), constants={("t", "status"): "'x'"})
    assert f"ON {sql.split(' FROM ')[1][0]} {expected}" in found


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM t WHERE status LIKE '%x'",
        "SELECT * FROM t WHERE substr(status, 1, 3) = 'abc'",
        "SELECT * FROM t WHERE id = 4",
        "SELECT * FROM t WHERE id > 4 ORDER BY id",
        "SELECT * FROM t ORDER BY a NULLS LAST LIMIT 5",  # an index there begins with NULLs
        "SELECT * FROM t WHERE random() = a",
    ],
)
def test_nothing_on_sqlite(sql: str) -> None:
    assert proposed(sql, catalog(SQLITE, "sqlite", "3.40")) == []
