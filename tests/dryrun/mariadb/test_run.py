"""Migrations of MariaDB tried on an empty copy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from advisor.catalog.ddl.lexer import single
from advisor.dryrun.mariadb import run, session
from advisor.dryrun.mariadb.asking import ladder, question
from advisor.dryrun.mariadb.names import renamed
from advisor.migrations.reading import script_of
from advisor.migrations.static.mysql.alter import read_alter
from advisor.migrations.verdict import Unknown, verdict
from advisor.model.engine import Engine
from advisor.model.migration import Foretold, Outcome
from advisor.model.snapshot import Header, SchemaObject, Setting, Snapshot
from advisor.planners.errors import PlannerError
from advisor.planners.mariadb.binaries import find
from advisor.planners.mariadb.server import MariadbServer

pytestmark = pytest.mark.server
_MARIADB = Engine("mariadb", "10.11.6-MariaDB")
_SCHEMA = (
    "CREATE TABLE `par` (`id` int NOT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB",
    "CREATE TABLE `t` (`id` int NOT NULL, `a` int DEFAULT NULL, `b` int DEFAULT NULL, `v` varchar(20) DEFAULT NULL,"
    " PRIMARY KEY (`id`), KEY `ka` (`a`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
    "CREATE TABLE `m` (`id` int NOT NULL, `a` int DEFAULT NULL, PRIMARY KEY (`id`)) ENGINE=MyISAM",
)


def _snapshot(engine: Engine = _MARIADB, settings: Sequence[Setting] = ()) -> Snapshot:
    header = Header(engine=engine, version_number=101106, database="shop", values="masked")
    objects = [SchemaObject(kind="table", schema="shop", name=text.split("`")[1], ddl=(text,)) for text in _SCHEMA]
    return Snapshot(header=header, objects=objects, settings=list(settings))


def _tried(text: str, **more: object) -> Foretold:
    script = script_of(text, "m.sql", engine="mariadb")
    return run([script], snapshot=more.pop("snapshot", None) or _snapshot(), **more)  # type: ignore[arg-type]


def _words(told: Foretold) -> list[str]:
    return [verdict(one, Unknown()) for one in told.outcomes]


@pytest.fixture(scope="module")
def mixed() -> dict[str, Outcome]:
    """One run of many statements, by their text."""
    text = """
        ALTER TABLE t ADD COLUMN z INT;
        ALTER TABLE shop.t MODIFY a BIGINT;
        CREATE INDEX kb ON t (b);
        DROP INDEX kb ON t;
        OPTIMIZE TABLE t;
        ALTER TABLE m ADD COLUMN z INT;
        ALTER TABLE t ADD FULLTEXT INDEX kf (v);
        ALTER TABLE t ADD COLUMN y INT;
        ALTER TABLE t ADD COLUMN x INT, ALGORITHM=INSTANT;
        ALTER TABLE t DROP INDEX kf;
        SET foreign_key_checks = 0;
        ALTER TABLE t ADD CONSTRAINT f1 FOREIGN KEY (b) REFERENCES par (id);
        SET foreign_key_checks = 1;
        SET alter_algorithm = 'COPY';
        ALTER TABLE par ADD COLUMN c INT;
        SET alter_algorithm = 'INSTANT';
        ALTER TABLE par MODIFY c BIGINT;
        SET alter_algorithm = DEFAULT;
        SET @text = 'ALTER TABLE par MODIFY c BIGINT';
        PREPARE st FROM @text;
        EXECUTE st;
        CREATE DEFINER=`root`@`localhost` PROCEDURE pp() BEGIN UPDATE par SET c = 1; ALTER TABLE par DROP COLUMN c; END;
        CALL pp();
        ALTER TABLE t PARTITION BY KEY (id) PARTITIONS 2;
        CREATE TABLE n (id INT PRIMARY KEY, w VARCHAR(10));
        ALTER TABLE n MODIFY w TEXT;
        LOCK TABLES n WRITE, par WRITE;
        ALTER TABLE par FORCE;
        UNLOCK TABLES;
        INSERT INTO n VALUES (1, 'a'), (2, 'b');
        CREATE TRIGGER tg BEFORE INSERT ON par FOR EACH ROW SET NEW.id = NEW.id;
        DROP TABLE m;
        ALTER TABLE gone ADD COLUMN x INT;
        SET GLOBAL max_connections = 2;
        LOAD DATA INFILE '/etc/passwd' INTO TABLE n;
        SELECT 1 INTO OUTFILE '/tmp/never';
        INSTALL SONAME 'ha_blackhole';
        CREATE EVENT ev ON SCHEDULE EVERY 1 SECOND DO DELETE FROM n;
        CREATE USER stranger;
        CREATE DATABASE other;
        CREATE TABLE other.o (id INT PRIMARY KEY);
        ALTER TABLE other.o ADD COLUMN x INT;
        SELECT * FROM mysql.global_priv;
    """
    script = script_of(text, "m.sql", engine="mariadb")
    told = run([script], snapshot=_snapshot())
    assert [note for note in told.notes if "missing" in note] == []
    return {" ".join(one.sql.split()): outcome for one, outcome in zip(script.statements, told.outcomes, strict=True)}


@pytest.mark.parametrize(
    ("sql", "word", "algorithm"),
    [
        ("ALTER TABLE t ADD COLUMN z INT", "brief_lock", "INSTANT"),
        ("ALTER TABLE shop.t MODIFY a BIGINT", "blocking", "COPY"),
        ("CREATE INDEX kb ON t (b)", "online", "NOCOPY"),
        ("DROP INDEX kb ON t", "brief_lock", "NOCOPY"),
        ("OPTIMIZE TABLE t", "online", "INPLACE"),
        ("ALTER TABLE m ADD COLUMN z INT", "blocking", "COPY"),
        ("ALTER TABLE t ADD FULLTEXT INDEX kf (v)", "blocking", "INPLACE"),
        ("ALTER TABLE t ADD COLUMN y INT", "blocking", "INPLACE"),
        ("ALTER TABLE t ADD CONSTRAINT f1 FOREIGN KEY (b) REFERENCES par (id)", "online", "NOCOPY"),
        ("ALTER TABLE par ADD COLUMN c INT", "blocking", "COPY"),
        ("EXECUTE st", "blocking", "COPY"),
        ("ALTER TABLE t PARTITION BY KEY (id) PARTITIONS 2", "fails", None),
        ("ALTER TABLE n MODIFY w TEXT", "safe", "COPY"),
        ("LOCK TABLES n WRITE, par WRITE", "brief_lock", None),
        ("ALTER TABLE par FORCE", "blocking", "INPLACE"),
        ("INSERT INTO n VALUES (1, 'a'), (2, 'b')", "safe", None),
        ("CREATE TRIGGER tg BEFORE INSERT ON par FOR EACH ROW SET NEW.id = NEW.id", "brief_lock", None),
        ("DROP TABLE m", "brief_lock", None),
        ("ALTER TABLE t ADD COLUMN x INT, ALGORITHM=INSTANT", "fails", None),
        ("ALTER TABLE par MODIFY c BIGINT", "fails", None),
        ("ALTER TABLE gone ADD COLUMN x INT", "fails", None),
        ("ALTER TABLE other.o ADD COLUMN x INT", "safe", "INSTANT"),
    ],
)
def test_what_the_server_accepts(mixed: dict[str, Outcome], sql: str, word: str, algorithm: str | None) -> None:
    outcome = mixed[sql]
    assert outcome.why_not is None
    assert outcome.evidence in ("probed", "executed")
    assert verdict(outcome, Unknown()) == word
    if algorithm is not None:
        assert outcome.algorithm == algorithm


def test_a_procedure_is_seen_through(mixed: dict[str, Outcome]) -> None:
    outcome = mixed["CALL pp()"]
    assert [text.split()[0].upper() for text in outcome.hidden] == ["UPDATE", "ALTER"]
    assert {change.action for change in outcome.changes} == {"update", "drop_column"}
    assert {lock.relation for lock in outcome.locks} >= {"par"}


@pytest.mark.parametrize(
    "sql",
    [
        "SET GLOBAL max_connections = 2",
        "LOAD DATA INFILE '/etc/passwd' INTO TABLE n",
        "SELECT 1 INTO OUTFILE '/tmp/never'",
        "INSTALL SONAME 'ha_blackhole'",
        "CREATE EVENT ev ON SCHEDULE EVERY 1 SECOND DO DELETE FROM n",
        "CREATE USER stranger",
        "SELECT * FROM mysql.global_priv",
    ],
)
def test_what_reaches_beyond_is_not_run(mixed: dict[str, Outcome], sql: str) -> None:
    outcome = mixed[sql]
    assert outcome.why_not
    assert outcome.failure is None
    assert outcome.evidence not in ("executed", "probed")


def test_endless_statements_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "STATEMENT_SECONDS", 1)
    text = """SET max_statement_time = 0;
        SELECT SLEEP(1000);
