"""Node programs: knex, Sequelize, TypeORM, pg and mysql2. They run in `node/` and hand back what they sent."""

import json
import os
import pathlib
import shutil
import subprocess

from benchmarks.nplusone.own.recorder import Finding, Recorder, scenario
from benchmarks.nplusone.own.servers import HERE, MY_PORT, PG_PORT, SCRATCH

MODULES = SCRATCH / "node"  # where `npm install pg mysql2 knex sequelize typeorm` was run


def node(file: str, function: str, label: str, family: str, *findings: Finding, noise: bool = False, note: str = ""):
    """Declare one exported function of a node program."""
    stack = {"knex": "knex", "sequelize": "sequelize"}.get(file, "typeorm" if function.startswith("typeorm") else "raw")
    engine = function.rsplit("_", 1)[1]

    def run(recorder: Recorder) -> None:
        events = pathlib.Path(SCRATCH / "events.jsonl")
        events.unlink(missing_ok=True)
        for program in (HERE / "node").glob("*.mjs"):
            shutil.copy(program, MODULES / program.name)
        environment = os.environ | {"EVENTS": str(events), "PG_PORT": str(PG_PORT), "MY_PORT": str(MY_PORT)}
        subprocess.run(
            ["node", "run.mjs", f"{file}.mjs", function], cwd=MODULES, env=environment, check=True, timeout=120
        )
        for line in events.read_text().splitlines():
            event = json.loads(line)
            marks = [tuple(mark.split(".")) for mark in event["marks"]]
            recorder.sent(event["sql"], marks, (1000 + event["request"], event["route"]), event["at"])

    scenario(
        f"node_{file}_{function}",
        "pg" if engine == "pg" else "mysql2",
        engine,
        label,
        family,
        findings,
        stack,
        note,
        noise,
    )(run)


ONE = Finding("F1", "n_plus_one", "WHERE IN")
TWO = (ONE, Finding("F2", "n_plus_one", "WHERE IN"))
node("knex", "lines_pg", "positive", "several children, camelCase", *TWO, noise=True)
node("knex", "lines_my", "positive", "several children, camelCase", *TWO)
node("knex", "promise_all_pg", "positive", "Promise.all over a pool", Finding("F1", "count_per_row", "GROUP BY"))
node(
    "knex",
    "transaction_inserts_my",
    "positive",
    "insert loop in tx",
    Finding("F1", "insert_per_row", "multi-row INSERT"),
    noise=True,
)
node("knex", "cards_pg", "positive", "update loop in tx, composite key", Finding("F1", "update_per_row", "one UPDATE"))
node("knex", "detail_pg", "negative", "detail endpoint")
node("knex", "detail_my", "negative", "detail endpoint", noise=True)
node("knex", "loader_my", "negative", "dataloader")
node("knex", "batch_insert_pg", "negative", "bulk insert in batches")
node("knex", "browse_pg", "negative", "list then detail", noise=True)
NEST = (ONE, Finding("F2", "n_plus_one_nested", "include", parent_finding="F1"))
node("sequelize", "getters_pg", "positive", "nested, camelCase", *NEST)
node("sequelize", "getters_my", "positive", "nested, camelCase", *NEST, noise=True)
node("sequelize", "counts_pg", "positive", "count per row", Finding("F1", "count_per_row", "GROUP BY"), noise=True)
node("sequelize", "saves_my", "positive", "update loop in tx", Finding("F1", "update_per_row", "one UPDATE"))
node(
    "sequelize",
    "find_or_create_pg",
    "positive",
    "get or create",
    Finding("F1", "get_or_create", "bulkCreate with ignoreDuplicates"),
)
node("sequelize", "include_pg", "negative", "include", noise=True)
node("sequelize", "include_my", "negative", "include")
node("sequelize", "by_pk_my", "negative", "detail endpoint", noise=True)
node("sequelize", "bulk_create_my", "negative", "bulk insert")
node("sequelize", "browse_my", "negative", "list then detail")
node(
    "drivers",
    "devices_pg",
    "positive",
    "several children, uuid",
    Finding("F1", "count_per_row", "GROUP BY"),
    Finding("F2", "latest_per_row", "LATERAL"),
)
node("drivers", "promise_all_pg", "positive", "Promise.all over a pool", ONE, noise=True)
node("drivers", "execute_my", "positive", "count per row, prepared", Finding("F1", "count_per_row", "GROUP BY"))
node("drivers", "query_in_my", "positive", "one-element IN per row", ONE, noise=True)
node("drivers", "lookups_my", "negative", "point lookups from a pool", noise=True)
node("drivers", "writes_pg", "negative", "one write per request")
node("drivers", "typeorm_lazy_pg", "positive", "to-one, lazy promise", ONE)
node("drivers", "typeorm_relations_pg", "negative", "relations loaded with a join", noise=True)
