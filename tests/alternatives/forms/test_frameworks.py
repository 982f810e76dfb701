"""Alembic and Django run what is written for them, and leave what the statement would have left."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
import pytest

from advisor.alternatives.forms import Origin, with_files
from advisor.alternatives.forms.inverse import inverses
from advisor.alternatives.forms.units import Unit, units
from advisor.model.check import Alternative
from tests.alternatives.copies import Copies, rows, shape
from tests.alternatives.test_equivalence import ONLY, SAME, SCHEMA
from tests.dryrun.capture import projects

pytestmark = pytest.mark.server
CASES = [*SAME, *ONLY[15]]
#: What conventions of names would change, and texts in which SQLAlchemy and drivers would see parameters.
HARD = [
    "ALTER TABLE orders ADD CONSTRAINT plain CHECK (state <> ':x' AND state !~ 'a\\:b' AND state NOT LIKE '%z%%')",
    "CREATE INDEX plain ON orders (n, state) WHERE state <> ':y' AND state LIKE '10%' AND n::bigint > 1",
    'ALTER TABLE "Sales"."Select" ADD CONSTRAINT plain CHECK (v > -9) , ADD CONSTRAINT own FOREIGN KEY (v, w) REFERENCES'
    ' "Sales"."Select" ("Order", "group") ON DELETE SET NULL NOT VALID',
    "ALTER TABLE orders ADD CONSTRAINT plain FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE SET NULL ON UPDATE CASCADE",
    "UPDATE orders SET state = ':v%' || left(state, 3) WHERE state NOT LIKE '%:x%' AND state <> E'\\\\:q'",
]
CONVENTION = 'from sqlalchemy import MetaData\ntarget = MetaData(naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s", "ix": "ix_%(column_0_label)s", "fk": "fk_%(constraint_name)s"})\n'


@pytest.fixture(scope="module")
def copies() -> Iterator[Copies]:
    made = Copies(15, SCHEMA)
    yield made
    made.close()


def some(texts: list[str]) -> list[Any]:
    """Each fifth in every run; all of them in a long one."""
    return [one if not n % 5 else pytest.param(one, marks=pytest.mark.long) for n, one in enumerate(texts)]


def installed(*names: str) -> dict[str, tuple[int, ...]]:
    return {name: tuple(int(one) for one in re.findall(r"\d+", version(name))[:3]) for name in names}


def lay(found: Alternative) -> None:
    for one in found.files:
        # Batches that take more than one turn, and the value that only a user knows.
        Path(one.path).write_text(one.text.replace("LIMIT 1000", "LIMIT 7").replace("time.sleep(0.1)", "pass"))


def clean(work: psycopg.Connection[Any], *names: str) -> None:
    for name in names:
        work.execute(f"DROP TABLE IF EXISTS {name}".encode())


def same(copies: Copies, sql: str, stepped: psycopg.Connection[Any]) -> None:
    name, straight = copies.fresh()
    try:
        if sql:
            straight.execute(sql.encode())
        ours, theirs = shape(stepped), shape(straight)
        for part in theirs:
            assert [x for x in ours[part] if x not in theirs[part]] == [], part
            assert [x for x in theirs[part] if x not in ours[part]] == [], part
        if sql:
            assert rows(stepped) == rows(straight)
    finally:
        copies.drop(name, straight)


def reversible(found: Alternative) -> bool:
    parts = [one for one in units(found) or [] if isinstance(one, Unit)]
    return None not in inverses(parts)


@pytest.mark.parametrize("each", [True, False], ids=["a transaction each", "one transaction"])
@pytest.mark.parametrize("sql", [*HARD, *some(CASES)])
def test_alembic(copies: Copies, sql: str, each: bool, tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    found = copies.instead(sql)
    assert found is not None
    name, work = copies.fresh()
    try:
        url = f"postgresql+psycopg2://advisor_owner@/{name}?host={copies.cluster.sockets}"
        env = projects.ENV.replace("config = context.config", f"config = context.config\n{CONVENTION}")
        env = env.replace("connection=connection", "connection=connection, target_metadata=target")
        env = env if each else env.replace("transaction_per_migration=True", "transaction_per_migration=False")
        files = projects.alembic(
            tmp_path, {"ae10": "def upgrade():\n    pass\ndef downgrade():\n    pass\n"}, env=env, url=url
        )
        place = Origin(
            tool="alembic", file=files[0], name="ae10", line=6, sql=sql, engine=copies.engine,
            versions=installed("alembic", "sqlalchemy"),
        )  # fmt: skip
        written, count = with_files(found, place)
        assert count == len(written.files) > 0
        lay(written)
        config = Config(str(tmp_path / "alembic.ini"))
        config.set_main_option("script_location", str(tmp_path / "migrations"))
        command.upgrade(config, "head")
        clean(work, "alembic_version")
        same(copies, sql, work)
        if reversible(found):
            work.execute(b"CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
            work.execute(b"INSERT INTO alembic_version VALUES ('ae10_" + str(count).encode() + b"')")
            command.downgrade(config, "ae10")
            clean(work, "alembic_version")
            same(copies, "", work)
    finally:
        copies.drop(name, work)


def manage(root: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=root,
        env={**os.environ, "SECRET_KEY": "x", "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def database(copies: Copies, name: str) -> str:
    return (
        f'DATABASES = {{"default": {{"ENGINE": "django.db.backends.postgresql", "NAME": "{name}", '
        f'"USER": "advisor_owner", "HOST": "{copies.cluster.sockets}"}}}}\n'
    )


@pytest.mark.parametrize("sql", [*HARD, *some(CASES)])
def test_django(copies: Copies, sql: str, tmp_path: Path) -> None:
    found = copies.instead(sql)
    assert found is not None
    name, work = copies.fresh()
    try:
        root = tmp_path / "project"
        files = projects.django(root, {"0001_own": "operations = []\n"}, settings=database(copies, name))
        place = Origin(
            tool="django", file=files[0], name="shop.0001_own", line=4, sql=sql, engine=copies.engine,
            text=Path(files[0]).read_text(), versions=installed("django"),
        )  # fmt: skip
        written, count = with_files(found, place)
        assert count == len(written.files) > 0
        lay(written)
        manage(root, "migrate")
        clean(work, "django_migrations")
        same(copies, sql, work)
    finally:
        copies.drop(name, work)


MODELS = """
from django.db import models