DELIMITER //
BEGIN NOT ATOMIC WHILE 1 DO SET @x = 1; END WHILE; END//
DELIMITER ;
        ALTER TABLE t ADD COLUMN after_it INT;"""
    told = _tried(text)
    assert [one.why_not is None for one in told.outcomes] == [True, False, False, True]
    assert verdict(told.outcomes[3], Unknown()) == "brief_lock"


def test_another_product_is_told_by_the_manual() -> None:
    told = _tried("ALTER TABLE t ADD COLUMN z INT;", snapshot=_snapshot(Engine("mysql", "8.0.36")))
    assert told.engine.name == "mysql"
    assert told.outcomes[0].evidence == "documentation"
    assert "MariaDB does not speak for it" in (told.outcomes[0].why_not or "")


def test_another_version_is_named_and_told_by_the_manual_where_it_differs() -> None:
    text = "ALTER TABLE t ADD COLUMN z INT; ALTER TABLE t MODIFY a BIGINT;"
    told = _tried(text, snapshot=_snapshot(Engine("mariadb", "11.4.2-MariaDB")))
    assert any("11.4.2" in note for note in told.notes)
    assert told.engine.version is not None
    assert told.engine.version.startswith(".".join(str(part) for part in find().series))
    assert _words(told) == ["brief_lock", "online"]
    assert [one.evidence for one in told.outcomes] == ["probed", "schema"]
    assert "another way" in (told.outcomes[1].why_not or "")


# ---------------------------------------------------------------------- a server that somebody named
@pytest.fixture(scope="module")
def other() -> Iterator[tuple[str, MariadbServer]]:
    """A server as a user's: with a database of its own."""
    with MariadbServer(find(), {}) as server:
        server.start()
        with server.connect("admin") as admin, admin.cursor() as cursor:
            cursor.execute("CREATE DATABASE precious")
            cursor.execute("CREATE TABLE precious.kept (id INT PRIMARY KEY)")
        yield f"mariadb://advisor_admin:{server._passwords['admin']}@localhost/?unix_socket={server.socket}", server


