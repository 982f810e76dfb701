"""Alembic's and Django's migrations, offline and executed: statements, lines, transactions."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from advisor.dryrun import capture
from advisor.dryrun.postgresql.copy import Copy, open_copy
from advisor.planners.errors import PlannerError
from tests.dryrun.capture import projects
from tests.dryrun.capture.scripts import sql, told

pytestmark = [
    pytest.mark.usefixtures("sandboxed"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces of Linux"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Copy]:
    with open_copy(None) as copy:
        yield copy


@pytest.fixture
def copy(server: Copy) -> Copy:
    """An empty database."""
    with server.connect() as connection:
        rows = connection.execute(
            "SELECT format('DROP TABLE IF EXISTS %I CASCADE', tablename) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        for row in rows:
            connection.execute(row[0])
    return server


REVISIONS = {
    "r1": """
        def upgrade():
            op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
        """,
    "r2": """
        def upgrade():
            op.add_column("t",
                sa.Column("n", sa.Integer))
            op.execute("UPDATE t SET n = 1; UPDATE t SET n = 2")
            with op.get_context().autocommit_block():
                op.create_index("ix", "t", ["n"], postgresql_concurrently=True)
            op.alter_column("t", "n", nullable=False)
        """,
    "r3": """
        def upgrade():
            connection = op.get_bind()
            if connection.dialect.name == "postgresql":
                op.drop_column("t", "name")
            connection.execute(sa.text("INSERT INTO t (id, n) VALUES (:id, 2)"), {"id": 5})
            for row in connection.execute(sa.text("SELECT id FROM t")):
                connection.execute(sa.text("UPDATE t SET n = 3 WHERE id = :i"), {"i": row.id})
        """,
}


def expected(files: list[str]) -> list[tuple[int, str, int | None]]:
    line = projects.line
    return [
        (line(files[1], "add_column"), "ALTER TABLE t ADD COLUMN n INTEGER", 1),
        (line(files[1], "op.execute"), "UPDATE t SET n = 1", 1),
        (line(files[1], "op.execute"), "UPDATE t SET n = 2", 1),
        (line(files[1], "create_index"), "CREATE INDEX CONCURRENTLY ix ON t (n)", None),
        (line(files[1], "alter_column"), "ALTER TABLE t ALTER COLUMN n SET NOT NULL", 2),
    ]


def test_alembic_offline(tmp_path: Path) -> None:
    files = projects.alembic(tmp_path, REVISIONS)
    first, second, third = capture.offline(projects.located(tmp_path, "alembic", files), engine=None)
    assert [one.name for one in (first, second, third)] == ["r1", "r2", "r3"]
    assert [one.file for one in (first, second, third)] == files
    assert [one.file for one in first.statements] == [files[0]]
    assert told(second) == expected(files)
    line = projects.line
    assert told(third) == [
        (line(files[2], "drop_column"), "ALTER TABLE t DROP COLUMN name", 1),
        (line(files[2], "INSERT"), "INSERT INTO t (id, n) VALUES (5, 2)", 1),
    ]
    assert [one.line for one in third.unread] == [line(files[2], "SELECT")]
    assert "--execute" in third.unread[0].reason
    assert not any(one.open_ended for one in third.statements)


def test_alembic_executed_on_an_empty_copy(tmp_path: Path, copy: Copy) -> None:
    files = projects.alembic(tmp_path, REVISIONS)
    second, third = capture.execute(projects.located(tmp_path, "alembic", files[1:], files[:1]), copy=copy)
    assert told(second) == expected(files)
    line = projects.line
    assert told(third) == [
        (line(files[2], "drop_column"), "ALTER TABLE t DROP COLUMN name", 1),
        (line(files[2], "INSERT"), "INSERT INTO t (id, n) VALUES (5, 2)", 1),
        (line(files[2], "SELECT"), "SELECT id FROM t", 1),
        (line(files[2], "UPDATE"), "UPDATE t SET n = 3 WHERE id = 5", 1),
    ]
    assert not second.unread
    assert not third.unread
    assert any("bookkeeping" in one for one in third.notes)


def test_alembic_executed_on_production_schema(tmp_path: Path, copy: Copy) -> None:
    files = projects.alembic(tmp_path, REVISIONS)
    with copy.connect() as connection:
        connection.execute("CREATE TABLE t (id serial PRIMARY KEY, name text)")
    (second,) = capture.execute(projects.located(tmp_path, "alembic", files[1:2], files[:1]), copy=copy)
    assert told(second) == expected(files)


def test_failing_revision_is_told_with_its_line(tmp_path: Path, copy: Copy) -> None:
    files = projects.alembic(
        tmp_path,
        {
            "r1": "def upgrade():\n    op.execute('CREATE TABLE a (i int)')\n    op.execute('ALTER TABLE nix ADD x int')\n",
            "r2": "def upgrade():\n    op.execute('CREATE TABLE b (i int)')\n",
            "s1": "# down: none\ndef upgrade():\n    op.execute('CREATE TABLE c (i int)')\n",
        },
    )
    scripts = {one.name: one for one in capture.execute(projects.located(tmp_path, "alembic", files), copy=copy)}
    first = scripts["r1"]
    line = projects.line(files[0], "nix")
    assert sql(first) == ["CREATE TABLE a (i int)", "ALTER TABLE nix ADD x int"]
    assert all(one.open_ended for one in first.statements)
    assert any(note.startswith(f'line {line}: it failed: relation "nix" does not exist') for note in first.notes)
    assert [one.line for one in first.unread] == [line]
    assert [one.reason for one in scripts["r2"].unread if "not run" in one.reason] == ["not run: r1 failed"]
    assert sql(scripts["s1"]) == ["CREATE TABLE c (i int)"]


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ("import os\nraise ValueError('no such thing')\n", "env.py:2: ValueError: no such thing"),
        ("import nix_module_that_is_not_here\n", "env.py:1: ModuleNotFoundError"),
        ("def x(:\n", "env.py:1: SyntaxError"),
        ("import sys\nsys.exit('stop')\n", "env.py:2: SystemExit: stop"),
        ("import os\nos._exit(7)\n", "did not end|come to its end"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "did not end|come to its end"),
    ],
)
def test_env_that_fails(tmp_path: Path, env: str, words: str) -> None:
    files = projects.alembic(tmp_path, REVISIONS, env=env)
    with pytest.raises(PlannerError, match=words) as error:
        capture.offline(projects.located(tmp_path, "alembic", files), engine="postgresql")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql+psycopg2://postgres@127.0.0.1:5432/postgres",
        "postgresql+psycopg://postgres@/postgres?host=/var/run/postgresql",
        "postgresql+psycopg2://advisor_admin@127.0.0.1:54321/shadow",
    ],
)
def test_another_address_cannot_be_reached(tmp_path: Path, copy: Copy, dsn: str) -> None:
    env = projects.ENV.replace(
        'engine_from_config(config.get_section(config.config_ini_section), prefix="sqlalchemy.", poolclass=pool.NullPool)',
        f"create_engine({dsn!r})",
    )
    assert dsn in env
    files = projects.alembic(tmp_path, REVISIONS, env=env)
    with pytest.raises(
        PlannerError, match=r"env\.py:\d+: OperationalError.*nothing but the throwaway database"
    ) as error:
        capture.execute(projects.located(tmp_path, "alembic", files), copy=copy)
    assert "\n" not in str(error.value)


def test_missing_pieces(tmp_path: Path) -> None:
    with pytest.raises(PlannerError, match=r"no alembic\.ini"):
        capture.offline(projects.located(tmp_path, "alembic", []), engine=None)
    with pytest.raises(PlannerError, match=r"no manage\.py"):
        capture.offline(projects.located(tmp_path, "django", []), engine=None)
    with pytest.raises(PlannerError, match="--run"):
        capture.offline(projects.located(tmp_path, "flyway", []), engine=None)


def test_two_heads_are_told(tmp_path: Path) -> None:
    body = "def upgrade():\n    op.execute('SELECT 1 FROM t')\n"
    files = projects.alembic(tmp_path, {"r1": body, "r2": body, "r3": "# down: r1\n" + body})
    scripts = capture.offline(projects.located(tmp_path, "alembic", files[2:]), engine=None)
    (script,) = scripts
    assert ["2 heads (r2, r3)" in one.reason and one.line for one in script.unread] == [2]
    assert len(script.statements) == 1


def test_session_settings_of_env_belong_to_the_migration(tmp_path: Path, copy: Copy) -> None:
    env = projects.ENV.replace(
        "    with engine.connect() as connection:\n",
        "    with engine.connect() as connection:\n        connection.exec_driver_sql(\"SET lock_timeout = '2s'\")\n"
        "        connection.commit()\n",
    )
    files = projects.alembic(tmp_path, REVISIONS, env=env)
    (script,) = capture.execute(projects.located(tmp_path, "alembic", files[:1]), copy=copy)
    assert sql(script)[0] == "SET lock_timeout = '2s'"
    assert script.statements[0].file.endswith("env.py")


DJANGO = {
    "0001_initial": """
        operations = [
            migrations.CreateModel("Order", [
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=10, db_index=True)),
            ]),
            migrations.CreateModel("Line", [
                ("id", models.BigAutoField(primary_key=True)),
                ("order", models.ForeignKey("Order", on_delete=models.CASCADE)),
            ]),
        ]
        """,
    "0002_more": """
        def fill(apps, editor):
            model = apps.get_model("shop", "Order")
            model.objects.create(name="x", total=1)
            model.objects.filter(total=1).update(total=2)
        ---
        operations = [
            migrations.AddField("Order", "total", models.IntegerField(null=True)),
            migrations.RunPython(fill),
            migrations.AlterField("Order", "name", models.CharField(max_length=20, unique=True)),
        ]
        """,
    "0003_index": """
        from django.contrib.postgres.operations import AddIndexConcurrently
        ---
        atomic = False
        operations = [
            AddIndexConcurrently("Order", models.Index(fields=["total"], name="ix_total")),
            migrations.RunSQL("UPDATE shop_order SET total = 1; UPDATE shop_order SET total = 2"),
        ]
        """,
}


def test_django_offline(tmp_path: Path) -> None:
    files = projects.django(tmp_path, DJANGO)
    first, second, third = capture.offline(projects.located(tmp_path, "django", files), engine="postgresql")
    line = projects.line
    assert [one.name for one in (first, second, third)] == ["shop.0001_initial", "shop.0002_more", "shop.0003_index"]
    assert [(at, transaction, text[:12]) for at, text, transaction in told(first)][:2] == [
        (line(files[0], '"Order"'), 1, "CREATE TABLE"),
        (line(files[0], '"Line"'), 1, "CREATE TABLE"),
    ]
    key = next(one for one in told(first) if "FOREIGN KEY" in one[1])
    assert (key[0], key[2]) == (line(files[0], '"Line"'), 1)
    assert {one.line: "--execute" in one.reason for one in second.unread} == {
        line(files[1], "RunPython"): True,
        line(files[1], "AlterField"): True,
    }
    assert told(third) == _third(files)


def _third(files: list[str]) -> list[tuple[int, str, int | None]]:
    line = projects.line
    return [
        (
            line(files[2], "AddIndexConcurrently("),
            'CREATE INDEX CONCURRENTLY "ix_total" ON "shop_order" ("total")',
            None,
        ),
        (line(files[2], "RunSQL"), "UPDATE shop_order SET total = 1", 1),
        (line(files[2], "RunSQL"), "UPDATE shop_order SET total = 2", 1),
    ]


@pytest.mark.parametrize("production", [False, True])
def test_django_executed(tmp_path: Path, copy: Copy, production: bool) -> None:
    files = projects.django(tmp_path, DJANGO)
    if production:
        with copy.connect() as connection:
            connection.execute("CREATE TABLE shop_order (id bigserial PRIMARY KEY, name varchar(10) NOT NULL)")
    second, third = capture.execute(projects.located(tmp_path, "django", files[1:], files[:1]), copy=copy)
    line = projects.line
    found = told(second)
    assert found[:3] == [
        (line(files[1], "AddField"), 'ALTER TABLE "shop_order" ADD COLUMN "total" integer NULL', 1),
        (
            line(files[1], "objects.create"),
            """INSERT INTO "shop_order" ("name", "total") VALUES ('x', 1) RETURNING "shop_order"."id\"""",
            1,
        ),
        (
            line(files[1], "objects.filter"),
            'UPDATE "shop_order" SET "total" = 2 WHERE "shop_order"."total" = 1',
            1,
        ),
    ]
    assert {(at, group) for at, _, group in found[3:]} == {(line(files[1], "AlterField"), 1)}
    assert any("UNIQUE" in text for _, text, _ in found[3:])
    assert not any("pg_catalog" in text for _, text, _ in found)
    assert told(third) == _third(files)


