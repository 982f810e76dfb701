"""Two comparisons: one of a plain shop, one of windows whose every text tries to be more than text."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.api.comparing import compare
from advisor.model.compared import Comparison
from tests.comparison.windows import DAY, START, digest, log, shop, steady
from tests.reports.conftest import ATTACKS

SQL = "select total from orders where id = 7"


@pytest.fixture(scope="session")
def changed() -> Comparison:
    """One statement three times slower, one new, one gone, the rest as it was."""
    before = shop(1) + steady(SQL, 40, 300) + steady("select a from gone_table", 20, 100)
    after = shop(2) + steady(SQL, 120, 300, seed=2) + steady("select b from new_table order by c", 90, 300)
    return compare(digest(before), digest(after, start=START + DAY))


@pytest.fixture(scope="session")
def hostile_change(tmp_path_factory) -> Comparison:
    """Tables, values and files whose names are attacks."""
    folder: Path = tmp_path_factory.mktemp("hostile")
    files = []
    for day in range(2):
        calls = []
        for number, attack in enumerate(ATTACKS):
            name = attack[:60].replace('"', "")
            value = attack.replace("'", "")
            statement = f'SELECT * FROM "t{number} {name}" WHERE "c {name}" = \'{value}\''
            calls += steady(statement, 40 * (1 + 3 * day), 60, seed=day + 1)
            calls += steady(f'SELECT {day} AS "{name}" FROM t{number}_{"ab"[day]}', 40, 60)
        file = folder / f"{day}[red]\x1b[31m`<b>|@x.log"
        file.write_text(log(calls, start=START + day * DAY), encoding="utf-8")
        files.append(file)
    return compare(files[0], files[1], show_literals=True)
