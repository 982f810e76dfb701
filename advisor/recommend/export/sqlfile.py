"""Changes as files of SQL: one to run, one to go back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from advisor.model.engine import EngineName
from advisor.recommend.export.change import Prepared, Step
from advisor.recommend.export.comments import about, lines
from advisor.recommend.export.options import Options
from advisor.recommend.export.postgresql import leftover

Direction = Literal["up", "down"]
#: A lock that everybody queues behind: rather give up and be run again. CONCURRENTLY stops nobody while it waits.
BRIEF, PATIENT = "SET lock_timeout = '5s'", "SET lock_timeout = 0"
#: A build takes as long as it takes; a timeout of the role would leave an INVALID index.
UNBOUNDED = "SET statement_timeout = 0"
AFTERWARDS = ("RESET lock_timeout", "RESET statement_timeout")


def text(prepared: Sequence[Prepared], engine: EngineName, options: Options, direction: Direction = "up") -> str:
    """The file. Statements end in semicolons; everything else is comments."""
    found = [*lines(_HEADS[direction], "--"), *_before(prepared, engine, direction)]
    if engine == "postgresql":
        found += ["", f"{UNBOUNDED};"]
    patience: bool | None = None
    for one in prepared if direction == "up" else reversed(prepared):
        found += ["", *about(one, options, "--")]
        if one.refused is not None:
            found += lines(f"Left out: {one.refused}.", "--")
            continue
        for step in one.up if direction == "up" else one.down:
            if engine == "postgresql" and step.waits is not patience:
                patience = step.waits
                found.append(f"{PATIENT if patience else BRIEF};")
            found += [*lines(step.note, "--"), f"{step.sql};"]
    if engine == "postgresql":
        found += ["", *(f"{each};" for each in AFTERWARDS)]
    return "\n".join(found) + "\n"


def with_patience(steps: Iterable[Step]) -> list[str]:
    """PostgreSQL's statements of one change, each after the lock_timeout that suits it."""
    found: list[str] = []
    patience: bool | None = None
    for step in steps:
        if step.waits is not patience:
            patience = step.waits
            found.append(PATIENT if patience else BRIEF)
        found.append(step.sql)
    return found


_HEADS: dict[Direction, str] = {
    "up": "Index changes that were advised. Read it, then run it statement by statement.",
    "down": "The way back from the index changes of the file beside this one.",
}


def _before(prepared: Sequence[Prepared], engine: EngineName, direction: Direction) -> list[str]:
    """What is to be known of the whole file."""
    if engine != "postgresql":
        return []
    found = lines(
        "Not inside a transaction: no BEGIN, no --single-transaction. CONCURRENTLY refuses to run in one.", "--"
    )
    schemas = dict.fromkeys(one.schema for one in prepared if one.refused is None)
    if direction == "up" and schemas:
        found += lines(
            "A build that was interrupted leaves an INVALID index behind: it serves no query and still costs every "
            "write, and its name is taken. Find such ones, DROP INDEX CONCURRENTLY them, and run the statement again:",
            "--",
        )
        found += [f"--   {line}" for line in map(_flat, (leftover(schema) for schema in schemas))]
    return found


def _flat(sql: str) -> str:
    from advisor.recommend.export.comments import plain

    return plain(sql)
