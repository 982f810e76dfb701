"""Alembic revisions go up, down and up again with Alembic itself."""

from __future__ import annotations

import sqlite3

import pytest

from advisor.catalog.source import load
from advisor.model.catalog import IndexKey
from advisor.recommend.export import Change, Options, export, files
from tests.recommend.export import test_mariadb_runs as mariadb_case
from tests.recommend.export import test_postgresql_runs as postgresql_case
from tests.recommend.export import test_sqlite_runs as sqlite_case
from tests.recommend.export.servers import mariadb_run, psql, standing

ENV = """
from alembic import context
from sqlalchemy import create_engine
with create_engine(context.config.get_main_option("sqlalchemy.url").replace("%%", "%")).connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""
FIRST = 'revision = "1"\ndown_revision = None\ndef upgrade(): pass\ndef downgrade(): pass\n'


@pytest.fixture
def project(tmp_path):
    """Gives a function that runs Alembic in a project with the given files, and answers with a mover."""

    def make(url, texts):
        from alembic import command
        from alembic.config import Config

        (tmp_path / "versions").mkdir()
        (tmp_path / "env.py").write_text(ENV)
        (tmp_path / "versions" / "1_first.py").write_text(FIRST)
        for name, text in texts.items():
            (tmp_path / "versions" / name).write_text(text)
        config = Config()
        config.set_main_option("script_location", str(tmp_path))
        config.set_main_option("path_separator", "os")
        config.set_main_option("sqlalchemy.url", url)
        return lambda target: (command.upgrade if target == "head" else command.downgrade)(config, target)

    return make


AFTER = Options(down_revision="1")


@pytest.mark.server
def test_postgresql(postgresql, project):
    psql(postgresql, postgresql_case.SCHEMA)
    catalog = load(postgresql)
    changes = [*postgresql_case.CREATES, *postgresql_case.drops(catalog)]
    text = export(changes, catalog, "alembic", AFTER)
    assert "op.create_index(" in text
    assert "postgresql_concurrently=True" in text
    assert "autocommit_block()" in text
    before = standing(postgresql)
    move = project(
        postgresql.replace("postgresql://", "postgresql+psycopg://"), files(changes, catalog, "alembic", AFTER)
    )
    move("head")
    after = {each for each in standing(postgresql) if "alembic" not in each[0]}
    psql(postgresql, "")
    move("1")
    assert {each for each in standing(postgresql) if "alembic" not in each[0]} == before
    move("head")
    assert {each for each in standing(postgresql) if "alembic" not in each[0]} == after
    # The same as by the file of SQL.
    move("1")
    psql(postgresql, export(changes, catalog, "sql"))
    assert {each for each in standing(postgresql) if "alembic" not in each[0]} == after


@pytest.mark.server
def test_mariadb(mariadb, project):
    mariadb_run(mariadb, mariadb_case.SCHEMA)
    catalog = load(mariadb)
    changes = [*mariadb_case.CREATES, mariadb_case.drop(catalog)]
    before = mariadb_case.indexes(mariadb)
    move = project(mariadb.replace("mariadb://", "mysql+pymysql://"), files(changes, catalog, "alembic", AFTER))
    move("head")
    after = {key: value for key, value in mariadb_case.indexes(mariadb).items() if key[0] != "alembic_version"}
    assert len(after) == len(before) + len(mariadb_case.CREATES) - 1
    move("1")
    now = {key: value for key, value in mariadb_case.indexes(mariadb).items() if key[0] != "alembic_version"}
    assert now == before
    move("head")


def test_sqlite(tmp_path, project):
    path = tmp_path / "app.db"
    connection = sqlite3.connect(path)
    connection.executescript(sqlite_case.SCHEMA)
    catalog = load(f"sqlite:///{path}")
    index = catalog.tables["orders"].indexes[0]
    changes = [
        Change(
            kind="create", index=sqlite_case.define("orders", "customer_id", IndexKey(column="id", descending=True))
        ),
        Change(
            kind="create",
            index=sqlite_case.define("orders", IndexKey(expression="substr(note, 1, 2)"), where="note LIKE '5%:x'"),
        ),
        Change(kind="drop", index=sqlite_case.define("orders", "note"), name="i_note", ddl=index.ddl),
    ]
    before = sqlite_case.state(connection)
    move = project(f"sqlite:///{path}", files(changes, catalog, "alembic", AFTER))
    move("head")
    after = sqlite_case.state(connection)
    assert len(after - before) == 3  # with Alembic's own key
    assert "LIKE '5%:x'" in str(after)
    move("1")
    assert {name for name, _ in sqlite_case.state(connection)} >= {name for name, _ in before}
    move("head")
    assert sqlite_case.state(connection) == after


def test_nothing_to_do_is_a_valid_revision(project, tmp_path):
    catalog = load_empty()
    text = export([], catalog, "alembic")
    compile(text, "revision", "exec")
    assert "down_revision = None" in text


def load_empty():
    from advisor.model.catalog import Catalog
    from advisor.model.engine import Engine

    return Catalog(engine=Engine("postgresql"), tables={})
