"""One watched test: what it may do, what it did, and what is said of it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from advisor.recording import message
from advisor.recording.errors import NPlusOneError, TooManyQueriesError
from advisor.recording.frames import frames
from advisor.recording.patches import Undo
from advisor.recording.recorder import Recorder
from advisor.recording.suite import SuiteFiles
from advisor.recording.targets import threads
from advisor.recording.trace import Trace

if TYPE_CHECKING:
    import pytest

#: Repetitions in the summary at the end of a run.
_SHOWN = 10


class Watch:
    """The trace of one test and its limits: those of the marker, or else of the settings."""

    def __init__(self, item: pytest.Item, drivers: Sequence[str] = ()) -> None:
        config = item.config
        given: dict[str, Any] = {}
        marked = False
        for mark in item.iter_markers("advisor"):  # the closest first
            marked = True
            given = {**mark.kwargs, **given}
        unknown = set(given) - {"max_queries", "no_n_plus_one", "allow"}
        if unknown:
            raise TypeError(f"pytest.mark.advisor knows max_queries, no_n_plus_one and allow, not {sorted(unknown)}")
        on = bool(config.getoption("advisor", False))
        most = str(config.getini("advisor_max_queries")).strip()
        self.max_queries: int | None = int(most) if most and (on or marked) else None
        setting = str(config.getini("advisor_no_n_plus_one")).strip().lower()
        self.no_n_plus_one = (on or marked) and setting not in ("false", "no", "off", "0")
        if marked and not on and not setting and "max_queries" in given:
            self.no_n_plus_one = False  # a budget alone was asked for
        self.max_queries = given.get("max_queries", self.max_queries)
        self.no_n_plus_one = given.get("no_n_plus_one", self.no_n_plus_one)
        allow = given.get("allow", ())
        self.allow = (*((allow,) if isinstance(allow, str) else allow), *config.getini("advisor_allow"))
        self._drivers = tuple(drivers)
        self._name = item.nodeid
        self._recorder = Recorder(frames(tuple(config.getini("advisor_skip"))))
        self.trace = Trace(self._recorder, set_up_files=SuiteFiles(item.path, config.rootpath))

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record while the block lasts, from all that is found in the process."""
        with ExitStack() as stack:
            self._recorder.open = True
            stack.callback(setattr, self._recorder, "open", False)
            for undo in threads.hook(self._recorder):
                stack.callback(undo)
            seen = set()
            for name, hooked in self._targets():
                seen.add(name)
                for undo in hooked:
                    stack.callback(undo)
            yield
        for name, late in (("SQLAlchemy", _sqlalchemy_loaded()), ("Django", _django_ready())):
            if late and name not in seen:
                self._recorder.missed.append(f"statements of {name}, which was first loaded within the test")

    def _targets(self) -> Iterable[tuple[str, list[Undo]]]:
        if _sqlalchemy_loaded():
            from advisor.recording.targets import sqlalchemy

            yield "SQLAlchemy", sqlalchemy.hook_all(self._recorder)
        if _django_ready():
            from advisor.recording.targets import django

            yield "Django", django.hook(self._recorder)
        if self._drivers:
            from advisor.recording.drivers import listen

            for name in self._drivers:
                yield name, listen(name, self._recorder)

    def problem(self) -> str | None:
        """Why the test fails; None: it does not."""
        texts = []
        try:
            if self.max_queries is not None:
                self.trace.assert_max_queries(self.max_queries)
        except TooManyQueriesError as error:
            texts.append(str(error))
        try:
            if self.no_n_plus_one and not texts:  # which tells of them already
                self.trace.assert_no_n_plus_one(self.allow)
        except NPlusOneError as error:
            texts.append(str(error))
        return "\n\n".join(texts) or None

    def told(self) -> str:
        """What the summary needs to know, as JSON."""
        found = [
            {
                "sql": r.child_sql[:300],
                "site": message.place(r.site),
                "kind": r.kind,
                "tier": r.tier,
                "n": r.repeats,
                "failing": r in failing,
            }
            for failing in [self.trace.n_plus_ones(self.allow)]
            for r in self.trace.repetitions
            if not r.set_up
        ]
        return json.dumps(
            {"test": self._name, "count": self.trace.count, "missed": self.trace.missed, "repetitions": found}
        )


def summary(told: list[dict[str, Any]]) -> list[str]:
    """Lines for the end of a run: what the tests repeated most often, added up over all of them."""
    statements = sum(test["count"] for test in told)
    lines = [f"{len(told)} tests watched, {statements} statements"]
    repeats: Counter[tuple[str, str, str]] = Counter()
    tests: Counter[tuple[str, str, str]] = Counter()
    for test in told:
        for repetition in test["repetitions"]:
            word = repetition["kind"] if repetition["failing"] else f"{repetition['kind']} ({repetition['tier']})"
            name = (word, repetition["site"], repetition["sql"])
            repeats[name] += repetition["n"]
            tests[name] += 1
    ordered = sorted(repeats.items(), key=lambda item: ("(" in item[0][0], -item[1]))  # what fails first
    for (word, site, sql), number in ordered[:_SHOWN]:
        where = tests[word, site, sql]
        passed = ", not failed for" if "(" in word else ""
        lines.append(f"{number:5d} x {word.replace('_', ' ')} at {site}, in {where} test{'s' * (where > 1)}{passed}")
        lines.append(f"        {sql if len(sql) <= 150 else sql[:147] + '...'}")
    lines += sorted({f"not seen: {what}" for test in told for what in test["missed"]})
    return lines


def _sqlalchemy_loaded() -> bool:
    return "sqlalchemy.engine.default" in sys.modules


def _django_ready() -> bool:
    if "django.db" not in sys.modules:
        return False
    from django.apps import apps
    from django.conf import settings

    return bool(settings.configured and apps.ready)