def test_a_server_must_be_marked(other: tuple[str, MariadbServer]) -> None:
    dsn, server = other
    with pytest.raises(PlannerError, match="is not marked disposable") as refused:
        _tried("ALTER TABLE t ADD COLUMN z INT;", server=dsn)
    assert server._passwords["admin"] not in str(refused.value)


def test_a_marked_server_is_left_as_it_was(other: tuple[str, MariadbServer]) -> None:
    dsn, server = other
    with server.connect("admin") as admin, admin.cursor() as cursor:
        cursor.execute("CREATE DATABASE advisor_disposable")
        told = _tried(
            """ALTER TABLE shop.t ADD COLUMN z INT;
            ALTER TABLE t MODIFY a BIGINT;
            DROP TABLE precious.kept;
            DROP DATABASE precious;""",
            server=dsn,
        )
        assert _words(told)[:2] == ["brief_lock", "blocking"]
        assert all(one.why_not for one in told.outcomes[2:])
        cursor.execute("SHOW DATABASES")
        names = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT user FROM mysql.global_priv")
        users = {row[0] for row in cursor.fetchall()}
        cursor.execute("SHOW TABLES FROM precious")
        assert cursor.fetchall() == (("kept",),)
    assert names <= {"advisor_disposable", "precious", "mysql", "information_schema", "performance_schema", "sys"}
    assert users <= {"advisor_admin", "advisor_owner", "advisor_planner", "PUBLIC", "mariadb.sys", ""}