def test_django_failure_is_told_with_its_line(tmp_path: Path, copy: Copy) -> None:
    broken = {
        "0001_a": "operations = [\n    migrations.RunSQL('CREATE TABLE a (i int)'),\n    migrations.RunSQL('ALTER TABLE nix ADD x int'),\n]\n",
        "0002_b": "operations = [migrations.RunSQL('CREATE TABLE b (i int)')]\n",
    }
    files = projects.django(tmp_path, broken)
    first, second = capture.execute(projects.located(tmp_path, "django", files), copy=copy)
    assert sql(first) == ["CREATE TABLE a (i int)", "ALTER TABLE nix ADD x int"]
    assert all(one.open_ended for one in first.statements)
    assert [one.line for one in first.unread] == [projects.line(files[0], "nix")]
    assert [one.reason for one in second.unread] == ["not run: shop.0001_a failed"]


def test_django_settings_that_fail(tmp_path: Path) -> None:
    files = projects.django(tmp_path, DJANGO, settings='X = os.environ["NOT_THERE"]\n')
    with pytest.raises(PlannerError, match=r"settings\.py:\d+: KeyError: 'NOT_THERE'"):
        capture.offline(projects.located(tmp_path, "django", files), engine=None)


def test_django_files_that_are_no_migrations(tmp_path: Path) -> None:
    files = projects.django(tmp_path, DJANGO)
    other = tmp_path / "elsewhere.py"
    other.write_text("")
    (script,) = capture.offline(projects.located(tmp_path, "django", [str(other)]), engine=None)
    assert not script.statements
    assert "INSTALLED_APPS" in script.unread[0].reason
    assert files


