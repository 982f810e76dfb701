"""One record of a MySQL or MariaDB slow log: what its lines say.

    # Time: 240301 10:00:00
    # User@Host: app[app] @ web1 [10.0.0.7]  Id:   17
    # Query_time: 0.001  Lock_time: 0  Rows_sent: 1  Rows_examined: 20      fields, on any number of lines
    use shop;                                           only when it differs from the record before
    SET timestamp=1709287200;
    SELECT ...;

**When a statement started.** `SET timestamp` is the start in MariaDB and since MySQL 8.0.14 (WL#12393), before that it
is when the record was written. But every MySQL since 5.7 also prints the writing to the microsecond (`# Time`, or
`End:` under log_slow_extra): minus Query_time, that is the start, more exactly. MariaDB's `# Time` is the start as well
(recorded in fixtures/mysql). So: MariaDB (told by its spelling `QC_hit`): SET timestamp; else End or ISO `# Time` minus
Query_time; else SET timestamp minus Query_time, which leaves MySQL 5.6 and older.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from advisor.model.batch import NO_TIME, UNKNOWN
from advisor.sources.mysql.values import ABSURD_US, epoch, iso_us, local_us, micros, number

#: Bits of `Framed.flags` in the rows of a slow log.
MARIADB = 2  # the fields are spelt as MariaDB spells them (QC_hit)
CUT = 4  # the source ends inside the statement
INHERITED = 8  # no time of its own: the second of the record before
SCHEMA = 16  # the record names its database (`Schema:`), even if that is none
DETAIL = 32  # the header says more than columns hold: a plan, an error, a kill, a rate limit
ABSURD = 64  # a duration that cannot be: the clock stepped back
USE = 128  # the record has a `use` line
LOCAL = 1  # the time is the server's local wall clock; never leaves the framer

_NAME = rb"(?:[A-Za-z_][A-Za-z0-9_@]{0,63}+:|No InnoDB |Stored routine: )"
_HEADER = re.compile(rb"(?>(?:#(?:[ \t]*+\r?(?:\n|\Z)|[ \t]++" + _NAME + rb"[^\n]*+(?:\n|\Z)))*)")
_NEXT_FIELD = re.compile(rb" [A-Za-z_][A-Za-z0-9_]*+:(?: |\Z)")
_EXPLAIN = re.compile(rb"(?m)^# explain:[^\n]*\n?")
_SETTING = rb"(?:timestamp|insert_id|last_insert_id)=\d++(?:\.\d*+)?"
_SET = re.compile(rb"SET (" + _SETTING + rb"(?>(?:," + _SETTING + rb")*));[ \t]*+\r?(?:\n|\Z)")
_TIMESTAMP = re.compile(rb"(?:\A|,)timestamp=(\d+)(?:\.(\d*))?")
_USER_PARTS = re.compile(rb"# User@Host: (.*)\[([^\[\]]*)\] @ (.*)\[([^\[\]]*)\]", re.DOTALL)
ADMIN = b"# administrator command: "


class Record(NamedTuple):
    """What one record says. Ranges are absolute within the data it was read from."""

    user: bytes  # the U line without its Id; empty when there is none
    database: bytes | None  # from Schema or use, as printed; None when neither is there
    thread: int  # UNKNOWN when not printed
    time_us: int  # start of execution; NO_TIME
    duration_us: int
    lock_us: int
    rows_sent: int
    rows_examined: int
    rows_affected: int
    temp_bytes: int
    sql_start: int
    sql_end: int
    flags: int
    fields_start: int
    fields_end: int


def parse(data: bytes, start: int, end: int) -> Record:
    """Read the record in ``data[start:end]``, which begins at a record start that is no banner."""
    at = start
    flags = 0
    iso = local = NO_TIME
    if data.startswith(b"# Time: ", at):
        stop = _line_end(data, at, end)
        text = data[at + 8 : stop]
        iso = iso_us(text)
        if iso == NO_TIME:
            local = local_us(text)
        at = min(stop + 1, end)
    user = b""
    thread = UNKNOWN
    if data.startswith(b"# User@Host: ", at, end):
        stop = _line_end(data, at, end)
        user, thread = split_user(data[at:stop])
        at = min(stop + 1, end)
    fields_start = at
    match = _HEADER.match(data, at, end)
    at = fields_end = match.end() if match else at
    header = data[fields_start:fields_end]
    if b"# explain:" in header:
        flags |= DETAIL
        header = _EXPLAIN.sub(b"", header)
    tokens = header.split()
    field = dict(pairwise(tokens)).get
    database: bytes | None = None
    if b"Schema: " in header:
        database = _schema(header)
        flags |= SCHEMA
    if b"QC_hit:" in tokens:
        flags |= MARIADB
    duration = micros(field(b"Query_time:", b""))
    if duration >= ABSURD_US:
        duration = UNKNOWN
        flags |= ABSURD
    lock = micros(field(b"Lock_time:", b""))
    if lock >= ABSURD_US:
        lock = UNKNOWN
    if thread == UNKNOWN:
        thread = number(field(b"Thread_id:", b""))
    if (
        number(field(b"Last_errno:", b"")) > 0
        or number(field(b"Errno:", b"")) > 0
        or number(field(b"Killed:", b"")) > 0
    ):
        flags |= DETAIL
    if number(field(b"Log_slow_rate_limit:", b"")) > 1:
        flags |= DETAIL
    ended = iso_us(field(b"End:", b""))

    set_us = NO_TIME
    was_set = False
    use_at = use_end = -1  # of a `use` line that comes last
    while True:
        if not flags & USE and data.startswith(b"use ", at, end):
            stop = _line_end(data, at, end)
            name = data[at + 4 : stop].rstrip(b" \t\r")
            if not name.endswith(b";") or b";" in name[:-1]:
                break
            flags |= USE
            if database is None:
                database = unquote(name[:-1].strip(b" \t"))
            use_at, use_end = at, stop
            at = min(stop + 1, end)
        elif not was_set and data.startswith(b"SET ", at, end):
            match = _SET.match(data, at, end)
            if match is None:
                break
            stamp = _TIMESTAMP.search(match[1])
            if stamp:
                set_us = epoch(stamp[1], stamp[2] or b"")
            was_set = True
            use_at = -1
            at = match.end()
        else:
            break
    sql_start, sql_end = strip(data, at, end)
    if sql_start == sql_end and was_set and use_at >= 0:
        sql_start, sql_end = strip(data, use_at, use_end)  # the statement was a `use` itself

    spent = max(duration, 0)
    time = NO_TIME
    if flags & MARIADB:  # both of MariaDB's times are the statement's start
        if set_us != NO_TIME:
            time = set_us
        elif iso != NO_TIME:
            time = iso
        elif local != NO_TIME:
            time, flags = local, flags | LOCAL
    elif ended != NO_TIME:
        time = ended - spent
    elif iso != NO_TIME:
        time = iso - spent
    elif set_us != NO_TIME and b"Start:" in tokens:
        time = set_us  # log_slow_extra came after the change; forks of MySQL print its Start and End without a zone
    elif set_us != NO_TIME:
        time = set_us - spent  # only servers before 5.7 get here: there it is the time of logging
    elif local != NO_TIME:
        time, flags = local - spent, flags | LOCAL
    if time == NO_TIME:
        flags |= INHERITED

    disk = number(field(b"Tmp_disk_tables:", b""))
    temp = UNKNOWN
    if disk == 0:
        temp = 0
    elif disk > 0 and disk == number(field(b"Tmp_tables:", b"")):
        temp = number(field(b"Tmp_table_sizes:", b""))  # all of them went to disk; else the share is not known
    return Record(
        user,
        database,
        thread,
        time,
        duration,
        lock,
        number(field(b"Rows_sent:", b"")),
        number(field(b"Rows_examined:", b"")),
        number(field(b"Rows_affected:", b"")),
        temp,
        sql_start,
        sql_end,
        flags,
        fields_start,
        fields_end,
    )


def strip(data: bytes, start: int, end: int) -> tuple[int, int]:
    """The statement's range without surrounding blanks, NULs and its last semicolon."""
    text = data[start:end]
    body = text.rstrip(b" \t\r\n\0")
    if body.endswith(b";"):
        body = body[:-1].rstrip(b" \t\r\n\0")
    begin = start + len(body) - len(body.lstrip(b" \t\r\n\0"))
    return begin, max(begin, start + len(body))


