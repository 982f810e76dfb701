"""How a program in the sandbox says what it is at, and finds the line of a project's file that asked for something."""

from __future__ import annotations

import json
import os
import re
import socket
import sys
from typing import Any

#: Longer ones are cut: names and messages of others.
_WORDS = 600


class Telling:
    """The connection to the other side. Every note is heard before its call returns."""

    def __init__(self, address: Any) -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), 30)
        self._socket.settimeout(None)
        self._lines = self._socket.makefile("rb")

    def tell(self, **note: Any) -> Any:
        """Say it; the other side's answer."""
        self._socket.sendall(json.dumps(note).encode() + b"\n")
        line = self._lines.readline()
        if not line:
            os._exit(3)
        return json.loads(line)


class Places:
    """Lines of the project's own files on the stack."""

    def __init__(self, root: Any) -> None:
        self._root = os.path.realpath(root) + os.sep
        self._known: dict[str, Any] = {}
        self.first: set[str] = set()
        """Files (resolved) that count before all others: the migrations."""

    def resolved(self, name: Any) -> Any:
        """A frame's file; None where it is not the project's."""
        if name.startswith("<"):
            return None
        if name not in self._known:
            real = os.path.realpath(name)
            inside = real.startswith(self._root) and not any(
                part in real[len(self._root) :].split(os.sep)
                for part in ("site-packages", "dist-packages", "node_modules")
            )
            self._known[name] = (real, inside)
        real, inside = self._known[name]
        return real if inside or real in self.first else None

    def here(self) -> Any:
        """(file, line) that asked for what happens now; None: no file of the project did."""
        frame: Any = sys._getframe(1)
        stack = []
        while frame is not None:
            stack.append((frame.f_code.co_filename, frame.f_lineno))
            frame = frame.f_back
        return self._choose(stack)

    def looks(self) -> Any:
        """Is it Django's introspection that asks, for itself?"""
        frame: Any = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_filename.endswith("introspection.py") and "/db/backends/" in frame.f_code.co_filename:
                return self.resolved(frame.f_code.co_filename) is None
            frame = frame.f_back
        return False

    def of(self, error: Any) -> Any:
        """(file, line) that an error comes from; None: no file of the project."""
        stack: list[Any] = []
        trace = error.__traceback__
        while trace is not None:
            stack.insert(0, (trace.tb_frame.f_code.co_filename, trace.tb_lineno))
            trace = trace.tb_next
        if isinstance(error, SyntaxError) and error.filename:
            stack.insert(0, (error.filename, error.lineno or 1))
        return self._choose(stack)

    def _choose(self, stack: Any) -> Any:
        other = None
        for name, line in stack:
            real = self.resolved(name)
            if real in self.first:
                return real, line
            if other is None and real is not None:
                other = real, line
        return other


def mark(sql: Any, place: Any, rewritten: Any = False) -> Any:
    """The statement with a comment before it that says where it comes from; without a place: the tool's own.

    ``rewritten``: drivers of MySQL make one statement of an INSERT with many sets of values, if it begins with that.
    """
    name, line = ("", 0) if place is None else place
    note = "/*@advisor {} {}*/ ".format(name.encode("utf-8", "surrogateescape").hex(), line)
    verb = re.match(r"\s*(?:INSERT|REPLACE)\s", sql, re.IGNORECASE) if rewritten else None
    return note + sql if verb is None else verb.group(0) + note + sql[verb.end() :]


def words(error: Any) -> Any:
    """An error in one line."""
    told = " ".join(str(error).split())
    return (type(error).__name__ + (": " + told if told else ""))[:_WORDS]


def has(module: Any) -> Any:
    """Can it be imported?"""
    import importlib.util

    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def start(name: Any) -> Any:
    """What every program does first: (telling, task). Its own folder leaves the path, the project's comes in."""
    sys.path[0] = os.getcwd()
    telling = Telling(os.environ.pop("ADVISOR_NOTES"))
    return telling, telling.tell(hello=name)
