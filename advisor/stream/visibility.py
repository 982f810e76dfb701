"""What the settings of a log hide from whoever reads the order of its statements, and what to set instead.

Totals survive a threshold or a sample of statements, as lower bounds or shares. Order does not: the children of an N+1
are fast, so a threshold drops them and keeps nothing of the loop, and a sample that draws each statement by itself
keeps of a loop of ten, at one in ten, one. What keeps loops is a sample of whole transactions or sessions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from advisor.model.capture import Capture
from advisor.model.engine import EngineName
from advisor.model.stream import Visibility
from advisor.model.stream_limits import STREAM
from advisor.sources.capture import milliseconds

_LINE_BYTES = 300
"""Of a log line of a typical statement, with its prefix."""
_DAY = 86_400
_OFF = frozenset({"off", "0", "false", "no"})


class Told(msgspec.Struct, frozen=True):
    """What a log was seen to tell; None: nobody looked."""

    sessions: float | None = None
    """Share of the statements whose session is known."""
    per_second: float | None = None
    """Statements a second of the whole server, from a complete log or from counters."""
    waits: bool | None = None
    connections: bool | None = None
    auto_explain: bool | None = None
    """The statements come from plans alone."""


def hidden(
    capture: Capture,
    settings: Mapping[str, str],
    engine: EngineName,
    form: str | Sequence[str],
    told: Told = Told(),  # noqa: B008 - it is frozen
) -> tuple[Visibility, ...]:
    """What cannot be seen, the gravest first; empty where nothing speaks for it.

    ``settings`` are those of the server as far as they are known (from the log, or a catalog of the live server),
    ``form`` the format of the log, or those of several. Of a complete log only what it never tells is named.
    """
    forms = {name.rpartition(" > ")[2] for name in ([form] if isinstance(form, str) else form)}
    if forms & {"pg-stat-statements", "mysql-digests", "sql"} == forms:
        return ()
    if engine == "postgresql":
        found = [*_postgresql(capture, settings, told), *_incidents(settings, told)]
    elif engine in ("mysql", "mariadb"):
        found = _mysql(capture, settings, forms)
    else:
        found = []
    if told.sessions is not None and told.sessions < STREAM.sessions_known:
        found.insert(0, _sessions(engine, told.sessions))
    return tuple(found)


def sample_rate(per_second: float | None) -> float:
    """A share of transactions, or sessions, that logs about `STREAM.sample_per_second` statements: 1, 2 or 5 times a
    power of ten. Without a known rate, one in a hundred."""
    if not per_second or per_second <= 0:
        return 0.01
    share = STREAM.sample_per_second / per_second
    if share >= 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(share))
    return float(f"{max(digit * power for digit in (1, 2, 5) if digit * power <= share * (1 + 1e-9)):.0e}")


def _volume(per_second: float | None, share: float) -> str:
    if per_second is None:
        return (
            f"each 1,000 statements a second cost about {_bytes(1000 * share * _LINE_BYTES * _DAY)} of log a day at it"
        )
    return (
        f"at {per_second:,.0f} statements a second that is about {_bytes(per_second * share * _LINE_BYTES * _DAY)} "
        "of log a day"
    )


def _bytes(number: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:.3g} TB"


def _share(settings: Mapping[str, str], name: str) -> float | None:
    try:
        return float(settings[name])
    except (KeyError, ValueError):
        return None


_COUNTERS = "pg_stat_statements shows N+1 without any log: give two snapshots of it."
_DIGESTS = "performance_schema's digests show N+1 without any log: give two snapshots of them."


def _postgresql(capture: Capture, settings: Mapping[str, str], told: Told) -> list[Visibility]:
    found = []
    share = sample_rate(told.per_second)
    whole = (
        f"log_transaction_sample_rate = {share:g} logs every statement of some transactions, with durations "
        f"(PostgreSQL 12 and later); {_volume(told.per_second, share)}. It keeps loops inside BEGIN ... COMMIT; where "
        "every statement commits alone, set log_min_duration_statement = 0 for one role for some minutes "
        f"(ALTER ROLE ... SET). {_COUNTERS}"
    )
    threshold = capture.threshold_ms
    if told.auto_explain:
        found.append(
            Visibility(
                "The log tells statements by their plans alone (auto_explain): no BEGIN, no COMMIT, and nothing "
                "below its threshold, so that transactions and N+1 are not visible.",
                "auto_explain.log_min_duration",
                whole,
            )
        )
    elif threshold is not None and threshold > 0:
        found.append(
            Visibility(
                f"Statements under {threshold:g} ms are not in the log: the repeated statements of N+1 are faster, so "
                "N+1, chatty transactions and polling are not visible; nor is BEGIN ... COMMIT.",
                "log_min_duration_statement",
                whole,
            )
        )
    transactions = _share(settings, "log_transaction_sample_rate")
    statements = _share(settings, "log_statement_sample_rate")
    if statements is not None and 0 < statements < 1 and _sampling(settings):
        found.append(
            Visibility(
                f"log_statement_sample_rate draws each statement by itself, one in {1 / statements:,.0f}: what follows "
                "what is lost, and loops with it.",
                "log_statement_sample_rate",
                f"Draw whole transactions instead: set log_min_duration_sample = -1, and {whole}",
            )
        )
    elif capture.sample_rate is not None and 0 < capture.sample_rate < 1 and not transactions:
        found.append(
            Visibility(
                f"One in {1 / capture.sample_rate:,.0f} statements is logged: if each is drawn by itself, loops are "
                "not visible.",
                "log_statement_sample_rate",
                f"Draw whole transactions instead: {whole}",
            )
        )
    if transactions is not None and 0 < transactions < 1 and not found:
        found.append(
            Visibility(
                f"One in {1 / transactions:,.0f} transactions is logged, whole: what is found holds, and counts are "
                "that much smaller. Loops of statements that each commit alone, and what spans transactions, are not "
                "visible.",
                "log_transaction_sample_rate",
                "Raise it for an hour if a route is missing.",
            )
        )
    if not found and capture.complete is False:
        found.append(
            Visibility(
                "Some statements are not in the log: a loop may be longer than it looks, or not be seen.",
                "log_min_duration_statement",
                whole,
            )
        )
    return found


def _sampling(settings: Mapping[str, str]) -> bool:
    """Whether a sample of statements is in force, as far as the settings say."""
    value = settings.get("log_min_duration_sample")
    return value is None or (milliseconds(value) or 0) >= 0


def _incidents(settings: Mapping[str, str], told: Told) -> list[Visibility]:
    found = []
    if settings.get("log_lock_waits", "").lower() in _OFF or (
        told.waits is False and settings.get("log_lock_waits", "").lower() != "on"
    ):
        found.append(
            Visibility(
                "The log tells no lock waits: either none lasted deadlock_timeout, or log_lock_waits is off.",
                "log_lock_waits",
                "log_lock_waits = on writes one line for each wait longer than deadlock_timeout (1 s).",
            )
        )
    if settings.get("log_connections", "").lower() in _OFF or (
        told.connections is False and settings.get("log_connections", "").lower() in ("", *_OFF)
    ):
        found.append(
            Visibility(
                "The log tells no connections: how many were opened, and how long they lived, is seen from their "
                "statements only.",
                "log_connections",
                "log_connections = on and log_disconnections = on write two lines a session.",
            )
        )
    return found


def _sessions(engine: EngineName, share: float) -> Visibility:
    if engine == "postgresql":
        return Visibility(
            f"The session is known of {share:.0%} of the statements: log_line_prefix has neither %c nor %p, so that "
            "statements of different clients cannot be told apart, and no order means anything.",
            "log_line_prefix",
            "log_line_prefix = '%m [%p] %q%u@%d/%a ' names time, process, user, database and application; csvlog and "
            "jsonlog always do.",
        )
    return Visibility(
        f"The session is known of {share:.0%} of the statements: no order means anything for the rest.",
        None,
        "Give the log as the server wrote it: its `# User@Host` lines name the connection.",
    )


def _mysql(capture: Capture, settings: Mapping[str, str], forms: set[str]) -> list[Visibility]:
    found = []
    long = (
        "long_query_time = 0 for some minutes logs everything (SET GLOBAL holds for new connections; pools must "
        f"reconnect). {_DIGESTS}"
    )
    if forms == {"mysql-general"}:
        found.append(
            Visibility(
                "The general log has no durations: loops are visible, their time is not; nor is what waits for locks.",
                "slow_query_log",
                f"The slow log has them: slow_query_log = ON, and {long}",
            )
        )
        return found
    threshold = capture.threshold_ms
    if threshold is not None and threshold > 0:
        found.append(
            Visibility(
                f"Statements under {threshold:g} ms are not in the log: the repeated statements of N+1 are faster, so "
                "N+1, chatty transactions and polling are not visible.",
                "long_query_time",
                long[0].upper() + long[1:],
            )
        )
    limit = _share(settings, "log_slow_rate_limit") or (1 / capture.sample_rate if capture.sample_rate else 1)
    if limit > 1 and settings.get("log_slow_rate_type", "query").lower() != "session":
        found.append(
            Visibility(
                f"log_slow_rate_limit draws one in {limit:,.0f} statements, each by itself: what follows what is lost, "
                "and loops with it.",
                "log_slow_rate_limit",
                "Percona Server keeps sessions whole with log_slow_rate_type = session. MariaDB and MySQL cannot: set "
                f"log_slow_rate_limit = 1 and {long}",
            )
        )
    for name in ("min_examined_row_limit", "log_slow_min_examined_row_limit"):
        rows = _share(settings, name)
        if rows:
            found.append(
                Visibility(
                    f"Statements that examine fewer than {rows:,.0f} rows are not in the log: lookups by key, which "
                    "loops are made of, examine one.",
                    name,
                    f"{name} = 0 logs them.",
                )
            )
    throttle = _share(settings, "log_throttle_queries_not_using_indexes")
    if throttle and settings.get("log_queries_not_using_indexes", "").lower() in ("on", "1"):
        found.append(
            Visibility(
                f"Of the statements without an index {throttle:,.0f} a minute are logged; the rest is a summary line.",
                "log_throttle_queries_not_using_indexes",
                "log_throttle_queries_not_using_indexes = 0 logs all of them.",
            )
        )
    if not found and capture.complete is False:
        words = "Some statements are not in the log: a loop may be longer than it looks, or not be seen."
        found.append(Visibility(words, "long_query_time", long[0].upper() + long[1:]))
    if settings.get("innodb_print_all_deadlocks", "").lower() in _OFF:
        found.append(
            Visibility(
                "InnoDB's deadlocks are not logged.",
                "innodb_print_all_deadlocks",
                "innodb_print_all_deadlocks = ON writes each of them to the error log, which can be given beside this "
                "one; SHOW ENGINE INNODB STATUS has the last.",
            )
        )
    return found
