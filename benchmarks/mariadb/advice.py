"""Index advice on MariaDB, checked by really building the indexes.

    python -m benchmarks.mariadb.advice [--workload shop|desk] [--catalog snapshot|live] [-o results.json]

A database is filled, the recorded slow log is analysed with a snapshot and the shadow, and every recommended statement
is executed. For each recommendation: do the plans of the statements that it names use the index; do the rows that the
server reads (Handler_read of the session) and the time fall as the costs say; does anything of the workload get worse.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pymysql

from advisor.api.analysis import analyze, digest
from advisor.model.limits import LIMITS
from benchmarks.mariadb import desk
from tests import servers

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "fixtures" / "shop"
_REPEATS = 3
_LONG_SECONDS = 0.1
"""Run once: its time is no matter of chance."""
_SECONDS = 3
"""Of one execution: the recorded workload has a statement that was made to time out."""


@dataclass(frozen=True)
class Seen:
    """One statement on the server: over its samples."""

    keys: frozenset[str]
    """table.index of every plan, the tables as they are called in it."""
    reads: float | None
    """Rows that handlers gave, one execution; None: it writes, and is only explained."""
    ms: float | None


@dataclass
class Line:
    """What became of one statement by one recommendation."""

    index: str
    fingerprint: str
    used: bool
    claimed: float
    """cost_before / cost_after."""
    reads: tuple[float | None, float | None]
    ms: tuple[float | None, float | None]


@dataclass
class Outcome:
    """Of one run."""

    created: int = 0
    dropped: int = 0
    lines: list[Line] = field(default_factory=list)
    worse: list[str] = field(default_factory=list)
    """Statements that read more or take longer than before, of the whole workload."""
    unclaimed: list[str] = field(default_factory=list)
    """Statements whose plan uses a new index without being named by its recommendation."""
    notes: list[str] = field(default_factory=list)
    whole: tuple[float, float] = (0.0, 0.0)
    """Seconds of the workload by the times here: before, after."""
    claimed_share: float = 0.0
    saved_share: float = 0.0


def check(connect: Callable[[], Any], log: Path | str, catalog: str, **options: Any) -> Outcome:
    """Advice for ``log`` carried out on the database that ``connect`` opens, and taken back again."""
    result = analyze([log], catalog=catalog, planner="shadow", **options)
    shapes = [one for one in digest([log]).shapes() if one.kind in ("select", "insert", "update", "delete")]
    texts = {one.fingerprint: _samples(one) for one in shapes}
    calls = {one.fingerprint: one.calls for one in shapes}
    found = Outcome(notes=list(result.notices))
    creates = [one for one in result.recommendations if one.kind == "create_index" and one.proof != "static"]
    drops = [one for one in result.recommendations if one.kind == "drop_index"]
    done: list[Any] = []
    with connect() as connection:
        cursor = connection.cursor()
        before = {name: seen(cursor, several) for name, several in texts.items()}
        try:
            for one in creates:
                run(cursor, one.sql)
                done.append(one)
            found.created = len(creates)
            after = {name: seen(cursor, several) for name, several in texts.items()}
            for one in drops:
                run(cursor, one.sql)
                done.append(one)
            found.dropped = len(drops)
            dropped = {name: seen(cursor, several) for name, several in texts.items()} if drops else after
        finally:
            for one in reversed(done):
                run(cursor, one.rollback)
    for one in creates:
        named = {each.fingerprint for each in one.affects}
        for each in one.affects:
            first, then = before[each.fingerprint], after[each.fingerprint]
            found.lines.append(
                Line(
                    index=str(one.name),
                    fingerprint=each.fingerprint,
                    used=any(key.endswith(f".{one.name}") for key in then.keys),
                    claimed=(each.cost_before or 0.0) / max(each.cost_after or 0.0, 1e-9),
                    reads=(first.reads, then.reads),
                    ms=(first.ms, then.ms),
                )
            )
        found.unclaimed += [
            f"{name} uses {one.name}"
            for name, then in dropped.items()
            if name not in named and any(key.endswith(f".{one.name}") for key in then.keys)
        ]
    for state, then_all in (("created", after), ("dropped", dropped)):
        found.worse += [
            f"{name} after {state}: reads {first.reads} to {then_all[name].reads}, ms {first.ms} to {then_all[name].ms}"
            for name, first in before.items()
            if worse(first, then_all[name])
        ]
    weigh = [(calls[name], first.ms, dropped[name].ms) for name, first in before.items() if first.ms is not None]
    found.whole = (
        sum(count * (first or 0) for count, first, _ in weigh) / 1000,
        sum(count * (then or 0) for count, _, then in weigh) / 1000,
    )
    found.saved_share = 1 - found.whole[1] / found.whole[0] if found.whole[0] else 0.0
    advice = result.index_advice
    if advice is not None and advice.chosen is not None:
        found.claimed_share = advice.curve[advice.chosen].saved_share
    return found


def worse(before: Seen, after: Seen) -> bool:
    """More than a tenth more rows, and the time does not say that they are cheaper ones; or a time doubled for good."""
    if before.reads is None or after.reads is None or before.ms is None or after.ms is None:
        return False
    return (after.reads > 1.1 * before.reads + 10 and after.ms > 1.1 * before.ms) or after.ms > 2 * before.ms + 1.0


def _samples(shape: Any) -> list[str]:
    several = dict.fromkeys(one.sql for one in (shape.typical, shape.slowest, *shape.samples) if one is not None)
    return list(several)[: LIMITS.selection_samples]


def seen(cursor: Any, texts: Sequence[str]) -> Seen:
    """Plans, rows read and best time of one statement. What writes is explained alone."""
    keys: set[str] = set()
    reads, ms, many = 0.0, 0.0, 0
    reading = True
    cursor.execute(f"SET SESSION max_statement_time = {_SECONDS}")
    for text in texts:
        try:
            cursor.execute("EXPLAIN FORMAT=JSON " + text)
            keys |= set(_keys(json.loads(cursor.fetchone()[0])))
            if not text.lstrip("( ").upper().startswith(("SELECT", "WITH")):
                reading = False
                continue
            best = float("inf")
            for _ in range(_REPEATS):
                cursor.execute("FLUSH STATUS")
                began = time.perf_counter()
                cursor.execute(text)
                cursor.fetchall()
                best = min(best, time.perf_counter() - began)
                if best > _LONG_SECONDS:
                    break
            cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
            reads += sum(float(value) for _, value in cursor.fetchall())
            ms += best * 1000
            many += 1
        except pymysql.Error:
            reading = False
            break
    cursor.execute("SET SESSION max_statement_time = 0")
    if not reading or not many:
        return Seen(frozenset(keys), None, None)
    return Seen(frozenset(keys), reads / many, ms / many)


def _keys(node: Any) -> Iterable[str]:
    if isinstance(node, list):
        for each in node:
            yield from _keys(each)
    elif isinstance(node, dict):
        if "table_name" in node:
            for name in _names(node):
                yield f"{node['table_name']}.{name}"
        for value in node.values():
            yield from _keys(value)


def _names(node: Any) -> Iterable[str]:
    for name, value in node.items():
        if name == "key" and isinstance(value, str):
            yield value
        elif name in ("index_merge", "range", "intersect", "union", "sort_union") and isinstance(value, dict | list):
            for each in value if isinstance(value, list) else [value]:
                yield from _names(each)


def run(cursor: Any, script: str) -> None:
    """Statements that end in semicolons at the ends of lines."""
    for statement in script.split(";\n"):
        if statement.strip(" \n;"):
            cursor.execute(statement.strip(" \n;"))


def table(found: Outcome) -> str:
    """For people."""
    lines = [f"{'index':50} {'statement':16}  used  claimed  {'rows read, factor':28}  ms, factor"]
    for one in found.lines:
        lines.append(
            f"{one.index:50} {one.fingerprint} {'yes' if one.used else 'NO':>5} {one.claimed:>8.3g}"
            f"  {_pair(one.reads, '9,.0f')}  {_pair(one.ms, '7.2f')}"
        )
    lines += [f"worse: {one}" for one in found.worse] + [f"not named: {one}" for one in found.unclaimed]
    lines.append(
        f"{found.created} created, {found.dropped} dropped; reads of the workload {found.whole[0]:.2f} s before, "
        f"{found.whole[1]:.2f} s after: {found.saved_share:.1%} less; the curve says {found.claimed_share:.1%}"
    )
    return "\n".join(lines)


def _pair(pair: tuple[float | None, float | None], width: str) -> str:
    first, then = pair
    if first is None or then is None:
        return "a write, explained only"
    return f"{first:{width}} {then:{width}} {first / max(then, 1e-9):>8.3g}"


def shop(server: servers.Server, catalog: str) -> Outcome:
    """The recorded shop: its log, with its snapshot (masked) or the filled server's."""
    sys.path.insert(0, str(SHOP))
    from play import Server, fill

    connect = opened(server, "shop")
    fill(Server("mariadb", server.port, user=server.user, database="shop"))
    given = str(SHOP / "mariadb" / "shop.snapshot") if catalog == "snapshot" else f"{_address(server)}/shop"
    return check(connect, SHOP / "mariadb" / "slow.log.gz", given)


