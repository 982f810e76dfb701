"""pytest plugin: `--advisor`, `@pytest.mark.advisor(...)` and the fixture `advisor_trace`.

Loaded at every start of pytest, in every project that has the advisor installed: so nothing heavy is imported here, and
a test that nobody asked to watch costs one look for its marker.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from advisor.recording.drivers import Drivers
    from advisor.recording.trace import Trace
    from advisor.recording.watching import Watch

_WATCH: pytest.StashKey[Watch] = pytest.StashKey()
_DRIVERS: pytest.StashKey[Drivers] = pytest.StashKey()
PROPERTY = "advisor"
"""Name of the property of a test's report that carries what was seen: so pytest-xdist's workers tell their master."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The switch and its settings."""
    group = parser.getgroup("advisor", "N+1 queries and budgets of queries")
    group.addoption("--advisor", action="store_true", help="watch the SQL of all tests: fail on N+1 queries")
    parser.addini("advisor_max_queries", "most statements of a watched test (default: no limit)", default="")
    parser.addini("advisor_no_n_plus_one", "watched tests fail on N+1 queries: true, false (default: true)", default="")
    parser.addini("advisor_allow", "repetitions that are meant to be: tables, Owner.attribute, files", "linelist")
    parser.addini("advisor_skip", "modules and folders (with a slash) that are never named as call site", "linelist")
    parser.addini("advisor_targets", "drivers to watch as well (default: all known that are loaded)", "args")


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest of the marker, and collect what tests tell."""
    config.pluginmanager.register(_Collector(), "advisor-collector")
    if config.getoption("advisor", False):
        _drivers(config).arm()
    config.addinivalue_line(
        "markers",
        "advisor(max_queries=None, no_n_plus_one=True, allow=()): watch the SQL of the test; fail if it runs more"
        " statements than max_queries, or repeats one for rows of another",
    )


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave the drivers as they were."""
    if _DRIVERS in config.stash:
        config.stash[_DRIVERS].disarm()


@pytest.fixture
def advisor_trace(request: pytest.FixtureRequest) -> Trace:
    """The statements of the test's own phase (`advisor.recording.Trace`), as they come."""
    return _watch(request.node).trace


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before the fixtures open their connections."""
    if _asked_for(item):
        _drivers(item.config).arm()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Watch the test's own phase: fixtures have run before, and clean up after it."""
    if not _asked_for(item):
        return (yield)
    watch = _watch(item)
    with watch.recording():
        result = yield
    problem = watch.problem()
    item.user_properties.append((PROPERTY, watch.told()))
    if problem is not None:
        pytest.fail(problem, pytrace=False)
    return result


class _Collector:
    """What the watched tests of a run told, here or in workers of pytest-xdist."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            for name, value in report.user_properties:
                if name == PROPERTY:
                    import json

                    self.told.append(json.loads(str(value)))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.told:
            from advisor.recording.watching import summary

            terminalreporter.section("advisor: statements of the watched tests")
            for line in summary(self.told):
                terminalreporter.write_line(line)


def _asked_for(item: pytest.Item) -> bool:
    return (
        _WATCH in item.stash
        or bool(item.config.getoption("advisor", False))
        or item.get_closest_marker("advisor") is not None
        or "advisor_trace" in getattr(item, "fixturenames", ())
    )


def _drivers(config: pytest.Config) -> Drivers:
    if _DRIVERS not in config.stash:
        from advisor.recording.drivers import Drivers

        try:
            config.stash[_DRIVERS] = Drivers(config.getini("advisor_targets"))
        except ValueError as error:
            raise pytest.UsageError(str(error)) from error
    return config.stash[_DRIVERS]


def _watch(item: pytest.Item) -> Watch:
    if _WATCH not in item.stash:
        from advisor.recording.watching import Watch

        item.stash[_WATCH] = Watch(item, _drivers(item.config).names())
    return item.stash[_WATCH]
