"""What MariaDB and MySQL do themselves beside the traffic when they are asked otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.alternatives.innodb import without_lock
from advisor.api.check import CheckWishes, check
from advisor.model.check import CheckedStatement

SCHEMA = """
CREATE TABLE p (id int NOT NULL PRIMARY KEY) ENGINE=InnoDB;
CREATE TABLE t (id int NOT NULL PRIMARY KEY, p int, `of` int, n int, made varchar(20) AS (concat(n, 'x')) STORED,
  KEY (p), at timestamp NOT NULL DEFAULT now()) ENGINE=InnoDB;
"""


def judged(sql: str, tmp_path: Path) -> CheckedStatement:
    (tmp_path / "s.sql").write_text(SCHEMA)
    (tmp_path / "1.sql").write_text(sql + ";\n")
    wishes = CheckWishes(server_version="10.11.8", dry_run="never", engine="mariadb")
    return check(tmp_path / "1.sql", catalog=tmp_path / "s.sql", wishes=wishes).statements[-1]


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("ALTER TABLE t ADD INDEX i (n), ALGORITHM=COPY", "ALTER TABLE t ADD INDEX i (n)"),
        ("ALTER TABLE t ALGORITHM=COPY, LOCK=SHARED, ADD INDEX i (n)", "ALTER TABLE t ADD INDEX i (n)"),
        ("CREATE INDEX i ON t (n) ALGORITHM COPY LOCK = EXCLUSIVE", "CREATE INDEX i ON t (n)"),
        ("ALTER TABLE t ADD COLUMN x int COMMENT 'LOCK=NONE'", None),
        ("ALTER TABLE t ADD INDEX `lock` (n)", None),
    ],
)
def test_clauses_about_locks_are_taken_out(sql: str, wanted: str | None) -> None:
    assert without_lock(sql, "mysql") == wanted


def test_an_index_is_built_without_the_lock_that_was_asked_for(tmp_path: Path) -> None:
    found = judged("CREATE INDEX i ON t (n) LOCK=EXCLUSIVE", tmp_path).alternative
    assert found is not None
    assert [step.sql for step in found.steps] == [("CREATE INDEX i ON t (n)",)]
    assert found.passes is True


def test_what_blocks_without_the_clause_too_is_no_way(tmp_path: Path) -> None:
    found = judged("ALTER TABLE t MODIFY n bigint, LOCK=SHARED", tmp_path).alternative
    assert found is not None
    assert found.commands
    assert not found.steps


def test_a_foreign_key_comes_online_and_its_rows_are_looked_at_afterwards(tmp_path: Path) -> None:
    found = judged("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (`of`) REFERENCES p (id)", tmp_path).alternative
    assert found is not None
    first, last = found.steps
    assert first.sql == (
        "SET foreign_key_checks = 0",
        "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (`of`) REFERENCES p (id), ALGORITHM=INPLACE, LOCK=NONE",
        "SET foreign_key_checks = 1",
    )
    assert "c.`of` IS NOT NULL" in last.sql[0]
    assert "p.id = c.`of`" in last.sql[0]
    assert "not checked" in found.why


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("ALTER TABLE t MODIFY made varchar(20)", "generated column"),
        ("ALTER TABLE t MODIFY n tinyint, MODIFY p varchar(3)", "cut values"),
        ("ALTER TABLE t DROP PRIMARY KEY", "take a window, with SET lock_wait_timeout"),
    ],
)
def test_why_there_is_none(sql: str, words: str, tmp_path: Path) -> None:
    one = judged(sql, tmp_path)
    assert one.alternative is None
    assert words in (one.no_alternative or "")
