"""Alembic, Django and commands on a throwaway MariaDB: statements, lines, transactions, and what cannot be reached."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.dryrun import capture
from advisor.dryrun.capture import sandbox
from advisor.dryrun.mariadb.copy import Copy, open_copy
from advisor.model.engine import Engine
from advisor.model.snapshot import Header, SchemaObject, Setting, Snapshot
from advisor.planners.errors import PlannerError
from tests.dryrun.capture import projects
from tests.dryrun.capture.scripts import sql, told

pytestmark = [
    pytest.mark.server,
    pytest.mark.usefixtures("sandboxed"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces of Linux"),
]

URL = "mysql+pymysql://u:p@db.example/prod"


@pytest.fixture(scope="module")
def server() -> Iterator[Copy]:
    with open_copy(None) as copy:
        yield copy


@pytest.fixture
def copy(server: Copy) -> Copy:
    """An empty database."""
    with server.host.admin.cursor() as cursor:
        cursor.execute("DROP DATABASE shadow")
        cursor.execute("CREATE DATABASE shadow CHARACTER SET utf8mb4")
    return server


REVISIONS = {
    "r1": """
        def upgrade():
            op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))
        """,
    "r2": """
        def upgrade():
            op.add_column("t",
                sa.Column("n", sa.Integer))
            op.execute("UPDATE t SET n = 1")
            op.execute("UPDATE t SET n = 2")
            op.create_index("ix", "t", ["n"])
            t = sa.table("t", sa.column("id", sa.Integer), sa.column("n", sa.Integer))
            op.bulk_insert(t, [{"id": 10, "n": 1}, {"id": 11, "n": 2}])
            connection = op.get_bind()
            connection.execute(sa.text("UPDATE t SET n = :n"), {"n": 7})
        """,
}


@pytest.mark.parametrize("production", [False, True])
def test_alembic_executed(tmp_path: Path, copy: Copy, production: bool) -> None:
    files = projects.alembic(tmp_path, REVISIONS, url=URL)
    if production:
        with copy.host.admin.cursor() as cursor:
            cursor.execute("CREATE TABLE shadow.t (id int AUTO_INCREMENT PRIMARY KEY, name varchar(20))")
    (script,) = capture.execute(projects.located(tmp_path, "alembic", files[1:], files[:1]), copy=copy)
    line = projects.line
    assert told(script) == [
        (line(files[1], "add_column"), "ALTER TABLE t ADD COLUMN n INTEGER", None),
        (line(files[1], "n = 1"), "UPDATE t SET n = 1", 1),
        (line(files[1], "n = 2"), "UPDATE t SET n = 2", 1),
        (line(files[1], "create_index"), "CREATE INDEX ix ON t (n)", None),
        (line(files[1], "bulk_insert"), "INSERT INTO t (id, n) VALUES (10, 1),(11, 2)", 2),
        (line(files[1], "UPDATE t SET n = :n"), "UPDATE t SET n = 7", 2),
    ]
    assert not script.unread
    assert not any(one.open_ended for one in script.statements)
    assert not any("stood in" in note for note in script.notes)


def test_failing_revision_keeps_what_was_committed(tmp_path: Path, copy: Copy) -> None:
    body = """
        def upgrade():
            op.execute("CREATE TABLE a (i int)")
            op.execute("INSERT INTO a VALUES (1)")
            op.execute("ALTER TABLE nix ADD x int")
        """
    files = projects.alembic(tmp_path, {"r1": body}, url=URL)
    (script,) = capture.execute(projects.located(tmp_path, "alembic", files), copy=copy)
    assert sql(script) == ["CREATE TABLE a (i int)", "INSERT INTO a VALUES (1)", "ALTER TABLE nix ADD x int"]
    line = projects.line(files[0], "nix")
    assert any(note.startswith(f"line {line}: it failed: Table 'shadow.nix' doesn't exist") for note in script.notes)
    assert [one.line for one in script.unread] == [line]
    assert not script.statements[0].open_ended


DJANGO = {
    "0001_initial": """
        operations = [
            migrations.CreateModel("Order", [
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=10, db_index=True)),
            ]),
        ]
        """,
    "0002_more": """
        def fill(apps, editor):
            model = apps.get_model("shop", "Order")
            model.objects.create(name="x", total=1)
            model.objects.bulk_create([model(name="it's", total=2), model(name="z", total=3)])
            model.objects.filter(total=1).update(total=2)
        ---
        operations = [
            migrations.AddField("Order", "total", models.IntegerField(null=True)),
            migrations.RunPython(fill),
            migrations.AlterField("Order", "name", models.CharField(max_length=20, unique=True)),
        ]
        """,
}
SETTINGS = 'DATABASES = {"default": {"ENGINE": "django.db.backends.mysql", "NAME": "prod", "HOST": "db.example"}}\n'


def test_django_executed(tmp_path: Path, copy: Copy) -> None:
    files = projects.django(tmp_path, DJANGO, settings=SETTINGS)
    (script,) = capture.execute(projects.located(tmp_path, "django", files[1:], files[:1]), copy=copy)
    line = projects.line
    found = told(script)
    assert found[0] == (line(files[1], "AddField"), "ALTER TABLE `shop_order` ADD COLUMN `total` integer NULL", None)
    created, many, updated = found[1:4]
    assert created[0] == line(files[1], "objects.create")
    assert created[1].startswith("INSERT INTO `shop_order` (`name`, `total`) VALUES ('x', 1)")
    assert many[0] == line(files[1], "bulk_create")
    assert "VALUES ('it\\'s', 2), ('z', 3)" in many[1]
    assert updated[1] == "UPDATE `shop_order` SET `total` = 2 WHERE `shop_order`.`total` = 1"
    assert {at for at, _, _ in found[4:]} == {line(files[1], "AlterField")}
    assert all(group is None for _, _, group in found[4:])
    assert any("UNIQUE" in text for _, text, _ in found[4:])
    assert not any("SELECT" in text for _, text, _ in found)


def test_django_offline(tmp_path: Path) -> None:
    files = projects.django(tmp_path, DJANGO, settings=SETTINGS)
    first, second = capture.offline(projects.located(tmp_path, "django", files), engine="mysql")
    assert sql(first)[0].startswith("CREATE TABLE `shop_order`")
    assert sql(second)[0] == "ALTER TABLE `shop_order` ADD COLUMN `total` integer NULL"
    assert [one.line for one in second.unread] == [projects.line(files[1], one) for one in ("RunPython", "AlterField")]


COMMAND = """
import os, pymysql
from urllib.parse import urlsplit
where = urlsplit(os.environ["DATABASE_URL"])
assert where.scheme == "mysql"
flags = pymysql.constants.CLIENT.MULTI_STATEMENTS
c = pymysql.connect(host=where.hostname, port=where.port, user=where.username, password=where.password,
                    database=where.path[1:], autocommit=True, client_flag=flags)
