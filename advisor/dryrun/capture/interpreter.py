"""The Python that a project's tool runs by, and the directories that it needs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from advisor.dryrun.capture.sandbox import too_much
from advisor.migrations.reading.revision import ENVIRONMENT, SAFE
from advisor.planners.errors import PlannerError

_ENVIRONMENTS = (".venv", "venv", "env")
_HOME = re.compile(r"^home\s*=\s*(.+)$", re.MULTILINE)
#: Paths in the finders that editable installs write.
_EDITABLE = re.compile(r"""['"](/[^'"\n]{1,400})['"]""")
_PTH_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python."""

    program: Path
    visible: tuple[Path, ...]
    path: tuple[str, ...] = ()
    """PYTHONPATH."""


def checkout(root: Path) -> Path:
    """The folder of the version control that a directory stands in, else the directory itself."""
    root = root.resolve()
    for path in (root, *root.parents):
        if too_much(path):
            break
        if (path / ".git").exists() or (path / ".hg").exists():
            return path
    return root


def find(root: Path, module: str) -> Interpreter:
    """The project's own environment, else the active one, else ours: the first that has the module.

    Raises PlannerError where none has it.
    """
    tried: list[str] = []
    for prefix in _prefixes(root):
        program = prefix / "bin" / "python"
        if not program.exists():
            program = prefix / "bin" / "python3"
        if not program.exists():
            continue
        if any((site / module).is_dir() for site in _sites(prefix)):
            return Interpreter(program, _visible(prefix, program, root))
        tried.append(str(prefix))
    given = tuple(path for path in os.environ.get("PYTHONPATH", "").split(":") if path and Path(path).is_dir())
    if any(Path(path, module).is_dir() for path in sys.path if path):
        program = Path(sys.executable)
        more = [Path(path) for path in (*given, *sys.path) if path and Path(path).is_dir()]
        return Interpreter(program, (*_visible(Path(sys.prefix), program, root), *more), given)
    raise PlannerError(
        f"{root}: {module} is not installed in any Python here ({', '.join(tried) or 'none found'}): install the "
        "project's requirements, or name its command with --run"
    )


def environments(root: Path) -> tuple[Path, ...]:
    """Those of a project and the active one."""
    return tuple(prefix for prefix in _prefixes(root) if (prefix / "bin").is_dir())


def visible_of(prefix: Path, root: Path) -> tuple[Path, ...]:
    """What an environment's Python needs to see, for the project ``root``."""
    program = prefix / "bin" / "python"
    return _visible(prefix, program if program.exists() else prefix / "bin" / "python3", root)


def _prefixes(root: Path) -> Iterator[Path]:
    top = checkout(root)
    path = root.resolve()
    while True:
        for name in _ENVIRONMENTS:
            if (path / name / "pyvenv.cfg").is_file():
                yield path / name
        if path in (top, path.parent):
            break
        path = path.parent
    active = os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX")
    if active and Path(active).is_dir():
        yield Path(active)
    yield Path(sys.prefix)
    found = shutil.which("python3")
    if found:
        yield Path(found).resolve().parent.parent


def _sites(prefix: Path) -> list[Path]:
    found = [*prefix.glob("lib/python3*/site-packages"), *prefix.glob("local/lib/python3*/dist-packages")]
    return [*found, *prefix.glob("lib/python3/dist-packages")]


def _visible(prefix: Path, program: Path, root: Path) -> tuple[Path, ...]:
    """Of an environment that came with the project, no more than the project itself and installations of Python: what
    its files name would be a stranger's choice of what to look at."""
    found = _named(prefix, program)
    top = checkout(root)
    prefix = prefix.parent.resolve() / prefix.name
    if not prefix.is_relative_to(top) or not _committed(prefix, top):
        return found
    return tuple(path for path in found if path.resolve().is_relative_to(top) or _installation(path))


def _committed(prefix: Path, top: Path) -> bool:
    """Has version control files of it, or cannot tell?"""
    if not (top / ".git").exists():
        return False
    try:
        done = subprocess.run(
            ["git", *SAFE, "ls-files", "-z", "--cached", "--", str(prefix.relative_to(top))],
            cwd=top,
            env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return True
    return done.returncode != 0 or bool(done.stdout)


def _installation(path: Path) -> bool:
    """A Python with its standard library."""
    return any(path.glob("lib*/python3*/os.py"))


def _named(prefix: Path, program: Path) -> tuple[Path, ...]:
    found = [prefix, Path(sys.base_prefix)]
    configuration = prefix / "pyvenv.cfg"
    if configuration.is_file() and (home := _HOME.search(configuration.read_text("utf-8", "replace"))):
        found.append(Path(home[1].strip()).parent)
    # Links from one to the next: each must be there.
    while program.is_symlink():
        program = Path(os.path.normpath(program.parent / program.readlink()))
        if program.parent.name == "bin":
            found.append(program.parent.parent)
    for site in _sites(prefix):
        for file in (*site.glob("*.pth"), *site.glob("__editable__*.py")):
            text = file.read_bytes()[:_PTH_BYTES].decode("utf-8", "replace")
            lines = [line.strip() for line in text.splitlines()] if file.suffix == ".pth" else _EDITABLE.findall(text)
            found += [Path(line) for line in lines if line.startswith("/") and Path(line).is_dir()]
    return tuple(found)
