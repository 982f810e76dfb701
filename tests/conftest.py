"""Fixtures for every test: throwaway database servers, started once a session for each set of settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack

import pytest
from hypothesis import settings

from tests import servers

# One change, one verdict: every run draws the same examples. `make test-long` draws new ones.
settings.register_profile("same", derandomize=True, database=None)
settings.register_profile("fresh", print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

#: Gives the running server with these settings.
StartServer = Callable[[Mapping[str, str]], servers.Server]


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Shadows keep their templates among the tests' own files, not in the home of who runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def postgresql_with() -> Iterator[StartServer]:
    """`postgresql_with({"log_min_duration_statement": "0"})`: a PostgreSQL server of our own with these settings."""
    with ExitStack() as stack:
        started: dict[tuple[tuple[str, str], ...], servers.Server] = {}

        def start(settings: Mapping[str, str]) -> servers.Server:
            key = tuple(sorted(settings.items()))
            if key not in started:
                started[key] = stack.enter_context(servers.postgresql(settings))
            return started[key]

        yield start


@pytest.fixture(scope="session")
def mariadb_with() -> Iterator[StartServer]:
    """`mariadb_with({"performance-schema": "ON"})`: a MariaDB server of our own with these settings."""
    with ExitStack() as stack:
        started: dict[tuple[tuple[str, str], ...], servers.Server] = {}

        def start(settings: Mapping[str, str]) -> servers.Server:
            key = tuple(sorted(settings.items()))
            if key not in started:
                started[key] = stack.enter_context(servers.mariadb(settings))
            return started[key]

        yield start
