"""The command line as a user meets it: real processes for exit codes and streams, the real logs of the shop."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "fixtures" / "shop"
PG_LOG, PG_SCHEMA = SHOP / "postgresql" / "shop.log.gz", SHOP / "postgresql" / "schema.sql"
SLOW_LOG = SHOP / "mariadb" / "slow.log.gz"


def advisor(*arguments, cwd=ROOT, stdin=None, env=None):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
    command = [sys.executable, "-m", "advisor", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, env=environment, timeout=120)


@pytest.fixture(scope="module")
def analysed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    done = advisor(
        "analyze", PG_LOG, "-c", PG_SCHEMA, "--format", "json", "-o", folder / "a.json", "--format", "sarif", "-o", folder / "a.sarif",
        "--format", "markdown", "-o", folder / "a.md", "--format", "terminal",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder, done


def test_json_is_valid_against_the_schema_that_the_command_prints(analysed):
    schema = json.loads(advisor("schema", "analyze").stdout)
    result = json.loads((analysed[0] / "a.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(result)
    assert result["schema"] == "advisor/1"


def test_json_has_every_field_of_the_contract(analysed):
    result = json.loads((analysed[0] / "a.json").read_text())
    shape = {
        "fingerprint", "engine", "sql", "kind", "tables", "analysed", "calls", "calls_error_bound", "total_seconds", "share", "mean_ms",
        "min_ms", "max_ms", "p50_ms", "p95_ms", "p99_ms", "rows_sent", "rows_examined", "rows_affected", "lock_ms", "temp_bytes", "errors",
        "first_seen", "last_seen", "databases", "users", "applications", "hosts", "per_hour", "sample",
    }  # fmt: skip
    finding = {
        "id", "rule", "severity", "confidence", "certainty", "title", "fingerprints", "tables", "columns", "evidence", "impact", "remedies",
        "location",
    }  # fmt: skip
    recommendation = {
        "id", "engine", "kind", "table", "columns", "include", "where", "method", "sql", "rollback", "proof", "proved_by", "size_bytes",
        "write_seconds_per_hour", "benefit", "affects", "why",
    }  # fmt: skip
    assert {
        "schema",
        "engine",
        "window",
        "sources",
        "workload",
        "shapes",
        "findings",
        "recommendations",
    } <= result.keys()
    assert {"path", "format", "engine", "bytes", "events", "understood_share", "unreadable"} <= result["sources"][
        0
    ].keys()
    assert {"complete", "threshold_ms", "sample_rate", "scaled", "why"} <= result["workload"]["capture"].keys()
    assert shape <= result["shapes"][0].keys()
    assert finding <= result["findings"][0].keys()
    assert recommendation <= result["recommendations"][0].keys()
    assert all(r["proof"] == "static" and r["benefit"]["share"] is None for r in result["recommendations"])


def test_order_of_the_contract(analysed):
    result = json.loads((analysed[0] / "a.json").read_text())
    totals = [shape["total_seconds"] for shape in result["shapes"]]
    assert totals == sorted(totals, reverse=True)
    rank = ["info", "low", "medium", "high", "critical"]
    keys = [(-rank.index(f["severity"]), -(f["impact"]["seconds_per_hour"] or 0)) for f in result["findings"]]
    assert keys == sorted(keys)
    assert sum(shape["calls"] for shape in result["shapes"]) == result["workload"]["events"]


def test_literals_stay_inside_unless_asked(analysed):
    folder, done = analysed
    for text in (done.stdout.decode(), *(path.read_text() for path in folder.iterdir())):
        assert "@example.com" not in text
        assert "SKU-0" not in text
    shown = advisor("analyze", PG_LOG, "--format", "json", "--show-literals").stdout.decode()
    assert "@example.com" in shown


def test_sarif_has_a_result_for_each_finding(analysed):
    result = json.loads((analysed[0] / "a.json").read_text())
    sarif = json.loads((analysed[0] / "a.sarif").read_text())
    run = sarif["runs"][0]
    assert [r["partialFingerprints"]["advisorFinding/v1"] for r in run["results"]] == [
        f["id"] for f in result["findings"]
    ]
    assert {r["ruleId"] for r in run["results"]} == {rule["id"] for rule in run["tool"]["driver"]["rules"]}


def test_no_colour_and_no_control_sequence_when_not_a_terminal(analysed):
    assert b"\x1b" not in analysed[1].stdout
    assert analysed[1].stderr == b""


def test_findings_keep_their_ids_between_runs_and_forms_of_the_log():
    runs = [
        advisor("analyze", SHOP / "postgresql" / f"shop.{form}.gz", "-c", PG_SCHEMA, "--format", "json")
        for form in ("log", "csv", "json")
    ]
    ids = [{f["id"] for f in json.loads(run.stdout)["findings"]} for run in runs]
    assert ids[0] == ids[1] == ids[2]
    assert ids[0]


def test_a_digest_stands_for_its_log(tmp_path):
    assert advisor("digest", SLOW_LOG, "-o", tmp_path / "a.digest").returncode == 0
    direct, through = (
        json.loads(advisor("analyze", source, "--format", "json").stdout)
        for source in (SLOW_LOG, tmp_path / "a.digest")
    )
    for field in ("shapes", "findings", "recommendations", "window"):
        assert direct[field] == through[field], field


def test_fail_on():
    assert advisor("analyze", PG_LOG, "--fail-on", "high").returncode == 1
    assert advisor("analyze", PG_LOG, "--fail-on", "never").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["analyze", "no-such-file.log"], "no-such-file.log"),
        (["analyze", "pyproject.toml"], "pyproject.toml"),
        (["analyze", PG_LOG, "-c", "no-such-schema.sql"], "no-such-schema.sql"),
        (["analyze", PG_LOG, "--format", "yaml"], "--format yaml"),
        (["analyze", PG_LOG, "--format", "json", "--format", "sarif"], "standard output"),
        (["analyze", PG_LOG, "--fail-on", "often"], "--fail-on often"),
        (["analyze", PG_LOG, "--engine", "oracle"], "--engine oracle"),
        (["analyze", PG_LOG, "--input-format", "tea-leaves"], "tea-leaves"),
        (["analyze", PG_LOG, "--rules", "no-such-folder"], "no-such-folder"),
        (["analyze", PG_LOG, "--no-such-option"], "--no-such-option"),
        (["analyze", PG_LOG, "--config", "none.toml"], "none.toml"),
        (["analyze", PG_LOG, "--timezone", "Mars/Olympus"], "Mars/Olympus"),
        (["frobnicate"], "frobnicate"),
        (["rules", "NOSUCH9"], "NOSUCH9"),
        (["schema", "nothing"], "nothing"),
        (["digest", PG_LOG, "-o", "no/such/folder/x.digest"], "no/such/folder"),
        (["analyze", "postgresql://nobody:secretword@127.0.0.1:1/none"], "127.0.0.1"),
    ],
)
def test_bad_usage_is_one_line_and_exit_2(arguments, words):
    done = advisor(*arguments)
    text = done.stderr.decode()
    assert done.returncode == 2, text
    assert words in text
    assert "Traceback" not in text
    assert "secretword" not in text
    assert len(text.strip().splitlines()) == 1
    assert done.stdout == b""


def test_standard_input_and_a_closed_pipe():
    done = advisor("analyze", "-", "--format", "json", stdin=PG_LOG.read_bytes())
    assert json.loads(done.stdout)["workload"]["events"] > 5_000
    command = f"{sys.executable} -m advisor analyze {PG_LOG} --format json | head -c 10"
    piped = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], cwd=ROOT, capture_output=True, timeout=60)
    assert piped.stderr == b""


def test_configuration_file(tmp_path):
    (tmp_path / "advisor.toml").write_text('[analyze]\nfail-on = "high"\nformat = ["json"]\n')
    done = advisor("analyze", PG_LOG, cwd=tmp_path)
    assert done.returncode == 1
    assert json.loads(done.stdout)["schema"] == "advisor/1"
    (tmp_path / "advisor.toml").write_text('fial-on = "high"\n')
    done = advisor("analyze", PG_LOG, cwd=tmp_path)
    assert done.returncode == 2
    assert b"fial-on" in done.stderr


def test_version_names_the_tokeniser():
    text = advisor("--version").stdout.decode()
    assert "tokeniser: compiled" in text or "tokeniser: python" in text
    assert "tokeniser: python" in advisor("--version", env={"ADVISOR_PURE": "1"}).stdout.decode()


def test_both_tokenisers_give_the_same_report():
    compiled, pure = (
        json.loads(advisor("analyze", SLOW_LOG, "--format", "json", env=env).stdout)
        for env in ({}, {"ADVISOR_PURE": "1"})
    )
    assert compiled == pure


def test_rules_reads_like_a_handbook():
    listing = advisor("rules").stdout.decode()
    assert "SAR001" in listing
    page = advisor("rules", "SAR001").stdout.decode()
    assert "Why it hurts" in page
    assert "CREATE TABLE predicate" in advisor("rules", "--facts").stdout.decode()


def test_a_part_of_the_log():
    def events(*options):
        done = advisor("analyze", PG_LOG, "--format", "json", *options)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["workload"]["events"]

    whole = events()
    assert 0 < events("--since", "10s") < whole
    assert events("--user", "shop") == whole
    assert events("--exclude", "order_items", "--exclude", "^(begin|commit)") < whole
    assert advisor("analyze", PG_LOG, "--user", "nobody").returncode == 2


def test_a_digest_from_standard_input_and_several_digests(tmp_path):
    for form in ("log", "csv"):
        assert advisor("digest", SHOP / "postgresql" / f"shop.{form}.gz", "-o", tmp_path / form).returncode == 0
    both = json.loads(advisor("analyze", tmp_path / "log", tmp_path / "csv", "--format", "json").stdout)
    piped = json.loads(advisor("analyze", "-", "--format", "json", stdin=(tmp_path / "log").read_bytes()).stdout)
    assert both["workload"]["events"] == 2 * piped["workload"]["events"]
    refused = advisor("analyze", tmp_path / "log", "--since", "1h")
    assert refused.returncode == 2
    assert b"cannot be filtered" in refused.stderr


def test_statements_take_their_engine_from_the_schema_beside_them(tmp_path):
    (tmp_path / "schema.sql").write_text(
        "CREATE TABLE `t` (`id` int NOT NULL AUTO_INCREMENT, `a` varchar(9), PRIMARY KEY (`id`), KEY (`a`)) ENGINE=InnoDB;"
    )
    (tmp_path / "query.sql").write_text("SELECT id FROM t WHERE a = 5;")
    done = advisor("analyze", tmp_path / "query.sql", "-c", tmp_path / "schema.sql", "--format", "json")
    result = json.loads(done.stdout)
    assert result["engine"]["name"] == "mysql"
    assert "SAR005" in {finding["rule"] for finding in result["findings"]}  # a string column converted for a number


@pytest.mark.parametrize("command", ["analyze", "digest", "explain", "rules", "schema"])
def test_help_describes_arguments_and_options(command):
    done = advisor(command, "--help")
    text = done.stdout.decode()
    assert done.returncode == 0
    assert "\\[" not in text
    assert not re.search(r"^  \S+ +\[required\]", text, re.MULTILINE), "an argument without a word on it"
