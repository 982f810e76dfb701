"""How long a check takes: a pull request of five files against a snapshot of 60 tables and a workload of 500 shapes.

    python -m benchmarks.migrations.speed [--profile] [-o FILE]

A throwaway server is made, 500 statements run there and are logged, a snapshot and a digest are taken; then the check
runs as the command does. Seconds of the phases count what they call once: `outcomes` is text and dry run together.
Seconds of servers that it starts are the whole run's, as children of its process.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg

from advisor.catalog.snapshot import capture
from advisor.catalog.snapshot.file import write
from tests import servers

SEED = 20261123
TABLES = 60
SHAPES = 500
#: Which function stands for which phase.
PHASES = {
    "reading": "advisor.api.check.run.history_of",
    "snapshot": "advisor.api.check.run.schema_of",
    "outcomes: text": "advisor.migrations.static.foretell",
    "outcomes: dry run": "advisor.dryrun.postgresql.run.run",
    "workload": "advisor.api.check.run.met",
    "plans": "advisor.api.check.run._replanned",
    "broken": "advisor.api.check.run._broken",
    "pages": "advisor.api.check.run.findings_of",
    "alternatives": "advisor.api.check.run._alternatives",
}


def schema() -> list[str]:
    """Tables as applications have them, each with three indexes and a reference to the one before."""
    out = []
    for n in range(TABLES):
        parent = f" REFERENCES entity_{n - 1}" if n else ""
        out += [
            f"CREATE TABLE entity_{n} (id bigserial PRIMARY KEY, parent_id bigint{parent}, code varchar(40) NOT NULL, state"
            " text NOT NULL, amount numeric(12,2), created timestamptz NOT NULL, data jsonb, note text)",
            f"CREATE UNIQUE INDEX entity_{n}_code ON entity_{n} (code)",
            f"CREATE INDEX entity_{n}_parent ON entity_{n} (parent_id)",
            f"CREATE INDEX entity_{n}_state ON entity_{n} (state, created DESC)",
            f"INSERT INTO entity_{n} (parent_id, code, state, amount, created, data, note) SELECT {'g' if n else 'NULL'}, 'c' ||"
            f" g, (ARRAY['new','open','done','done'])[1 + g % 4], g % 900, timestamptz '2026-01-01' + g * interval '5 min',"
            f" jsonb_build_object('k', g % 50), repeat('x', g % 60) FROM generate_series(1, 2000) g",
        ]
    return out


_FORMS = (
    "SELECT id, code, state FROM entity_{n} WHERE id = {v}",
    "SELECT id, amount FROM entity_{n} WHERE code = 'c{v}'",
    "SELECT id, code FROM entity_{n} WHERE state = 'open' ORDER BY created DESC LIMIT 20",
    "SELECT a.id, b.code FROM entity_{n} a JOIN entity_{m} b ON b.id = a.parent_id WHERE a.state = 'new' AND b.amount > {v}",
    "UPDATE entity_{n} SET state = 'done' WHERE id = {v}",
    "INSERT INTO entity_{n} (parent_id, code, state, created) VALUES (1, 'n{v}', 'new', now())",
    "SELECT state, count(*), sum(amount) FROM entity_{n} WHERE created >= '2026-01-0{d}' GROUP BY state",
    "SELECT count(*) FROM entity_{n} WHERE parent_id IN ({v}, {d}) AND note IS NOT NULL",
    "DELETE FROM entity_{n} WHERE code = 'gone{v}'",
)


def calls(draw: random.Random) -> list[str]:
    """Every shape three times, with other values."""
    shapes = [(form, n) for n in range(1, TABLES) for form in _FORMS][:SHAPES]
    found = [
        form.format(n=n, m=n - 1, v=draw.randrange(1, 1990), d=draw.randrange(1, 8))
        for form, n in shapes
        for _ in "abc"
    ]
    draw.shuffle(found)
    return found


FILES = (
    "ALTER TABLE entity_3 ADD COLUMN region text;\nUPDATE entity_3 SET region = 'EU';\nALTER TABLE entity_3 ALTER COLUMN"
    " region SET NOT NULL;\nCREATE INDEX entity_3_region ON entity_3 (region);\nDROP INDEX entity_4_state;\nCOMMENT ON TABLE"
    " entity_3 IS 'by region';\n",
    "CREATE TABLE tag (id bigserial PRIMARY KEY, name text NOT NULL UNIQUE);\nCREATE TABLE entity_tag (entity_id bigint NOT"
    " NULL, tag_id bigint NOT NULL, PRIMARY KEY (entity_id, tag_id));\nALTER TABLE entity_tag ADD FOREIGN KEY (entity_id)"
    " REFERENCES entity_5;\nALTER TABLE entity_tag ADD FOREIGN KEY (tag_id) REFERENCES tag;\nCREATE INDEX ON entity_tag"
    " (tag_id);\nINSERT INTO tag (name) VALUES ('a'), ('b');\n",
    "ALTER TABLE entity_10 ALTER COLUMN amount TYPE double precision;\nALTER TABLE entity_11 RENAME COLUMN note TO remark;\n"
    "ALTER TABLE entity_12 ADD CONSTRAINT positive CHECK (amount >= 0);\nDROP INDEX entity_12_parent;\nCREATE UNIQUE INDEX"
    " ON entity_13 (code, state);\nALTER TABLE entity_13 ALTER COLUMN state SET DEFAULT 'new';\n",
    "DO $$ BEGIN ALTER TABLE entity_20 DROP COLUMN data; END $$;\nCREATE INDEX CONCURRENTLY entity_21_note ON entity_21"
    " (note);\nALTER TABLE entity_22 RENAME TO unit;\nCREATE VIEW entity_22 AS SELECT * FROM unit;\nDELETE FROM entity_23"
    " WHERE state = 'done';\nALTER TABLE entity_24 ADD COLUMN seen timestamptz DEFAULT now();\n",
    "ALTER TABLE entity_30 ADD CONSTRAINT entity_30_note CHECK (note IS NOT NULL) NOT VALID;\nALTER TABLE entity_30 VALIDATE"
    " CONSTRAINT entity_30_note;\nALTER TABLE entity_31 ADD FOREIGN KEY (parent_id) REFERENCES entity_1;\nDROP TABLE"
    " entity_59;\nCREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';\nALTER TABLE entity_32 ALTER COLUMN code"
    " TYPE varchar(20);\n",
)


@contextmanager
def given() -> Iterator[tuple[list[str], str, str]]:
    """Migrations, snapshot and digest as files."""
    from advisor.api import digest

    settings = {"log_min_duration_statement": "0", "log_line_prefix": "%m [%p] %u@%d ", "autovacuum": "off"}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with servers.postgresql(settings, major=16) as server:
            with psycopg.connect(server.dsn, autocommit=True, prepare_threshold=None) as connection:
                connection.execute("SET log_min_duration_statement = -1")
                for statement in schema():
                    connection.execute(statement.encode())
                connection.execute("VACUUM (ANALYZE)")
                connection.execute("SET log_min_duration_statement = 0")
                for statement in calls(random.Random(SEED)):
                    connection.execute(statement.encode())
                connection.execute("SET log_min_duration_statement = -1")
            snapshot = capture(server.dsn, values="present")
            workload = digest([str(server.log)])
        write(snapshot, home / "shop.snapshot")
        (home / "week.digest").write_bytes(workload.to_bytes())
        names = []
        for number, text in enumerate(FILES, 1):
            names.append(str(home / f"V{number}__change.sql"))
            Path(names[-1]).write_text(text, "utf-8")
        yield names, str(home / "shop.snapshot"), str(home / "week.digest")


def run(names: list[str], snapshot: str, workload: str, *, profile: bool) -> dict[str, Any]:
    """One check. Phases: wall seconds, and CPU seconds of this process."""
    spent: dict[str, list[float]] = {}

    def timed(name: str, inner: Callable[..., Any]) -> Callable[..., Any]:
        def outer(*given: Any, **options: Any) -> Any:
            wall, own = time.monotonic(), time.process_time()
            try:
                return inner(*given, **options)
            finally:
                row = spent.setdefault(name, [0.0, 0.0, 0])
                row[0] += time.monotonic() - wall
                row[1] += time.process_time() - own
                row[2] += 1

        return outer

    from importlib import import_module

    started, own, children = time.monotonic(), time.process_time(), _children()
    with ExitStack() as stack:
        for name, path in PHASES.items():
            module, _, function = path.rpartition(".")
            stack.enter_context(patch(path, timed(name, getattr(import_module(module), function))))
        spent["imports"] = [time.monotonic() - started, time.process_time() - own, 1]
        from advisor.api.check.run import check

        profiler = cProfile.Profile()
        if profile:
            profiler.enable()
        found = check(names, catalog=[snapshot], workload=[workload])
        profiler.disable()
        began, began_own = time.monotonic(), time.process_time()
        from advisor.reports import check as reports

        reports.terminal(found)
        reports.markdown(found)
        spent["reports"] = [time.monotonic() - began, time.process_time() - began_own, 1]
    if profile:
        pstats.Stats(profiler, stream=sys.stderr).sort_stats("cumulative").print_stats(60)
    return {
        "shapes planned": found.replanned,
        "statements": len(found.statements),
        "findings": len(found.findings),
        "regressions": len(found.regressions),
        "alternatives": sum(one.alternative is not None for one in found.statements),
        "wall seconds": round(time.monotonic() - started, 2),
        "CPU seconds": round(time.process_time() - own, 2),
        "CPU seconds of children": round(_children() - children, 2),
        "load": os.getloadavg()[0],
        "phases (wall, CPU, calls)": {name: [round(one, 2) for one in row] for name, row in spent.items()},
    }


def _children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def main() -> None:
    """Runs it once, and prints what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("-o", "--output", type=Path, default=None)
    options = parser.parse_args()
    with given() as files:
        text = json.dumps(run(*files, profile=options.profile), indent=1)
    print(text)
    if options.output is not None:
        options.output.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
