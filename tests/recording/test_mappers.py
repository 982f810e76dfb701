"""Mappers besides SQLAlchemy's blocking one: what each was seen loading, and through which targets."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import peewee
import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

import advisor
from tests.recording.conftest import APPS

database = peewee.SqliteDatabase(None)


class Shelf(peewee.Model):
    name = peewee.CharField()

    class Meta:
        database = database


class Jar(peewee.Model):
    shelf = peewee.ForeignKeyField(Shelf, backref="jars")
    label = peewee.CharField()

    class Meta:
        database = database


@pytest.mark.parametrize(
    ("page", "found"),
    [
        (lambda: [(j.label, j.shelf.name) for j in Jar.select()], "confirmed"),
        (lambda: [(j.label, j.shelf.name) for j in Jar.select(Jar, Shelf).join(Shelf)], None),
        (lambda: [[j.label for j in s.jars] for s in Shelf.select()], "likely"),
        (lambda: [[j.label for j in s.jars] for s in peewee.prefetch(Shelf.select(), Jar.select())], None),
    ],
)
def test_peewee(page: Any, found: str | None) -> None:
    with advisor.capture(sqlite3) as trace:
        database.init(":memory:")
        with database:
            database.create_tables([Shelf, Jar])
            for number in range(3):
                Jar.create(shelf=Shelf.create(name=number), label="x")
            page()
    assert [r.tier for r in trace.n_plus_ones()] == ([found] if found else [])
    assert {s.framework for s in trace.statements if s.counted} <= {"peewee"}
    if found == "confirmed":
        assert trace.repetitions[0].lazy.attribute == "shelf"
        assert ".join(" in trace.repetitions[0].fix


@pytest.mark.parametrize(
    "driver",
    [
        "sqlite+aiosqlite",
        pytest.param("postgresql+asyncpg", marks=pytest.mark.server),
        pytest.param("mysql+aiomysql", marks=pytest.mark.server),
    ],
)
def test_asynchronous_sessions(driver: str, request: Any, filled: Any, shop: Any, tmp_path: Any) -> None:
    if driver.startswith("sqlite"):
        url = f"sqlite:///{tmp_path}/shop.db"
    elif driver.startswith("postgresql"):
        url = f"postgresql+psycopg://postgres@127.0.0.1/{request.getfixturevalue('postgresql_database')}"
    else:
        url = f"mysql+pymysql://root@127.0.0.1/{request.getfixturevalue('mariadb_database')}"
    filled(create_engine(url)).dispose()

    async def page(session: AsyncSession) -> None:
        for book in (await session.scalars(select(shop.Book))).all():
            await session.get(shop.Author, book.author_id)

    async def run() -> advisor.recording.Trace:
        engine = create_async_engine(f"{driver}:{url.partition(':')[2]}")
        # the driver as well: what both see is recorded once
        also = [__import__("aiosqlite"), sqlite3] if "sqlite" in driver else []
        with advisor.capture(engine, *also) as trace:
            async with AsyncSession(engine) as session:
                await page(session)
        await engine.dispose()
        return trace

    trace = asyncio.run(run())
    assert trace.count == 13, trace.report()
    (found,) = trace.n_plus_ones()
    assert found.site.function.endswith(".page")
    assert (found.n, found.parent_rows) == (12, 12)


def test_aiosqlite_by_itself() -> None:
    import aiosqlite

    async def page(connection: aiosqlite.Connection) -> None:
        async with connection.execute("SELECT id, author_id FROM books") as cursor:
            rows = await cursor.fetchall()
        for _, author in rows:
            await connection.execute("SELECT name FROM authors WHERE id = ?", (author,))

    async def run() -> advisor.recording.Trace:
        with advisor.capture(aiosqlite, sqlite3) as trace:
            async with aiosqlite.connect(":memory:") as connection:
                await connection.executescript(
                    "CREATE TABLE authors (id INTEGER PRIMARY KEY, name); CREATE TABLE books (id, author_id)"
                )
                await connection.executemany("INSERT INTO books VALUES (?, ?)", [(n, n) for n in range(3)])
                await page(connection)
        return trace

    trace = asyncio.run(run())
    assert [s.executions for s in trace.statements] == [1, 3, 1, 1, 1, 1]
    assert trace.n_plus_ones(), trace.report()
    (found,) = trace.n_plus_ones()
    assert (found.n, found.parent_rows) == (3, 3)
    assert found.site.function.endswith(".page")


def test_targets_of_django(tmp_path: Path) -> None:
    """In a process of its own: Django's settings are made once."""
    program = """
        import asyncio, os, sys
        os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
        import django, settings
        settings.DATABASES["default"]["NAME"] = "file::memory:?cache=shared"  # threads share it
        django.setup()
        from django.core.management import call_command
        from django.db import connection, connections
        from shop.models import Author, Book
        import advisor

        call_command("migrate", run_syncdb=True, verbosity=0)
        for n in range(3):
            Book.objects.create(title="x", author=Author.objects.create(name="y"))

        def page():
            return [book.author.name for book in Book.objects.all()]

        for target in (connection, "default", connections, connections["default"]):
            with advisor.capture(target) as trace:
                page()
            assert trace.count == 4, (target, trace.count)
            (found,) = trace.n_plus_ones()
            assert found.lazy.attribute == "author"
            page()
            assert trace.count == 4
        for wrong, words in (("elsewhere", "no alias"), (Author, "give a connection or its alias")):
            try:
                with advisor.capture(wrong):
                    pass
            except advisor.recording.CaptureError as error:
                assert words in str(error), error
            else:
                raise AssertionError(wrong)

        async def each():
            async for book in Book.objects.all():
                await Author.objects.aget(pk=book.author_id)

        async def joined():
            async for book in Book.objects.select_related("author"):
                book.author.name

        with advisor.capture("default") as trace:
            asyncio.run(joined())
        assert (trace.count, trace.n_plus_ones()) == (1, [])
        with advisor.capture("default") as trace:
            asyncio.run(each())
        (found,) = trace.n_plus_ones()
        assert found.site.function == "each", found.site
        assert found.n == 3
    """
    (tmp_path / "program.py").write_text(textwrap.dedent(program))
    done = subprocess.run(
        [sys.executable, "-B", str(tmp_path / "program.py")],
        cwd=APPS / "django_shop",
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(APPS / "django_shop"), str(APPS.parents[1])])},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.server
def test_an_alias_means_every_thread_and_text_runs_through_mappers_too(postgresql_database: str) -> None:
    engine = create_engine(f"postgresql+psycopg2://postgres@127.0.0.1/{postgresql_database}")
    with advisor.capture(engine) as trace, engine.connect() as connection:
        connection.execute(text("SELECT :n"), [{"n": n} for n in range(3)])
    assert (trace.count, trace.round_trips) == (1, 3)
    engine.dispose()
