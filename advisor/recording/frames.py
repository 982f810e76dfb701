"""Whose code is running: the stack of a call, walked frame by frame, with one judgement a code object.

A walk looks at frames only (no traceback, no source line is read), and a frame costs a look into a dict. What a code
object is (the user's, a library's, a test runner's) is judged once in the life of the process.
"""

from __future__ import annotations

import sys
import sysconfig
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

from advisor.model.recorded import CallSite, LazyLoad
from advisor.recording import origins

# What a code object is. LIBRARY is 0, so that a walk leaves it at once.
LIBRARY: Final = 0
USER: Final = 1
STOP: Final = 2
"""A test runner: what stands above is not of the test."""
FIXTURE: Final = 4
FIXTURE_RUNNER: Final = 5
MIGRATION: Final = 6
DRIVER: Final = 7
TEMPLATE: Final = 8
ORIGIN: Final = 9
"""A mapper's function that loads what was not loaded."""
FLUSH: Final = 10
"""A mapper writes all that has changed: its statements are of one call, however many they are."""
WRITER: Final = 11
"""A mapper's function that changes relations: what it reads for that, it reads for itself."""
THREAD: Final = 12
"""A coroutine lets this thread run something, and waits: its own frames are no longer below one another."""
REQUEST: Final = 13
"""An application of WSGI or ASGI, told by the names of its arguments: a request begins."""
USER_REQUEST: Final = 14
SPAWN: Final = 15
"""SQLAlchemy's coroutine awaits in the stead of a greenlet, which stands still meanwhile."""
SQLALCHEMY: Final = 16
"""A mapper's code: the last three numbers, so that a walk over its many frames is soon done with each."""
DJANGO: Final = 17
PEEWEE: Final = 18

_DEPTH: Final = 800
"""Length of a key at most (400 lines): recursion in the code under test shall not make a statement dear."""
_KEPT: Final = 12
"""Lines of the user's code that a stack keeps at each of its ends: nobody reads more of them."""

_FIXTURES = frozenset(
    {"setUp", "tearDown", "setUpClass", "tearDownClass", "setUpTestData", "asyncSetUp", "asyncTearDown",
     "setup_method", "teardown_method", "setup_class", "teardown_class", "setup_module", "teardown_module"}
)  # fmt: skip
_DJANGO_COMMANDS = frozenset({"migrate", "flush", "loaddata", "createcachetable"})
_DJANGO_WRITERS = frozenset({"set", "add", "remove", "clear", "aset", "aadd", "aremove", "aclear"})
_DJANGO_FIXTURES = frozenset({"_pre_setup", "_post_teardown", "_fixture_setup", "_fixture_teardown", "setUpClass"})
#: Libraries by name: they may be vendored or linked to where no site-packages tells.
_LIBRARIES = frozenset(
    {"sqlalchemy", "django", "psycopg", "psycopg2", "psycopg_pool", "pymysql", "MySQLdb", "sqlite3", "peewee",
     "greenlet", "asyncpg", "aiosqlite", "asgiref", "pluggy", "advisor"}
)  # fmt: skip
#: Where threads run what a coroutine handed them (`threads`).
_THREADS = frozenset(
    {("asgiref.sync", "thread_handler"), ("anyio._backends._asyncio", "run"), ("concurrent.futures.thread", "run")}
)
_INTERACTIVE = ("<stdin>", "<console>", "<ipython", "<doctest", "<marimo", "<cell")

Walk = tuple[tuple[Any, ...], int, LazyLoad | None, int, int]
"""Key of the user's lines (see `Frames.stack`), marks (bit 1 << verdict of each frame passed), what was loaded, the
number of the mapper's flush (0 none), and that of the request (0 none)."""


#: Where the coroutine stood that let another thread run this, by walker.
WAITING: ContextVar[dict[Frames, Walk] | None] = ContextVar("advisor_waiting", default=None)


