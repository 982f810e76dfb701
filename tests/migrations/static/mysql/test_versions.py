"""What changes from version to version, at both sides of each boundary (pages of the manuals: `operations`)."""

from __future__ import annotations

import pytest

from advisor.catalog.ddl.file import read_ddl
from advisor.migrations.reading import script_of
from advisor.migrations.static.mysql import foretell
from advisor.migrations.static.mysql.operations import (
    KALTER,
    KINPLACE,
    KINSTANT,
    KNOCOPY,
    KOVERVIEW,
    M56,
    M57,
    M80,
    M84,
    M90,
)
from advisor.model.engine import Engine, EngineName
from advisor.model.migration import Outcome

_SCHEMA = """
CREATE TABLE par (id INT PRIMARY KEY) ENGINE=InnoDB;
CREATE TABLE t (id INT PRIMARY KEY, a INT, n INT NOT NULL, v VARCHAR(20), w VARCHAR(50), l VARCHAR(20) CHARACTER SET utf8mb3,
  e ENUM('x','y'), tx TEXT, p POINT NOT NULL, KEY ka (a)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE g (id INT PRIMARY KEY, a INT, s INT AS (a + 1) STORED, vi INT AS (a + 2) VIRTUAL) ENGINE=InnoDB;
"""


def _told(engine: EngineName, version: str | None, sql: str) -> tuple[Outcome, tuple[str, ...]]:
    catalog = read_ddl(_SCHEMA, "schema.sql", engine)
    told = foretell([script_of(sql, "m.sql", engine=engine)], catalog, Engine(engine, version))
    return told.outcomes[-1], told.notes


def _way(outcome: Outcome) -> str:
    """Algorithm, the lock that lasts, and what the rows cost: r rewritten, b an index built."""
    lock = next((one.mode for one in outcome.locks if one.relation == "t" and one.mode != "METADATA"), "NONE")
    cost = "".join(sorted({one.kind[0] if one.kind != "rewrite" else "r" for one in outcome.work}))
    return f"{outcome.algorithm} {lock} {cost}".strip()