COMMAND = """
import os, psycopg, psycopg2
with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as c:
    c.execute("create table a (i int, b bytea, j jsonb)")
    c.execute("insert into a values (%s, %s, null)", [1, b"x'"])
    c.execute("insert into a (i) values (%s), (%b)", [-1, 5])
    with c.transaction():
        c.execute("alter table a add x int")
        try:
            with c.transaction():
                c.execute("alter table nix add x int")
        except psycopg.Error:
            pass
    c.execute("create table b (i int); create table c (i int)")
    c.cursor().executemany("insert into b values (%s)", [(1,), (2,)])
    try:
        c.execute("create table d (i int); create table c (i int); select 1")
    except psycopg.Error:
        pass
    c.execute("select pg_advisory_lock(7)")
    c.execute("create table schema_migrations (version text)")
c = psycopg2.connect("")
c.cursor().execute("drop table a")
c.rollback()
"""


def test_any_command(tmp_path: Path, copy: Copy) -> None:
    (script,) = capture.command(["python", "-c", COMMAND], copy=copy, directory=tmp_path)
    assert [(sql, transaction, one.open_ended) for one, (_, sql, transaction) in zip(script.statements, told(script), strict=True)] == [
        ("create table a (i int, b bytea, j jsonb)", None, False),
        (r"insert into a values (1, E'\\x7827'::bytea, null)", None, False),
        ("insert into a (i) values ((-1)), (5)", None, False),
        ("alter table a add x int", 1, False),
        ("alter table nix add x int", 1, True),
        ("create table b (i int)", 2, False),
        ("create table c (i int)", 2, False),
        ("insert into b values (1)", 3, False),
        ("insert into b values (2)", 3, False),
        ("create table d (i int)", 4, True),
        ("create table c (i int)", 4, True),
        ("drop table a", 5, True),
    ]  # fmt: skip
    assert [one.line for one in script.statements] == list(range(1, 13))
    assert script.tool == "run"


