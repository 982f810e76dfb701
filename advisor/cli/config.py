"""Defaults of options from a file: ``advisor.toml``, else ``[tool.advisor]`` in ``pyproject.toml``.

Keys are long option names without the dashes (``fail-on = "high"``); a table named like a command holds for that
command alone. The command line wins. An unknown key is an error, because a typo in a CI gate must not pass silently.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from advisor.cli.based import revision_of, text_at
from advisor.model.errors import UserError

#: Options that may be given in a file, by command.
COMMON = frozenset({"jobs", "max-shapes", "quiet", "since", "until", "timezone", "database", "user", "application"})
READING = COMMON | {"exclude", "engine", "input-format", "log-line-prefix", "threshold-ms", "sample-rate"}
SEARCHING = frozenset(
    {
        "budget",
        "max-indexes",
        "max-write-overhead",
        "min-benefit",
        "only-table",
        "exclude-table",
        "time-limit",
        "django-app",
        "planner",
    }
)
OPTIONS: dict[str, frozenset[str]] = {
    "analyze": READING | SEARCHING | {"catalog", "format", "output", "fail-on", "top", "rules", "show-literals"},
    "check": frozenset(
        {
            *("catalog", "workload", "tool", "transactions", "placeholder", "dry-run", "server", "server-version"),
            *("engine", "baseline", "rules", "format", "output", "fail-on", "top", "show-literals", "quiet"),
        }
    ),
    "compare": READING | {"catalog", "format", "output", "fail-on", "top", "show-literals"},
    "digest": READING | {"redact"},
    "explain": frozenset(
        {"catalog", "engine", "format", "output", "fail-on", "top", "rules", "show-literals", "by", "quiet", "planner"}
    ),
    "snapshot": frozenset({"quiet"}),
    "rules": frozenset({"rules"}),
}
#: Row counts, for planning with a schema file: ``[tables.orders]`` with ``rows = 12_000_000``.
TABLES = "tables"
_PARAMETERS = {"format": "formats"}  # `format` is a builtin
_LISTS = frozenset(
    {
        "catalog",
        "workload",
        "placeholder",
        "format",
        "output",
        "rules",
        "database",
        "user",
        "application",
        "exclude",
        "only-table",
        "exclude-table",
    }
)


def defaults(arguments: list[str]) -> dict[str, dict[str, Any]]:
    """Defaults by command and parameter name. ``--config FILE`` among the arguments names the file to use."""
    base = revision_of(arguments)
    named = _named(arguments)
    if named is not None:
        path = Path(named)
        table = _read(path, base)
        if path.name == "pyproject.toml":
            table = table.get("tool", {}).get("advisor", {})
    else:
        path, table = _found(base)
    return {command: _for(command, table, path) for command in OPTIONS} if table else {}


def _named(arguments: list[str]) -> str | None:
    for number, argument in enumerate(arguments):
        if argument == "--config" and number + 1 < len(arguments):
            return arguments[number + 1]
        if argument.startswith("--config="):
            return argument.partition("=")[2]
    return None


def _found(base: str | None = None) -> tuple[Path, dict[str, Any]]:
    path = Path("advisor.toml")
    if path.is_file() if base is None else text_at(path, base) is not None:
        return path, _read(path, base)
    path = Path("pyproject.toml")
    if path.is_file() if base is None else text_at(path, base) is not None:
        return path, _read(path, base).get("tool", {}).get("advisor", {})
    return path, {}


def _read(path: Path, base: str | None = None) -> dict[str, Any]:
    """A file of the work tree, or of the revision ``base``."""
    try:
        if base is None:
            return tomllib.loads(path.read_text(encoding="utf-8"))
        text = text_at(path, base)
        if text is None:
            raise UserError(f"configuration {path}: it does not stand in the base revision {base}")
        return tomllib.loads(text)
    except FileNotFoundError:
        raise UserError(f"configuration {path}: no such file") from None
    except OSError as error:
        raise UserError(f"configuration {path}: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"configuration {path}: not valid TOML: {error}") from None


def table_rows(named: str | None, base: str | None = None) -> dict[str, int]:
    """Row counts of tables that the configuration file states: the one that ``--config`` named, else the one found; of
    the revision ``base`` where one is named."""
    path, table = _found(base) if named is None else (Path(named), _read(Path(named), base))
    if named is not None and path.name == "pyproject.toml":
        table = table.get("tool", {}).get("advisor", {})
    if TABLES not in table:
        return {}
    from advisor.planners.stated_rows import stated_rows

    return stated_rows(table[TABLES], str(path))


def _for(command: str, table: dict[str, Any], path: Path) -> dict[str, Any]:
    known = frozenset().union(*OPTIONS.values())
    out: dict[str, Any] = {}
    own = table.get(command, {})
    for key, value in [*((k, v) for k, v in table.items() if k not in {*OPTIONS, TABLES}), *own.items()]:
        if key not in known:
            raise UserError(f"configuration {path}: unknown key '{key}'; known are {', '.join(sorted(known))}")
        if key in own and key not in OPTIONS[command]:
            raise UserError(
                f"configuration {path}: [{command}] has no key '{key}'; known are {', '.join(sorted(OPTIONS[command]))}"
            )
        if key in OPTIONS[command]:
            parameter = _PARAMETERS.get(key, key.replace("-", "_"))
            out[parameter] = [value] if key in _LISTS and not isinstance(value, list) else value
    return out