#: A statement, and from which version on it runs how; the page that says so.
_CASES: tuple[tuple[EngineName, str, str, tuple[tuple[str, str], ...]], ...] = (
    ("mysql", M80, "ALTER TABLE t ADD COLUMN z INT",
     (("5.6.40", "INPLACE NONE r"), ("5.7.44", "INPLACE NONE r"), ("8.0.11", "INPLACE NONE r"),
      ("8.0.12", "INSTANT NONE"), ("8.4.0", "INSTANT NONE"), ("9.1.0", "INSTANT NONE"))),
    ("mysql", M80, "ALTER TABLE t ADD COLUMN z INT AFTER id",
     (("8.0.12", "INPLACE NONE r"), ("8.0.28", "INPLACE NONE r"), ("8.0.29", "INSTANT NONE"), ("9.1.0", "INSTANT NONE"))),
    ("mysql", M80, "ALTER TABLE t DROP COLUMN v",
     (("5.7.44", "INPLACE NONE r"), ("8.0.28", "INPLACE NONE r"), ("8.0.29", "INSTANT NONE"), ("8.4.0", "INSTANT NONE"))),
    ("mysql", M80, "ALTER TABLE t RENAME COLUMN a TO c",
     (("8.0.27", "INPLACE NONE"), ("8.0.28", "INSTANT NONE"), ("8.4.0", "INSTANT NONE"))),
    ("mysql", M80, "ALTER TABLE t ALTER COLUMN a SET DEFAULT 5",
     (("5.6.40", "INPLACE NONE"), ("8.0.11", "INPLACE NONE"), ("8.0.12", "INSTANT NONE"))),
    ("mysql", M57, "ALTER TABLE t MODIFY v VARCHAR(40)",
     (("5.6.51", "COPY SHARED r"), ("5.7.0", "INPLACE NONE"), ("8.0.36", "INPLACE NONE"), ("9.1.0", "INPLACE NONE"))),
    ("mysql", M80, "ALTER TABLE t MODIFY w VARCHAR(100)", (("5.7.44", "COPY SHARED r"), ("9.1.0", "COPY SHARED r"))),
    ("mysql", M80, "ALTER TABLE t MODIFY e ENUM('x','y','z')",
     (("5.6.40", "INPLACE NONE"), ("8.0.11", "INPLACE NONE"), ("8.0.12", "INSTANT NONE"))),
    ("mysql", M84, "ALTER TABLE t MODIFY a BIGINT",
     (("5.6.40", "COPY SHARED r"), ("8.0.36", "COPY SHARED r"), ("8.4.0", "COPY SHARED r"), ("9.1.0", "COPY SHARED r"))),
    ("mysql", M90, "ALTER TABLE t ADD INDEX kv (v)", (("5.6.40", "INPLACE NONE b"), ("9.1.0", "INPLACE NONE b"))),
    ("mysql", M80, "ALTER TABLE t ADD FULLTEXT INDEX kf (tx)", (("5.6.40", "INPLACE SHARED br"), ("9.1.0", "INPLACE SHARED br"))),
    ("mysql", M57, "ALTER TABLE t ADD SPATIAL INDEX kp (p)", (("5.6.51", "COPY SHARED r"), ("5.7.5", "INPLACE SHARED b"))),
    ("mysql", M56, "ALTER TABLE t FORCE", (("5.6.16", "COPY SHARED r"), ("5.6.17", "INPLACE NONE r"), ("8.4.0", "INPLACE NONE r"))),
    ("mysql", M80, "ALTER TABLE t MODIFY n INT NULL", (("5.6.40", "INPLACE NONE r"), ("9.1.0", "INPLACE NONE r"))),
    ("mysql", M80, "ALTER TABLE t DROP PRIMARY KEY", (("5.6.40", "COPY SHARED r"), ("9.1.0", "COPY SHARED r"))),
    ("mysql", M80, "ALTER TABLE t RENAME TO t2", (("8.0.11", "INPLACE NONE"), ("8.0.12", "INSTANT NONE"))),
    ("mysql", M80, "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES par (id)", (("5.6.40", "COPY SHARED r"), ("9.1.0", "COPY SHARED r"))),
    ("mysql", M80, "SET foreign_key_checks = 0; ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES par (id)",
     (("5.6.40", "INPLACE NONE"), ("9.1.0", "INPLACE NONE"))),
    ("mysql", M80, "ALTER TABLE t CONVERT TO CHARACTER SET latin1", (("5.7.44", "COPY SHARED r"), ("9.1.0", "COPY SHARED r"))),
    ("mariadb", KINSTANT, "ALTER TABLE t ADD COLUMN z INT",
     (("10.2.44", "INPLACE NONE r"), ("10.3.1", "INPLACE NONE r"), ("10.3.2", "INSTANT NONE"), ("11.8.2", "INSTANT NONE"),
      ("12.0.2", "INSTANT NONE"))),
    ("mariadb", KINSTANT, "ALTER TABLE t ADD COLUMN z INT AFTER id",
     (("10.3.39", "INPLACE NONE r"), ("10.4.0", "INSTANT NONE"), ("11.4.2", "INSTANT NONE"))),
    ("mariadb", KINSTANT, "ALTER TABLE t DROP COLUMN v", (("10.3.39", "INPLACE NONE r"), ("10.4.34", "INSTANT NONE"))),
    ("mariadb", KNOCOPY, "ALTER TABLE t ADD INDEX kv (v)",
     (("10.2.44", "INPLACE NONE b"), ("10.3.2", "NOCOPY NONE b"), ("12.0.2", "NOCOPY NONE b"))),
    ("mariadb", KINSTANT, "ALTER TABLE t MODIFY v VARCHAR(63)",
     (("10.1.48", "COPY SHARED r"), ("10.2.2", "INPLACE NONE"), ("10.3.2", "INSTANT NONE"))),
    ("mariadb", KINSTANT, "ALTER TABLE t MODIFY v VARCHAR(64)", (("10.4.2", "COPY SHARED r"), ("10.4.3", "INSTANT NONE"))),
    ("mariadb", KINSTANT, "ALTER TABLE t MODIFY l VARCHAR(20) CHARACTER SET utf8mb4",
     (("10.4.2", "COPY SHARED r"), ("10.4.3", "INSTANT NONE"), ("11.8.2", "INSTANT NONE"))),
    ("mariadb", KINSTANT, "ALTER TABLE t RENAME INDEX ka TO kb", (("10.5.2", "INSTANT NONE"), ("11.4.2", "INSTANT NONE"))),
    ("mariadb", KALTER, "ALTER TABLE t MODIFY a BIGINT",
     (("10.6.20", "COPY SHARED r"), ("11.1.6", "COPY SHARED r"), ("11.2.0", "COPY NONE r"), ("11.4.2", "COPY NONE r"),
      ("12.0.2", "COPY NONE r"))),
    ("mariadb", KALTER, "ALTER TABLE t ADD COLUMN z INT AUTO_INCREMENT UNIQUE, MODIFY a BIGINT",
     (("10.11.6", "COPY SHARED r"), ("11.4.2", "COPY SHARED r"))),
    ("mariadb", KALTER, "ALTER TABLE t ORDER BY a", (("10.11.6", "COPY SHARED r"), ("11.8.2", "COPY SHARED r"))),
    ("mariadb", KINPLACE, "ALTER TABLE t FORCE", (("10.2.44", "INPLACE NONE r"), ("12.0.2", "INPLACE NONE r"))),
    ("mariadb", KINPLACE, "ALTER TABLE t MODIFY n INT NULL", (("10.3.39", "INPLACE NONE r"), ("11.8.2", "INPLACE NONE r"))),
    ("mariadb", KOVERVIEW, "ALTER TABLE t ADD CHECK (a > 0)", (("10.2.44", "COPY SHARED r"), ("10.11.6", "COPY SHARED r"))),
    ("mariadb", KINSTANT, "ALTER TABLE t ALTER INDEX ka IGNORED", (("10.6.0", "INSTANT NONE"), ("11.8.2", "INSTANT NONE"))),
)  # fmt: skip