def run(sql, *values):
    with c.cursor() as cursor:
        try:
            cursor.execute(sql, values)
            while cursor.nextset():
                pass
        except pymysql.Error as error:
            print(error)
run("create table a (i int, s varchar(20))")
run("begin")
run("insert into a values (%s, %s)", 1, "it's")
run("insert into a values (2, 'two')")
run("alter table a add x int")
run("insert into a values (3, 'three', 3)")
run("rollback")
run("create table b (i int); insert into b values (1); create table nix (; create table c (i int)")
run("create procedure p() begin insert into b values (7); select 1; select 2; end")
run("call p(); insert into b values (8)")
run("start transaction; insert into b values (9); commit")
run("create table schema_migrations (version text)")
run("select get_lock('x', 1)")
run("insert into b select seq from seq_1_to_30000")
with c.cursor() as cursor:
    cursor.execute("select i, repeat('x', 400) from b")
    assert len(cursor.fetchall()) > 30000
other = pymysql.connect(unix_socket=os.environ["MYSQL_UNIX_PORT"], user=where.username, password="wrong")
other.select_db(where.path[1:])
other.cursor().execute("drop table b")
other.cursor().execute("insert into a values (4, 'four', 4)")
other.close()
"""


def test_any_command(tmp_path: Path, copy: Copy) -> None:
    (script,) = capture.command(["python", "-c", COMMAND], copy=copy, directory=tmp_path)
    assert [(text, group, one.open_ended) for one, (_, text, group) in zip(script.statements, told(script), strict=True)] == [
        ("create table a (i int, s varchar(20))", None, False),
        ("insert into a values (1, 'it\\'s')", 1, False),
        ("insert into a values (2, 'two')", 1, False),
        ("alter table a add x int", None, False),
        ("insert into a values (3, 'three', 3)", None, False),
        ("create table b (i int)", None, False),
        ("insert into b values (1)", None, False),
        ("create table nix (", None, False),
        ("create procedure p() begin insert into b values (7); select 1; select 2; end", None, False),
        ("call p()", None, False),
        ("insert into b values (8)", None, False),
        ("insert into b values (9)", 2, False),
        ("insert into b select seq from seq_1_to_30000", None, False),
        ("select i, repeat('x', 400) from b", None, False),
        ("drop table b", None, False),
        ("insert into a values (4, 'four', 4)", 3, True),
    ]  # fmt: skip
    assert [one.line for one in script.statements] == list(range(1, 17))
    assert any(note.startswith("line 8: it failed: You have an error in your SQL syntax") for note in script.notes)
    assert script.tool == "run"


PREPARED = """
import os, socket, struct, sys
import pymysql
from pymysql.constants import COMMAND
c = pymysql.connect(host="127.0.0.1", port=int(os.environ["MYSQL_TCP_PORT"]), user=os.environ["MYSQL_USER"],
                    password=os.environ["MYSQL_PWD"], database=os.environ["MYSQL_DATABASE"], autocommit=True)
