"""Django migrations go forwards, backwards and forwards again with Django itself."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys

import pytest

from advisor.catalog.source import load
from advisor.model.catalog import IndexKey
from advisor.recommend.definition import of_existing
from advisor.recommend.export import Change, Options, export, files
from tests.recommend.export import test_mariadb_runs as mariadb_case
from tests.recommend.export import test_postgresql_runs as postgresql_case
from tests.recommend.export.servers import mariadb_run, psql, standing

MODELS = """
from django.db import models
class Customer(models.Model):
    name = models.CharField(max_length=20)
class Order(models.Model):
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, db_index=False)
    created = models.DateField()
    note = models.TextField()
    tags = models.JSONField(null=True)
"""
#: The first migration has what the models have: tables shop_customer and shop_order.
FIRST = """
from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = []
    operations = [
        migrations.CreateModel("Customer", [("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                                            ("name", models.CharField(max_length=20))]),
        migrations.CreateModel("Order", [("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("customer", models.ForeignKey("shop.customer", on_delete=models.CASCADE, db_index=False)),
            ("created", models.DateField()), ("note", models.TextField()),
            ("tags", models.JSONField(null=True))]),
    ]
"""
SETTINGS = """
import os
SECRET_KEY = "x"
INSTALLED_APPS = ["shop"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {{"default": {database}}}
"""
MYSQL = "import pymysql\npymysql.version_info = (2, 2, 7, 'final', 0)\npymysql.install_as_MySQLdb()\n"


class Project:
    """A Django project with one application, ``shop``."""

    def __init__(self, where, database):
        self.where = where
        shop = where / "shop"
        (shop / "migrations").mkdir(parents=True)
        (shop / "__init__.py").write_text(MYSQL if "mysql" in str(database) else "")
        (shop / "migrations" / "__init__.py").write_text("")
        (shop / "models.py").write_text(MODELS)
        (shop / "migrations" / "0001_initial.py").write_text(FIRST)
        (where / "settings.py").write_text(SETTINGS.format(database=repr(database)))

    def add(self, texts):
        for name, text in texts.items():
            (self.where / "shop" / "migrations" / name).write_text(text)

    def migrate(self, *targets):
        """One process for all of them: starting Django takes longer than what it does."""
        moves = "".join(f"call_command('migrate', 'shop', {target!r}, verbosity=0)\n" for target in targets)
        self.run(moves)

    def run(self, moves):
        code = f"import django\ndjango.setup()\nfrom django.core.management import call_command\n{moves}"
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=self.where, capture_output=True, text=True, check=False,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(self.where)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


AFTER = Options(app="shop", after="0001_initial")


@pytest.mark.server
def test_postgresql(postgresql, tmp_path):
    name = postgresql.rpartition("/")[2]
    project = Project(
        tmp_path,
        {"ENGINE": "django.db.backends.postgresql", "NAME": name, "USER": "postgres", "HOST": "127.0.0.1"},
    )
    psql(postgresql, postgresql_case.SCHEMA)
    project.migrate("0001")
    catalog = load(postgresql)
    changes = [
        postgresql_case.create(
            "shop_order", "customer_id", IndexKey(column="created", descending=True), include=("note",)
        ),
        postgresql_case.create("shop_order", "tags", method="gin"),
        postgresql_case.create("shop_order", "created", method="brin", options=(("pages_per_range", "8"),)),
        postgresql_case.create("shop_order", IndexKey(column="note", opclass="gin_trgm_ops"), method="gin"),
        postgresql_case.create("shop_order", "created", where="note LIKE '%s 5%' AND note <> ';'"),
        *postgresql_case.CREATES,
        *postgresql_case.drops(catalog),
    ]
    written = files(changes, catalog, "django", AFTER)
    (text,) = written.values()
    assert list(written) == ["0002_advised_indexes.py"]
    assert "atomic = False" in text
    assert text.count("        AddIndexConcurrently(\n") == 4
    before = standing(postgresql)
    project.add(written)
    project.migrate("0002")
    after = standing(postgresql)
    assert len({each[1] for each in after - before}) == 5 + 9 + 4 + 5
    assert all(valid for *_, valid, _ in after)
    project.migrate("0001")
    assert standing(postgresql) == before
    project.migrate("0002", "0001", "0002")
    assert standing(postgresql) == after


@pytest.mark.server
def test_an_index_that_a_model_lists_is_taken_out_of_the_state_too(postgresql, tmp_path):
    name = postgresql.rpartition("/")[2]
    project = Project(
        tmp_path,
        {"ENGINE": "django.db.backends.postgresql", "NAME": name, "USER": "postgres", "HOST": "127.0.0.1"},
    )
    project.migrate("0001")
    first = load(postgresql)
    project.add(files([postgresql_case.create("shop_order", "created")], first, "django", AFTER))
    project.migrate("0002")
    catalog = load(postgresql)
    table = catalog.tables["shop_order"]
    index = next(each for each in table.indexes if each.name == "shop_order_created_idx")
    change = Change(kind="drop", index=of_existing(index, table, "postgresql"), name=index.name, ddl=index.ddl)
    told = Options(app="shop", after="0002_advised_indexes", state_indexes=frozenset({index.name}), slug="away")
    (text,) = (written := files([change], catalog, "django", told)).values()
    assert "RemoveIndexConcurrently" in text
    project.add(written)
    project.migrate("0003")
    assert index.name not in {each[0] for each in standing(postgresql)}
    project.migrate("0002")
    assert index.name in {each[0] for each in standing(postgresql)}


@pytest.mark.server
def test_mariadb(mariadb, tmp_path):
    pytest.importorskip("pymysql")
    project = Project(
        tmp_path,
        {"ENGINE": "django.db.backends.mysql", "NAME": mariadb.rpartition("/")[2], "USER": "root", "HOST": "127.0.0.1"},
    )
    mariadb_run(mariadb, mariadb_case.SCHEMA)
    project.migrate("0001")
    catalog = load(mariadb)
    changes = [
        mariadb_case.create("shop_order", "created", "customer_id"),
        *mariadb_case.CREATES,
        mariadb_case.drop(catalog),
    ]
    (text,) = (written := files(changes, catalog, "django", AFTER)).values()
    assert "SeparateDatabaseAndState" in text
    before = mariadb_case.indexes(mariadb)
    project.add(written)
    project.migrate("0002")
    after = mariadb_case.indexes(mariadb)
    assert len(after) == len(before) + len(changes) - 2
    project.migrate("0001")
    assert mariadb_case.indexes(mariadb) == before
    project.migrate("0002")
    assert mariadb_case.indexes(mariadb) == after


def test_sqlite(tmp_path):
    path = tmp_path / "app.db"
    project = Project(tmp_path, {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path)})
    project.migrate("0001")
    catalog = load(f"sqlite:///{path}")
    from tests.recommend.export.test_sqlite_runs import define

    changes = [
        Change(kind="create", index=define("shop_order", "created", "customer_id")),
        Change(kind="create", index=define("shop_order", IndexKey(expression="lower(note)"), where="note LIKE '5%;'")),
    ]
    project.add(files(changes, catalog, "django", AFTER))
    project.migrate("0002", "0001", "0002")
    names = {row[0] for row in sqlite3.connect(path).execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    made = {name for name in names if name.startswith("shop_")}
    assert len(made) == 2
    assert all(len(name) <= 30 for name in made)


def test_the_model_lists_the_index_as_the_comment_says(tmp_path):
    """With the index in Meta.indexes, as the migration's comment gives it, Django finds nothing left to migrate."""
    path = tmp_path / "app.db"
    project = Project(tmp_path, {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path)})
    project.migrate("0001")
    from tests.recommend.export.test_sqlite_runs import define

    catalog = load(f"sqlite:///{path}")
    change = Change(kind="create", index=define("shop_order", "created", IndexKey(column="note", descending=True)))
    (text,) = (written := files([change], catalog, "django", AFTER)).values()
    project.add(written)
    line = text.partition("index=")[2].partition("\n")[0].rstrip("),")
    models = MODELS + f"    class Meta:\n        indexes = [{line})]\n"
    (tmp_path / "shop" / "models.py").write_text(models)
    project.run("call_command('makemigrations', 'shop', check=True, dry_run=True, verbosity=0)")


def test_a_table_of_no_application_is_plain_sql():
    from tests.recommend.export.test_sqlite_runs import SCHEMA, define, read_ddl

    text = export(
        [Change(kind="create", index=define("orders", "id"))], read_ddl(SCHEMA, "s", "sqlite"), "django", AFTER
    )
    compile(text, "migration", "exec")
    assert "RunSQL" in text
    assert "AddIndex" not in text
