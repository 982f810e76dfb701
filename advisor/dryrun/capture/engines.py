"""Which engine the code of a project is written for, as far as its files say so without being run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from advisor.dryrun.capture.target import family_of_caller
from advisor.model.engine import EngineName, engine_of_scheme
from advisor.model.migration import Located

_URL = re.compile(r"""^\s*["']?sqlalchemy[._]url["']?\s*=\s*["']?(\w{1,20})(?:\+\w{1,20})?:""", re.MULTILINE)
#: Django's engines, those of other packages by their names.
_BACKENDS: tuple[tuple[EngineName, re.Pattern[str]], ...] = (
    (
        "mysql",
        re.compile(r"""["'][\w.]{0,80}\.(?:mysql|mariadb)[\w.]{0,40}["']|["']mysql(?:2|gis)?://""", re.IGNORECASE),
    ),
    (
        "postgresql",
        re.compile(r"""["'][\w.]{0,80}\.(?:postgresql|postgis|psycopg2?)[\w.]{0,40}["']|["']postgres(?:ql)?://"""),
    ),
)
#: In migrations: SQLAlchemy's types and options of one dialect, Django's package.
_WORDS: tuple[tuple[EngineName, re.Pattern[str]], ...] = (
    (
        "mysql",
        re.compile(
            r"\bsqlalchemy\.dialects(?:\.|\s+import\s[^\n]{0,80}\b)mysql\b|\bmysql_\w{1,30}\s*=|\bENGINE=InnoDB\b"
        ),
    ),
    (
        "postgresql",
        re.compile(
            r"\bsqlalchemy\.dialects(?:\.|\s+import\s[^\n]{0,80}\b)postgresql\b|\bpostgresql_\w{1,30}\s*="
            r"|\bdjango\.contrib\.postgres\b"
        ),
    ),
)
_BYTES = 1 << 20
_FILES = 400
_ELSEWHERE = frozenset({"node_modules", "site-packages", "venv", "env", "static", "media", "templates", "locale"})


def written_for(located: Located) -> EngineName | None:
    """By the project's address, else the caller's DATABASE_URL, else the words of settings and migrations.

    None: nothing tells, or several do.
    """
    root = Path(located.root)
    if located.tool == "alembic":
        for name in ("alembic.ini", "pyproject.toml"):
            match = _URL.search(_text(root / name))
            engine = engine_of_scheme(match[1]) if match else None
            if engine in ("postgresql", "mysql", "mariadb"):
                return engine
    caller = family_of_caller()
    if caller is not None:
        return "mariadb" if os.environ["DATABASE_URL"].startswith("mariadb") else caller
    if located.tool == "django":
        found = {name for path in _settings(root) for name, words in _BACKENDS if words.search(_text(path))}
        if len(found) == 1:
            return found.pop()
    migrations = [*located.files, *located.base][:_FILES]
    found = {name for path in migrations for name, words in _WORDS if words.search(_text(Path(path)))}
    return found.pop() if len(found) == 1 else None


def _settings(root: Path) -> Iterator[Path]:
    """Files of settings below a project's folder."""
    count = 0
    for at, directories, names in os.walk(root):
        directories[:] = sorted(one for one in directories if one not in _ELSEWHERE and not one.startswith("."))
        if len(Path(at).relative_to(root).parts) > 2:
            directories.clear()
        for name in sorted(names):
            if name.endswith(".py") and ("settings" in name or Path(at).name in ("settings", "config")):
                count += 1
                if count > _FILES:
                    return
                yield Path(at, name)


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            return ""
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_BYTES)
    except OSError:
        return ""
