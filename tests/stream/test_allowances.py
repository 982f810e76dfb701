"""LIMITs of single executions, from the hashes of their values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from advisor.digest.digest import Digest
from advisor.stream.allowances import allowances
from advisor.stream.steps import steps
from tests.stream.reading import detected, schema, written
from tests.stream.simulated import Log


def pages(limits: list[int], folder: Path, text: str = "SELECT id FROM books WHERE price > {} LIMIT {}") -> Digest:
    log = Log(1)
    client = log.client(1)
    for i, limit in enumerate(limits):
        client.run(text.format(i + 300, limit), limit)
    return written(log, "postgresql", folder)


def told(whole: Digest, sample: int, samples: list[str]) -> list[int]:
    found = steps(whole.sequence_rows())
    return allowances(found, np.arange(len(found)), sample, samples).tolist()


def test_each_execution_has_its_own(tmp_path: Path) -> None:
    limits = [14, 14, 20, 14, 7, 14]
    assert told(pages(limits, tmp_path), 14, []) == limits


def test_a_sample_that_most_do_not_share_tells_nothing(tmp_path: Path) -> None:
    assert told(pages([14, 20, 7, 9, 30, 11], tmp_path), 14, []) == [-1] * 6


@pytest.mark.parametrize(("second", "expected"), [(13, 13), (25, -1)])
def test_a_limit_that_is_no_value_is_what_all_samples_say(second: int, expected: int, tmp_path: Path) -> None:
    """A literal beside bound parameters is not among the values."""
    whole = pages([0] * 3, tmp_path, "SELECT id FROM books WHERE price > {} AND qty = {}")
    texts = [f"SELECT id FROM books LIMIT {n}" for n in (13, second)]
    assert told(whole, 13, texts) == [expected] * 3


def test_lists_of_many_sizes_are_not_measured_by_the_limit_of_one(tmp_path: Path) -> None:
    log = Log(5)
    client = log.client(1)
    for _ in range(30):
        size = log.random.randint(4, 30)
        client.run("BEGIN").run(f"SELECT id, author_id FROM books ORDER BY title LIMIT {size}", size)
        for _ in range(size):
            client.run(f"SELECT name FROM authors WHERE id = {log.random.randint(1, 900)}")
        client.run("COMMIT")
    loop = detected(written(log, "postgresql", tmp_path), schema("postgresql")).repetitions[0]
    assert loop.tier == "confirmed"
    assert not any("LIMIT" in reason for reason in loop.reasons)
