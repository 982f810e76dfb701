"""Migrations of MySQL and MariaDB by the rules of their manuals."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.catalog.ddl.file import read_ddl
from advisor.migrations.reading import script_of
from advisor.migrations.static.mysql import foretell
from advisor.migrations.static.mysql.operations import MARIADB, MYSQL, line, version_of
from advisor.migrations.verdict import Unknown, verdict
from advisor.model.engine import Engine, EngineName
from advisor.model.migration import Outcome

_SCHEMA = """
CREATE TABLE par (id INT PRIMARY KEY) ENGINE=InnoDB;
CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT NOT NULL, v VARCHAR(20), w VARCHAR(50), u VARCHAR(20) CHARACTER SET utf8mb3,
  KEY ka (a), UNIQUE KEY ub (b)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE ft (id INT PRIMARY KEY, a INT, tx TEXT, FULLTEXT KEY f (tx)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE vi (id INT PRIMARY KEY, a INT, g INT AS (a + 1) VIRTUAL) ENGINE=InnoDB;
CREATE TABLE ch (id INT PRIMARY KEY, p INT, KEY kp (p), CONSTRAINT fp FOREIGN KEY (p) REFERENCES par (id)) ENGINE=InnoDB;
CREATE TABLE my (id INT PRIMARY KEY, a INT) ENGINE=MyISAM;
CREATE TABLE pt (id INT PRIMARY KEY, a INT) ENGINE=InnoDB PARTITION BY RANGE (id)
  (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20));
