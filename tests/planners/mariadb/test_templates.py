"""Data directories that are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.planners.mariadb import templates
from advisor.planners.mariadb.binaries import find
from advisor.planners.mariadb.server import MariadbServer

pytestmark = pytest.mark.server


def _accounts(server: MariadbServer) -> set[str]:
    with server.connect("admin") as admin, admin.cursor() as cursor:
        cursor.execute("SELECT user FROM mysql.global_priv")
        return {str(row[0]) for row in cursor.fetchall()}


def test_a_kept_directory_is_used_and_a_damaged_one_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    ours = {"advisor_admin", "advisor_owner", "advisor_planner"}
    with MariadbServer(find(), {}) as first:
        first.start()
        assert ours <= _accounts(first)
    (kept,) = list(tmp_path.glob("**/templates/mariadb-*"))
    assert templates.usable(kept)
    assert not any("advisor" in path.name for path in kept.rglob("*"))
    assert b"advisor_admin" not in (kept / "mysql" / "global_priv.MAD").read_bytes()
    with MariadbServer(find(), {}) as second:
        assert not (second.home / "bootstrap.sql").exists()
        second.start()
        assert ours <= _accounts(second)
        assert not (second.home / "accounts.sql").exists()
        second.stop()
        second.start()
        assert ours <= _accounts(second)
    (kept / "ibdata1").write_bytes(b"damaged" * 1000)
    with MariadbServer(find(), {}) as third:
        third.start()
        assert ours <= _accounts(third)
    assert not kept.exists()


def test_a_directory_that_others_may_write_to_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "ibdata1").touch()
    tmp_path.chmod(0o700)
    assert templates.usable(tmp_path)
    tmp_path.chmod(0o777)
    assert not templates.usable(tmp_path)
    assert not templates.usable(tmp_path / "nothing")
