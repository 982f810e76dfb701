"""An alternative beside its statement on MariaDB: batches and further statements run as they stand, commands of
pt-online-schema-change with --execute; tables and rows compared, column order and the tool's names of keys aside."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from typing import Any

import pymysql

from advisor.model.check import Alternative
from benchmarks.migrations import mariadb
from benchmarks.migrations.alternatives_postgresql import Ran
from benchmarks.migrations.cases import Case
from benchmarks.migrations.mariadb import Mariadb, Suite, ask

_SIZE = mariadb.SIZES[0]
_ROUNDS = 400
_SECONDS = 180
_VALUES = ("'7'", "'2025-01-01'")


class Pairs:
    """The server with its loaded tables, and the two copies of one statement at a time."""

    def __init__(self, server: Mariadb) -> None:
        self.server, self.suite = server, Suite(server)

    def compare(self, case: Case, at: int, found: Alternative, *, beside: bool) -> Ran:
        """The statement of a number and its steps, after what comes before it."""
        ran = Ran()
        sql = case.statements[at][1]
        error = self._earlier(case, at) or self._run(sql)
        straight = self._state()
        self._earlier(case, at)
        told = self._alternative(found, ran)
        stepped = self._state()
        if error is not None:
            ran.result, ran.why = "refused" if told else "mended", f"the statement: {error}; the steps: {told}"
        elif told is not None:
            ran.result, ran.why = "failed", told
        else:
            ran.differs = _differs(straight, stepped)
            drawn = re.search(r"uuid|now\(|rand\(|current_timestamp", sql, re.IGNORECASE)
            only_rows = all(one.startswith("rows: ") for one in ran.differs)
            ran.result = "equal" if not ran.differs else "drawn" if drawn and only_rows else "differs"
        return ran

    def _earlier(self, case: Case, at: int) -> str | None:
        self.suite.fresh(case, _SIZE)
        for _, sql in case.statements[:at]:
            error = self._run(sql)
            if error is not None:
                return error
        return None

    def _run(self, sql: str) -> str | None:
        with self.server.connect("work") as connection:
            try:
                ask(connection, sql)
            except pymysql.Error as error:
                return f"{' '.join(sql.split())[:120]}: {error.args[1]}"
        return None

    def _alternative(self, found: Alternative, ran: Ran) -> str | None:
        with self.server.connect("work") as connection:
            for step in found.steps:
                if step.note.startswith(("again and again", "both again and again")):
                    error = _again(connection, step.sql)
                    if error is not None:
                        return error
                    continue
                for sql in step.sql:
                    error = None
                    for value in _VALUES if ":value" in sql else ("",):
                        try:
                            self._watched(connection, sql.replace(":value", value), ran)
                        except pymysql.Error as raised:
                            error = f"{' '.join(sql.split())[:120]}: {raised.args[1]}"
                        else:
                            error = None
                            break
                    if error is not None:
                        return error
        for command in found.commands:
            words = shlex.split(command)
            if words[0] == "pt-online-schema-change":
                return self._tool(words)
        return None

    def _watched(self, connection: Any, sql: str, ran: Ran) -> None:
        """Which LOCK an ALTER TABLE asks for is asked of the server: refused where it would block."""
        alter = re.match(r"\s*(ALTER\s+TABLE|CREATE\s+(UNIQUE\s+)?INDEX|DROP\s+INDEX)\b", sql, re.IGNORECASE)
        if alter and not re.search(r"\b(ALGORITHM|LOCK)\s*=", sql, re.IGNORECASE):
            comma = "," if alter[1].upper().startswith("ALTER") else ""
            for more in ("ALGORITHM=INSTANT", f"ALGORITHM=INPLACE{comma} LOCK=NONE"):
                try:
                    ask(connection, f"{sql}{comma} {more}")
                except pymysql.Error:
                    continue
                return
            ran.blocked.append(" ".join(sql.split())[:160])
        ask(connection, sql)

    def _tool(self, words: list[str]) -> str | None:
        target = words[-1].replace("h=PRIMARY", f"S={self.server.place}/s,u=root").replace("D=DATABASE", "D=work")
        words = ["--execute" if one == "--dry-run" else one for one in words[:-1]]
        words = [words[0], "--no-version-check", "--recursion-method=none", *words[1:], target]
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=_SECONDS, check=False, cwd="/tmp",
            env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        if done.returncode == 0:
            return None
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        return f"pt-online-schema-change: {' | '.join(lines[-6:])[:500]}"

    def _state(self) -> dict[str, Any]:
        """Tables as SHOW CREATE TABLE has them, and their rows by column."""
        with self.server.connect("work") as connection:
            names = [row[0] for row in ask(connection, "SHOW FULL TABLES WHERE Table_type <> 'VIEW'")]
            return {name: (_lines(connection, name), _sums(connection, name)) for name in names}


def _again(connection: Any, statements: tuple[str, ...]) -> str | None:
    for _ in range(_ROUNDS):
        try:
            with connection.cursor() as cursor:
                written = cursor.execute(statements[0])
                for sql in statements[1:]:
                    cursor.execute(sql)
                if len(statements) > 1:
                    cursor.execute("SELECT @at > @upto OR @at IS NULL OR @upto IS NULL")
                    if cursor.fetchone()[0]:
                        return None
                elif written == 0:
                    return None
        except pymysql.Error as error:
            return f"{' '.join(statements[0].split())[:120]}: {error.args[1]}"
    return f"it does not end: {statements[0][:120]}"


def _lines(connection: Any, name: str) -> set[str]:
    text = ask(connection, f"SHOW CREATE TABLE `{name}`")[0][1]
    lines = set()
    for line in text.splitlines()[1:]:
        bare = line.strip().rstrip(",")
        bare = re.sub(r"\bAUTO_INCREMENT=\d+ ?", "", bare)
        lines.add(re.sub(r"\b(CONSTRAINT|KEY) `_*(\w+)`", r"\1 `\2`", bare))
    return lines


def _sums(connection: Any, name: str) -> dict[str, Any]:
    columns = [row[0] for row in ask(connection, f"SHOW COLUMNS FROM `{name}`")]
    sums = ", ".join(f"SUM(CRC32(COALESCE(`{one}`, '~'))), COUNT(`{one}`)" for one in columns)
    told = ask(connection, f"SELECT COUNT(*), {sums} FROM `{name}`")[0]
    return {"count": told[0]} | {one: (told[1 + 2 * n], told[2 + 2 * n]) for n, one in enumerate(columns)}


def _differs(straight: dict[str, Any], stepped: dict[str, Any]) -> list[str]:
    found = [f"tables: {'-' if one in straight else '+'} {one}" for one in sorted(straight.keys() ^ stepped.keys())]
    for name in sorted(straight.keys() & stepped.keys()):
        (ours, sums), (theirs, others) = straight[name], stepped[name]
        found += [f"{name}: - {one}" for one in sorted(ours - theirs)]
        found += [f"{name}: + {one}" for one in sorted(theirs - ours)]
        found += [
            f"rows: {name}.{one}" for one in sorted(sums.keys() | others.keys()) if sums.get(one) != others.get(one)
        ]
    return found