def test_command_that_fails(tmp_path: Path, copy: Copy) -> None:
    for argv, words in (
        (["false"], "code 1"),
        (["no-such-program-here"], "not found in the sandbox"),
        ([], "names no command"),
        (["python", "-c", "import psycopg; psycopg.connect('dbname=prod')"], "prod"),
    ):
        with pytest.raises(PlannerError, match=words) as error:
            capture.command(argv, copy=copy, directory=tmp_path)
        assert "\n" not in str(error.value)
    code = "import psycopg; psycopg.connect(autocommit=True).execute('create table z (i int)'); raise SystemExit('no more')"
    (script,) = capture.command(["python", "-c", code], copy=copy, directory=tmp_path)
    assert sql(script) == ["create table z (i int)"]
    assert any("no more" in note for note in script.notes)


def test_superuser_cannot_be_had(tmp_path: Path, copy: Copy) -> None:
    code = """
import os, psycopg
for user, database in (("advisor_admin", "shadow"), ("advisor_owner", "postgres"), ("postgres", "shadow")):
    try:
        psycopg.connect(user=user, dbname=database)
        print("in")
    except psycopg.Error as error:
        print("out")
with psycopg.connect(os.environ["DATABASE_URL"], options="-c session_preload_libraries=x") as c:
    pass
"""
    with pytest.raises(PlannerError, match=r"permission denied|code 1"):
        capture.command(["python", "-c", code], copy=copy, directory=tmp_path)