class Frames:
    """Walks stacks. ``skip``: modules (``shop.db``, with all below) or folders that are no user's code either."""

    def __init__(self, skip: tuple[str, ...] = ()) -> None:
        self._modules = tuple(name for name in skip if "/" not in name and "\\" not in name)
        self._folders = tuple(str(Path(name).resolve()) for name in skip if "/" in name or "\\" in name)
        self._verdicts: dict[int, int] = {}
        self._codes: list[CodeType] = []  # alive, so that no id is given twice
        self._stacks: dict[tuple[Any, ...], tuple[CallSite, ...]] = {}

    def walk(self, frame: FrameType | None) -> Walk:
        """Go from ``frame`` outwards, to a test runner's."""
        verdict_of = self._verdicts.get
        key: list[Any] = []
        marks = waiting = flush = request = 0
        lazy: LazyLoad | None = None
        while True:
            while frame is not None:
                verdict = verdict_of(id(frame.f_code))
                if verdict is None:
                    verdict = self._judge(frame, frame.f_code)
                if verdict:  # most frames are of libraries
                    if verdict == USER:
                        key += (id(frame.f_code), frame.f_lasti)
                        if len(key) > _DEPTH:
                            return tuple(key), marks, lazy, flush, request
                    else:
                        marks |= 1 << verdict
                        if verdict >= SQLALCHEMY:
                            pass
                        elif verdict == ORIGIN:
                            if not key:
                                lazy = origins.outer(lazy, origins.lazy_load(frame))
                        elif verdict == FIXTURE:
                            key += (id(frame.f_code), frame.f_lasti)
                        elif verdict == TEMPLATE:
                            if not key:
                                line = origins.template_line(frame)
                                if line is not None:
                                    key += (0, line)
                        elif verdict == FLUSH:
                            flush = origins.flush(frame)
                        elif verdict == WRITER:
                            lazy = None
                        elif verdict in (STOP, FIXTURE_RUNNER):
                            return tuple(key), marks, lazy, flush, request
                        elif verdict == THREAD:
                            held = (WAITING.get() or {}).get(self)
                            if held is not None:
                                lazy = lazy if key else origins.outer(lazy, held[2])
                                return (*key, *held[0]), marks | held[1], lazy, flush, held[4] or request
                        elif verdict == SPAWN:
                            marks |= self._driver(getattr(frame.f_locals.get("context"), "gr_frame", None))
                        elif verdict in (REQUEST, USER_REQUEST):
                            request = origins.request(frame)  # the outermost counts
                            if verdict == USER_REQUEST:
                                key += (id(frame.f_code), frame.f_lasti)
                frame = frame.f_back
            waiting += 1
            frame = _waiting_frame(waiting)
            if frame is None:
                return tuple(key), marks, lazy, flush, request

    def _driver(self, frame: FrameType | None) -> int:
        """The mark of a driver's own questions, if the frames of one greenlet have it."""
        while frame is not None:
            if (self._verdicts.get(id(frame.f_code)) or self._judge(frame, frame.f_code)) == DRIVER:
                return 1 << DRIVER
            frame = frame.f_back
        return 0

    def stack(self, key: tuple[Any, ...]) -> tuple[CallSite, ...]:
        """The lines that a key of `walk` stands for, innermost first; of very deep ones both ends."""
        found = self._stacks.get(key)
        if found is None:
            parts = list(zip(key[::2], key[1::2], strict=True))
            if len(parts) > 2 * _KEPT:
                parts = parts[:_KEPT] + parts[-_KEPT:]
            codes = {id(code): code for code in self._codes}
            found = tuple(place if code == 0 else _site(codes[code], place) for code, place in parts)
            self._stacks[key] = found
        return found

    def _judge(self, frame: FrameType, code: CodeType) -> int:
        verdict = self._verdict(code, str(frame.f_globals.get("__name__", "")), frame.f_globals)
        self._codes.append(code)
        self._verdicts[id(code)] = verdict
        return verdict

    def _verdict(self, code: CodeType, module: str, names: dict[str, Any]) -> int:
        top = module.partition(".")[0]
        file, function = code.co_filename, code.co_name
        if top in ("_pytest", "pytest"):
            return FIXTURE_RUNNER if module.endswith((".fixtures", ".setuponly")) else STOP
        if module in ("unittest.case", "unittest.suite"):
            return STOP if function in ("run", "__call__") else LIBRARY
        if "__jinja_template__" in names:
            return TEMPLATE
        if top == "django":
            return _django(module, function)
        if top == "sqlalchemy":
            if module == "sqlalchemy.engine.create" and function == "first_connect":
                return DRIVER
            if function == "greenlet_spawn":
                return SPAWN
            if not module.startswith("sqlalchemy.orm"):
                return LIBRARY
            if module == "sqlalchemy.orm.unitofwork" and function == "execute":
                return FLUSH
            return ORIGIN if origins.loads(module, function) else SQLALCHEMY
        if top == "peewee":
            return ORIGIN if origins.loads(module, function) else PEEWEE
        if top == "alembic":
            return MIGRATION if module.startswith("alembic.runtime") else LIBRARY
        if (module, function) in _THREADS:
            return THREAD
        request = not origins.REQUEST_ARGUMENTS.isdisjoint(_arguments(code))
        own = self._own(file, module, top)
        if own and function in _FIXTURES:
            return FIXTURE
        return (USER_REQUEST if request else USER) if own else (REQUEST if request else LIBRARY)

    def _own(self, file: str, module: str, top: str) -> bool:
        """The user's code."""
        if top in _LIBRARIES:
            return False
        if any(module == name or module.startswith(name + ".") for name in self._modules):
            return False
        if file.startswith("<"):
            return file.startswith(_INTERACTIVE)
        if "site-packages" in file or "dist-packages" in file or file.startswith(_standard_library()):
            return False
        return not (self._folders and _resolved(file).startswith(self._folders))