class Order(models.Model):
    state = models.CharField(max_length=20)
    amount = models.IntegerField(null=True)
"""
FIRST = """
operations = [
    migrations.CreateModel("Order", [("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
        ("state", models.CharField(max_length=20)), ("amount", models.IntegerField(null=True))]),
]
"""
SECOND = {
    "AddIndexConcurrently(": (
        'migrations.AddIndex(model_name="order", index=models.Index(fields=["state", "-amount"], name="by_state")),',
        'CREATE INDEX "by_state" ON "shop_order" ("state", "amount" DESC)',
        '    class Meta:\n        indexes = [models.Index(fields=["state", "-amount"], name="by_state")]\n',
    ),
    "ValidateConstraint(": (
        'migrations.AddConstraint("order", models.CheckConstraint(name="ge0", condition=models.Q(amount__gte=0))),',
        'ALTER TABLE "shop_order" ADD CONSTRAINT "ge0" CHECK ("amount" >= 0)',
        '    class Meta:\n        constraints = [models.CheckConstraint(name="ge0", condition=models.Q(amount__gte=0))]\n',
    ),
    "state_operations=[": (
        'migrations.AddConstraint("order", models.UniqueConstraint(name="one", fields=["state"])),',
        'ALTER TABLE "shop_order" ADD CONSTRAINT "one" UNIQUE ("state")',
        '    class Meta:\n        constraints = [models.UniqueConstraint(name="one", fields=["state"])]\n',
    ),
}


@pytest.mark.parametrize("word", SECOND)
def test_the_state_of_djangos_models_stays_whole(word: str, tmp_path: Path) -> None:
    """With the operation moved to the new files, makemigrations finds nothing to do."""
    operation, sql, meta = SECOND[word]
    copies = Copies(15, "CREATE TABLE shop_order (id bigint PRIMARY KEY, state varchar(20) NOT NULL, amount integer)")
    name, work = copies.fresh()
    try:
        root = tmp_path / "project"
        second = f"operations = [\n    {operation}\n]\n"
        files = projects.django(root, {"0001_own": FIRST, "0002_more": second}, settings=database(copies, name))
        (root / "shop" / "models.py").write_text(MODELS + meta)
        text = Path(files[1]).read_text()
        line = projects.line(files[1], operation[:30])
        found = copies.instead(sql)
        assert found is not None
        place = Origin(
            tool="django", file=files[1], name="shop.0002_more", line=line, sql=sql, engine=copies.engine, text=text,
            lines=(line,), versions=installed("django"),
        )  # fmt: skip
        written, _ = with_files(found, place)
        assert any(word in one.text for one in written.files)
        assert any("state of the models included" in note for note in written.file_notes)
        lay(written)
        Path(files[1]).write_text(text.replace(operation, ""))
        manage(root, "migrate", "shop", "0001_own", "--fake")
        manage(root, "migrate")
        assert "No changes detected" in manage(root, "makemigrations", "--check", "--dry-run")
        clean(work, "django_migrations")
        same(copies, sql, work)
        manage(root, "migrate", "shop", "0001_own", "--fake")
    finally:
        copies.drop(name, work)
        copies.close()