def test_words_of_a_server_hold_no_credentials_and_no_names_of_ours(other: tuple[str, MariadbServer]) -> None:
    dsn, server = other
    with server.connect("admin") as admin, admin.cursor() as cursor:
        cursor.execute("CREATE DATABASE IF NOT EXISTS advisor_disposable")
    told = _tried(
        """ALTER TABLE nowhere ADD COLUMN z INT;
        SELECT 1 FORM dual WHERE CONNECTION 'host=h password=hunter2 user=u';
        ALTER TABLE t COMMNT 'hunter2';""",
        server=dsn,
    )
    assert next(one.failure.message for one in told.outcomes if one.failure) == "Table 'nowhere' doesn't exist"
    assert "hunter2" not in "".join(f"{one.failure} {one.why_not}" for one in told.outcomes)


@pytest.mark.parametrize("dsn", ["root:hunter2@127.0.0.1", "mysql:root:hunter2@h", "postgresql://a:hunter2@h/x", "h"])
def test_what_is_no_address_is_not_shown(dsn: str) -> None:
    with pytest.raises(PlannerError, match="mysql://user:password@host:port") as refused:
        _tried("SELECT 1;", server=dsn)
    assert "hunter2" not in str(refused.value)


def test_leftovers_of_killed_runs_are_swept(other: tuple[str, MariadbServer]) -> None:
    dsn, server = other
    kept = {"advisor_deadbeef_own", "advisor_cafecafe_1", "advisor_0a0a0a0a_0"}
    with server.connect("admin") as admin, admin.cursor() as cursor:
        cursor.execute("CREATE DATABASE IF NOT EXISTS advisor_disposable")
        for name in ("advisor_deadbeef_0", *kept):
            cursor.execute(f"CREATE DATABASE {name}")
        cursor.execute("CREATE USER advisor_deadbeef@'%'")
        cursor.execute("CREATE USER advisor_0a0a0a0a@'%'")
        cursor.execute("SELECT GET_LOCK('advisor_0a0a0a0a', 0)")
        assert _words(_tried("ALTER TABLE t ADD COLUMN z INT;", server=dsn)) == ["brief_lock"]
        cursor.execute("SHOW DATABASES LIKE 'advisor\\_%'")
        assert {row[0] for row in cursor.fetchall()} == {"advisor_disposable", *kept}
        for name in kept:
            cursor.execute(f"DROP DATABASE {name}")


@pytest.mark.parametrize(
    ("sql", "asked"),
    [
        (
            "ALTER TABLE t ADD z INT, LOCK=NONE, ALGORITHM=INSTANT",
            "ALTER TABLE t ALGORITHM=COPY, LOCK=SHARED, ADD z INT",
        ),
        ("ALTER ONLINE TABLE t WAIT 3 ADD z INT", "ALTER TABLE t WAIT 3 ALGORITHM=COPY, LOCK=SHARED, ADD z INT"),
        ("ALTER TABLE t REMOVE PARTITIONING", "ALTER TABLE t ALGORITHM=COPY, LOCK=SHARED REMOVE PARTITIONING"),
        (
            "ALTER TABLE t ADD INDEX IF NOT EXISTS k (a), LOCK=NONE",
            "ALTER TABLE t ALGORITHM=COPY, LOCK=SHARED, ADD INDEX IF NOT EXISTS k (a)",
        ),
        ("CREATE INDEX k ON t (a) LOCK=NONE", "CREATE INDEX k ON t (a) ALGORITHM=COPY LOCK=SHARED"),
    ],
)
def test_a_statement_as_a_question(sql: str, asked: str) -> None:
    alter = read_alter(single(sql, "mysql"), "mariadb")
    assert alter is not None
    assert question(single(sql, "mysql"), alter, "COPY", "SHARED") == asked


def test_the_ladder_of_products() -> None:
    assert ("NOCOPY", "NONE") not in ladder("mysql", (8, 0, 36), None, None)
    assert ladder("mysql", (5, 7, 44), None, None)[0] == ("INPLACE", "NONE")
    assert ("COPY", "NONE") in ladder("mariadb", (11, 4, 2), None, None)
    assert ladder("mariadb", (10, 11, 6), None, "NONE")[-1] == ("COPY", "NONE")


def test_names_of_databases_are_ours() -> None:
    assert (
        renamed("SELECT shop.t.a FROM `shop`.t, x.shop", {"shop": "adv_1"})
        == "SELECT `adv_1`.t.a FROM `adv_1`.t, x.shop"
    )
