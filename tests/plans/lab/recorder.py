"""Runs a case and keeps what the server printed: one execution in two formats, or one plan in four.

The server prints an execution once as `EXPLAIN (ANALYZE, FORMAT X)` and, because auto_explain is loaded, once more as a
log message in format Y. Both come from the same counters, so every figure that both print must be equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import permutations
from typing import Literal

import psycopg
from psycopg import Connection
from psycopg.types.string import TextLoader

from tests.plans.lab.cases import Case

Format = Literal["text", "json", "yaml", "xml"]
FORMATS: tuple[Format, ...] = ("text", "json", "yaml", "xml")
#: (EXPLAIN's format, auto_explain's).
PAIRS: tuple[tuple[Format, Format], ...] = tuple(permutations(FORMATS, 2))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Options:
    """Of an EXPLAIN. ``io`` is track_io_timing."""

    verbose: bool = False
    buffers: bool = False
    wal: bool = False
    settings: bool = False
    timing: bool = True
    costs: bool = True
    summary: bool = True
    serialize: bool = False
    memory: bool = False
    io: bool = False
    generic: bool = False

    def clause(self, major: int, form: Format, *, analyze: bool) -> str:
        """What stands in the parentheses; what a major does not know is left out."""
        words = [f"FORMAT {form}", f"VERBOSE {self.verbose}", f"COSTS {self.costs}"]
        if analyze:
            words += ["ANALYZE", f"TIMING {self.timing}", f"SUMMARY {self.summary}"]
        if analyze or major >= 13:
            words.append(f"BUFFERS {self.buffers}")
        if major >= 12:
            words.append(f"SETTINGS {self.settings}")
        if major >= 13 and analyze:
            words.append(f"WAL {self.wal}")
        if major >= 17:
            words.append(f"MEMORY {self.memory}")
            if analyze and self.serialize:
                words.append("SERIALIZE TEXT")
        if major >= 16 and self.generic and not analyze:
            words.append("GENERIC_PLAN")
        return ", ".join(words)


#: Options of executions; each case meets all of them in the long test and one after the other in the short one.
ANALYZED: dict[str, Options] = {
    "all": Options(verbose=True, buffers=True, wal=True, settings=True, io=True),
    "bare": Options(),
    "buffers": Options(buffers=True),
    "timing off": Options(verbose=True, buffers=True, timing=False, summary=False),
    "costs off": Options(verbose=True, costs=False, wal=True, buffers=True),
    "summary": Options(settings=True, serialize=True, memory=True, buffers=True, io=True),
}
PLANNED: dict[str, Options] = {
    "plain": Options(),
    "verbose": Options(verbose=True, settings=True),
    "costs off": Options(costs=False),
    "verbose costs off": Options(verbose=True, costs=False, memory=True),
    "generic": Options(verbose=True, generic=True),
}


@dataclass(frozen=True)
class Printed:
    """One plan as the server printed it."""

    text: str
    format: Format
    logged: bool
    """By auto_explain, without its `duration:` line."""
    analyzed: bool
    options: Options
    major: int
    case: Case = field(repr=False)


class Lab:
    """A connection that records."""

    def __init__(self, dsn: str) -> None:
        self.connection: Connection[tuple[str, ...]] = psycopg.connect(dsn, autocommit=True, prepare_threshold=None)
        self.connection.adapters.register_loader("json", TextLoader)
        self.major = self.connection.info.server_version // 10000
        self._messages: list[str] = []
        self.connection.add_notice_handler(lambda diagnostic: self._messages.append(diagnostic.message_primary or ""))
        execute = self.connection.execute
        execute("LOAD 'auto_explain'")
        execute("SET client_min_messages = log")
        execute("SET auto_explain.log_analyze = on")
        execute("SET auto_explain.log_triggers = on")
        execute("SET TimeZone = 'UTC'")
        if self.major >= 11:
            execute("SET jit = off")

    def close(self) -> None:
        """Ends the connection."""
        self.connection.close()

    def pair(self, case: Case, options: Options, formats: tuple[Format, Format]) -> tuple[Printed, Printed]:
        """One execution, printed by EXPLAIN and by auto_explain."""
        asked, logged = formats
        switches = {
            "log_format": logged,
            "log_verbose": options.verbose,
            "log_buffers": options.buffers,
            "log_timing": options.timing,
            "log_triggers": True,
            **({"log_wal": options.wal} if self.major >= 13 else {}),
            **({"log_settings": options.settings} if self.major >= 12 else {}),
            "log_min_duration": 0,
        }
        given = {"track_io_timing": options.io, **{f"auto_explain.{name}": value for name, value in switches.items()}}
        with self._prepared(case, [f"SET LOCAL {name} = {value}" for name, value in given.items()]):
            self._messages.clear()
            clause = options.clause(self.major, asked, analyze=True)
            shown = self._explain(f"EXPLAIN ({clause}) {case.sql}")
            plans = [message for message in self._messages if "  plan:\n" in message[:60]]
        # Triggers written in SQL or a foreign table on this very server may log plans of their own; ours is the last.
        body = plans[-1].partition("  plan:\n")[2]
        return (
            Printed(shown, asked, False, True, options, self.major, case),
            Printed(body, logged, True, True, options, self.major, case),
        )

    def planned(self, case: Case, options: Options) -> list[Printed]:
        """The plan without execution, in four formats."""
        plans = []
        with self._prepared(case):
            for form in FORMATS:
                clause = options.clause(self.major, form, analyze=False)
                shown = self._explain(f"EXPLAIN ({clause}) {case.sql}")
                plans.append(Printed(shown, form, False, False, options, self.major, case))
        return plans

    def _explain(self, statement: str) -> str:
        return "\n".join(row[0] for row in self.connection.execute(statement))

    @contextmanager
    def _prepared(self, case: Case, switches: Sequence[str] = ()) -> Iterator[None]:
        """A transaction of its own, undone afterwards. One message to the server: there are many."""
        settings = []
        for name, value in case.settings.items():
            known = "debug_parallel_query" if name == "force_parallel_mode" and self.major >= 16 else name
            settings.append(f"SET LOCAL {known} = {_quoted(name, value)}")
        try:
            self.connection.execute(";\n".join(["BEGIN", *case.before, *settings, *switches]))
            yield
        finally:
            self.connection.execute("ROLLBACK; DEALLOCATE ALL" if case.before else "ROLLBACK")


def options_of(names: Mapping[str, Options], number: int) -> Options:
    """One after the other."""
    return list(names.values())[number % len(names)]


def _quoted(name: str, value: str) -> str:
    return value if name == "search_path" else "'" + value.replace("'", "''") + "'"
