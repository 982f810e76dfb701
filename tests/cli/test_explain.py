"""`advisor explain` as a user meets it: real processes, plans that real servers printed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
PLANS = Path(__file__).parent / "plans"
BEFORE, AFTER, ROWS = PLANS / "seq_scan.txt", PLANS / "index_scan.txt", PLANS / "mariadb_rows.txt"


def advisor(*arguments, stdin=None):
    command = [sys.executable, "-m", "advisor", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, input=stdin, capture_output=True, env=environment, timeout=120)


def text_of(*arguments, **more):
    done = advisor("explain", *arguments, **more)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def document_of(*arguments, **more):
    return json.loads(text_of(*arguments, "--format", "json", **more))


def test_the_tree_names_the_heavy_node():
    text = text_of(BEFORE)
    assert "Parallel Seq Scan on orders o" in text
    assert "removes 294,000 rows" in text
    assert "'open'" not in text
    assert "'open'" in text_of(BEFORE, "--show-literals")


def test_json_fits_the_schema_and_times_sum_to_the_root():
    schema = json.loads(advisor("schema", "explain").stdout)
    document = document_of(BEFORE)
    jsonschema.Draft202012Validator(schema).validate(document)
    assert document["schema"] == "advisor-plan/1"
    assert document["diff"] is None
    (plan,) = document["plans"]
    assert plan["analyzed"]
    assert plan["engine"]["name"] == "postgresql"
    root = plan["nodes"][0]
    assert sum(node["time_self_ms"] for node in plan["nodes"]) == pytest.approx(root["time_total_ms"], abs=0.01)


def test_a_plan_comes_from_stdin_whatever_carries_it():
    quoted = "\n".join("> " + line for line in BEFORE.read_text().splitlines())
    for carried in (
        BEFORE.read_text(),
        quoted,
        BEFORE.read_text().replace("\n", "\r\n"),
        "\ufeff" + BEFORE.read_text(),
    ):
        document = document_of("-", stdin=carried.encode())
        assert len(document["plans"][0]["nodes"]) == 9
        assert document["plans"][0]["fingerprint"] == document_of(BEFORE)["plans"][0]["fingerprint"]


def test_two_files_are_compared():
    document = document_of(BEFORE, AFTER)
    assert len(document["plans"]) == 2
    diff = document["diff"]
    assert diff["same_plan"] is False
    assert any(node["status"] == "changed" for node in diff["nodes"])
    text = text_of(BEFORE, AFTER)
    assert "What changed" in text
    assert document_of(BEFORE, BEFORE)["diff"]["same_plan"]


def test_several_plans_of_several_engines(tmp_path):
    both = tmp_path / "both.txt"
    both.write_text(BEFORE.read_text() + "\n\n" + AFTER.read_text())
    document = document_of(both, ROWS)
    assert [plan["engine"]["name"] for plan in document["plans"]] == ["postgresql", "postgresql", "mariadb"]
    assert document["diff"] is None


def test_markdown_has_a_picture_and_a_table():
    text = text_of(BEFORE, "--format", "markdown")
    assert "```mermaid" in text
    assert "| operator |" in text


def test_the_plan_alone_can_be_read_again(tmp_path):
    for source in (BEFORE, ROWS):
        file = tmp_path / "clean.txt"
        file.write_text(text_of(source, "--format", "plan", "--show-literals"))
        again, first = document_of(file), document_of(source)
        assert again["plans"][0]["fingerprint"] == first["plans"][0]["fingerprint"]
        assert len(again["plans"][0]["nodes"]) == len(first["plans"][0]["nodes"])
    redacted = text_of(BEFORE, "--format", "plan")
    assert "'open'" not in redacted
    assert "9@example" not in redacted


@pytest.mark.parametrize("by", ["time", "rows", "error", "cost", "buffers"])
def test_bars_show_what_is_asked(by):
    assert f"\n{by}" in text_of(BEFORE, "--by", by)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.txt"], "nowhere.txt"),
        (["README.md"], "README.md"),
        ([BEFORE, "--by", "beauty"], "--by beauty"),
        ([BEFORE, "--engine", "oracle"], "--engine oracle"),
        ([BEFORE, "--rules", "nowhere"], "not a directory"),
        ([BEFORE, "--fail-on", "maybe"], "--fail-on maybe"),
    ],
)
def test_what_the_user_can_mend_is_one_line(arguments, words):
    done = advisor("explain", *arguments)
    message = done.stderr.decode().strip()
    assert done.returncode == 2
    assert message.count("\n") == 0
    assert words in message
    assert "Traceback" not in message


def test_binary_and_empty_input_are_no_plans(tmp_path):
    for content in (b"", b"\x00\x01\x02" * 1000, os.urandom(5000), b"\xff\xfe" + "no plan".encode("utf-16-le")):
        done = advisor("explain", "-", stdin=content)
        assert done.returncode == 2, content[:20]
        assert done.stderr.decode().count("\n") == 1


def test_a_catalog_brings_no_findings_of_other_tables(tmp_path):
    schema = tmp_path / "schema.sql"
    schema.write_text(
        "CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, status text, total numeric);\n"
        "CREATE TABLE customers (id bigint PRIMARY KEY, email text);\n"
        "CREATE TABLE audit_without_key (what text);\n"
    )
    document = document_of(AFTER, "--catalog", schema)
    assert not any("audit_without_key" in finding["tables"] for finding in document["findings"])
