"""What is foretold against what servers do, statement by statement."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.catalog.ddl.file import read_ddl
from advisor.migrations.reading.script import script_of
from advisor.migrations.static.postgresql import foretell, modes
from advisor.model.engine import Engine
from advisor.model.migration import Outcome
from tests.migrations.static.postgresql.executed import Done, Server
from tests.postgresql_majors import present

HERE = Path(__file__).parent
SCHEMA = (HERE / "base.sql").read_text()
CASES = [line for line in (HERE / "cases.txt").read_text().splitlines() if line.strip()]
#: Before 15 scans of empty tables are not counted.
COUNTS_SCANS = 15


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[int, Server]]:
    started: dict[int, Server] = {}
    yield started
    for server in started.values():
        server.close()


def compare(server: Server, major: int, line: str) -> list[str]:
    *setup, statement = [part.strip() for part in line.split(";;")]
    done = server.run(setup, statement)
    settings = [one for one in setup if one.startswith("SET")]
    base = script_of("".join(f"{one};\n" for one in setup), "b.sql", engine="postgresql")
    text = "BEGIN;\n" + "".join(f"{one};\n" for one in [*settings, statement]) + "COMMIT;\n"
    script = script_of(text, "m.sql", engine="postgresql")
    catalog = read_ddl(SCHEMA, "schema", "postgresql")
    catalog.settings["TimeZone"] = "UTC"
    outcome = foretell([script], catalog, Engine("postgresql", f"{major}.1"), base=[base]).outcomes[-1]
    return list(differences(done, outcome, bool(setup), statement, major))


def differences(done: Done, outcome: Outcome, prepared: bool, statement: str, major: int) -> Iterator[str]:
    if done.error is not None or outcome.failure is not None:
        if (done.error is None) != (outcome.failure is None):
            yield f"server: {done.error}, foretold: {outcome.failure}"
        return
    tables = {name for name, _ in done.locks} | set(read_ddl(SCHEMA, "", "postgresql").tables)
    strongest = {
        (name, mode)
        for name, mode in done.locks
        if not any(n == name and m != mode and modes.covers(m, mode) for n, m in done.locks)
    }
    locks = {(lock.relation, lock.mode) for lock in outcome.locks if lock.preexisting and lock.relation in tables}
    if not prepared and locks != strongest:
        yield f"locks: server {sorted(strongest - locks)}, foretold {sorted(locks - strongest)}"
    work = {
        kind: {one.relation for one in outcome.work if one.kind == kind and one.preexisting and not one.online}
        for kind in ("rewrite", "scan", "build", "write")
    }
    if done.rewritten != work["rewrite"] and not statement.startswith("TRUNCATE"):
        yield f"rewrites: server {done.rewritten}, foretold {work['rewrite']}"
    scanned, read = done.scanned - done.rewritten - work["build"], work["scan"] - work["rewrite"] - work["build"]
    if scanned != read and not work["write"] and major >= COUNTS_SCANS:
        yield f"scans: server {scanned}, foretold {read}"
    built = {one.index for one in outcome.work if one.kind == "build"}
    if not done.rewritten and done.built != built:
        yield f"builds: server {done.built}, foretold {built}"


@pytest.mark.server
@pytest.mark.parametrize("part", range(4))
def test_a_slice_is_what_a_server_does(servers: dict[int, Server], part: int):
    major = max(set(present()) & {15, 16, 17, 18})
    server = servers.setdefault(major, None) or Server(major, SCHEMA)  # type: ignore[arg-type, func-returns-value]
    servers[major] = server
    wrong = {line: found for line in CASES[part * 3 :: 12] if (found := compare(server, major, line))}
    assert wrong == {}


@pytest.mark.long
@pytest.mark.server
@pytest.mark.parametrize("major", [14, 15, 16, 17, 18])
def test_all_are_what_servers_do(servers: dict[int, Server], major: int):
    if major not in present():
        pytest.skip(f"PostgreSQL {major} is not installed")
    if major not in servers:
        servers[major] = Server(major, SCHEMA)
    wrong = {line: found for line in CASES if (found := compare(servers[major], major, line))}
    assert wrong == {}
