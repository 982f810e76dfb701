"""The session that runs a stranger's statements, bounded from outside in time and disk, whatever they do inside.

A statement is sent as one message of the extended protocol. Two settings of the migration are noted and not obeyed:
``lock_timeout`` and ``statement_timeout`` are for production's waits, and the copy's bounds are its own.
"""

from __future__ import annotations

import contextlib
import re
import select
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisor.model.limits import LIMITS
from advisor.model.migration_limits import MIGRATION
from advisor.planners.errors import PlannerError

if TYPE_CHECKING:
    from psycopg.pq.abc import PGresult

    from advisor.planners.postgresql.cluster import Cluster

#: Values that nobody else writes: another one is the migration's. In milliseconds.
_OWN = {"lock_timeout": 599_987, "statement_timeout": 599_986}
_DURATION = re.compile(r"(\d+)(ms|s|min|h|d)?$")
_UNITS = {None: 1.0, "ms": 1.0, "s": 1e3, "min": 60e3, "h": 3600e3, "d": 86_400e3}
_GRACE_SECONDS = 3.0
"""A statement that was cancelled has so long to end; then its session is ended."""
_SAVEPOINT = "advisor_before"
#: After ALTER DOMAIN no savepoint can be set until something was written ("unprocessed inval messages"): this is, and
#: locks no relation.
_SETTLES = "CREATE OR REPLACE FUNCTION pg_temp.advisor_settles() RETURNS void LANGUAGE sql AS ''"
_SEVERAL = "cannot insert multiple commands into a prepared statement"


@dataclass(frozen=True, slots=True)
class Said:
    """What the server answered to a statement."""

    code: str | None = None
    """SQLSTATE; None: it ran."""
    message: str = ""
    tag: str = ""
    """Of the command that ran: ``CREATE TABLE``, ``UPDATE 0``."""
    stopped: str | None = None
    """It was ended by our bounds: which one, in words."""
    lost: bool = False
    """Its session has ended, and with it its transaction."""
    rows: tuple[tuple[bytes | None, ...], ...] = ()
    """Of a statement of ours."""

    @property
    def failed(self) -> bool:
        """It did not run to its end."""
        return self.code is not None


