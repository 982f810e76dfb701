"""Where the system has no sandbox, what needs one is skipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.dryrun.capture import sandbox


@pytest.fixture(scope="module")
def sandboxed() -> None:
    try:
        sandbox.run(sandbox.Task(argv=["true"], directory=Path("/usr")))
    except sandbox.RefusedError as error:
        pytest.skip(str(error))
