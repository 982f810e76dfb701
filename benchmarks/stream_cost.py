"""What the order of statements costs to read: `advisor analyze` beside `advisor digest` on one log, CPU seconds.

    python -m benchmarks.stream_cost [--events 1000000] [--repeat 3]

The log is generated: 48 connections of a web application with 20 related tables, about 240 shapes. Requests look their session up,
read lists, walk through them row by row (one in eight) or with one IN list, count, update, commit; jobs run every
minute. Figures are ratios within one run.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import gmtime, strftime

from benchmarks.measure import Use, run

WORK = Path(__file__).parent / ".work"
TABLES = 20
CONNECTIONS = 48


def schema() -> str:
    """Each table refers to the one before it."""
    tables = ["CREATE TABLE session (token text PRIMARY KEY, owner_id int NOT NULL, seen_at timestamptz);"]
    for i in range(TABLES):
        parent = f"REFERENCES item_{i - 1} (id)" if i else ""
        tables.append(
            f"CREATE TABLE item_{i} (id int PRIMARY KEY, parent_id int NOT NULL {parent}, state text, amount numeric);"
        )
    return "\n".join(tables) + "\n"


def _request(rng: random.Random) -> Iterator[tuple[float, str]]:
    """(milliseconds, statement) of one request."""
    i = min(int(rng.expovariate(0.3)), TABLES - 2)
    owner = rng.randint(1, 5000)
    yield 0.05, f"SELECT owner_id, seen_at FROM session WHERE token = 't{owner}'"
    yield 0.02, "BEGIN"
    kind = rng.random()
    if kind < 0.125:
        rows = rng.randint(5, 25)
        yield 1.2, f"SELECT id, parent_id, state FROM item_{i + 1} WHERE state = 'open' ORDER BY id LIMIT {rows}"
        for _ in range(rows):
            yield 0.08, f"SELECT id, state, amount FROM item_{i} WHERE id = {rng.randint(1, 90000)}"
    elif kind < 0.5:
        yield 1.2, f"SELECT id, parent_id FROM item_{i + 1} WHERE amount > {rng.randint(1, 900)} ORDER BY id LIMIT 20"
        keys = ", ".join(str(rng.randint(1, 90000)) for _ in range(20))
        yield 0.4, f"SELECT id, state, amount FROM item_{i} WHERE id IN ({keys})"
        yield 0.6, f"SELECT count(*) FROM item_{i + 1} WHERE amount > {rng.randint(1, 900)}"
    elif kind < 0.8:
        key = rng.randint(1, 90000)
        yield 0.1, f"SELECT id, parent_id, state, amount FROM item_{i} WHERE id = {key}"
        yield 0.3, f"SELECT id, state FROM item_{i + 1} WHERE parent_id = {key}"
        yield 0.2, f"UPDATE item_{i} SET state = 's{rng.randint(1, 9)}' WHERE id = {key}"
    else:
        yield 0.3, f"INSERT INTO item_{i} (id, parent_id, state) VALUES ({rng.randint(1, 10**8)}, {owner}, 'new')"
        yield 2.5, f"SELECT state, sum(amount) FROM item_{i} WHERE parent_id = {owner} GROUP BY state"
    yield 0.9, "COMMIT"


def generate(events: int, path: Path) -> None:
    """A log of about so many statements, and the schema beside it."""
    rng = random.Random(7)
    path.with_suffix(".sql").write_text(schema())
    clocks = [1_700_000_000_000 + rng.randint(0, 2000) for _ in range(CONNECTIONS)]
    written = 0
    with path.open("w") as out:
        pending: list[tuple[int, str]] = []
        while written < events:
            connection = min(range(CONNECTIONS), key=clocks.__getitem__)
            now = float(clocks[connection])
            for ms, sql in _request(rng):
                took = ms * rng.lognormvariate(0, 0.5)
                now += took + rng.uniform(0.2, 0.6)
                stamp = strftime("%Y-%m-%d %H:%M:%S", gmtime(now / 1000)) + f".{int(now) % 1000:03d}"
                pending.append(
                    (
                        int(now),
                        f"{stamp} UTC [{900 + connection}] app@shop LOG:  duration: {took:.3f} ms  statement: {sql}\n",
                    )
                )
                written += 1
            clocks[connection] = int(now) + rng.randint(20, 400)
            if len(pending) > 50_000:
                pending.sort(key=lambda line: line[0])
                out.writelines(line for _, line in pending[:40_000])
                del pending[:40_000]
        pending.sort(key=lambda line: line[0])
        out.writelines(line for _, line in pending)


def ours(command: str, path: Path) -> Use:
    with tempfile.TemporaryDirectory() as folder:
        arguments = [sys.executable, "-m", "advisor", command, str(path), "--quiet", "-o", f"{folder}/out"]
        if command == "analyze":
            arguments += ["--format", "json", "--catalog", str(path.with_suffix(".sql")), "--planner", "none"]
        return run(arguments)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    WORK.mkdir(exist_ok=True)
    path = WORK / f"stream-{options.events}.log"
    if not path.exists():
        generate(options.events, path)
    uses: dict[str, list[Use]] = {"digest": [], "analyze": []}
    for _ in range(options.repeat):
        for command, seen in uses.items():
            seen.append(ours(command, path))
    figures = {name: statistics.median(use.cpu for use in seen) for name, seen in uses.items()}
    peaks = {name: max(use.peak_mb for use in seen) for name, seen in uses.items()}
    print(f"{options.events:,} events, {path.stat().st_size / 1e6:.0f} MB, median of {options.repeat}")
    for name, cpu in figures.items():
        print(f"{name:8} {cpu:6.2f} CPU s, {peaks[name]:.0f} MB")
    print(f"analyze / digest: {figures['analyze'] / figures['digest']:.2f}")
    print(json.dumps({"events": options.events, "cpu_seconds": figures, "peak_mb": peaks}))


if __name__ == "__main__":
    main()
