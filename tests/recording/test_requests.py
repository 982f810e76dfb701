"""Requests are units of their own: of Flask, of any application of WSGI and ASGI, in threads that a coroutine uses."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from typing import Any

import jinja2
import pytest
from flask import Flask, jsonify, render_template
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

import advisor


@pytest.fixture
def captured() -> Iterator[tuple[sqlite3.Connection, Any]]:
    with advisor.capture(sqlite3) as trace:
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        connection.executescript(
            "CREATE TABLE authors (id INTEGER PRIMARY KEY, name); CREATE TABLE books (author_id);"
            "INSERT INTO books VALUES (1), (2), (3); INSERT INTO authors VALUES (1, 'a'), (2, 'b'), (3, 'c')"
        )
        yield connection, trace
    connection.close()


def keys(connection: sqlite3.Connection) -> list[int]:
    return [key for (key,) in connection.execute("SELECT author_id FROM books").fetchall()]


def author(connection: sqlite3.Connection, key: int) -> str:
    return str(connection.execute("SELECT name FROM authors WHERE id = ?", (key,)).fetchone()[0])


def sites(trace: Any) -> list[str]:
    return [r.site.function for r in trace.n_plus_ones()]


def test_flask(captured: Any) -> None:
    connection, trace = captured
    app = Flask(__name__)
    app.add_url_rule("/keys", "keys", lambda: jsonify(keys(connection)))
    app.add_url_rule("/author/<int:key>", "author", lambda key: author(connection, key))
    app.add_url_rule("/authors", "authors", lambda: jsonify([author(connection, key) for key in keys(connection)]))
    client = app.test_client()
    assert [client.get(f"/author/{key}").text for key in client.get("/keys").json] == ["a", "b", "c"]
    assert sites(trace) == []
    assert client.get("/authors").json == ["a", "b", "c"]
    assert sites(trace) == ["author"]


def test_any_wsgi_application(captured: Any) -> None:
    connection, trace = captured

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        path = environ["PATH_INFO"].strip("/")
        start_response("200 OK", [])
        if path.isdigit():
            return [author(connection, int(path)).encode()]
        return [author(connection, key).encode() for key in keys(connection)]

    def get(path: str) -> list[bytes]:
        return application({"PATH_INFO": path}, lambda *_: None)

    for key in keys(connection):
        get(f"/{key}")
    assert sites(trace) == []
    get("/all")
    assert sites(trace) == ["author"]
    assert trace.repetitions[0].n == 3


@pytest.mark.parametrize("in_thread", [False, True])
def test_any_asgi_application(captured: Any, in_thread: bool) -> None:
    connection, trace = captured

    def answer(path: str) -> list[str]:
        return [author(connection, int(path))] if path.isdigit() else [author(connection, k) for k in keys(connection)]

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        path = scope["path"].strip("/")
        await send(await asyncio.to_thread(answer, path) if in_thread else answer(path))

    async def get(path: str) -> None:
        async def send(message: Any) -> None:
            pass

        await application({"type": "http", "path": path}, None, send)

    async def pages() -> None:
        for key in keys(connection):
            await get(f"/{key}")

    asyncio.run(pages())
    assert sites(trace) == []
    asyncio.run(get("/all"))
    assert sites(trace) == ["author"]
    # through the thread, to the coroutine that waits for it and its callers
    functions = [site.function.rpartition(".")[2] for site in trace.repetitions[0].stack]
    assert functions[-4:] == ["answer", "application", "get", "test_any_asgi_application"]


def test_a_line_of_a_template_of_jinja(engine: Engine, shop: Any, tmp_path: Any) -> None:
    (tmp_path / "shelf.html").write_text(
        "<ul>\n{% for book in books %}\n  <li>{{ book.title }}\n  {{ book.author.name }}\n{% endfor %}"
    )
    app = Flask(__name__)
    app.jinja_loader = jinja2.FileSystemLoader(tmp_path)
    with Session(engine) as session, app.app_context(), advisor.capture(engine) as trace:
        render_template("shelf.html", books=session.scalars(select(shop.Book)))
    (found,) = trace.n_plus_ones()
    assert (found.site.template, found.site.file, found.site.line) == (True, str(tmp_path / "shelf.html"), 4)
    assert "shelf.html:4 (template)" in trace.report()
    assert found.stack[1].function == "test_a_line_of_a_template_of_jinja"