c.cursor().execute("create table v (i bigint, s varchar(50), d double, t datetime(6), b blob, n int)")
c._execute_command(COMMAND.COM_STMT_PREPARE, "insert into v values (?, ?, ?, ?, ?, ?) -- ?")
first = c._read_packet().get_all_data()
number, columns, parameters = struct.unpack_from("<IHH", first, 1)
for _ in range(parameters + 1):
    c._read_packet()
moment = struct.pack("<HBBBBBI", 2024, 2, 29, 23, 59, 58, 7)
values = (struct.pack("<q", -5) + bytes([5]) + b"it's?" + struct.pack("<d", 0.5) + bytes([len(moment)]) + moment
          + bytes([2]) + b"\\xff\\x00")
body = (struct.pack("<IBI", number, 0, 1) + bytes([0b100000]) + b"\\x01"
        + struct.pack("<6H", 8, 0xfd, 5, 12, 0xfc, 3) + values)
c._execute_command(COMMAND.COM_STMT_EXECUTE, body)
c._read_ok_packet() if hasattr(c, "_read_ok_packet") else c._read_packet()
c._execute_command(COMMAND.COM_STMT_CLOSE, struct.pack("<I", number))
with c.cursor() as cursor:
    cursor.execute("select s, d, t, hex(b), n from v where i = -5")
    print(cursor.fetchall())
