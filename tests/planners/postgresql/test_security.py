"""What a hostile schema or query can do in a shadow: nothing beyond its own objects, for a bounded time."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors

from advisor.planners.errors import PlannerError
from advisor.planners.postgresql import binaries, configuration
from advisor.planners.postgresql.cluster import Cluster

pytestmark = pytest.mark.server
DENIED = "42501"

#: Each as a statement of the owner, and again from a function that planning runs.
REFUSED = {
    "program-to": ("COPY (SELECT 1) TO PROGRAM 'touch /tmp/advisor-escaped'", {DENIED}),
    "program-from": ("COPY pg_temp.lines FROM PROGRAM 'id'", {DENIED}),
    "file-to": ("COPY (SELECT 1) TO '/tmp/advisor-escaped'", {DENIED}),
    "file-from": ("COPY pg_temp.lines FROM '/etc/passwd'", {DENIED}),
    "read-file": ("SELECT pg_read_file('/etc/passwd')", {DENIED}),
    "read-binary-file": ("SELECT pg_read_binary_file('postgresql.conf')", {DENIED}),
    "list-directory": ("SELECT pg_ls_dir('/')", {DENIED}),
    "list-wal": ("SELECT pg_ls_waldir()", {DENIED}),
    "stat-file": ("SELECT pg_stat_file('/etc/passwd')", {DENIED}),
    "lo-import": ("SELECT lo_import('/etc/passwd')", {DENIED}),
    "lo-export": ("SELECT lo_export(1, '/tmp/advisor-escaped')", {DENIED}),
    "lo-from-bytea": ("SELECT lo_from_bytea(0, repeat('x', 1000)::bytea)", {DENIED}),
    "lo-create": ("SELECT lo_create(0)", {DENIED}),
    "extension-dblink": ("CREATE EXTENSION dblink", {DENIED}),
    "extension-trusted": ("CREATE EXTENSION hstore", {DENIED}),
    "extension-lo": ("CREATE EXTENSION lo", {DENIED}),
    "extension-file-fdw": ("CREATE EXTENSION file_fdw", {DENIED}),
    "extension-python": ("CREATE EXTENSION plpython3u", {DENIED}),
    "extension-altered": ("ALTER EXTENSION plpgsql UPDATE", {DENIED}),
    "extension-dropped": ("DROP EXTENSION plpgsql", {DENIED}),
    "language": ("CREATE LANGUAGE plpython3u", {DENIED}),
    "language-handled": ("CREATE LANGUAGE own HANDLER plpgsql_call_handler", {DENIED}),
    "function-c": ("CREATE FUNCTION own() RETURNS int LANGUAGE c AS 'libc.so.6', 'system'", {DENIED}),
    "function-internal": ("CREATE FUNCTION own() RETURNS int LANGUAGE internal AS 'pg_read_file_all'", {DENIED}),
    "function-python": ("CREATE FUNCTION own() RETURNS int LANGUAGE plpython3u AS 'return 1'", {"42704"}),
    "load": ("LOAD '/lib/x86_64-linux-gnu/libc.so.6'", {DENIED}),
    "load-plugin": ("LOAD '$libdir/auto_explain'", {DENIED}),
    "system": ("ALTER SYSTEM SET archive_command = 'touch /tmp/advisor-escaped'", {DENIED}),
    "reload": ("SELECT pg_reload_conf()", {DENIED}),
    "role": ("SET ROLE advisor_admin", {DENIED}),
    "role-configured": ("SELECT set_config('role', 'advisor_admin', false)", {DENIED}),
    "session": ("SET SESSION AUTHORIZATION advisor_admin", {DENIED}),
    "superuser": ("ALTER ROLE advisor_owner SUPERUSER", {DENIED}),
    "role-created": ("CREATE ROLE other SUPERUSER", {DENIED}),
    "password": ("ALTER ROLE advisor_admin PASSWORD 'x'", {DENIED}),
    "admin-configured": ("ALTER ROLE advisor_admin SET search_path = 'public'", {DENIED}),
    "membership": ("GRANT pg_execute_server_program TO advisor_owner", {DENIED}),
    "membership-admin": ("GRANT advisor_admin TO advisor_owner", {DENIED}),
    "files-role": ("SET ROLE pg_read_server_files", {DENIED}),
    "subscription": ("CREATE SUBSCRIPTION own CONNECTION 'host=/tmp' PUBLICATION p WITH (connect = false)", {DENIED}),
    "publication": ("CREATE PUBLICATION own FOR ALL TABLES", {DENIED}),
    "server": ("CREATE SERVER own FOREIGN DATA WRAPPER postgres_fdw", {DENIED}),
    "wrapper": ("CREATE FOREIGN DATA WRAPPER own", {DENIED}),
    "slot": ("SELECT pg_create_physical_replication_slot('own')", {DENIED, "55000"}),
    "terminate": ("SELECT pg_terminate_backend(pid) FROM pg_stat_activity", {DENIED}),
    "cancel": ("SELECT pg_cancel_backend(1)", {DENIED}),
    "event-trigger": (
        "CREATE EVENT TRIGGER own ON ddl_command_start EXECUTE FUNCTION advisor_guard.refuse()",
        {DENIED},
    ),
    "event-trigger-off": ("ALTER EVENT TRIGGER advisor_refuse DISABLE", {DENIED}),
    "event-trigger-dropped": ("DROP EVENT TRIGGER advisor_refuse", {DENIED}),
    "refuse-replaced": (
        "CREATE OR REPLACE FUNCTION advisor_guard.refuse() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
        {DENIED},
    ),
    "replica": ("SET session_replication_role = replica", {DENIED}),
    "database": ("ALTER DATABASE shadow SET search_path = public", {DENIED}),
    "database-preload": ("ALTER DATABASE shadow SET session_preload_libraries = 'x'", {DENIED}),
    "database-local-preload": ("ALTER DATABASE shadow SET local_preload_libraries = 'x'", {DENIED}),
    "database-owner": ("ALTER DATABASE shadow OWNER TO advisor_owner", {DENIED}),
    "role-preload": ("ALTER ROLE advisor_owner SET session_preload_libraries = 'x'", {DENIED}),
    "database-dropped": ("DROP DATABASE shadow", {DENIED}),
    "database-created": ("CREATE DATABASE other", {DENIED}),
    "tablespace": ("CREATE TABLESPACE own LOCATION '/tmp'", {DENIED}),
    "catalog-insert": ("INSERT INTO pg_catalog.pg_statistic SELECT * FROM pg_catalog.pg_statistic", {DENIED}),
    "catalog-update": ("UPDATE pg_catalog.pg_authid SET rolsuper = true", {DENIED}),
    "catalog-language": ("UPDATE pg_catalog.pg_language SET lanpltrusted = true", {DENIED}),
    "system-tables": ("SET allow_system_table_mods = on", {DENIED}),
    "catalog-function": ("CREATE FUNCTION pg_catalog.own() RETURNS int LANGUAGE sql AS 'SELECT 1'", {DENIED}),
    "base-type": ("CREATE TYPE own (INPUT = int4in, OUTPUT = int4out)", {DENIED}),
    "operator-class": (
        "CREATE OPERATOR CLASS own FOR TYPE int4 USING btree AS FUNCTION 1 btint4cmp(int4, int4)",
        {DENIED},
    ),
    "access-method": ("CREATE ACCESS METHOD own TYPE INDEX HANDLER bthandler", {DENIED}),
    "cast-binary": ("CREATE CAST (text AS pg_ndistinct) WITHOUT FUNCTION", {DENIED}),
    "schema-guard": ("CREATE SCHEMA advisor_guard", {"42P06"}),
    "schema-guard-object": ("CREATE TABLE advisor_guard.own (a int)", {DENIED}),
    "schema-system": ("CREATE SCHEMA pg_own", {"42939"}),
    "schema-owned": ("CREATE SCHEMA own AUTHORIZATION advisor_admin", {DENIED}),
    "wal-message": ("SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000000))", {DENIED}),
    "temporary-files": ("SET temp_file_limit = -1", {DENIED}),
    "log": ("SET log_statement = 'all'", {DENIED}),
    "library-path": ("SET dynamic_library_path = '/tmp'", {DENIED}),
    "stat-reset": ("SELECT pg_stat_reset()", {DENIED}),
    "checkpoint": ("CHECKPOINT", {DENIED}),
    "switch-wal": ("SELECT pg_switch_wal()", {DENIED}),
    "backup": ("SELECT pg_backup_start('x')", {DENIED}),
    "memory-contexts": ("SELECT pg_log_backend_memory_contexts(1)", {DENIED}),
    "config-files": ("SELECT * FROM pg_hba_file_rules", {DENIED}),
    "data-directory": ("SHOW data_directory", {DENIED}),
}


@pytest.fixture(scope="module", params=[15, 18])
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    with Cluster.create(binaries.find(request.param)) as cluster:
        cluster.start()
        with cluster.connect("owner") as owner:
            say(owner, "CREATE FUNCTION attempt(said text) RETURNS int LANGUAGE plpgsql VOLATILE AS "
                       "$$ BEGIN EXECUTE said; RETURN 1; END $$")  # fmt: skip
            say(owner, "CREATE FUNCTION planned(said text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS "
                       "$$ BEGIN RETURN public.attempt(said); END $$")  # fmt: skip
        yield cluster


@pytest.fixture
def owner(cluster: Cluster) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with cluster.connect("owner") as connection:
        say(connection, "CREATE TEMPORARY TABLE lines (line text)")
        yield connection


def say(connection: psycopg.Connection[Any], sql: str) -> list[tuple[Any, ...]]:
    """One statement, one message: as the product sends what others wrote."""
    result = connection.pgconn.exec_params(sql.encode(), None)
    if result.status in (psycopg.pq.ExecStatus.FATAL_ERROR, psycopg.pq.ExecStatus.BAD_RESPONSE):
        code = result.error_field(psycopg.pq.DiagnosticField.SQLSTATE) or b"08006"
        raise errors.lookup(code.decode())(result.error_message.decode())
    return [tuple(result.get_value(row, at) for at in range(result.nfields)) for row in range(result.ntuples)]


def test_nothing_that_reaches_beyond_his_objects_is_granted_to_the_owner(
    cluster: Cluster, owner: psycopg.Connection[Any]
) -> None:
    granted = {}
    for statement, expected in REFUSED.values():
        # Some statements are refused in a function before anybody asks who calls it.
        for said, codes in (
            (statement, expected),
            (f"EXPLAIN SELECT planned({quoted(statement)})", {*expected, "25001"}),
        ):
            try:
                say(owner, said)
            except psycopg.Error as error:
                if error.sqlstate not in codes:
                    granted[said] = str(error)
            else:
                granted[said] = "granted"
    assert granted == {}
    assert not Path("/tmp/advisor-escaped").exists()
    assert cluster.running


def test_several_statements_in_one_message_are_a_syntax_error(owner: psycopg.Connection[Any]) -> None:
    say(owner, "CREATE TABLE kept (a int)")
    for said in ("SELECT 1; DROP TABLE kept", "EXPLAIN SELECT 1; DROP TABLE kept"):
        with pytest.raises(errors.SyntaxError):
            say(owner, said)
    say(owner, "DROP TABLE kept")


def test_a_function_that_planning_runs_for_ever_ends_with_its_session(cluster: Cluster) -> None:
    with cluster.connect("owner") as connection:
        say(
            connection,
            """CREATE OR REPLACE FUNCTION endless() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
            BEGIN
                PERFORM set_config('statement_timeout', '0', false);
                LOOP
                    BEGIN
                        PERFORM pg_sleep(0.01);
                    EXCEPTION WHEN query_canceled OR others THEN NULL;
                    END;
                END LOOP;
            END $$""",
        )
        say(connection, "SET statement_timeout = '200ms'")
        began = time.monotonic()
        with pytest.raises(psycopg.Error), cluster.limit(connection, 1.0):
            say(connection, "EXPLAIN SELECT endless()")
        assert time.monotonic() - began < 6
        assert connection.broken or connection.pgconn.status == psycopg.pq.ConnStatus.BAD
    with cluster.connect("owner") as connection:
        assert say(connection, "SELECT 1")


@pytest.mark.long
def test_a_function_that_planning_runs_gets_so_much_memory_and_no_more(cluster: Cluster) -> None:
    if cluster.binaries.major < 18:
        return  # the limit is the operating system's: once is enough
    with cluster.connect("owner") as connection:
        say(
            connection,
            """CREATE OR REPLACE FUNCTION greedy() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
            DECLARE held text[] := '{}';
            BEGIN
                LOOP held := held || repeat('x', 100000000); END LOOP;
            END $$""",
        )
        with pytest.raises((errors.OutOfMemory, errors.ProgramLimitExceeded)):
            say(connection, "EXPLAIN SELECT greedy()")
        assert say(connection, "SELECT 1")


def test_what_the_owner_sets_for_his_role_keeps_nobody_out(cluster: Cluster, owner: psycopg.Connection[Any]) -> None:
    say(owner, "ALTER ROLE advisor_owner SET local_preload_libraries = 'no_such_library'")
    say(owner, "ALTER ROLE advisor_owner SET default_transaction_read_only = on")
    try:
        for role in ("owner", "admin"):
            with cluster.connect(role) as connection:
                assert say(connection, "SHOW default_transaction_read_only") == [(b"off",)]
    finally:
        say(owner, "ALTER ROLE advisor_owner RESET ALL")


def test_the_superuser_finds_no_function_or_operator_of_others(
    cluster: Cluster, owner: psycopg.Connection[Any]
) -> None:
    say(owner, "CREATE FUNCTION public.trap(int, int) RETURNS boolean LANGUAGE sql AS 'SELECT 1 / 0 = 1'")
    say(owner, "CREATE OPERATOR public.= (FUNCTION = public.trap, LEFTARG = int, RIGHTARG = int)")
    with cluster.connect("admin") as admin:
        assert say(admin, "SHOW search_path") == [(b"pg_catalog,pg_temp",)]
        assert say(admin, "SELECT 1 = 1") == [(b"t",)]
    say(owner, "DROP OPERATOR public.= (int, int)")


def test_the_server_listens_on_no_network_and_runs_as_nobody_who_can_gain_nothing(cluster: Cluster) -> None:
    with cluster.connect("admin") as admin:
        assert say(admin, "SHOW listen_addresses") == [(b"",)]
        limits = Path(f"/proc/{admin.info.backend_pid}/limits").read_text()
    postmaster = int((cluster.data / "postmaster.pid").read_text().splitlines()[0])
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{postmaster}/status").read_text().splitlines())
    assert status["NoNewPrivs"] == "1"
    assert set(status["Uid"].split()) == {str(cluster.account.uid)} != {"0"}
    assert int(status["CapEff"], 16) == 0
    assert re.search(r"Max address space +2147483648 +2147483648", limits)
    assert re.search(r"Max core file size +0 +0", limits)
    if cluster.account.other:
        assert Path(f"/proc/{postmaster}/ns/net").readlink() != Path("/proc/self/ns/net").readlink()
    assert cluster.sockets.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "name", ["archive_command", "shared_preload_libraries", "session_preload_libraries", "log_directory"]
)
def test_only_planner_settings_are_taken(name: str) -> None:
    with pytest.raises(PlannerError, match=f"setting {name}: .* planner only"):
        configuration.text(18, {name: "x"})


def test_a_value_stays_a_value() -> None:
    with pytest.raises(PlannerError, match="control character"):
        configuration.text(18, {"work_mem": "1MB'\narchive_command = 'id"})
    assert "work_mem = '1MB''\\\\'\n" in configuration.text(18, {"work_mem": "1MB'\\"})


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
