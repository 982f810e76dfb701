"""The algorithms of hyrise/index_selection_evaluation, each at each budget."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.indexes.data.database import DataSet
from benchmarks.indexes.peers.answer import Answer, NotRun
from benchmarks.indexes.peers.hyrise_run import ALGORITHMS

#: AutoAdmin has no budget in bytes: it is told how many indexes.
COUNTS = (2, 5, 10, 15)
WIDTH = 2


def ask(
    data: DataSet, directory: Path | None, algorithms: list[str], budgets: list[int], limit: float
) -> Iterator[Answer | NotRun]:
    """Answers one by one; what takes longer than ``limit`` seconds is ended and said to be."""
    if directory is None:
        yield NotRun("hyrise", "give --hyrise DIR: a clone of hyrise/index_selection_evaluation")
        return
    if importlib.util.find_spec("psycopg2") is None:
        yield NotRun("hyrise", "psycopg2 is not installed: pip install psycopg2-binary")
        return
    for algorithm in algorithms:
        asked = COUNTS if algorithm == "AutoAdmin" else budgets
        for value in asked:
            yield _one(data, directory, algorithm, value, limit)


def _one(data: DataSet, directory: Path, algorithm: str, value: int, limit: float) -> Answer | NotRun:
    assert algorithm in ALGORITHMS
    parameters: dict[str, Any] = {"max_index_width": WIDTH}
    budget = None
    if algorithm == "AutoAdmin":
        parameters["max_indexes"] = value
        label = f"{value} indexes"
    else:
        budget = data.table_bytes * value // 100
        parameters["budget_MB"] = budget / 1e6
        label = f"{value} %"
    if algorithm == "Anytime":
        # Theirs looks at the clock between two seeds only, and its default is 10 minutes.
        parameters["max_runtime_minutes"] = limit * 0.7 / 60
    request = {
        "dsn": data.dsn,
        "directory": str(directory.resolve()),
        "algorithm": algorithm,
        "parameters": parameters,
        "queries": [(query.name, query.sql) for query in data.workload],
        "weights": {query.name: query.weight for query in data.workload},
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.indexes.peers.hyrise_run"],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return NotRun(f"{algorithm} {label}", f"no answer within {limit:.0f} s")
    if done.returncode:
        return NotRun(f"{algorithm} {label}", done.stderr.strip().rpartition("\n")[2][:200])
    found = json.loads(done.stdout)
    return Answer(
        algorithm,
        label,
        tuple(found["indexes"]),
        found["calls"],
        found["client_cpu"],
        found["server_cpu"],
        budget,
        found["bytes"],
    )
