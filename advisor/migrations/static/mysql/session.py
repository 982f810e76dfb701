"""What a migration has set in its session, and the tables it has locked."""

from __future__ import annotations

from dataclasses import dataclass, field

from advisor.catalog.ddl.cursor import Cursor
from advisor.migrations.static.mysql.way import Switches
from advisor.model.migration import Change, Lock

_OFF = frozenset({"0", "off", "false"})


@dataclass(slots=True)
class Session:
    """Of one script: a new one begins with the server's defaults."""

    switches: Switches = field(default_factory=Switches)
    lock_wait_ms: float | None = None
    statement_ms: float | None = None
    read_committed: bool = False
    locked: dict[str, Lock] = field(default_factory=dict)
    """By LOCK TABLES."""
    prepared: dict[str, str | None] = field(default_factory=dict)
    """Text of prepared statements; None: it is put together as the migration runs."""

    def unlock(self) -> None:
        """UNLOCK TABLES, or a transaction that begins."""
        self.locked = {}

    def held(self) -> tuple[Lock, ...]:
        """Locks of earlier statements."""
        return tuple(self.locked.values())


def assignments(c: Cursor) -> list[tuple[str, str]]:
    """Name and value of each variable of a SET, in lower case names; user variables keep their ``@``."""
    c.expect("SET")
    found: list[tuple[str, str]] = []
    if c.sees("STATEMENT"):
        return found
    if c.accept("CHARACTER", "SET") or c.accept_any("NAMES", "CHARSET", "PASSWORD", "ROLE", "DEFAULT"):
        return found
    transaction = c.at
    c.accept_any("SESSION", "LOCAL", "GLOBAL")
    if c.accept("TRANSACTION"):
        level = c.rest().upper()
        return [("tx_isolation", level.removeprefix("ISOLATION LEVEL ").replace(" ", "-"))]
    c.at = transaction
    while not c.done:
        name = _variable(c)
        if not (c.accept("=") or c.accept(":=") or c.accept(":", "=")):
            break
        start = c.at
        c.until(",")
        value = c.source(start, c.at)
        if name:
            found.append((name, value))
        if not c.accept(","):
            break
    return found


def _variable(c: Cursor) -> str:
    text = ""
    while not c.done and not c.sees("=") and not c.sees(":=") and not c.sees(":"):
        token = c.next()
        if token.upper in ("SESSION", "LOCAL") or (token.kind == "op" and token.text == "."):
            continue
        if token.upper in ("GLOBAL", "PERSIST", "PERSIST_ONLY"):
            text = "global "
            continue
        text = token.text if text in ("", "@@", "@@global ") and not text.startswith("@") else text + token.text
    return text.lower().replace("@@", "")


def apply(session: Session, name: str, value: str) -> Change:
    """Takes one setting over."""
    plain = value.strip("'\"` ").lower()
    known = plain.replace(".", "", 1).isdigit()
    if name == "foreign_key_checks":
        session.switches.foreign_key_checks = plain not in _OFF
    elif name == "alter_algorithm":
        session.switches.alter_algorithm = None if plain in ("default", "0") else plain.upper()
    elif name == "old_alter_table":
        # Since MariaDB 10.3.7 another name of alter_algorithm; ON is COPY.
        copies = plain in ("1", "on", "true", "copy")
        session.switches.alter_algorithm = "COPY" if copies else None
    elif name == "sql_mode":
        session.switches.strict = "strict_" in plain or "traditional" in plain or "@" in plain
    elif name == "lock_wait_timeout":
        session.lock_wait_ms = float(plain) * 1000 if known else None
    elif name == "max_statement_time":
        session.statement_ms = float(plain) * 1000 if known else None
    elif name in ("tx_isolation", "transaction_isolation"):
        session.read_committed = "read-committed" in plain or "read-uncommitted" in plain
    return Change(action="set", name=name, expression=value[:200])