"""


def test_values_of_prepared_statements(tmp_path: Path, copy: Copy) -> None:
    (script,) = capture.command(["python", "-c", PREPARED], copy=copy, directory=tmp_path)
    assert not any("failed" in note for note in script.notes), script.notes
    text = "insert into v values ((-5), 'it''s?', 0.5, '2024-02-29 23:59:58.000007', x'ff00', NULL)"
    assert sql(script)[1].startswith(text)
    with copy.host.admin.cursor() as cursor:
        cursor.execute("USE shadow")
        cursor.execute("TRUNCATE v")
        cursor.execute(script.statements[1].sql)
        cursor.execute("SELECT i, s, d, t, HEX(b), n FROM v")
        row = cursor.fetchone()
    assert (row[0], row[1], row[2], str(row[3]), row[4], row[5]) == (
        -5, "it's?", 0.5, "2024-02-29 23:59:58.000007", "FF00", None,
    )  # fmt: skip


@pytest.mark.parametrize(
    "dsn",
    [
        "mysql+pymysql://root@127.0.0.1:3306/test",
        "mysql+pymysql://root@/test?unix_socket=/run/mysqld/mysqld.sock",
        "mysql+pymysql://root@127.0.0.1:54321/shadow",
        "mysql+pymysql://root@127.0.0.1:54321/mysql",
        "mysql+pymysql://advisor_admin@127.0.0.1:54321/shadow",
        "mysql+pymysql://advisor_owner@127.0.0.1:54321/mysql",
        "mysql+pymysql://root@/shadow?unix_socket=/tmp/mysql_unix_port.sock",
    ],
)
def test_another_address_cannot_be_reached(tmp_path: Path, copy: Copy, dsn: str) -> None:
    env = projects.ENV.replace(
        'engine_from_config(config.get_section(config.config_ini_section), prefix="sqlalchemy.", poolclass=pool.NullPool)',
        f"create_engine({dsn!r})",
    )
    assert dsn in env
    files = projects.alembic(tmp_path, REVISIONS, env=env, url=URL)
    with pytest.raises(
        PlannerError, match=r"env\.py:\d+: OperationalError.*nothing but the throwaway database"
    ) as error:
        capture.execute(projects.located(tmp_path, "alembic", files), copy=copy)
    assert "\n" not in str(error.value)


FILES = """
import os, pymysql
flags = pymysql.constants.CLIENT.LOCAL_FILES
c = pymysql.connect(host="127.0.0.1", port=int(os.environ["MYSQL_TCP_PORT"]), user=os.environ["MYSQL_USER"],
                    password="x", database="shadow", autocommit=True, client_flag=flags, local_infile=True)
open("/tmp/local.txt", "w").write("1")
def attempt(sql):
    try:
        with c.cursor() as cursor:
            cursor.execute(sql)
            print(cursor.fetchall())
    except Exception as error:
        print(type(error).__name__, error.args[0])
        if not c.open:
            c.connect()
attempt("create table l (t text)")
for sql in {statements!r}:
    attempt(sql)
attempt("select count(*) from l")
"""
FORBIDDEN = {
    "load data infile '/etc/passwd' into table l": "1045",
    "load data local infile '/tmp/local.txt' into table l": "4166",
    "select 'x' into outfile '/tmp/advisor-out.txt'": "1227",
    "select 'x' into dumpfile '/tmp/advisor-out.txt'": "1227",
    "select load_file('/etc/passwd')": "((None,),)",
    "set global local_infile = 1": "1227",
    "set global general_log = 1": "1227",
    "select * from mysql.global_priv": "1142",
    "create user x@localhost": "1227",
    "create database other": "1044",
    "create server s foreign data wrapper mysql options (host '127.0.0.1')": "1227",
    "install soname 'ha_connect'": "1142",
    "create table f (i int) engine=myisam data directory='/tmp'": "",
}


def test_files_and_accounts_cannot_be_had(tmp_path: Path, copy: Copy) -> None:
    code = FILES.replace("{statements!r}", repr(list(FORBIDDEN)))
    ended: list[sandbox.Ended] = []
    original = sandbox.run

    def run(task: sandbox.Task, *, unsafe: bool = False) -> sandbox.Ended:
        ended.append(original(task, unsafe=unsafe))
        return ended[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox, "run", run)
        capture.command(["python", "-c", code], copy=copy, directory=tmp_path)
    lines = ended[0].output.splitlines()
    assert ended[0].code == 0, ended[0].output
    for said, (text, words) in zip(lines[1:], FORBIDDEN.items(), strict=False):
        assert words in said, (text, said)
    assert lines[-1] == "((0,),)"
    assert not Path("/tmp/advisor-out.txt").exists()
    assert not Path("/tmp/f.MYD").exists()


def test_endless_code_ends(tmp_path: Path, copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    from advisor.dryrun.capture import commands

    monkeypatch.setattr(commands, "_SECONDS", 4.0)
    code = """
    import os, pymysql
    c = pymysql.connect(host="127.0.0.1", port=int(os.environ["MYSQL_TCP_PORT"]), user=os.environ["MYSQL_USER"],
                        password="x", database="shadow")
    c.cursor().execute("create table e (i int)")
    c.cursor().execute("set session max_statement_time = 0")
    while True:
        c.cursor().execute("select sleep(1000)")
    """
    (script,) = capture.command(["python", "-c", projects.text(code)], copy=copy, directory=tmp_path)
    assert sql(script)[0] == "create table e (i int)"
    assert any("did not end within 4 s" in note for note in script.notes)


MYSQL = """
import os, pymysql
c = pymysql.connect(host="127.0.0.1", port=int(os.environ["MYSQL_TCP_PORT"]), user=os.environ["MYSQL_USER"],
                    password="x", database=os.environ["MYSQL_DATABASE"], autocommit=True)
