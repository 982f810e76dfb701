"""Writes stderr logs as the server does, from any log_line_prefix, and keeps what each line was made of."""

from __future__ import annotations

import random
import re
import time
from dataclasses import dataclass

#: Prefixes in use: documentation of log analysers, cloud services, distributions, and a few awkward ones.
PREFIXES = (
    "%t:%r:%u@%d:[%p]:",  # RDS
    "%t-%c-",  # Azure
    "%m [%p] ",  # the default
    "%m [%p] %q%u@%d ",  # Debian
    "< %m >",  # Red Hat, of old
    "< %m %u@%d >",
    " sql_error_code = %e ",  # Heroku
    "%m [%p][%v] : [%l-1] %q[app=%a] ",
    "%t [%p-%l] %q%u@%d ",
    "%m [%p] %q[user=%u,db=%d,app=%a] ",
    "%m [%p] %q[user=%u,db=%d,app=%a,host=%h] ",
    "%t [%p]: [%l-1] user=%u,db=%d - PG-%e ",
    "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
    "%t [%p]: user=%u,db=%d,app=%a,client=%h ",
    "%m [%p] user=%u,db=%d,app=%a,client=%h ",
    "[%p]: [%l-1] db=%d,user=%u ",
    "%m [%p]: [%l-1] db=%d,user=%u ",
    "%m %r %u %a [%c] [%p] ",
    "%m [%p] %u@%d ",
    "%m [%p] %q%u@%d %a ",
    "%m [%p-%l] %u@%d/%a ",
    "%h %m [%p] %q%u@%d ",
    "%t %q%u@%d %p %i ",
    "%t:%r:user=%u,database=%d:[%p]:%q",
    "%m|%p|%u|%d|%a|%h|%e|",
    "%n [%p] %u@%d ",
    "%t ",
    "%t",
    "",
    "%m %u %d %p %r ",
    "[%m] %p %u@%d %h ",
    "db=%d,user=%u,host=%h,pid=%p,time=%m ",
    "user=%u,db=%d,client=%h ",
    "%m [%p:%l] %e %u@%d ",
    "%m [%b] [%p] ",
    "%m [%p] [%Q] %u@%d ",
    "%m %-10u %10d [%-6p] ",
    "{%m} {%p} {%u} {%d} ",
    "%c:%l:%m:",
    "%m [%p] %r ",
    "100%% %m [%p] ",
)
ZONES = ("UTC", "CET", "+03", "-0330")


@dataclass(frozen=True)
class Line:
    """A line of the log, the fields of its prefix by letter, and its message."""

    raw: bytes
    fields: dict[str, str]
    message: str


@dataclass
class Process:
    pid: int
    user: str
    database: str
    application: str
    host: str
    background: bool
    lines: int = 0


def prefix(setting: str, process: Process, seconds: float, zone: str, severity: str) -> tuple[str, dict[str, str]]:
    """What the server prints for a setting, and the fields it printed."""
    clock = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))
    ms = int(seconds * 1000) % 1000
    fields, out = {}, ""
    for match in re.finditer(r"%(-?\d*)([a-zA-Z%])|([^%]+)", setting):
        if match[3]:
            out += match[3]
            continue
        letter, width = match[2], int(match[1] or 0)
        if letter == "%":
            out += "%"
            continue
        if letter == "q":
            if process.background:
                break
            continue
        session = {
            "u": process.user,
            "d": process.database,
            "a": process.application,
            "h": process.host,
            "r": process.host if process.host == "[local]" else f"{process.host}({40000 + process.pid % 1000})",
            "v": f"{process.pid % 9}/{process.lines}",
            "i": "SELECT" if process.lines % 3 else "idle in transaction",
        }
        value = {
            "m": f"{clock}.{ms:03d} {zone}",
            "t": f"{clock} {zone}",
            "n": f"{int(seconds)}.{ms:03d}",
            "s": f"2024-03-01 07:59:00 {zone}",
            "p": str(process.pid),
            "l": str(process.lines),
            "c": f"65e1a1b0.{process.pid:x}",
            "x": "0",
            "e": "42P01" if severity == "ERROR" else "00000",
            "Q": "0" if process.background else str(-7123456789012345678 + process.pid),
            "b": "checkpointer" if process.background else "client backend",
            **(dict.fromkeys(session, "") if process.background else session),
        }[letter]
        fields[letter] = value
        out += value.ljust(-width) if width < 0 else value.rjust(width)
    return out, fields


def log(setting: str, *, lines: int = 200, zone: str = "UTC", seed: int = 1) -> list[Line]:
    """Lines of several sessions and of background processes."""
    chance = random.Random(seed)
    processes = [
        Process(
            pid=1000 + 37 * number,
            user=chance.choice(["app", "report_rw", "o.brien"]),
            database=chance.choice(["shop", "crm"]),
            application=chance.choice(["psql", "My App: v1", "app, LOG: x", "[unknown]", "pgbench"]),
            host=chance.choice(["10.0.0.7", "::1", "fe80::a1b2", "[local]", "db-1.example.com"]),
            background=number % 7 == 6,
        )
        for number in range(14)
    ]
    seconds, out = 1_709_280_000.0, []
    for number in range(lines):
        process = chance.choice(processes)
        process.lines += 1
        seconds += chance.random()
        if process.background:
            severity, message = "LOG", "checkpoint starting: time"
        else:
            severity, message = chance.choice(
                [
                    ("LOG", f"duration: {number}.125 ms  statement: SELECT {number} FROM t"),
                    ("LOG", f"duration: {number}.007 ms  execute <unnamed>: SELECT $1"),
                    ("LOG", f"duration: {number}.007 ms  parse S_1: SELECT $1"),
                    ("ERROR", 'relation "x" does not exist at character 15'),
                    ("LOG", f"connection authorized: user={process.user} database={process.database} "
                            f"application_name={process.application}"),
                ]
            )  # fmt: skip
        head, fields = prefix(setting, process, seconds, zone, severity)
        out.append(Line(f"{head}{severity}:  {message}".encode(), fields, message))
    return out


def text(lines: list[Line]) -> bytes:
    """The lines as a file."""
    return b"".join(line.raw + b"\n" for line in lines)