@pytest.mark.parametrize(
    ("engine", "page", "sql", "version", "way"),
    [(engine, page, sql, version, way) for engine, page, sql, ways in _CASES for version, way in ways],
)
def test_each_version_has_its_way(engine: EngineName, page: str, sql: str, version: str, way: str) -> None:
    outcome, _ = _told(engine, version, sql)
    assert outcome.failure is None
    assert _way(outcome) == way
    assert page.startswith("https://")


@pytest.mark.parametrize(
    ("engine", "version", "sql", "fails"),
    [
        ("mysql", "8.0.11", "ALTER TABLE t ADD COLUMN z INT, ALGORITHM=INSTANT", True),
        ("mysql", "8.0.12", "ALTER TABLE t ADD COLUMN z INT, ALGORITHM=INSTANT", False),
        ("mysql", "8.0.28", "ALTER TABLE t DROP COLUMN v, ALGORITHM=INSTANT", True),
        ("mysql", "8.0.29", "ALTER TABLE t DROP COLUMN v, ALGORITHM=INSTANT", False),
        ("mysql", "8.4.0", "ALTER TABLE t MODIFY a BIGINT, LOCK=NONE", True),
        ("mariadb", "10.11.6", "ALTER TABLE t MODIFY a BIGINT, LOCK=NONE", True),
        ("mariadb", "11.2.2", "ALTER TABLE t MODIFY a BIGINT, LOCK=NONE", False),
        ("mariadb", "10.3.39", "ALTER TABLE t DROP COLUMN v, ALGORITHM=INSTANT", True),
        ("mariadb", "10.4.34", "ALTER TABLE t DROP COLUMN v, ALGORITHM=INSTANT", False),
        ("mysql", "8.4.0", "CREATE TABLE n (id INT PRIMARY KEY, p BIGINT REFERENCES par (id))", False),
        ("mariadb", "10.4.34", "CREATE TABLE n (id INT PRIMARY KEY, p BIGINT REFERENCES par (id))", False),
        ("mariadb", "10.5.1", "CREATE TABLE n (id INT PRIMARY KEY, p BIGINT REFERENCES par (id))", True),
    ],
)
def test_what_a_version_refuses(engine: EngineName, version: str, sql: str, fails: bool) -> None:
    outcome, _ = _told(engine, version, sql)
    assert (outcome.failure is not None) == fails


@pytest.mark.parametrize(
    ("version", "sql", "most"),
    [
        ("8.0.28", "ALTER TABLE t ADD COLUMN z INT", None),
        ("8.0.29", "ALTER TABLE t ADD COLUMN z INT", 64),
        ("8.4.3", "ALTER TABLE t DROP COLUMN v", 64),
        ("9.0.1", "ALTER TABLE t ADD COLUMN z INT", 64),
        ("9.1.0", "ALTER TABLE t ADD COLUMN z INT", 255),
        ("9.1.0", "ALTER TABLE t ALTER COLUMN a SET DEFAULT 1", None),
        ("9.1.0", "CREATE TABLE n (id INT); ALTER TABLE n ADD COLUMN z INT", None),
    ],
)
def test_row_versions_are_counted(version: str, sql: str, most: int | None) -> None:
    notes = [note for note in _told("mysql", version, sql)[1] if "row version" in note]
    assert len(notes) == (most is not None)
    assert most is None or f"at most {most} of them" in notes[0]


@pytest.mark.parametrize(
    ("engine", "version", "word"),
    [
        ("mysql", None, "MySQL 8.4 is assumed"),
        ("mariadb", None, "MariaDB 10.11 is assumed"),
        ("mysql", "5.5.62", "5.5.62 is told by the nearest"),
        ("mysql", "10.0.1", "10.0.1 is told by the nearest"),
        ("mariadb", "13.1.1", "13.1.1 is told by the nearest"),
        ("mysql", "strange", "MySQL 8.4 is assumed"),
    ],
)
def test_versions_beyond_the_rules_are_said(engine: EngineName, version: str | None, word: str | None) -> None:
    notes = _told(engine, version, "ALTER TABLE t RENAME TO t2")[1]
    assert word is None or any(word in note for note in notes)
