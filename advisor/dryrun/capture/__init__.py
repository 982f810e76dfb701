"""Migrations that only their own tool can tell: run in a sandbox, their statements seen.

`offline` asks the tool to write its statements down, without a server; `execute` lets it run them on a copy; `command`
does so with any program. All raise PlannerError (`sandbox.RefusedError` where strangers' code cannot be shut in).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from advisor.dryrun.capture.target import AnyCopy
    from advisor.model.engine import EngineName
    from advisor.model.migration import Located, Script

# Imports stand within: the program inside of the sandbox loads this package too, with the standard library alone.


def offline(located: Located, *, engine: EngineName | None, unsafe: bool = False) -> tuple[Script, ...]:
    """The statements of Alembic's or Django's migrations as the tool writes them down, one script a migration."""
    from advisor.dryrun.capture import frameworks

    return frameworks.offline(located, engine=engine, unsafe=unsafe)


def execute(located: Located, *, copy: AnyCopy, unsafe: bool = False) -> tuple[Script, ...]:
    """The statements of Alembic's or Django's migrations as they run on a copy, which is changed by them.

    Migrations before them run first where the copy has no table, and count as run where it has some.
    """
    from advisor.dryrun.capture import frameworks

    return frameworks.execute(located, copy=copy, unsafe=unsafe)


def command(
    argv: Sequence[str], *, copy: AnyCopy, unsafe: bool = False, directory: Path | None = None
) -> tuple[Script, ...]:
    """All that a command runs on a copy, as one script."""
    from advisor.dryrun.capture import commands

    return commands.command(argv, copy=copy, unsafe=unsafe, directory=directory)
