"""Which reader understands a source: by what its first bytes look like, never by its name.

A reader is a line in READERS and a module that offers `matches`; see `protocol.py` for the rest of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal

from advisor.model.engine import EngineName
from advisor.sources.errors import InputError
from advisor.sources.mysql import errorlog
from advisor.sources.postgresql import pgbouncer
from advisor.sources.protocol import Wrapper
from advisor.sources.secrets import mask
from advisor.sources.wrappers import WRAPPERS


@dataclass(frozen=True, slots=True)
class Reader:
    """A format that can be read. The module is imported when it is first asked."""

    name: str
    """As `--input-format` and reports name it."""
    engine: EngineName | None
    """None: the reader finds out."""
    module: str
    kind: Literal["log", "whole"] = "log"
    pairing: str = ""
    """Module with the class `Pairing`, for logs."""

    def load(self) -> Any:
        """The module."""
        return import_module(self.module)


_PG, _MY = "advisor.sources.postgresql", "advisor.sources.mysql"

READERS: tuple[Reader, ...] = (
    Reader("postgresql-stderr", "postgresql", f"{_PG}.stderr", pairing=f"{_PG}.pairing"),
    Reader("postgresql-csv", "postgresql", f"{_PG}.csvlog", pairing=f"{_PG}.pairing"),
    Reader("postgresql-json", "postgresql", f"{_PG}.jsonlog", pairing=f"{_PG}.pairing"),
    Reader("mysql-slow", "mysql", f"{_MY}.slowlog", pairing=f"{_MY}.pairing"),
    Reader("mysql-general", "mysql", f"{_MY}.general", pairing=f"{_MY}.general_pairing"),
    Reader("mysql-deadlocks", "mysql", f"{_MY}.deadlocks", kind="whole"),
    Reader("pg-stat-statements", "postgresql", "advisor.sources.counters.statements", kind="whole"),
    Reader("mysql-digests", None, "advisor.sources.counters.digests", kind="whole"),
    Reader("sql", None, "advisor.sources.sqlfile", kind="whole"),
)

#: Docker around CRI around Cloud SQL is the deepest that people have reported.
_DEPTH = 3
_CERTAIN_ENOUGH = 0.3


@dataclass(slots=True)
class Detected:
    """What a source is."""

    reader: Reader
    module: Any
    wrappers: list[tuple[str, Wrapper, bytes]] = field(default_factory=list)
    """Outermost first: name, module, and the head that it was recognised by."""
    head: bytes = b""
    """The first bytes of what is inside the wrappers."""

    @property
    def name(self) -> str:
        """The format, as reports print it: ``docker > postgresql-stderr``."""
        return " > ".join([*(name for name, _, _ in self.wrappers), self.reader.name])


def reader_named(name: str) -> Reader:
    """The reader that `--input-format` names. Raises InputError listing the names there are."""
    for reader in READERS:
        if reader.name == name:
            return reader
    known = ", ".join(reader.name for reader in READERS)
    raise InputError(f"no input format is called {name!r}", "--input-format", f"use one of: {known}")


def detect(head: bytes, *, input_format: str | None = None) -> Detected | str:
    """What the source that begins with ``head`` is, or the reason (a clause without full stop) why nothing fits."""
    forced = reader_named(input_format) if input_format else None
    wrappers: list[tuple[str, Wrapper, bytes]] = []
    best: tuple[float, Detected] | None = None
    inner = head
    while True:
        for reader in [forced] if forced else READERS:
            score = _score(reader.module, inner)
            if score >= _CERTAIN_ENOUGH and (best is None or score > best[0]):
                best = score, Detected(reader, reader.load(), list(wrappers), inner)
        if len(wrappers) == _DEPTH:
            break
        # A wrapper outbids the formats: a log inside a JSON line is first of all a JSON line.
        score, name = max(((_score(module, inner), name) for name, module in WRAPPERS.items()), default=(0.0, ""))
        if score < _CERTAIN_ENOUGH or (best is not None and best[0] > score):
            break
        wrapper: Wrapper = import_module(WRAPPERS[name])
        wrappers.append((name, wrapper, inner))
        unwrapper = wrapper.unwrap(inner)
        inner = unwrapper.feed(inner[: inner.rfind(b"\n") + 1]) or unwrapper.finish()
        best = None
    if best is not None:
        return best[1]
    if forced is not None:  # told what it is: believe it, the accounting will show how far that was right
        return Detected(forced, forced.load(), wrappers, inner)
    return _why_not(head, [name for name, _, _ in wrappers])


def _score(module: str, head: bytes) -> float:
    return float(import_module(module).matches(head))


def _why_not(head: bytes, wrappers: list[str]) -> str:
    if not head:
        return "it is empty"
    if not head.strip(b"\0 \t\r\n"):
        return "it holds nothing but blanks and zero bytes"
    sample = head[:8192]
    control = sum(sample.count(byte) for byte in range(32) if byte not in b"\t\n\r\f\x1b\0")
    if sample.count(0) * 10 > len(sample) or control * 20 > len(sample):
        return "it is binary"
    if errorlog.matches(head):
        return errorlog.REASON
    if pgbouncer.matches(head):
        return pgbouncer.REASON
    within = f"{' > '.join(wrappers)} with " if wrappers else ""
    first = next((line for line in sample.splitlines() if line.strip()), b"")
    shown = "".join(c if c.isprintable() else "?" for c in mask(first.decode("utf-8", "replace"))[:60])
    return f"{within}no format that we know (it begins: {shown})"
