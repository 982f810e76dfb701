"""A dump and the server that it was made from give the same catalog."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from advisor.catalog import CatalogError, load
from advisor.catalog.live.dsn import address
from advisor.model.catalog import Catalog
from tests.conftest import StartServer

HERE = Path(__file__).parent
#: What only a server knows, or only a file.
_ONE_SIDED = {"line", "rows", "bytes", "scans", "last_scan", "ddl"}


def comparable(catalog: Catalog) -> dict[str, Any]:
    tables = {}
    for name, table in catalog.tables.items():
        plain = msgspec.to_builtins(table)
        for key in (*_ONE_SIDED, "check_names"):
            plain.pop(key, None)
        plain["columns"] = [{k: v for k, v in c.items() if k != "identity_as"} for c in plain["columns"]]  # one meaning
        plain["indexes"] = {i["name"]: {k: v for k, v in i.items() if k not in _ONE_SIDED} for i in plain["indexes"]}
        for part in ("foreign_keys", "policies"):
            plain[part] = sorted(plain[part], key=lambda item: item["name"])
        plain["checks"] = sorted(plain["checks"])
        plain["triggers"] = sorted(plain["triggers"])
        if table.kind in ("view", "materialized_view"):
            plain.pop("columns")  # DDL does not list them
            if catalog.engine.name != "postgresql":
                plain.pop("definition")  # MariaDB qualifies the stored text
        tables[name] = plain
    return tables


def command(*names: str) -> str:
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail(f"{names[0]} is not installed: sh tests/start-servers installs it with its server")
    return found


@pytest.mark.server
def test_postgresql(postgresql_with: StartServer, tmp_path: Path):
    import psycopg

    server = postgresql_with({})
    base = server.dsn.rpartition("/")[0] if server.dsn.count("/") > 2 else server.dsn
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS catalog_test")
        connection.execute("CREATE DATABASE catalog_test")
    dsn = f"{base}/catalog_test"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute((HERE / "schema_postgresql.sql").read_text())  # type: ignore[arg-type]
        connection.execute(
            "INSERT INTO orders (customer_id, total, placed, code) SELECT 1, g, now() + g * interval '1 s', g::text FROM generate_series(1, 5000) g"
        )
        connection.execute("ANALYZE")
    dump = tmp_path / "dump.sql"
    dump.write_bytes(subprocess.run([command("pg_dump"), dsn], check=True, capture_output=True).stdout)
    live, file = load(dsn), load(str(dump))
    assert file.unread == []
    assert comparable(file) == comparable(live)
    assert file.types == live.types
    assert file.engine == live.engine
    assert live.tables["orders"].rows == 5000
    assert (live.tables["orders"].bytes or 0) > 100_000
    assert live.settings["lc_collate"]
    assert "sizes" in live.known
    assert "sizes" not in file.known
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("DROP DATABASE catalog_test")


@pytest.mark.server
def test_mariadb(mariadb_with: StartServer, tmp_path: Path):
    import pymysql

    server = mariadb_with({})
    client = [command("mariadb", "mysql"), "-h", server.host, "-P", str(server.port), "-u", server.user]
    subprocess.run([*client, "-e", "DROP DATABASE IF EXISTS catalog_test; CREATE DATABASE catalog_test"], check=True)
    subprocess.run([*client, "catalog_test"], check=True, input=(HERE / "schema_mariadb.sql").read_bytes())
    dsn = f"mysql://{server.user}@{server.host}:{server.port}/catalog_test"
    dumper = [command("mariadb-dump", "mysqldump"), "-h", server.host, "-P", str(server.port), "-u", server.user]
    dump = tmp_path / "dump.sql"
    dump.write_bytes(subprocess.run([*dumper, "--triggers", "catalog_test"], check=True, capture_output=True).stdout)
    live, file = load(dsn), load(str(dump))
    assert file.unread == []
    assert comparable(file) == comparable(live)
    assert live.engine.name == file.engine.name == "mariadb"
    assert live.tables["logs"].rows == 2
    everything = load(dsn.removesuffix("/catalog_test"))
    assert "catalog_test.orders" in everything.tables
    assert everything.find("orders") is everything.tables["catalog_test.orders"]
    with (
        pymysql.connect(host=server.host, port=server.port, user=server.user) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("DROP DATABASE catalog_test")


def test_sqlite(tmp_path: Path):
    import sqlite3

    path = tmp_path / "a b.db"
    script = (
        "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT UNIQUE); CREATE TABLE c (p_id INT REFERENCES p, x);"
        "CREATE INDEX cx ON c (x); INSERT INTO c SELECT 1, 2; ANALYZE;"
    )
    with sqlite3.connect(path) as connection:
        connection.executescript(script)
    live = load(f"sqlite:///{path}")
    assert list(live.tables) == ["p", "c"]
    assert live.tables["c"].rows == 1
    assert [i.name for i in live.tables["p"].indexes] == ["rowid", "sqlite_autoindex_p_1"]
    with sqlite3.connect(path) as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    assert names == {"sqlite_autoindex_p_1", "cx"}
    assert live.tables["c"].foreign_keys[0].parent_columns == ("id",)


@pytest.mark.parametrize(
    "source",
    [
        "postgresql://me:s3cret%2Fpw@127.0.0.1:1/db",
        "mysql://me:s3cret%2Fpw@127.0.0.1:1/db",
        "postgresql+psycopg://me:s3cret%2Fpw@127.0.0.1:1/db?sslpassword=s3cret/pw",
        "postgresql://me:s3cret%2Fpw@127.0.0.1:port/db",
        "postgresql://me:s3cret%2Fpw@127.0.0.1:1/db?nonsense=1",
        "oracle://me:s3cret%2Fpw@h/db",
        "sqlite:///no/such/file.db",
        "no/such/file.sql",
        ".",
    ],
)
def test_errors_are_one_line_without_the_password(source: str):
    with pytest.raises(CatalogError) as caught:
        load(source)
    message = str(caught.value)
    assert "s3cret" not in message
    assert "\n" not in message
    assert len(message) < 400


def test_addresses():
    found = address("mysql+pymysql://u:p%40w@h:3307/db?charset=utf8&password=zz")
    assert (found.scheme, found.host, found.port, found.user, found.password, found.database) == (
        "mysql",
        "h",
        3307,
        "u",
        "p@w",
        "db",
    )
    assert found.safe == "mysql://u@h:3307/db?charset=utf8"
    assert "p@w" not in repr(found)
    assert found.clean("bad\npassword 'p@w' or zz") == "bad password '***' or ***"
