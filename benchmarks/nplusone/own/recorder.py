"""Scenarios with their labels, and what the program knows about its own statements.

A label is declared with the scenario, so it stands before anything runs. While it runs, the program marks
which statements are the parent and which the child of which finding; the truth is then a count, no judgement.
"""

import collections
import contextlib
import contextvars
import itertools
import queue
import random
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

MARKS: contextvars.ContextVar[tuple[tuple[str, str], ...]] = contextvars.ContextVar("marks", default=())
REQUEST: contextvars.ContextVar[tuple[int, str]] = contextvars.ContextVar("request", default=(0, ""))
PLUMBING = re.compile(r"^\s*(begin|commit|rollback|savepoint|release|set |start transaction|select 1\s*$)", re.I)


def shape(text: str) -> str:
    """The statement without literals, comments and spacing; casts stay."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r"'(?:[^']|'')*'", "?", text)
    text = re.sub(r"%\(\w+\)s|%s|\$\d+|(?<![\w.])\d+(\.\d+)?(e[+-]?\d+)?\b", "?", text, flags=re.I)
    text = re.sub(r"\(\s*\?(\s*,\s*\?)+\s*\)", "(?+)", text)
    text = re.sub(r"(\(\?\+\)\s*,\s*)+\(\?\+\)", "(?+)", text)
    return re.sub(r"\s+", " ", text).strip().rstrip("; ").lower()


def castless(text: str) -> str:
    """The shape without casts and without the type before a literal: the dev set's spelling."""
    text = re.sub(r"\?::\w+( (?:with|without) time zone| precision| varying)?(\[\])?", "?", shape(text))
    return re.sub(r"\b(date|timestamp|timestamptz|interval|time) \?", "?", text)


def bare(text: str) -> str:
    """The same without casts, quotes and any space: two spellings of one statement meet here."""
    text = re.sub(r"\?::\w+( (?:with|without) time zone| precision| varying)?(\[\])?", "?", shape(text))
    return re.sub(r"[\s\"`]|\?\+", lambda m: "?" if m.group() == "?+" else "", text)


@dataclass
class Finding:
    """One repetition that a good report names."""

    id: str
    kind: str
    fix: str | None = None
    optional: bool = False
    parent_finding: str | None = None
    sqls: dict[str, list[str]] = field(default_factory=lambda: {"parent": [], "child": []})
    requests: dict[int, dict[str, object]] = field(default_factory=dict)

    def as_truth(self) -> dict[str, object]:
        """The finding in the form of the development set."""
        instances = list(self.requests.values())
        first = {role: (texts[0] if texts else None) for role, texts in self.sqls.items()}
        return {
            "id": self.id, "kind": self.kind, "fix": self.fix, "optional": self.optional, "parent_finding": self.parent_finding,
            "parent_fps": sorted({shape(t) for t in self.sqls["parent"]}), "child_fps": sorted({shape(t) for t in self.sqls["child"]}),
            "parent_sql": first["parent"], "child_sql": first["child"], "n_total": sum(i["n"] for i in instances),
            "n_instances": len(instances), "n_max": max((i["n"] for i in instances), default=0),
            "routes": sorted({i.pop("route") for i in instances}), "instances": instances,
        }  # fmt: skip


class Recorder:
    """Hears every statement of a running scenario, from any thread or task."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = {finding.id: finding for finding in findings}
        self.shapes: set[str] = set()
        self.statements = 0
        self.per_request: collections.Counter[tuple[int, str]] = collections.Counter()
        self.numbers = itertools.count(1)
        self.lock = threading.Lock()

    @contextlib.contextmanager
    def request(self, route: str) -> Iterator[int]:
        """Everything inside belongs to one request of this route."""
        token = REQUEST.set((next(self.numbers), route))
        try:
            yield REQUEST.get()[0]
        finally:
            REQUEST.reset(token)

    @contextlib.contextmanager
    def mark(self, *roles: str) -> Iterator[None]:
        """Statements inside play these roles: `mark("F1.child", "F2.parent")`."""
        token = MARKS.set(tuple((r.split(".")[0], r.split(".")[1]) for r in roles))
        try:
            yield
        finally:
            MARKS.reset(token)

    def unmarked(self) -> dict[str, int]:
        """Statements that no finding claims as child, by how often at most one request sent them: a check of the labels."""
        children = {bare(text) for finding in self.findings.values() for text in finding.sqls["child"]}
        most: dict[str, int] = {}
        for (number, text), n in self.per_request.items():
            if number and text not in children:
                most[text] = max(n, most.get(text, 0))
        return {text: n for text, n in most.items() if n > 2}

    def sent(
        self,
        text: str,
        marks: Iterable[tuple[str, str]] | None = None,
        request: tuple[int, str] | None = None,
        at: float = 0.0,
    ) -> None:
        """A driver is about to send this statement."""
        at = at or time.time()
        number, route = request or REQUEST.get()
        with self.lock:
            self.statements += 1
            if PLUMBING.match(text):
                return
            self.shapes.add(shape(text))
            self.per_request[number, bare(text)] += 1
            for name, role in MARKS.get() if marks is None else marks:
                finding = self.findings[name]
                if text not in finding.sqls[role]:
                    finding.sqls[role].append(text)
                if role == "child":
                    instance = finding.requests.setdefault(
                        number, {"request": number, "route": route, "n": 0, "t0": at, "t1": at}
                    )
                    instance["n"] += 1
                    instance["t1"] = at


@dataclass
class Scenario:
    """A program and what a good report says about its log."""

    name: str
    stack: str
    engine: str
    driver: str
    label: str
    run: Callable[[Recorder], None]
    findings: tuple[Finding, ...] = ()
    family: str = ""
    note: str = ""
    noise: bool = False


SCENARIOS: list[Scenario] = []


def scenario(
    name: str,
    driver: str,
    engine: str,
    label: str,
    family: str,
    findings: Iterable[Finding] = (),
    stack: str = "raw",
    note: str = "",
    noise: bool = False,
):
    """Declare a scenario with its label; the decorated function gets the recorder."""

    def declare(run: Callable[[Recorder], None]) -> Callable[[Recorder], None]:
        copies = tuple(Finding(f.id, f.kind, f.fix, f.optional, f.parent_finding) for f in findings)
        SCENARIOS.append(Scenario(name, stack, engine, driver, label, run, copies, family, note, noise))
        return run

    return declare


def pause(low: float = 0.3, high: float = 2.0) -> None:
    """Think or render for some milliseconds."""
    time.sleep(random.uniform(low, high) / 1000)


def serve(
    requests: Iterable[Callable[[], None]],
    workers: int = 3,
    between: tuple[float, float] = (2, 14),
    setup: Callable[[], None] = lambda: None,
) -> None:
    """Worker threads take requests from one queue, like an application server."""
    waiting: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
    for one in requests:
        waiting.put(one)

    def work() -> None:
        setup()
        while True:
            try:
                one = waiting.get_nowait()
            except queue.Empty:
                return
            one()
            pause(*between)

    with ThreadPoolExecutor(workers) as pool:
        for future in [pool.submit(work) for _ in range(workers)]:
            future.result()
