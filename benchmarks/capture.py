"""What a capture costs: a loop of ORM and driver queries with and without it.

    python -m benchmarks.capture [POSTGRESQL_URL]

Runs of both kinds alternate, so that a busy machine disturbs them alike. Printed are the least wall time a query, what
a capture adds in processor time (least run against least run), and the ratio of wall times: least against least, and the
median of the pairs.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from contextlib import nullcontext
from statistics import median
from time import perf_counter, process_time
from typing import Any

from sqlalchemy import ForeignKey, String, create_engine, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

import advisor

ROUNDS = 15
QUERIES = 400


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "adv_recording_authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))


class Book(Base):
    __tablename__ = "adv_recording_books"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    author_id: Mapped[int] = mapped_column(ForeignKey("adv_recording_authors.id"))


def orm_get(session: Session) -> None:
    """One object by its key: the cheapest query of an ORM."""
    for key in range(QUERIES):
        session.scalars(select(Book).where(Book.id == key % 100 + 1)).one()
        session.expunge_all()


def orm_list(session: Session) -> None:
    """Twenty objects."""
    for key in range(QUERIES // 4):
        session.scalars(select(Book).where(Book.author_id == key % 5 + 1)).all()
        session.expunge_all()


def core(session: Session) -> None:
    """Text, without the ORM."""
    connection = session.connection()
    for key in range(QUERIES):
        connection.execute(TEXT, {"id": key % 100 + 1}).scalar()


TEXT = text("SELECT title FROM adv_recording_books WHERE id = :id")
LOOPS: dict[str, tuple[Callable[[Session], None], int]] = {
    "ORM, one object": (orm_get, QUERIES),
    "ORM, 20 objects": (orm_list, QUERIES // 4),
    "Core, one value": (core, QUERIES),
}


def timed(engine: Any, loop: Callable[[Session], None], captured: bool, depth: int) -> tuple[float, float]:
    """Wall and processor seconds of one run, ``depth`` frames below the capture: a request of a web framework has some sixty."""
    gc.collect()
    with Session(engine) as session:
        session.connection()
        with advisor.capture(engine) if captured else nullcontext():
            started, worked = perf_counter(), process_time()
            below(depth, loop, session)
            return perf_counter() - started, process_time() - worked


def below(depth: int, loop: Callable[[Session], None], session: Session) -> None:
    """Five lines of the program's own, below a stack of a library's."""
    if depth > 5:
        FRAMEWORK["handle"](depth - 5, below, loop, session)
    elif depth:
        below(depth - 1, loop, session)
    else:
        loop(session)


SOURCE = "def handle(depth, then, *given):\n    handle(depth - 1, then, *given) if depth else then(5, *given)\n"
FRAMEWORK: dict[str, Any] = {"__name__": "framework"}
exec(compile(SOURCE, "/lib/site-packages/framework.py", "exec"), FRAMEWORK)


def measure(name: str, engine: Any, depth: int) -> list[list[str]]:
    """Lines of the table for one engine."""
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Author(id=a + 1, name=f"author {a}") for a in range(5)])
        session.flush()
        session.add_all([Book(id=b + 1, title=f"book {b}", author_id=b % 5 + 1) for b in range(100)])
        session.commit()
    lines = []
    for what, (loop, queries) in LOOPS.items():
        timed(engine, loop, True, depth)
        timed(engine, loop, False, depth)
        plain, watched = [], []
        for number in range(ROUNDS):
            order = (False, True) if number % 2 else (True, False)
            runs = {captured: timed(engine, loop, captured, depth) for captured in order}
            plain.append(runs[False])
            watched.append(runs[True])
        wall, wall_watched = min(w for w, _ in plain), min(w for w, _ in watched)
        more = min(c for _, c in watched) - min(c for _, c in plain)
        paired = median(b / a for (a, _), (b, _) in zip(plain, watched, strict=True))
        lines.append(
            [
                name,
                what,
                str(depth),
                f"{wall / queries * 1e6:.0f}",
                f"{more / queries * 1e6:.1f}",
                f"{wall_watched / wall:.2f}",
                f"{paired:.2f}",
            ]
        )
    Base.metadata.drop_all(engine)
    engine.dispose()
    return lines


def main() -> None:
    """Measure SQLite in memory and PostgreSQL on loopback."""
    url = sys.argv[1] if len(sys.argv) > 1 else "postgresql+psycopg://postgres@127.0.0.1/postgres"
    lines = []
    for depth in (5, 60):
        lines += measure("SQLite", create_engine("sqlite://"), depth)
        lines += measure("PostgreSQL", create_engine(url), depth)
    lines.insert(0, ["engine", "query", "frames", "us a query", "us more", "ratio", "median of pairs"])
    lines.insert(1, ["---"] * 7)
    for cells in lines:
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
