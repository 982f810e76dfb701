"""The session that the statements run in: what it sets, what the server answers, what it ran inside procedures."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from advisor.catalog.live.mysql_connection import message
from advisor.dryrun.mariadb.host import Host, Throwaway
from advisor.dryrun.mariadb.loading import STATEMENT_SECONDS
from advisor.sources.secrets import mask

if TYPE_CHECKING:
    import pymysql

#: Words at the beginning of what the log holds beside the statements themselves.
_OUTER = frozenset(
    {"CALL", "BEGIN", "SET", "IF", "WHILE", "FOR", "LOOP", "REPEAT", "EXECUTE", "PREPARE", "FETCH", "OPEN"}
)
_REST = re.compile(r"near '([^'\"]*)((?:['\"].*)?)'(?= at line \d+$)", re.DOTALL)


class Session:
    """One at a time, of the copy's owner."""

    def __init__(
        self,
        host: Host,
        database: str,
        settings: Mapping[str, str],
        version: tuple[int, ...],
        begun: Callable[[], None],
    ) -> None:
        """``settings``: that production gives each session. ``begun`` is called as a new one begins."""
        self.host = host
        self.database = database
        self.settings = settings
        self.version = version
        self.begun = begun
        self.connection: pymysql.Connection[Any] | None = None
        self.here = database
        """The database that names without one are of."""

    def begin(self) -> None:
        """A new one, as a script has it. Raises PlannerError."""
        self.end()
        self.connection = self.host.owner(self.host.real(self.database))
        self.here = self.database
        self.begun()
        with self.connection.cursor() as cursor:
            for name, value in self.settings.items():
                with contextlib.suppress(Exception):
                    cursor.execute(f"SET SESSION {name} = %s", (int(value) if value.isdigit() else value,))
            limit = "max_statement_time" if self.host.product == "mariadb" else "max_execution_time"
            factor = 1 if self.host.product == "mariadb" else 1000
            with contextlib.suppress(Exception):
                cursor.execute(f"SET SESSION {limit} = {STATEMENT_SECONDS * factor}")

    def end(self) -> None:
        """It ends: what it locked is free."""
        if self.connection is not None:
            connection, self.connection = self.connection, None
            with contextlib.suppress(Exception):
                connection.close()

    def execute(self, sql: str) -> tuple[int, str] | None:
        """None: it ran; else the server's number and words. A watch ends what takes too long, whatever it set."""
        import pymysql
        from pymysql.cursors import SSCursor

        if self.connection is None:
            self.begin()
        connection = self.connection
        assert connection is not None
        number = connection.thread_id()  # type: ignore[no-untyped-call]
        watch = threading.Timer(STATEMENT_SECONDS + 2, self._kill, (number,))
        watch.daemon = True
        watch.start()
        try:
            with connection.cursor(SSCursor) as cursor:  # rows are read past, not kept: there may be gigabytes
                cursor.execute(sql)
                cursor.fetchmany(100)
                while cursor.nextset():
                    cursor.fetchmany(100)
        except (pymysql.Error, OSError, ValueError, UnicodeError) as error:
            code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
            if not connection.open or code in (2006, 2013, 0):
                self.end()
            return code or 2013, self._said(error)
        finally:
            watch.cancel()
            watch.join()  # one that has begun reads its answer on the admin's connection, which is asked next
        return None

    def _said(self, error: Exception) -> str:
        """A server's words, which quote the statement: credentials masked, databases by the migration's names."""
        # Of what it quotes of the rest of a statement the part before the first literal: what is one there, and of what
        # it is the value, cannot be told any more.
        words = mask(_REST.sub(lambda found: f"near '{found[1]}…'" if found[2] else found[0], message(error)))
        for name, real in self.host.databases.items():
            if real != name:
                words = words.replace(f"{real}.", "" if name == self.here else f"{name}.").replace(real, name)
        return words

    def _kill(self, number: int) -> None:
        with contextlib.suppress(Exception), self.host.admin.cursor() as cursor:
            cursor.execute(f"KILL {int(number)}")

    def algorithm(self) -> str | None:
        """MariaDB's alter_algorithm holds for statements that ask for nothing."""
        if self.host.product != "mariadb" or self.version < (10, 3, 7) or self.version >= (11, 5):
            return None
        import pymysql

        if self.connection is None:
            return None
        try:
            with self.connection.cursor() as cursor:
                cursor.execute("SELECT @@SESSION.alter_algorithm")
                word = str(cursor.fetchone()[0]).upper()
        except (pymysql.Error, OSError):
            return None
        return None if word == "DEFAULT" else word

    def log(self, on: bool) -> bool:
        """From now on the server writes down each statement, those inside procedures too."""
        if not isinstance(self.host, Throwaway):
            return False
        seconds, but = ("0", "''") if on else ("3600", "DEFAULT")
        words = (
            f"SET SESSION long_query_time = {seconds}, log_slow_disabled_statements = {but}, min_examined_row_limit = 0"
        )
        return self.execute(words) is None

    def logged(self) -> tuple[str, ...]:
        """What a procedure or a block ran, in order."""
        if self.connection is None:
            return ()
        number = self.connection.thread_id()  # type: ignore[no-untyped-call]
        self.log(False)
        with self.host.admin.cursor() as cursor:
            cursor.execute("SELECT sql_text FROM mysql.slow_log WHERE thread_id = %s LIMIT 2000", (number,))
            texts = [
                row[0].decode("utf-8", "replace") if isinstance(row[0], bytes) else row[0] for row in cursor.fetchall()
            ]
            cursor.execute("TRUNCATE mysql.slow_log")
        kept = [text for text in texts if text.strip() and text.lstrip("( ").split(None, 1)[0].upper() not in _OUTER]
        return tuple(kept)
