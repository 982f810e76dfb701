"""Alembic and Django: their migrations run by their own code, in the sandbox.

Offline there is no server at all: Alembic's ``--sql`` mode and Django's ``sqlmigrate``, which show less (see the unread
of each script). Executed, each migration runs on a copy whose schema is the one before it, and its statements are seen
on the way to the server, each with the line of the project's file that asked for it.

How the address gets in: Alembic's ``sqlalchemy.url`` and Django's ``DATABASES`` are replaced, and the environment has
``DATABASE_URL``, ``SQLALCHEMY_URL``, ``SQLALCHEMY_DATABASE_URI``, the variables of libpq or libmysqlclient, and the
usual ``DB_*``, ``POSTGRES_*`` and ``MYSQL_*``. An address that stands in the code itself is not touched: it cannot be
reached, and the error says so.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.dryrun.capture import alembic_ini, interpreter, sandbox
from advisor.dryrun.capture.drafting import Draft, Names, resolved, script, texts
from advisor.dryrun.capture.notes import Notes
from advisor.dryrun.capture.seen import Place, Seen, without_marks
from advisor.dryrun.capture.target import PASSWORD, Family, Target, address, target, variables
from advisor.model.counted import counted
from advisor.model.engine import EngineName, dialect_of
from advisor.model.migration import Located, Script
from advisor.planners.errors import PlannerError

if TYPE_CHECKING:
    from advisor.dryrun.capture.target import AnyCopy

_INSIDE = Path(__file__).with_name("inside")
_ELSEWHERE = re.compile(
    r"connection refused|could not translate host|name or service not known|network is unreachable|is not here: only"
    r"|no such file or directory.*server|connection is bad|can't connect to|can not connect to"
    r"|temporary failure in name",
    re.IGNORECASE,
)
_LAST_LINE = 10_000_000
"""More lines has no file."""
_OFFLINE_SECONDS = 300.0
_EXECUTE_SECONDS = 900.0


def offline(located: Located, *, engine: EngineName | None, unsafe: bool = False) -> tuple[Script, ...]:
    """The statements that the tool writes down without a server. Raises PlannerError."""
    run = _Run(located, unsafe)
    told = run.program("offline", _family(engine), None)
    written: EngineName = "postgresql"
    for note in told:
        if note.get("vendor") in ("mysql", "sqlite"):
            written = note["vendor"]
    return run.scripts(told, None, engine or written)


def execute(located: Located, *, copy: AnyCopy, unsafe: bool = False) -> tuple[Script, ...]:
    """The statements that the tool runs on a copy, which is changed by it. Raises PlannerError."""
    on = target(copy)
    run = _Run(located, unsafe)
    try:
        told = run.program("execute", on.family, on)
    finally:
        notes = on.finish()
    return run.scripts(told, on.relay.seen, "postgresql" if on.family == "postgresql" else "mariadb", notes)


def _nowhere(family: str | None) -> dict[str, str]:
    """An address where nobody is."""
    told: Family = "mysql" if family == "mysql" else "postgresql"
    return variables(told, "advisor_owner", "shadow", None)


def _family(engine: EngineName | None) -> str | None:
    return "mysql" if engine in ("mysql", "mariadb") else engine


class _Run:
    """One run of the program that loads the project."""

    def __init__(self, located: Located, unsafe: bool) -> None:
        self._located = located
        self._unsafe = unsafe
        self._tool = located.tool
        self._root = Path(located.root).resolve()
        self._names = Names([*located.files, *located.base], located.root)
        self._notices: tuple[str, ...] = ()
        self._files = {str(resolved(file, located.root)) for file in (*located.files, *located.base)}
        if self._tool not in ("alembic", "django"):
            raise PlannerError(
                f"{located.root}: migrations of {self._tool} are read, not run: name its command with --run"
            )

    def _entry(self) -> dict[str, str]:
        """The file by which the tool starts."""
        if self._tool == "django":
            if not (self._root / "manage.py").is_file():
                raise PlannerError(f"{self._located.root}: no manage.py here: name its folder")
            return {"manage": str(self._root / "manage.py")}
        project = self._root / "pyproject.toml"
        if (self._root / "alembic.ini").is_file():
            return {"ini": str(self._root / "alembic.ini")}
        if project.is_file() and "[tool.alembic" in project.read_text("utf-8", "replace"):
            return {"ini": str(project)}
        elsewhere = alembic_ini.naming(self._root, interpreter.checkout(self._root))
        if elsewhere is not None:
            return {"ini": str(elsewhere)}
        raise PlannerError(
            f"{self._located.root}: no alembic.ini stands above it, and none names it as its script_location: name the "
            "folder that has it, or run its command with --run"
        )

    def program(self, mode: str, family: str | None, on: Target | None) -> list[dict[str, Any]]:
        """Runs it; what it said. Raises PlannerError where it did not come to its end."""
        entry = self._entry()
        module = self._tool
        python = interpreter.find(self._root, module)
        ports: list[int] = []
        empty = on is None or on.empty()

        def environment(given: tuple[int, ...]) -> Mapping[str, str]:
            ports[:] = given
            more = {"PYTHONPATH": ":".join(python.path)} if python.path else {}
            told = _nowhere(family) if on is None else on.variables(given[1])
            return {**told, **more, "ADVISOR_NOTES": f"127.0.0.1:{given[0]}"}

        def hear(told: dict[str, Any]) -> Any:
            if "hello" in told:
                here = None if on is None else (on.user, on.database, ports[1])
                return {
                    "mode": mode,
                    "root": str(interpreter.checkout(self._root)),
                    "files": [str(resolved(file, self._located.root)) for file in self._located.files],
                    "family": family,
                    "address": None if here is None else address(*here),
                    "parts": None if here is None else ["127.0.0.1", here[2], here[0], PASSWORD, here[1]],
                    "empty": empty,
                    "major": None if on is None else on.major,
                    **entry,
                }
            if on is not None and isinstance(told.get("section"), str):
                on.relay.section = told["section"]
            return None

        notes = Notes(hear)
        task = sandbox.Task(
            argv=[str(python.program), str(_INSIDE / f"{module}_run.py")],
            directory=self._root,
            project=interpreter.checkout(self._root),
            visible=[_INSIDE, *python.visible],
            environment=environment,
            path=[python.program.parent],
            doors=[notes, *([on.relay] if on is not None else [])],
            sockets={on.socket: on.relay} if on is not None and on.socket is not None else {},
            seconds=_OFFLINE_SECONDS if on is None else _EXECUTE_SECONDS,
        )
        ended = sandbox.run(task, unsafe=self._unsafe)
        self._notices = ended.notices
        last = notes.told[-1] if notes.told else {}
        if "error" in last:
            raise PlannerError(self._failure(last))
        if "done" not in last:
            said = ended.stopped or ended.said()
            raise PlannerError(f"{self._located.root}: {self._tool} did not come to its end: {said}")
        return notes.told

    def _failure(self, told: dict[str, Any]) -> str:
        words = " ".join(without_marks(str(told["error"])).split())[:600]
        place = self._within(told.get("place"))
        where = f"{self._names(place.file)}:{place.line}" if place is not None else self._located.root
        advice = ""
        if _ELSEWHERE.search(words):
            advice = "; nothing but the throwaway database can be reached: let the project take its address from " + (
                "sqlalchemy.url or DATABASE_URL" if self._tool == "alembic" else "DATABASES or DATABASE_URL"
            )
        return f"{where}: {words}{advice}"

    def scripts(
        self, told: list[dict[str, Any]], seen: list[Seen] | None, engine: EngineName, notes: Sequence[str] = ()
    ) -> tuple[Script, ...]:
        """One for each migration."""
        dialect = dialect_of(engine)
        executed = seen is not None
        drafts: dict[str, Draft] = {}
        current: Draft | None = None
        message = 0
        for note in told:
            place = self._within(note.get("place"))
            if isinstance(note.get("section"), str):
                current = None
                section = self._within([note["section"], note.get("line", 1)])
                if section is not None:
                    name, line, file = str(note.get("name", ""))[:200], section.line, note["section"]
                    current = drafts.setdefault(file, Draft(self._names(file), name, line))
            elif "absent" in note:
                absent = self._within([note["absent"], 1])
                if absent is not None:
                    draft = self._draft(drafts, absent.file)
                    draft.unread.append((absent, str(note.get("reason", ""))[:300]))
            elif isinstance(note.get("heads"), list) and isinstance(note.get("files"), list):
                self._heads(drafts, note)
            elif current is not None:
                if "statement" in note:
                    message += 1
                    _offline(current, str(note["statement"]), place, message, dialect)
                elif "unread" in note or "failed" in note:
                    reason = " ".join(without_marks(str(note.get("unread") or note.get("failed"))).split())[:600]
                    if not executed:
                        reason += " (--execute shows it)"
                    if "failed" in note and not executed:
                        reason += "; what comes after it is not seen"
                        # What was written down runs to its commit where nothing fails.
                        current.seen.append(Seen("", 0, message + 1, False, "COMMIT"))
                    current.unread.append((place or Place(current.file, current.line), reason))
                elif "bind" in note and place is not None:
                    current.notes.append(
                        f"line {place.line}: it asks for the connection, which offline mode does not have "
                        "(--execute shows what it does)"
                    )
        for one in seen or ():
            if one.place is not None:
                one.place = self._within([one.place.file, one.place.line])
            if one.section in drafts:
                drafts[one.section].seen.append(one)
        edited = {str(resolved(file, self._located.root)) for file in self._located.edited}
        found = []
        for file, draft in drafts.items():
            draft.notes += (*self._notices, *notes)
            found.append(script(draft, self._tool, dialect, self._names, edited=file in edited))
        return tuple(found)

    def _within(self, told: Any) -> Place | None:
        """A place as a stranger's process names it, if it can be one: a file of the project, or one that was given."""
        place = _place(told)
        if place is None or "\0" in place.file or not Path(place.file).is_absolute():
            return None
        # By the name and by what it leads to: nothing outside is looked at or pointed to.
        file, root = os.path.normpath(place.file), interpreter.checkout(self._root)
        inside = Path(file).is_relative_to(root) and Path(os.path.realpath(file)).is_relative_to(root)
        if inside or file in self._files:
            return Place(file, min(place.line, _LAST_LINE))
        return None

    def _draft(self, drafts: dict[str, Draft], file: str) -> Draft:
        return drafts.setdefault(file, Draft(self._names(file), Path(file).stem, 1))

    def _heads(self, drafts: dict[str, Draft], note: Mapping[str, Any]) -> None:
        heads = [str(one)[:100] for one in note["heads"][:20]]
        command = "alembic upgrade head" if self._tool == "alembic" else "manage.py migrate"
        for told in note["files"][:20]:
            place = self._within([told, 1])
            if place is None or not Path(place.file).is_file():  # a device or a pipe would have no end
                continue
            line = _line_of(Path(place.file), "down_revision" if self._tool == "alembic" else "dependencies")
            reason = f"{counted(len(heads), 'head')} ({', '.join(heads)}): `{command}` refuses until they are merged"
            self._draft(drafts, place.file).unread.append((Place(place.file, line), reason))


def _offline(draft: Draft, text: str, place: Place | None, message: int, dialect: Any) -> None:
    """A text of offline mode: one call of the tool, which would be one message to the server."""
    own = place is None
    for sql in texts(text, dialect):
        control = own and sql.upper() in ("BEGIN", "COMMIT", "ROLLBACK", "START TRANSACTION")
        draft.seen.append(Seen("", 0, message, False, sql, place, own and not control))


def _place(told: Any) -> Place | None:
    if isinstance(told, list) and len(told) == 2 and isinstance(told[0], str) and isinstance(told[1], int):
        return Place(told[0], max(told[1], 1))
    return None


def _line_of(path: Path, word: str) -> int:
    """The first line that assigns to a name; 1 where none does."""
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return 1
    return next((number for number, line in enumerate(lines, 1) if re.match(rf"\s*{word}\b", line)), 1)