"""


def _told(
    sql: str, engine: EngineName = "mariadb", version: str | None = "10.11.6", known: bool = True
) -> list[Outcome]:
    catalog = read_ddl(_SCHEMA, "schema.sql", engine) if known else None
    return list(foretell([script_of(sql, "m.sql", engine=engine)], catalog, Engine(engine, version)).outcomes)


def _last(sql: str, engine: EngineName = "mariadb", version: str | None = "10.11.6") -> tuple[str, str | None]:
    outcome = _told(sql, engine, version)[-1]
    return verdict(outcome, Unknown()), outcome.algorithm


@pytest.mark.parametrize(
    ("engine", "version", "sql", "word", "algorithm"),
    [
        ("mysql", "5.6.40", "ALTER TABLE t ADD COLUMN z INT", "online", "INPLACE"),
        ("mysql", "5.7.44", "ALTER TABLE t ADD COLUMN z INT", "online", "INPLACE"),
        ("mysql", "8.0.11", "ALTER TABLE t ADD COLUMN z INT", "online", "INPLACE"),
        ("mysql", "8.0.12", "ALTER TABLE t ADD COLUMN z INT", "brief_lock", "INSTANT"),
        ("mysql", "8.0.28", "ALTER TABLE t ADD COLUMN z INT FIRST", "online", "INPLACE"),
        ("mysql", "8.0.29", "ALTER TABLE t ADD COLUMN z INT FIRST", "brief_lock", "INSTANT"),
        ("mysql", "8.0.28", "ALTER TABLE t DROP COLUMN v", "online", "INPLACE"),
        ("mysql", "8.4.0", "ALTER TABLE t DROP COLUMN v", "brief_lock", "INSTANT"),
        ("mysql", "9.1.0", "ALTER TABLE t MODIFY a BIGINT", "blocking", "COPY"),
        ("mysql", "5.6.40", "ALTER TABLE t MODIFY v VARCHAR(30)", "blocking", "COPY"),
        ("mysql", "5.7.44", "ALTER TABLE t MODIFY v VARCHAR(30)", "brief_lock", "INPLACE"),
        ("mysql", "8.0.36", "ALTER TABLE t MODIFY w VARCHAR(100)", "blocking", "COPY"),
        ("mysql", "8.0.36", "ALTER TABLE t ADD INDEX kv (v)", "online", "INPLACE"),
        ("mysql", "8.0.36", "ALTER TABLE t ADD COLUMN z INT, ADD INDEX kz (z)", "online", "INPLACE"),
        ("mysql", "8.0.36", "ALTER TABLE t ADD FULLTEXT INDEX kf (v)", "blocking", "INPLACE"),
        ("mysql", "8.0.36", "ALTER TABLE ft ADD COLUMN z INT", "blocking", "INPLACE"),
        ("mysql", "8.0.36", "OPTIMIZE TABLE ft", "blocking", "COPY"),
        ("mysql", "8.0.36", "OPTIMIZE TABLE t", "online", "INPLACE"),
        ("mysql", "8.0.36", "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES par (id)", "blocking", "COPY"),
        ("mysql", "8.0.36", "ALTER TABLE t ADD CHECK (a > 0)", "blocking", "COPY"),
        ("mysql", "8.0.36", "ALTER TABLE t DROP PRIMARY KEY", "blocking", "COPY"),
        ("mysql", "8.0.36", "ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (b)", "online", "INPLACE"),
        ("mysql", "8.0.36", "ALTER TABLE t RENAME COLUMN a TO c", "brief_lock", "INSTANT"),
        ("mysql", "5.7.44", "ALTER TABLE t ADD COLUMN z INT, ALGORITHM=INSTANT", "fails", None),
        ("mysql", "8.0.36", "ALTER TABLE pt OPTIMIZE PARTITION p1", "blocking", "COPY"),
        ("mysql", "8.0.36", "ALTER TABLE t CONVERT TO CHARACTER SET latin1", "blocking", "COPY"),
        ("mariadb", "10.2.44", "ALTER TABLE t ADD COLUMN z INT", "online", "INPLACE"),
        ("mariadb", "10.3.39", "ALTER TABLE t ADD COLUMN z INT", "brief_lock", "INSTANT"),
        ("mariadb", "10.3.39", "ALTER TABLE t ADD COLUMN z INT AFTER a", "online", "INPLACE"),
        ("mariadb", "10.4.34", "ALTER TABLE t ADD COLUMN z INT AFTER a", "brief_lock", "INSTANT"),
        ("mariadb", "10.3.39", "ALTER TABLE t DROP COLUMN v", "online", "INPLACE"),
        ("mariadb", "10.11.6", "ALTER TABLE t DROP COLUMN v", "brief_lock", "INSTANT"),
        ("mariadb", "10.11.6", "ALTER TABLE vi ADD COLUMN z INT FIRST", "blocking", "COPY"),
        ("mariadb", "10.11.6", "ALTER TABLE vi ADD COLUMN z INT", "brief_lock", "INSTANT"),
        ("mariadb", "10.11.6", "ALTER TABLE t MODIFY v VARCHAR(63)", "brief_lock", "INSTANT"),
        ("mariadb", "10.11.6", "ALTER TABLE t MODIFY v VARCHAR(64)", "brief_lock", "INSTANT"),
        ("mariadb", "10.11.6", "ALTER TABLE t MODIFY w VARCHAR(64)", "blocking", "COPY"),
        ("mariadb", "10.11.6", "ALTER TABLE t MODIFY u VARCHAR(20) CHARACTER SET utf8mb4", "brief_lock", "INSTANT"),
        ("mariadb", "10.2.44", "ALTER TABLE t MODIFY u VARCHAR(20) CHARACTER SET utf8mb4", "blocking", "COPY"),
        ("mariadb", "10.11.6", "ALTER TABLE t MODIFY a BIGINT", "blocking", "COPY"),
        ("mariadb", "11.4.2", "ALTER TABLE t MODIFY a BIGINT", "online", "COPY"),
        ("mariadb", "10.11.6", "ALTER TABLE my ADD COLUMN z INT", "blocking", "COPY"),
        ("mariadb", "10.11.6", "ALTER TABLE my COMMENT='said'", "brief_lock", "INSTANT"),
        ("mariadb", "10.11.6", "ALTER TABLE pt ADD PARTITION (PARTITION p2 VALUES LESS THAN (30))", "brief_lock", "INSTANT"),
        ("mariadb", "10.11.6", "ALTER TABLE pt REORGANIZE PARTITION p1 INTO (PARTITION p1 VALUES LESS THAN (30))", "blocking", "COPY"),
        ("mariadb", "10.11.6", "ALTER TABLE pt DROP PARTITION p0", "brief_lock", "INSTANT"),
        ("mariadb", "10.11.6", "ALTER TABLE pt EXCHANGE PARTITION p0 WITH TABLE par", "blocking", "INSTANT"),
        ("mariadb", "10.11.6", "ALTER TABLE pt REMOVE PARTITIONING", "blocking", "COPY"),
        ("mariadb", "10.11.6", "ALTER TABLE t ADD COLUMN a INT", "fails", None),
        ("mariadb", "10.11.6", "ALTER TABLE t DROP COLUMN nothing", "fails", None),
        ("mariadb", "10.11.6", "ALTER TABLE ch MODIFY p BIGINT", "fails", None),
        ("mariadb", "10.11.6", "ALTER TABLE par MODIFY id BIGINT", "fails", None),
        ("mariadb", "10.11.6", "SET foreign_key_checks = 0; ALTER TABLE ch MODIFY p BIGINT", "blocking", "COPY"),
        ("mariadb", "10.11.6", "SET foreign_key_checks = 0; ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES par (id)", "brief_lock", "INSTANT"),
        ("mariadb", "10.11.6", "SET alter_algorithm = COPY; ALTER TABLE t ADD COLUMN z INT", "blocking", "COPY"),
        ("mariadb", "10.11.6", "SET STATEMENT alter_algorithm = 'INSTANT' FOR ALTER TABLE t MODIFY a BIGINT", "fails", None),
        ("mariadb", "10.11.6", "LOCK TABLES t WRITE; ALTER TABLE t FORCE", "blocking", "INPLACE"),
        ("mariadb", "10.11.6", "LOCK TABLES t WRITE; UNLOCK TABLES; ALTER TABLE t FORCE", "online", "INPLACE"),
        ("mariadb", "10.11.6", "CREATE TABLE n (id INT); ALTER TABLE n MODIFY id BIGINT", "safe", "COPY"),
        ("mariadb", "10.11.6", "TRUNCATE TABLE t", "brief_lock", None),
        ("mariadb", "10.11.6", "RENAME TABLE t TO t_old, ft TO t", "brief_lock", None),
        ("mariadb", "10.11.6", "DELETE FROM t", "online", None),
        ("mariadb", "10.11.6", "DELETE FROM t WHERE id IN (1, 2)", "safe", None),
        ("mariadb", "10.11.6", "UPDATE t SET a = 1 LIMIT 500", "safe", None),
        ("mariadb", "10.11.6", "INSERT INTO t (id, b) VALUES (1, 2), (2, 3)", "safe", None),
        ("mariadb", "10.11.6", "CREATE TABLE n AS SELECT * FROM t", "online", None),
        ("mariadb", "10.11.6", "CALL pp()", "unknown", None),
        ("mariadb", "10.11.6", "PREPARE s FROM 'ALTER TABLE t FORCE'; EXECUTE s", "online", "INPLACE"),
    ],
)  # fmt: skip
def test_what_a_version_does(engine: EngineName, version: str, sql: str, word: str, algorithm: str | None) -> None:
    said, way = _last(sql, engine, version)
    assert said == word
    if word != "fails":
        assert way == algorithm


def test_evidence_says_what_it_rests_on() -> None:
    assert _told("ALTER TABLE t FORCE")[0].evidence == "schema"
    assert _told("ALTER TABLE t FORCE", "mysql", "8.0.36")[0].evidence == "documentation"
    unknown = _told("ALTER TABLE t MODIFY a BIGINT", known=False)[0]
    assert unknown.evidence == "text"
    assert unknown.uncertain
    assert verdict(unknown, Unknown()) == "blocking"


def test_a_version_that_is_not_known_is_said() -> None:
    catalog = read_ddl(_SCHEMA, "schema.sql", "mysql")
    told = foretell([script_of("SELECT 1", "m.sql", engine="mysql")], catalog, Engine("mysql"))
    assert any("not known" in note for note in told.notes)


def test_a_base_is_there_before() -> None:
    base = [script_of("CREATE TABLE o (id INT PRIMARY KEY, a INT);", "1.sql", engine="mariadb")]
    scripts = [script_of("ALTER TABLE o MODIFY a BIGINT;", "2.sql", engine="mariadb")]
    outcome = foretell(scripts, None, Engine("mariadb", "10.11.6"), base=base).outcomes[0]
    assert verdict(outcome, Unknown()) == "blocking"
    assert outcome.evidence == "schema"


def test_changes_name_types_before_and_after() -> None:
    changes = _told("ALTER TABLE t MODIFY a BIGINT NOT NULL, ADD COLUMN z INT DEFAULT 5, DROP INDEX ka")[0].changes
    assert [(one.action, one.column or one.name) for one in changes] == [
        ("alter_column_type", "a"),
        ("set_not_null", "a"),
        ("add_column", "z"),
        ("drop_index", "ka"),
    ]
    assert (changes[0].old_type, changes[0].new_type) == ("int", "bigint")
    assert changes[2].default_kind == "constant"
    assert changes[3].columns == ("a",)


def test_timeouts_in_force() -> None:
    told = _told(
        "SET SESSION lock_wait_timeout = 5, max_statement_time = 2; ALTER TABLE t FORCE; ALTER TABLE t NOWAIT FORCE"
    )
    assert [one.lock_timeout_ms for one in told] == [5000, 5000, 0]
    assert told[1].statement_timeout_ms == 2000


def test_each_operation_has_a_page_and_grows_with_versions() -> None:
    for table in (MYSQL, MARIADB):
        for lines in table.values():
            assert all(one.cite.startswith("https://") for one in lines)
            assert [one.since for one in lines] == sorted(one.since for one in lines)
    assert line("mysql", "drop_column", version_of("mysql", "8.4.2")).algorithm == "INSTANT"
    assert version_of("mariadb", "5.5.5-10.4.12-MariaDB-log") == (10, 4, 12)


_WORDS = st.sampled_from(
    """
    ALTER TABLE t ADD COLUMN DROP INDEX MODIFY CHANGE ( ) , ; = 'x' `a` a INT VARCHAR(20) PRIMARY KEY UNIQUE FIRST AFTER SET
    LOCK ALGORITHM NONE INSTANT PARTITION BY RENAME TO CREATE INSERT INTO VALUES SELECT FROM WHERE UPDATE DELETE EXECUTE
    STATEMENT FOR TRUNCATE OPTIMIZE EXCHANGE WITH IF NOT EXISTS CHARACTER utf8mb4 @ @@ /*! */ -- " ' ` CALL BEGIN END USE
    PREPARE
    """.split()  # noqa: SIM905
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_WORDS, max_size=14))
def test_strange_statements_give_an_outcome_each(words: list[str]) -> None:
    for engine in ("mysql", "mariadb"):
        script = script_of(" ".join(words), "m.sql", engine=engine)
        catalog = read_ddl(_SCHEMA, "schema.sql", engine)
        told = foretell([script], catalog, Engine(engine, None))
        assert len(told.outcomes) == len(script.statements)
        for outcome in told.outcomes:
            verdict(outcome, Unknown())


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("ALTER TABLE t REMOVE PARTITIONING", "1505"),
        ("ALTER TABLE pt REMOVE PARTITIONING", None),
        ("ALTER TABLE vi DROP COLUMN a", "1054"),
        ("ALTER TABLE vi DROP COLUMN a, DROP COLUMN g", None),
        ("ALTER TABLE t DROP COLUMN a", None),
    ],
)
def test_what_a_table_is_not_or_still_needs(sql: str, code: str | None):
    failure = _told(sql)[-1].failure
    assert (failure.code if failure else None) == code


def test_null_beside_stored_columns():
    """As MariaDB 10.11 answers: only a column that may no longer be NULL copies the table."""
    table = "CREATE TABLE s (id INT PRIMARY KEY, a INT, b INT NOT NULL, g INT AS (id + 1) STORED) ENGINE=InnoDB;"
    for clause, word in (("MODIFY a INT NOT NULL", "COPY"), ("MODIFY b INT NULL", "INPLACE")):
        catalog = read_ddl(table, "schema.sql", "mariadb")
        scripts = [script_of(f"ALTER TABLE s {clause}", "m.sql", engine="mariadb")]
        assert foretell(scripts, catalog, Engine("mariadb", "10.11.6")).outcomes[-1].algorithm == word