c.cursor().execute("create table m (s varchar(9)) default charset utf8mb4 collate utf8mb4_0900_ai_ci")
c.cursor().execute("alter table customers add phone varchar(20)")
c.cursor().execute("insert into customers (phone) values ('')")
"""


def test_mariadb_stands_in_for_mysql(tmp_path: Path) -> None:
    ddl = "CREATE TABLE `customers` (`id` int NOT NULL AUTO_INCREMENT, `name` varchar(9) COLLATE utf8mb4_0900_ai_ci DEFAULT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci"
    header = Header(engine=Engine("mysql", "8.0.36"), version_number=80036, database="shop", values="masked")
    objects = [
        SchemaObject(kind="schema", schema=None, name="shop", ddl=("CREATE DATABASE `shop` CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci",)),
        SchemaObject(kind="table", schema="shop", name="customers", ddl=(ddl,)),
    ]  # fmt: skip
    settings = [Setting(name="sql_mode", value="STRICT_TRANS_TABLES"), Setting(name="collation_server", value="utf8mb4_0900_ai_ci"), Setting(name="character_set_server", value="utf8mb4")]  # fmt: skip
    with open_copy(Snapshot(header=header, objects=objects, settings=settings), engine="mysql") as copy:
        assert not copy.problems
        (script,) = capture.command(["python", "-c", MYSQL], copy=copy, directory=tmp_path)
    assert sql(script) == [
        "create table m (s varchar(9)) default charset utf8mb4 collate utf8mb4_0900_ai_ci",
        "alter table customers add phone varchar(20)",
        "insert into customers (phone) values ('')",
    ]
    assert not any("it failed" in note for note in script.notes)
    assert any("stood in for MySQL" in note for note in script.notes)
    assert any("utf8mb4_0900" in note for note in script.notes)


def test_packages_of_node_are_there(tmp_path: Path, copy: Copy) -> None:
    (tmp_path / "node_modules" / ".bin").mkdir(parents=True)
    program = tmp_path / "node_modules" / ".bin" / "migrate-it"
    program.write_text('#!/bin/sh\nexec mysql -u"$MYSQL_USER" "$MYSQL_DATABASE" -e "create table n (i int)"\n')
    program.chmod(0o755)
    (script,) = capture.command(["migrate-it"], copy=copy, directory=tmp_path)
    assert sql(script) == ["create table n (i int)"]


@pytest.mark.parametrize(
    ("files", "engine"),
    [
        ({"alembic.ini": "[alembic]\nsqlalchemy.url = mysql+pymysql://u@h/d\n"}, "mysql"),
        ({"alembic.ini": "[alembic]\nsqlalchemy.url = mariadb://u@h/d\n"}, "mariadb"),
        ({"alembic.ini": "[alembic]\nsqlalchemy.url = driver://u@h/d\n"}, None),
        ({"alembic.ini": "[alembic]\nsqlalchemy.url = sqlite:///x\n"}, None),
        ({"v/r.py": "from sqlalchemy.dialects import mysql\n"}, "mysql"),
        ({"v/r.py": "from sqlalchemy.dialects import mysql, postgresql\n"}, None),
        ({"v/r.py": "op.create_index('i', 't', ['a'], postgresql_using='gin')\n"}, "postgresql"),
    ],
)
def test_whose_code_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], engine: str | None
) -> None:
    from advisor.dryrun.capture.engines import written_for

    monkeypatch.delenv("DATABASE_URL", raising=False)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    code = [str(tmp_path / name) for name in files if name.endswith(".py")]
    assert written_for(projects.located(tmp_path, "alembic", code)) == engine
    monkeypatch.setenv("DATABASE_URL", "mariadb://u@h/d")
    if engine is None and "v/r.py" not in files:
        assert written_for(projects.located(tmp_path, "alembic", code)) == "mariadb"
