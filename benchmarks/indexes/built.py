"""Indexes that are really built, each once, and shown to the planner set by set."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import psycopg

from benchmarks.indexes.data.database import DataSet

#: What CREATE INDEX leaves behind in the table's row of pg_class before PostgreSQL 18.
_COUNTS = (
    "SELECT c.oid, c.relpages, c.reltuples, c.relallvisible FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind = 'r' AND n.nspname = 'public'"
)
_PREFIX = "bench_ix_"


def plain(text: str) -> str:
    """``ON table (...)`` in one way of writing: equal texts are the same index."""
    text = re.sub(r"\s+", " ", text.strip().rstrip(";"))
    text = re.sub(r"\bpublic\.", "", text).replace('"public".', "")
    text = re.sub(r" USING btree ", " ", text, flags=re.IGNORECASE)
    text = re.sub(r'"([a-z_][a-z0-9_]*)"', r"\1", text)
    return re.sub(r"\s*\(\s*", " (", text, count=1)


class Built:
    """Every index of every answer. Invisible ones are neither planned with nor maintained.

    An index is hidden by ``pg_index.indisvalid`` and ``indisready``, as one is that CREATE INDEX CONCURRENTLY has not
    finished: the planner does not see it and writes do not touch it. Showing a set is then a matter of milliseconds, and
    each index has been built exactly once, over the same table.
    """

    def __init__(self, data: DataSet) -> None:
        self.data = data
        self.bytes: dict[str, int] = {}
        self.names: dict[str, str] = {}
        self.refused: dict[str, str] = {}

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection]:
        """A fresh backend, as whoever may do everything."""
        with psycopg.connect(self.data.dsn, autocommit=True, prepare_threshold=None) as connection:
            yield connection

    def clear(self) -> None:
        """Drops whatever an earlier run left."""
        with self.connect() as connection:
            rows = connection.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE %s", (_PREFIX + "%",))
            for (name,) in rows.fetchall():
                connection.execute(f"DROP INDEX {name}")
        self.bytes.clear()
        self.names.clear()

    def build(self, texts: Iterable[str], pause: Callable[[], None] = lambda: None) -> None:
        """Builds those that are not there, hidden."""
        for text in dict.fromkeys(map(plain, texts)):
            if text in self.bytes or text in self.refused:
                continue
            name = f"{_PREFIX}{len(self.names) + 1}"
            with self.connect() as connection:
                before = connection.execute(_COUNTS).fetchall()
                try:
                    connection.execute(f"CREATE INDEX {name} {text}".encode())
                except psycopg.Error as error:
                    self.refused[text] = str(error).partition("\n")[0]
                    continue
                for row in before:
                    connection.execute(
                        "UPDATE pg_class SET relpages = %s, reltuples = %s, relallvisible = %s WHERE oid = %s "
                        "AND (relpages, reltuples, relallvisible) <> (%s, %s, %s)",
                        (*row[1:], row[0], *row[1:]),
                    )
                size = connection.execute("SELECT pg_relation_size(%s::regclass)", (name,)).fetchone()
                self.bytes[text] = int(size[0]) if size else 0
                self.names[text] = name
            self.show(())
            pause()

    def show(self, texts: Iterable[str]) -> None:
        """Exactly these, beside the indexes that the schema has."""
        shown = [self.names[text] for text in map(plain, texts) if text in self.names]
        with self.connect() as connection:
            connection.execute(
                "UPDATE pg_index SET indisvalid = (c.relname = ANY (%s)), indisready = (c.relname = ANY (%s)) "
                "FROM pg_class c WHERE c.oid = indexrelid AND c.relname LIKE %s",
                (shown, shown, _PREFIX + "%"),
            )

    def size(self, texts: Iterable[str]) -> int:
        """Real bytes of a set."""
        return sum(self.bytes.get(text, 0) for text in dict.fromkeys(map(plain, texts)))
