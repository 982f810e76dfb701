"""Rows that are read to be changed, each in a transaction of its own: a loop, or forms that people save."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stream.reading import detected, said, schema, written
from tests.stream.simulated import Log


@pytest.mark.parametrize("loop", [True, False], ids=["loop", "forms"])
def test_rounds_that_commit_are_a_loop_where_they_are_as_many_as_the_rows(loop: bool, tmp_path: Path) -> None:
    log = Log(3)
    c, r = log.client(1), log.random
    for _ in range(12):
        c.pause(3e4).run("SELECT id, status FROM orders ORDER BY id LIMIT 10", 10)
        for _ in range(10 if loop else r.choice([1, 2, 4, 14, 17])):
            key = r.randint(1, 400)
            c.run("BEGIN").run(f"SELECT id, status FROM orders WHERE id = {key} FOR UPDATE")
            c.run(f"UPDATE orders SET status = 'done' WHERE id = {key}").run("COMMIT")
    whole = written(log, "postgresql", tmp_path)
    assert len(said(whole, detected(whole, schema("postgresql")))) == (2 if loop else 0)