def split_user(line: bytes) -> tuple[bytes, int]:
    """The U line without its ``Id: n``, and the n."""
    line = line.rstrip(b" \t\r")
    at = line.rfind(b"Id:")
    if at > 0 and line[at - 1] in b" \t":
        digits = line[at + 3 :].lstrip(b" \t")
        if digits.isdigit() and len(digits) <= 18:
            return line[:at].rstrip(b" \t\r"), int(digits)
    return line, UNKNOWN


def user_and_host(line: bytes) -> tuple[str | None, str | None]:
    """User and host of a U line; unknown parts are None. The account's name comes before the one the client gave."""
    match = _USER_PARTS.match(line[:1024])
    if match is None:
        return None, None
    account, client, host, address = (part.strip().decode("utf-8", "replace") for part in match.groups())
    return account or client or None, host or address or None


def _line_end(data: bytes, start: int, end: int) -> int:
    at = data.find(b"\n", start, end)
    return end if at < 0 else at


def _schema(header: bytes) -> bytes:
    """The value of `Schema:`, up to two blanks, the next field or the line's end: a name may have one blank in it."""
    at = header.find(b"Schema: ") + 8
    line = header[at : _line_end(header, at, len(header))].rstrip(b" \t\r")
    name = line.partition(b"  ")[0] if not line.startswith(b" ") else b""
    after = _NEXT_FIELD.search(name)
    return name[: after.start()] if after else name


def unquote(name: bytes) -> bytes:
    """A name as `use` prints it, without its backticks."""
    if len(name) >= 2 and name.startswith(b"`") and name.endswith(b"`"):
        return name[1:-1].replace(b"``", b"`")
    return name


class Details(NamedTuple):
    """What a header says that no column holds."""

    plan: str  # lines of `# explain:`, tab-separated, heads first; empty when there are none
    error: int
    killed: int
    rate_limit: int


_EXPLAIN_TEXT = re.compile(rb"(?m)^# explain: ([^\n]*)")


def details(header: bytes) -> Details:
    """Read a record's header lines once more, for what `parse` only flagged."""
    rows = [row.rstrip(b"\r").decode("utf-8", "replace") for row in _EXPLAIN_TEXT.findall(header)]
    tokens = _EXPLAIN.sub(b"", header).split()
    field = dict(pairwise(tokens)).get
    error = number(field(b"Last_errno:", b""))
    return Details(
        "\n".join(rows),
        max(error if error > 0 else number(field(b"Errno:", b"")), 0),
        max(number(field(b"Killed:", b"")), 0),
        number(field(b"Log_slow_rate_limit:", b"")),
    )


def is_execution(data: bytes, start: int, end: int) -> bool:
    """Whether a record's text is a statement that was executed: not an administrator command, nor the server's own
    note that it left statements out (`throttle: 6 'index not used' warning(s) suppressed.`)."""
    return start < end and not data.startswith((ADMIN, b"throttle: "), start, end)
