"""`advisor compare` as a user and a pipeline call it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from advisor.comparison.rules import RULES
from tests.comparison.windows import DAY, START, log, shop, steady

ROOT = Path(__file__).parents[2]
SQL = "select total from orders where code = 'secret4711'"


def advisor(*arguments, stdin=None):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "advisor", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, input=stdin, capture_output=True, env=environment, timeout=120)


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("windows")
    for day, ms in enumerate((40, 160)):
        calls = shop(day + 1) + steady(SQL, ms, 300, seed=day + 1)
        (folder / f"day{day}.log").write_text(log(calls, start=START + day * DAY))
    return folder


@pytest.fixture(scope="module")
def compared(logs):
    done = advisor(
        "compare", logs / "day0.log", logs / "day1.log", "--format", "json", "-o", logs / "c.json", "--format", "sarif", "-o",
        logs / "c.sarif", "--format", "markdown", "-o", logs / "c.md", "--format", "terminal",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return logs, done


def test_json_is_valid_against_the_schema_that_the_command_prints(compared):
    schema = json.loads(advisor("schema", "compare").stdout)
    result = json.loads((compared[0] / "c.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(result)
    assert result["schema"] == "advisor-compare/1"
    assert {"before", "after", "shapes", "findings"} <= result.keys()
    shape = {
        "fingerprint", "sql", "status", "ratio", "ci_low", "ci_high", "q_value", "calls_before", "calls_after", "plan_changed",
    }  # fmt: skip
    assert all(shape <= one.keys() for one in result["shapes"])


def test_the_slow_statement_is_found(compared):
    result = json.loads((compared[0] / "c.json").read_text())
    (slower,) = [one for one in result["shapes"] if one["status"] == "slower"]
    assert "from orders" in slower["sql"]
    assert slower["ci_low"] < 4 < slower["ci_high"]
    (finding,) = result["findings"]
    assert finding["rule"] == "CMP001"
    assert finding["tables"] == ["orders"]
    sarif = json.loads((compared[0] / "c.sarif").read_text())
    assert [one["ruleId"] for one in sarif["runs"][0]["results"]] == ["CMP001"]
    assert "CMP001" in (compared[0] / "c.md").read_text()


def test_what_sarif_names_as_help_can_be_read(compared):
    (rule,) = json.loads((compared[0] / "c.sarif").read_text())["runs"][0]["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] == "A statement takes longer"  # of the rule, not of one finding
    done = advisor(*rule["help"]["text"].split()[1:])
    assert done.returncode == 0
    assert done.stdout.startswith(b"CMP001: A statement takes longer")


def test_every_rule_of_a_comparison_can_be_read():
    written = set(re.findall(r'"(CMP\d+)"', "".join(f.read_text() for f in (ROOT / "advisor/comparison").glob("*.py"))))
    assert written == set(RULES)
    for name in RULES:
        assert f"| {name} |" in (ROOT / "docs/compare.md").read_text()


def test_no_colour_and_no_control_sequence_when_not_a_terminal(compared):
    assert b"\x1b" not in compared[1].stdout
    assert b"slower" in compared[1].stdout


def test_literals_stay_inside_unless_asked(compared, logs):
    for file in ("c.json", "c.md", "c.sarif"):
        assert "secret4711" not in (compared[0] / file).read_text()
    assert b"secret4711" not in compared[1].stdout
    shown = advisor("compare", logs / "day0.log", logs / "day1.log", "--format", "json", "--show-literals")
    assert b"secret4711" in shown.stdout


def test_fail_on(logs):
    pair = (logs / "day0.log", logs / "day1.log")
    assert advisor("compare", *pair, "--fail-on", "high").returncode == 1
    assert advisor("compare", *reversed(pair), "--fail-on", "info").returncode == 0
    assert advisor("compare", pair[0], pair[0], "--fail-on", "info").returncode == 0


def test_digests_globs_and_folders_stand_for_their_logs(logs, tmp_path):
    def shapes(*arguments):
        done = advisor("compare", *arguments, "--format", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["shapes"]

    expected = shapes(logs / "day0.log", logs / "day1.log")
    for day in range(2):
        assert advisor("digest", logs / f"day{day}.log", "-o", tmp_path / f"{day}.digest").returncode == 0
    assert shapes(tmp_path / "0.digest", tmp_path / "1.digest") == expected
    assert shapes(logs / "day[0].log", logs / "day1.*") == expected


def test_a_folder_is_all_that_it_holds(logs, tmp_path):
    for day in range(2):
        (tmp_path / f"{day}").mkdir()
        lines = (logs / f"day{day}.log").read_text().splitlines(keepends=True)
        for part in range(2):  # as a server rotates its log
            half = len(lines) // 2
            (tmp_path / f"{day}" / f"{part}.log").write_text("".join(lines[part * half : (part + 1) * half or None]))
    done = advisor("compare", tmp_path / "0", tmp_path / "1", "--format", "json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert [one["rule"] for one in result["findings"]] == ["CMP001"]
    assert len(result["before"]["sources"]) == 2


def test_a_digest_that_cannot_be_read_is_one_line_and_exit_2(logs, tmp_path):
    assert advisor("digest", logs / "day0.log", "-o", tmp_path / "a.digest").returncode == 0
    whole = (tmp_path / "a.digest").read_bytes()
    (tmp_path / "b.digest").write_bytes(whole[: len(whole) // 2])
    done = advisor("compare", tmp_path / "b.digest", logs / "day1.log")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"b.digest" in done.stderr
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("day0.log",), "AFTER"),
        (("nothing.log", "day0.log"), "nothing.log"),
        (("day0.log", "day1.log", "--fail-on", "sometimes"), "not one of"),
        (("day0.log", "day1.log", "--format", "pdf"), "not one of"),
    ],
)
def test_bad_usage_is_one_line_and_exit_2(logs, arguments, words):
    done = advisor("compare", *(logs / one if one.endswith(".log") else one for one in arguments))
    assert done.returncode == 2
    assert words in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1
    assert not done.stdout