class Session:
    """The owner's connection, and the superuser's beside it."""

    def __init__(self, cluster: Cluster, deadline: float) -> None:
        """``deadline``: of everything, on the monotonic clock."""
        self.cluster = cluster
        self.deadline = deadline
        self.admin = cluster.connect("admin")
        self.admin.prepare_threshold = None
        self.in_force: dict[str, float | None] = {}
        """The migration's settings as the next statement finds them, in milliseconds; None: it set none."""
        self._session: dict[str, float | None] = {}
        self._unsettled = False
        self.connect()

    def connect(self) -> None:
        """A fresh session."""
        self.owner = self.cluster.connect("owner")
        self.owner.prepare_threshold = None
        self.pid = self.owner.info.backend_pid
        self._begun()

    def reset(self) -> None:
        """As a tool that connects anew: settings, temporary tables and prepared statements are gone."""
        if self.send("DISCARD ALL").failed:
            self._reconnect()
        else:
            self._begun()

    def close(self) -> None:
        """End both."""
        for connection in (self.owner, self.admin):
            with contextlib.suppress(Exception):
                connection.close()

    def _begun(self) -> None:
        self._session = dict.fromkeys(_OWN)
        self.in_force = dict(self._session)
        for name, value in _OWN.items():
            self.send(f"SET SESSION {name} = {value}")
        # Scans of parallel workers are not counted in the session that they work for.
        self.send("SET SESSION max_parallel_maintenance_workers = 0")
        self.send("SET SESSION max_parallel_workers_per_gather = 0")

    def _reconnect(self) -> None:
        with contextlib.suppress(Exception):
            self.owner.close()
        self.connect()

    # ------------------------------------------------------------------ transactions
    @property
    def open(self) -> bool:
        """A transaction is open, be it one that failed."""
        from psycopg.pq import TransactionStatus

        return self.owner.pgconn.transaction_status not in (TransactionStatus.IDLE, TransactionStatus.UNKNOWN)

    def begin(self) -> None:
        """Open a transaction."""
        self.send("BEGIN")

    def mark(self) -> None:
        """A savepoint to come back to. It stays: releasing it would release savepoints that a migration made after."""
        self.place(_SAVEPOINT)
        self._impose("SET LOCAL")

    def place(self, name: str) -> None:
        """A savepoint."""
        if self._unsettled:
            self.send(_SETTLES)
        self.send(f"SAVEPOINT {name}")

    def back(self) -> bool:
        """As it was at `mark`; False: there is no such place any more."""
        return not self.send(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}").failed

    def learn(self) -> None:
        """Takes notice of what the superuser made meanwhile: a transaction does when it takes a lock it has not yet."""
        self.send(f"SAVEPOINT {_SAVEPOINT}")
        self.send("SELECT pg_catalog.count(*) FROM pg_catalog.pg_roles")
        self.back()

    def end(self, *, keep: bool) -> Said:
        """Commit, or roll back."""
        said = self.send("COMMIT" if keep else "ROLLBACK")
        if self.open:
            self.send("ROLLBACK")
        self.settled()
        return said

    # ------------------------------------------------------------------ settings
    def noticed(self) -> None:
        """Notes what the last statement set."""
        for name, value in self._values().items():
            if value != _OWN[name]:
                self.in_force[name] = value

    def settled(self) -> None:
        """After a transaction: what was set for the session stays, what was set for it alone is gone."""
        for name, value in self._values().items():
            if value != _OWN[name]:
                self._session[name] = value
        self._impose("SET SESSION")
        self.in_force = dict(self._session)

    def _impose(self, how: str) -> None:
        for name, value in self._values().items():
            if value != _OWN[name]:
                self.send(f"{how} {name} = {_OWN[name]}")

    def _values(self) -> dict[str, float]:
        said = self.send(
            "SELECT pg_catalog.current_setting('lock_timeout'), pg_catalog.current_setting('statement_timeout')",
            rows=True,
        )
        found: dict[str, float] = {}
        for name, value in zip(_OWN, said.rows[0] if said.rows else (), strict=False):
            if value is not None and (told := _DURATION.match(value.decode())):
                found[name] = int(told[1]) * _UNITS[told[2]]
        return found

    # ------------------------------------------------------------------ statements
    def run(self, statement: str, watch: Callable[[], None] | None = None) -> Said:
        """A statement of others. ``watch`` is called while it runs."""
        if time.monotonic() > self.deadline:  # else each of many would have its second
            why = f"the dry run as a whole takes longer than {MIGRATION.dry_run_seconds:.0f} s"
            return Said("57014", why, stopped=why)
        said = self.send(statement, watch=watch)
        if said.code == "42601" and said.message == _SEVERAL and (not self.open or self.back()):
            said = self.send(statement, watch=watch, simple=True)
        if said.lost:
            self._reconnect()
        self._unsettled = said.tag == "ALTER DOMAIN"
        return said

    def send(
        self, statement: str, *, rows: bool = False, watch: Callable[[], None] | None = None, simple: bool = False
    ) -> Said:
        """One statement, its end waited for within bounds. Rows are thrown away as they come but for ``rows``."""
        import psycopg

        encoded = statement.encode("utf-8", "replace")
        if b"\0" in encoded:
            return Said("22021", "the statement holds a zero byte")
        connection = self.owner.pgconn
        try:
            if simple:
                connection.send_query(encoded)
            else:
                connection.send_query_params(encoded, None)
            if not rows:
                connection.set_single_row_mode()
            return self._answer(rows, watch)
        except psycopg.Error as error:
            return Said("57P01", " ".join(str(error).split())[:300], lost=True)

    def _answer(self, rows: bool, watch: Callable[[], None] | None) -> Said:
        from psycopg.pq import ConnStatus

        connection = self.owner.pgconn
        bounds = _Bounds(self)
        said, kept = Said(), []
        while True:
            while connection.is_busy():
                select.select([connection.socket], [], [], 0.003 if watch else 0.05)
                connection.consume_input()
                bounds.look()
                if watch is not None and connection.is_busy():
                    watch()
            bounds.look()
            result = connection.get_result()
            if result is None:
                break
            if (one := self._one(result)) is not None and not said.failed:
                said = one
            if rows:
                columns = range(result.nfields)
                kept += [tuple(result.get_value(row, each) for each in columns) for row in range(result.ntuples)]
        lost = connection.status != ConnStatus.OK
        return Said(said.code, said.message, said.tag, bounds.why if said.failed else None, lost, tuple(kept))

    def _one(self, result: PGresult) -> Said | None:
        from psycopg.pq import DiagnosticField, ExecStatus

        connection = self.owner.pgconn
        if result.status == ExecStatus.COPY_IN:  # its rows are not ours to give
            connection.put_copy_end()
            return None
        if result.status == ExecStatus.COPY_OUT:
            while connection.get_copy_data(0)[0] > 0:
                pass
            return None
        if result.status == ExecStatus.FATAL_ERROR:
            code = result.error_field(DiagnosticField.SQLSTATE)
            message = result.error_field(DiagnosticField.MESSAGE_PRIMARY) or result.error_message
            return Said((code or b"57P01").decode(), " ".join(message.decode("utf-8", "replace").split()))
        return Said(tag=(result.command_status or b"").decode("utf-8", "replace"))


class _Bounds:
    """How long a statement may take and how much it may write."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.started = time.monotonic()
        self.until = min(self.started + MIGRATION.dry_run_statement_seconds, max(session.deadline, self.started + 1))
        self.next = self.started + 0.5
        self.why: str | None = None

    def look(self) -> None:
        now = time.monotonic()
        if now < self.next:
            return
        self.next = now + 0.5
        if now > self.until + _GRACE_SECONDS:
            self.session.cluster.end_session(self.session.pid)
            return
        size = self.session.admin.execute(
            "SELECT pg_catalog.pg_database_size(pg_catalog.current_database())"
        ).fetchone()
        if size is not None and size[0] > LIMITS.shadow_disk_bytes:
            self.why = f"it writes more than {LIMITS.shadow_disk_bytes >> 30} GB into an empty copy"
        elif now > self.until:
            self.why = f"it takes longer than {self.until - self.started:.0f} s on an empty copy"
        if self.why is not None:
            self.until = min(self.until, now)
            self.session.admin.execute("SELECT pg_catalog.pg_cancel_backend(%s)", [self.session.pid])


def ended(error: BaseException) -> PlannerError:
    """The server is gone: in words."""
    return PlannerError(f"the dry run's server has ended: {' '.join(str(error).split())[:300]}")
