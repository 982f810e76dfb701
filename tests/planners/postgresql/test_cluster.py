"""The throwaway server: every major, settings, copies, errors in one line."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from advisor.planners.errors import PlannerError
from advisor.planners.postgresql import binaries, extensions
from advisor.planners.postgresql.cluster import Cluster
from advisor.planners.server import account, directory

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster.create(binaries.find(15), {"work_mem": "65536", "random_page_cost": "1.1"}) as cluster:
        cluster.start()
        yield cluster


@pytest.mark.parametrize("major", [18, *(pytest.param(major, marks=pytest.mark.long) for major in (14, 16, 17))])
def test_every_major_starts_stops_and_starts_again(major: int) -> None:
    with Cluster.create(binaries.find(major)) as cluster:
        cluster.start()
        with cluster.connect("owner") as connection:
            assert connection.info.server_version // 10000 == major
            connection.execute("CREATE TABLE kept AS SELECT 1 AS a")
        cluster.stop()
        assert not cluster.running
        cluster.start()
        with cluster.connect("owner") as connection:
            assert connection.execute("SELECT a FROM kept").fetchone() == (1,)
        where = cluster.directory
    assert not where.exists()


def test_the_server_has_its_own_settings_and_the_planner_s(cluster: Cluster) -> None:
    with cluster.connect("admin") as admin:
        names = "work_mem random_page_cost autovacuum fsync data_checksums wal_segment_size restart_after_crash"
        found = [admin.execute(f"SHOW {name}".encode()).fetchone()[0] for name in names.split()]  # type: ignore[index]
        assert found == ["64MB", "1.1", "off", "off", "off", "1MB", "off"]
        assert admin.execute("SELECT current_user, current_database()").fetchone() == ("advisor_admin", "shadow")
        assert admin.execute("SELECT array_agg(datname) FROM pg_database").fetchone() == (["shadow"],)
    with cluster.connect("owner") as owner:
        assert owner.execute("SHOW is_superuser").fetchone() == ("off",)
        row = owner.execute("SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database")
        assert row.fetchone() == ("UTF8", "C.UTF-8")


def test_the_user_s_environment_is_meant_for_other_servers(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PGHOST": "nowhere",
        "PGPORT": "1",
        "PGUSER": "me",
        "PGPASSWORD": "secret",
        "PGSSLMODE": "require",
        "PGCHANNELBINDING": "require",
        "PGREQUIREAUTH": "scram-sha-256",
        "PGTARGETSESSIONATTRS": "standby",
        "PGOPTIONS": "-c search_path=public,pg_catalog",
        "PGCLIENTENCODING": "latin1",
        "PGSERVICE": "production",
        "PGHOSTADDR": "192.0.2.1",
        "PGSSLROOTCERT": "system",
    }.items():
        monkeypatch.setenv(name, value)
    with cluster.connect("admin") as admin:
        assert admin.execute("SHOW search_path").fetchone() == ("pg_catalog,pg_temp",)
        assert admin.info.encoding == "utf-8"


@pytest.mark.parametrize("how", ["writable", "another"])
def test_a_template_that_others_may_have_written_is_not_started(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = binaries.find(15)
    with Cluster.create(found):
        pass
    (template,) = (tmp_path / "advisor" / "templates").iterdir()
    (template / "planted").touch()
    if how == "writable":
        template.chmod(0o777)
    elif os.geteuid() == 0:
        os.chown(template, 65534, 65534)
    else:
        pytest.skip("only root gives files away")
    with Cluster.create(found) as cluster:
        assert (cluster.data / "PG_VERSION").exists()
        assert not (cluster.data / "planted").exists()


def test_a_damaged_template_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = binaries.find(15)
    with Cluster.create(found):
        pass
    (template,) = (tmp_path / "advisor" / "templates").iterdir()
    (template / "global" / "pg_control").write_bytes(b"junk")
    for damaged in (True, False):
        with Cluster.create(found, {"work_mem": "5MB"}) as cluster:
            cluster.start()
            with cluster.connect() as connection:
                assert connection.execute("SHOW work_mem").fetchone() == ("5MB",)
        assert template.exists() is not damaged


def test_a_kept_data_directory_becomes_another_server(tmp_path: Path) -> None:
    found = binaries.find(15)
    with Cluster.create(found) as first:
        first.start()
        with first.connect() as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS a")
            path = connection.execute("SELECT pg_relation_filepath('kept')").fetchone()[0]  # type: ignore[index]
        first.stop()
        with (first.data / path).open("r+b") as file:
            file.truncate(8192 * 100_000)
        first.keep(tmp_path / "kept")
    with Cluster.create(found, {"work_mem": "1234kB"}, data=tmp_path / "kept") as second:
        second.start()
        with second.connect() as connection:
            assert connection.execute("SELECT a FROM kept").fetchone() == (1,)
            assert connection.execute("SELECT pg_relation_size('kept') / 8192").fetchone() == (100_000,)
            assert connection.execute("SHOW work_mem").fetchone() == ("1234kB",)
        assert (second.data / path).stat().st_blocks * 512 < 1 << 20
    again = (tmp_path / "kept" / path).stat()
    assert again.st_blocks * 512 < 1 << 20 < again.st_size


def test_a_closed_shadow_says_so() -> None:
    cluster = Cluster.create(binaries.find(15))
    cluster.close()
    cluster.close()
    assert not cluster.directory.exists()
    for call in (cluster.start, cluster.connect):
        with pytest.raises(PlannerError, match=r"watcher has ended|server has ended"):
            call()


def test_a_server_that_ended_by_itself_says_so() -> None:
    with Cluster.create(binaries.find(15)) as cluster:
        cluster.start()
        with cluster.connect("admin") as admin, pytest.raises(psycopg.Error):
            admin.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        cluster.stop("immediate")
        with pytest.raises(PlannerError, match="the shadow's server has ended"):
            cluster.connect()
        assert not cluster.running


def test_a_server_that_cannot_start_says_why_in_one_line() -> None:
    with Cluster.create(binaries.find(15), {"work_mem": "much"}) as cluster:
        with pytest.raises(PlannerError, match=r'did not start: .*parameter "work_mem"') as told:
            cluster.start()
        assert "\n" not in str(told.value)


def test_nothing_is_left_when_making_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as place:  # short: a longer name leaves a socket's no room
        monkeypatch.setattr(tempfile, "tempdir", place)
        assert directory.base() == Path(place)
        with pytest.raises(PlannerError, match="cannot make a shadow"):
            Cluster.create(binaries.find(15), data=Path("/no/such/directory"))
        assert list(Path(place).iterdir()) == []


def test_extensions_come_from_the_list_and_before_anything_else() -> None:
    with ExitStack() as stack:
        cluster = stack.enter_context(Cluster.create(binaries.find(15)))
        cluster.start()
        admin = stack.enter_context(cluster.connect("admin"))
        assert extensions.create(admin, "pg_trgm", "extensions") == "1.6"
        assert extensions.create(admin, "earthdistance") == "1.1"
        for name, reason in (
            ("dblink", "connects to other servers"),
            ("plpython3u", "language"),
            ("of my own", "not among those"),
            ("vector", "these PostgreSQL programs lack it"),
        ):
            with pytest.raises(PlannerError, match=f"extension {name} is left out of the shadow: .*{reason}"):
                extensions.create(admin, name)
        assert extensions.create(admin, "pgcrypto")
        with cluster.connect() as owner:
            assert owner.execute("SELECT length(public.gen_random_bytes(3))").fetchone() == (3,)
            assert owner.execute("SELECT extensions.similarity('a', 'a')").fetchone() == (1.0,)
            owner.execute("CREATE TABLE mine (a text)")
        assert extensions.create(admin, "pg_trgm") == "1.6"
        with pytest.raises(PlannerError, match="others have made objects there already"):
            extensions.create(admin, "hstore")


@pytest.mark.parametrize("major", [18, pytest.param(15, marks=pytest.mark.long)])
def test_defaults_that_call_uuid_ossp_can_be_made_where_its_library_is_missing(major: int) -> None:
    with Cluster.create(binaries.find(major)) as cluster:
        cluster.start()
        with cluster.connect("admin") as admin:
            assert extensions.create(admin, "uuid-ossp", "ids").startswith("1.1")
        with cluster.connect() as owner:
            owner.execute("CREATE TABLE mine (a uuid DEFAULT ids.uuid_generate_v4())")
            assert owner.execute("INSERT INTO mine DEFAULT VALUES RETURNING a IS NOT NULL").fetchone() == (True,)
            (other,) = owner.execute("SELECT ids.uuid_generate_v5(ids.uuid_ns_url(), 'a')").fetchone() or (None,)
            assert other is not None


def test_programs_out_of_reach_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A virtual environment below /root; both with the machine's cache and without."""
    runner = account.choose()
    if not runner.other:
        return  # an ordinary user's server runs as that user, who can reach what he can
    found = binaries.find(18)
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    (hidden / "bin").symlink_to(found.home / "bin")
    monkeypatch.setattr(account, "_runs", lambda command, who: not command[0].startswith(str(hidden)))
    cached, spare = tmp_path / "cached", tmp_path / "spare"
    monkeypatch.setattr(account, "MACHINE_CACHE", cached)
    there = binaries.Binaries(hidden, found.major, found.version, found.source)
    copied = account.reachable(there, runner, spare)
    assert copied.home.is_relative_to(cached)
    assert account.reachable(there, runner, spare).home == copied.home
    monkeypatch.setattr(account, "MACHINE_CACHE", Path("/proc/no/such/place"))
    assert account.reachable(there, runner, spare).home.is_relative_to(spare)


def test_a_root_that_may_not_become_another_account_runs_it_in_a_user_namespace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(account, "_ACCOUNTS", ())
    with Cluster.create(binaries.find(18)) as cluster:
        cluster.start()
        with cluster.connect() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not cluster.directory.exists()