@cache
def frames(skip: tuple[str, ...] = ()) -> Frames:
    """The walker of a list of what to skip: judgements are kept for the life of the process."""
    return Frames(skip)


def _django(module: str, function: str) -> int:
    if module == "django.template.base" and function == "render_annotated":
        return TEMPLATE
    if module == "django.test.testcases" and function in _DJANGO_FIXTURES:
        return FIXTURE_RUNNER
    if module.startswith("django.core.management.commands.") and module.rpartition(".")[2] in _DJANGO_COMMANDS:
        return MIGRATION
    if module == "django.db.models.fields.related_descriptors" and function in _DJANGO_WRITERS:
        return WRITER
    if module.startswith("django.db.migrations"):
        return MIGRATION
    if module == "django.db.backends.base.base" and function == "connect":
        return DRIVER
    if module.startswith("django.db.models"):
        return ORIGIN if origins.loads(module, function) else DJANGO
    return LIBRARY


def _waiting_frame(generation: int) -> FrameType | None:
    """The frame that waits for this greenlet: SQLAlchemy's asyncio runs its synchronous half in one."""
    module = sys.modules.get("greenlet")
    if module is None:
        return None
    greenlet = module.getcurrent()
    for _ in range(generation):
        if greenlet is None:
            return None
        greenlet = greenlet.parent
    frame: FrameType | None = greenlet.gr_frame if greenlet is not None else None
    return frame


def _arguments(code: CodeType) -> tuple[tuple[str, ...], ...]:
    """Its last arguments: two and three of them."""
    names = code.co_varnames[: code.co_argcount]
    return names[-2:], names[-3:]


def _site(code: CodeType, place: int) -> CallSite:
    line = code.co_firstlineno
    for start, end, number in code.co_lines():
        if start <= place < end and number is not None:
            line = number
            break
    return CallSite(code.co_filename, line, code.co_qualname)


@cache
def _standard_library() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    return tuple({paths[name] for name in ("stdlib", "platstdlib")})


@cache
def _resolved(file: str) -> str:
    return str(Path(file).resolve())
