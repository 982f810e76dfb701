"""Any command: run in the sandbox with an address in its environment, its statements seen on the way to the server."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.dryrun.capture import interpreter, sandbox
from advisor.dryrun.capture.drafting import Draft, Names, script
from advisor.dryrun.capture.target import target
from advisor.model.migration import Script
from advisor.planners.errors import PlannerError

if TYPE_CHECKING:
    from advisor.dryrun.capture.target import AnyCopy

_SECONDS = 900.0
_SHOWN = 200


def command(
    argv: Sequence[str], *, copy: AnyCopy, unsafe: bool = False, directory: Path | None = None
) -> tuple[Script, ...]:
    """One script with all that the command ran on a copy, in order; a statement's line is its number.

    It starts in ``directory``, else where we are. Raises PlannerError where it failed before it ran anything.
    """
    shown = " ".join(shlex.join(argv).split())[:_SHOWN]
    if not argv:
        raise PlannerError("--run names no command")
    root = (directory or Path.cwd()).resolve()
    on = target(copy)
    prefixes = interpreter.environments(root)
    path = [prefix / "bin" for prefix in prefixes]
    visible = [one for prefix in prefixes for one in interpreter.visible_of(prefix, root)]
    visible += _programs(argv[0], path)
    installed = _installed(root)
    visible += installed
    path += [one / ".bin" for one in installed]
    task = sandbox.Task(
        argv=argv,
        directory=root,
        project=interpreter.checkout(root),
        visible=visible,
        environment=lambda ports: on.variables(ports[0]),
        path=path,
        doors=[on.relay],
        sockets={} if on.socket is None else {on.socket: on.relay},
        seconds=_SECONDS,
    )
    try:
        ended = sandbox.run(task, unsafe=unsafe)
    finally:
        notes = on.finish()
    draft = Draft(shown, "run", 1, seen=on.relay.seen, notes=[*ended.notices, *notes])
    found = script(draft, "run", on.family, Names([], str(root)), numbered=True)
    failed = ended.stopped or (f"code {ended.code}: {ended.said()}" if ended.code else None)
    if failed is None:
        return (found,)
    if not found.statements:
        more = f"; it asked for {on.relay.refused[0]}, which is not here (DATABASE_URL is)" if on.relay.refused else ""
        raise PlannerError(f"--run {shown}: {failed}{more}")
    return (_with_note(found, f"the command failed: {failed}"),)


def _with_note(found: Script, note: str) -> Script:
    import msgspec

    return msgspec.structs.replace(found, notes=(*found.notes, note))


def _installed(root: Path) -> list[Path]:
    """Packages of Node's: a copy of the project is one without them."""
    top = interpreter.checkout(root)
    found = [one / "node_modules" for one in (root, *root.parents) if one.is_relative_to(top)]
    return [one for one in found if one.is_dir() and one.resolve().is_relative_to(top)]


def _programs(name: str, path: Sequence[Path]) -> list[Path]:
    """Where a command that is no program of the system stands, with what stands beside it."""
    program = shutil.which(name, path=":".join([*map(str, path), os.environ.get("PATH", os.defpath)]))
    if program is None:
        return []
    found = []
    for one in (Path(program), Path(program).resolve()):
        found += [one.parent, *([one.parent.parent] if one.parent.name in ("bin", "shims") else [])]
    return found