def help_desk(server: servers.Server, _: str) -> Outcome:
    """The help desk, its log written now."""
    connect = opened(server, "desk")
    log = server.directory / "desk.log"
    with connect() as connection:
        cursor = connection.cursor()
        desk.fill(cursor)
        cursor.execute("SET GLOBAL slow_query_log_file = 'desk.log'")
        cursor.execute("SET GLOBAL slow_query_log = ON")
        with connect() as player:  # a session takes the switch over when it begins
            asking = player.cursor()
            asking.execute("SET SESSION long_query_time = 0")
            desk.play(asking)
        cursor.execute("SET GLOBAL slow_query_log = OFF")
    return check(connect, log, f"{_address(server)}/desk")


def opened(server: servers.Server, name: str) -> Callable[[], Any]:
    """An empty database of that name, and what connects to it."""
    with pymysql.connect(host=server.host, port=server.port, user=server.user) as connection:
        connection.cursor().execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    return lambda: pymysql.connect(
        host=server.host, port=server.port, user=server.user, database=name, charset="utf8mb4", autocommit=True
    )


def _address(server: servers.Server) -> str:
    return f"mariadb://{server.user}@{server.host}:{server.port}"


def main() -> None:
    """Prints the table, and writes it where asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--workload", choices=("shop", "desk"), default="shop")
    parser.add_argument("--catalog", choices=("snapshot", "live"), default="snapshot", help="of the shop")
    parser.add_argument("-o", "--output", type=Path)
    given = parser.parse_args()
    with servers.mariadb({"innodb-buffer-pool-size": "256M", "innodb-flush-method": "nosync"}) as server:
        found = (shop if given.workload == "shop" else help_desk)(server, given.catalog)
    print(table(found))
    if given.output:
        given.output.write_text(json.dumps(asdict(found), indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