def test_django_engine_is_replaced_where_it_is_another_one(tmp_path: Path, copy: Copy) -> None:
    settings = (
        'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "x.db", '
        '"OPTIONS": {"init_command": "PRAGMA synchronous=2", "transaction_mode": "IMMEDIATE"}}}\n'
    )
    files = projects.django(tmp_path, {"0001_initial": DJANGO["0001_initial"]}, settings=settings)
    located: Any = projects.located(tmp_path, "django", files)
    (script,) = capture.offline(located, engine="postgresql")
    assert "GENERATED BY DEFAULT AS IDENTITY" in sql(script)[0]
    (script,) = capture.offline(located, engine="mysql")
    assert "AUTO_INCREMENT" in sql(script)[0]
    (script,) = capture.execute(located, copy=copy)  # the other driver's options are not handed on
    assert "GENERATED BY DEFAULT AS IDENTITY" in sql(script)[0]


def test_notes_of_a_stranger_point_to_nothing_outside(tmp_path: Path) -> None:
    """A project's code may speak in the tool's name: what it says names no file but the project's."""
    lies = [
        {"heads": ["a", "b"], "files": ["/dev/zero", "/etc/passwd", 7]},
        {"heads": 5, "files": 6},
        {"absent": "/etc/passwd", "reason": "x"},
        {"absent": str(tmp_path / ".." / "other.py"), "reason": "x"},
        {"section": "/etc/shadow", "name": "x", "line": "no number"},
        {"statement": "DROP TABLE a", "place": ["/etc/shadow", 1]},
        {"section": "../../x\n::error::", "name": "x", "line": 1},
        {"statement": "DROP TABLE b", "place": [str(tmp_path / "x"), 10**40]},
        {"section": ""},
    ]
    env = "import socket, json\nlink = socket.create_connection(('127.0.0.1', 54320))\nlines = link.makefile('rb')\n"
    env += f"for one in {lies!r}:\n    link.sendall(json.dumps(one).encode() + b'\\n')\n    lines.readline()\n"
    files = projects.alembic(tmp_path, REVISIONS, env=env + projects.text(projects.ENV))
    scripts = capture.offline(projects.located(tmp_path, "alembic", files), engine="postgresql")
    assert {script.file for script in scripts} == set(files)
    assert {one.file for script in scripts for one in (*script.statements, *script.unread)} <= set(files)
    assert not any("DROP" in one.sql for script in scripts for one in script.statements)


def test_committed_environment_chooses_nothing_to_look_at(tmp_path: Path) -> None:
    from advisor.dryrun.capture import interpreter

    secret, library = tmp_path / "secret", tmp_path / "library"
    for one in (secret / "keys", library):
        one.mkdir(parents=True)
    project = tmp_path / "project"
    site = project / ".venv" / "lib" / "python3.11" / "site-packages"
    site.mkdir(parents=True)
    (project / ".venv" / "pyvenv.cfg").write_text(f"home = {secret / 'keys'}\n")
    (site / "a.pth").write_text(f"{library}\n")

    def shown() -> set[Path]:
        return {path.resolve() for path in interpreter.visible_of(project / ".venv", project)}

    git = ["git", "-C", str(project)]
    subprocess.run([*git, "init", "-q"], check=True)
    assert {secret, library} <= shown()  # the user's own
    subprocess.run([*git, "add", "-f", ".venv/pyvenv.cfg"], check=True)
    assert not {secret, library} & shown()
    assert project / ".venv" in shown()


def test_alembic_offline_writes_values_down(tmp_path: Path) -> None:
    body = """
        def upgrade():
            people = sa.table("people", sa.column("name", sa.UnicodeText()))
            op.execute(people.update().values(name="o'neil"))
    """
    files = projects.alembic(tmp_path, {"r1": body})
    (script,) = capture.offline(projects.located(tmp_path, "alembic", files), engine="postgresql")
    assert sql(script) == ["UPDATE people SET name='o''neil'"]
