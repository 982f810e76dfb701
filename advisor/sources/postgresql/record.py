"""One record of a PostgreSQL log, whatever its format, and what kind of message it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from advisor.model.batch import NO_TIME, UNKNOWN, Context

#: What a record that is not a complete executed statement holds (`Framed.other_kind`).
OTHER, STEP, DURATION, STATEMENT, PLAN, ERROR, ORPHAN = range(7)
#: Bits of `Framed.flags`.
EXECUTE, FETCH = 1, 2
#: ... and of a statement that was logged when it began (log_statement), its duration yet to come or never logged.
BEGUN = 16

#: Name of a prepared statement (and portal) up to `: `.
NAME = rb"[^\n:]*+(?>(?::(?! )[^\n:]*+)*): "
#: The message of a statement. Groups: 1 milliseconds, 2 microseconds, 3 `statement: `, 4 `execute NAME: `,
#: 5 `fetch from `, 6 parse or bind, 7 a plan, 8 a text that has no duration.
MESSAGE = re.compile(
    rb"(?>(?:[0-9A-Z]{5}: )?)(?:"
    rb"duration: (\d{1,15}+)(?:\.(\d{3}))? ms(?:  (?:(statement: )|(execute (?>(fetch from )?)"
    + NAME
    + rb")|(parse |bind )|(plan:)))?"
    rb"|(statement: |execute (?>(?:fetch from )?)" + NAME + rb"))"
)
#: DETAIL of a statement with bound parameters (capital since PostgreSQL 16).
PARAMETERS = re.compile(rb"[pP]arameters: ")
_FNV, _PRIME, _MASK = 0xCBF29CE484222325, 0x100000001B3, 0xFFFFFFFFFFFFFFFF


@lru_cache(maxsize=1 << 16)
def name_hash(name: bytes) -> int:
    """The 64-bit hash that names a session or transaction (FNV-1a, mixed); 0 for an empty name, the unknown."""
    if not name:
        return 0
    value = _FNV
    for byte in name:
        value = ((value ^ byte) * _PRIME) & _MASK
    value ^= value >> 32
    value = (value * 0xD6E8FEB86659FD93) & _MASK
    return (value ^ (value >> 32)) or 1


def transaction_hash(vxid: bytes) -> int:
    """Hash of a virtual transaction id; 0 outside of a transaction (`3/0`) or where none is printed."""
    return 0 if vxid.endswith(b"/0") else name_hash(vxid)


def name(raw: bytes) -> str | None:
    """A user, database, application or host; None when the server did not know it."""
    raw = raw.strip()
    if not raw or raw == b"[unknown]":
        return None
    return raw.decode("utf-8", "replace")


def host(raw: bytes) -> bytes:
    """A remote host without its port (``10.0.0.7(5432)``)."""
    if raw.endswith(b")"):
        bare, opening, port = raw[:-1].rpartition(b"(")
        if opening and port.isdigit():
            return bare
    return raw


def context(user: bytes, database: bytes, application: bytes, remote: bytes) -> Context:
    """Who, from the texts of a log; ``remote`` without its port."""
    return Context(database=name(database), user=name(user), application=name(application), host=name(remote))


def kind(word: str, message: re.Match[bytes] | None) -> int:
    """The kind of a record with this English severity, whose message matched MESSAGE as given."""
    if word in ("ERROR", "FATAL", "PANIC"):
        return ERROR
    if message is None:
        return OTHER
    if message[7]:
        return PLAN
    if message[6]:
        return STEP
    return OTHER if message[3] or message[4] or message[8] else DURATION


def flags_of(message: re.Match[bytes]) -> int:
    """`Framed.flags` of a matched statement."""
    begun: bytes | None = message[8]
    if begun is None:
        return (EXECUTE if message[4] else 0) | (FETCH if message[5] else 0)
    if message.re.groups > 8:  # of another language
        return BEGUN | (EXECUTE if message[9] or message[10] else 0) | (FETCH if message[9] else 0)
    if begun.startswith(b"execute fetch from "):
        return BEGUN | EXECUTE | FETCH
    return BEGUN | EXECUTE if begun.startswith(b"execute ") else BEGUN


def duration_us(message: re.Match[bytes]) -> int:
    """Microseconds of a matched duration; UNKNOWN when the message has none."""
    if message[1] is None:
        return UNKNOWN
    return int(message[1]) * 1000 + int(message[2] or 0)


@dataclass(slots=True)
class Record:
    """A message of the server with everything that the log prints beside it. None is unknown."""

    severity: str
    """In English; DEBUG1 to DEBUG5 as such. A label (`DETAIL`...) when the record's first line is missing."""
    message: str
    time_us: int = NO_TIME
    zoned: bool = True
    """False: the time is the server's wall clock."""
    pid: int | None = None
    session_key: str = ""
    """Session id where logged, else pid and session start, else pid; empty unknown."""
    session: int = 0
    """Hash of session_key, as in `Framed.session`."""
    line_num: int | None = None
    user: str | None = None
    database: str | None = None
    application: str | None = None
    host: str | None = None
    code: str | None = None
    """SQLSTATE."""
    detail: str | None = None
    hint: str | None = None
    context: str | None = None
    statement: str | None = None
    query: str | None = None
    """The internal query (of a function) that failed."""
    location: str | None = None
    backend_type: str | None = None
    vxid: str | None = None
    transaction: int = 0
    """Hash of vxid, as in `Framed.transaction`."""
    txid: int | None = None
    query_id: int | None = None
    leader_pid: int | None = None
    command: str | None = None
    """The command tag."""
    english: bool = True
    """False: lc_messages is another language."""
    offset: int = -1
    line: int = -1


def whole(raw: bytes | str | None) -> int | None:
    """A whole number as printed; None for anything else."""
    try:
        return int(raw) if raw else None
    except ValueError:
        return None


_QUERY_ID = re.compile(rb"-?\d{1,19}\Z")


def query_id(raw: bytes) -> int:
    """A query id as printed; 0, the unknown, for what does not fit 64 bits."""
    if not _QUERY_ID.match(raw):
        return 0
    value = int(raw)
    return value if -(2**63) <= value < 2**63 else 0


def text(raw: bytes | None) -> str | None:
    """A field as text, None when it is absent or empty."""
    return raw.decode("utf-8", "replace") if raw else None
