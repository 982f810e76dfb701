"""Every format of a check: what services read, and nothing that an input could smuggle into them."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import jsonschema
import pytest

from advisor.api.check import CheckWishes, check
from advisor.model.check import Check
from advisor.model.finding import Finding, Location
from advisor.reports import check as reports
from advisor.reports import json as as_json
from advisor.reports.check.markdown import MARK, MOST

SCHEMA = 'CREATE TABLE orders (id int PRIMARY KEY, customer_id bigint); CREATE TABLE "x|`y`<b>" (id int);'
HOSTILE = (
    "CREATE INDEX i ON orders (customer_id);\n"
    'ALTER TABLE orders ADD COLUMN "::error::<script>alert(1)</script>|`@all`\u202e" uuid DEFAULT gen_random_uuid();\n'
    'CREATE INDEX "::error\n%0A::x]]>" ON "x|`y`<b>" (id);\n'
    "UPDATE orders SET customer_id = 4242424242 WHERE 'password=geheim' <> '';\n"
    "ALTER TABLE orders ADD COLUMN fine text;\n"
    "CREATE TABLE orders (id int);\n"
)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Check:
    place = tmp_path_factory.mktemp("check")
    (place / "schema.ddl").write_text(SCHEMA)
    (place / "m").mkdir()
    (place / "m" / "0001,a:b%.sql").write_text(HOSTILE)
    wishes = CheckWishes(engine="postgresql", server_version="15", dry_run="never")
    return check(place / "m", catalog=place / "schema.ddl", wishes=wishes)


def test_the_json_is_as_its_schema_says(result: Check) -> None:
    document = json.loads(as_json.render(result))
    jsonschema.validate(document, as_json.schema("check"))
    assert document["schema"] == "advisor-check/1"
    assert [one["verdict"] for one in document["statements"]] == [
        "blocking", "blocking", "blocking", "online", "brief_lock", "fails",
    ]  # fmt: skip
    contract = {
        "file", "line", "sql", "in_transaction", "executed", "why_not", "locks", "rewritten", "scanned", "built",
        "verdict", "waits_for_transactions", "estimated_seconds", "blocked_queries_per_second", "size_bytes", "algorithm",
    }  # fmt: skip
    assert contract <= document["statements"][0].keys()
    assert all(one["location"] for one in document["findings"])


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_terminal(result: Check, width: int) -> None:
    text = reports.terminal(result, width=width)
    assert "1 statement fails, 3 block" in text.splitlines()[0]
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "CREATE INDEX CONCURRENTLY i ON orders (customer_id);" in text
    assert "\x1b[" in reports.terminal(result, width=width, colour=True)


def test_markdown_is_inert(result: Check) -> None:
    text = reports.markdown(result)
    assert text.startswith(MARK)
    outside = re.sub(r"(`+)[^`].*?\1", "", re.sub(r"(?ms)^(```+).*?^\1$", "", text))
    assert "<script>" not in outside
    assert not re.search(r"(?<!\\)@all", outside)
    rows = [line for line in text.splitlines() if re.match(r"\| \d+ \|", line)]
    assert len(rows) == len(result.statements)
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 5 for row in rows)
    assert text.count("<details") == text.count("</details>")


def test_the_least_severe_gives_way_first(result: Check) -> None:
    import msgspec

    worst = [one for one in result.findings if one.severity == "high"][:1]
    low = [msgspec.structs.replace(result.findings[-1], severity="low", title=f"low {n}") for n in range(150)]
    statements = [one for one in result.statements if one.verdict != "safe"]
    many = msgspec.structs.replace(
        result, findings=(*worst, *low), statements=(*statements, *(result.statements[4],) * 900)
    )
    text = reports.markdown(many)
    assert len(text) < 65_536
    assert all(f"low {n}" in text for n in range(150))
    assert worst[0].advice.split()[0] in text
    assert "the rest is in the JSON report" in text
    assert text.count("<details") == text.count("</details>")


def test_a_comment_is_never_longer_than_a_comment_may_be(result: Check) -> None:
    import msgspec

    many = msgspec.structs.replace(result, findings=result.findings * 200, statements=result.statements * 200)
    text = reports.markdown(many)
    assert len(text) < MOST + 300
    assert "the rest is in the JSON report" in text
    assert text.count("<details") == text.count("</details>")
    assert text.count("\n```") % 2 == 0


def test_github_commands_are_one_line_each(result: Check) -> None:
    lines = reports.FORMATS["github"](result).splitlines()
    assert lines
    for line in lines:
        match = re.fullmatch(r"::(error|warning|notice)( [^:]*)?::([^\n\r]*)", line)
        assert match, line
        properties = dict(part.split("=", 1) for part in (match[2] or "").strip().split(",") if part)
        assert set(properties) <= {"file", "line", "title"}
        if "file" in properties:
            assert properties["file"].endswith("0001%2Ca%3Ab%25.sql")
    assert sum(line.startswith("::error") for line in lines) <= 10


def test_github_shows_the_worst_ten(result: Check) -> None:
    import msgspec

    finding = result.findings[0]
    many = msgspec.structs.replace(result, findings=(finding,) * 25, unread=())
    lines = reports.FORMATS["github"](many).splitlines()
    assert len(lines) == 11
    assert lines[-1] == "::notice::15 more findings are in the report"


def test_gitlab_issues_have_what_gitlab_asks_for(result: Check) -> None:
    issues = json.loads(reports.FORMATS["gitlab"](result))
    assert len(issues) == len(result.findings)
    for issue in issues:
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["description"]
        assert "\n" not in issue["description"]
        assert not issue["location"]["path"].startswith("./")
        assert issue["location"]["lines"]["begin"] >= 1
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)


def test_junit_is_xml_with_a_case_a_statement(result: Check) -> None:
    root = ElementTree.fromstring(reports.FORMATS["junit"](result))
    cases = root.findall("testsuite/testcase")
    assert len(cases) == len(result.statements) == int(root.attrib["tests"])
    failures = root.findall("testsuite/testcase/failure")
    assert len(failures) == int(root.attrib["failures"]) > 0
    assert "verdict: blocking" in (cases[0].findtext("system-out") or "")


def test_junit_holds_what_xml_cannot(result: Check) -> None:
    import msgspec

    evil = Finding(
        id="e", rule="MIG001", severity="high", confidence="likely", certainty="certain", title="\x00\ufffe]]>&<\x1b",
        location=Location(result.statements[0].file, result.statements[0].line), advice="\x01\uffff",
    )  # fmt: skip
    ElementTree.fromstring(reports.FORMATS["junit"](msgspec.structs.replace(result, findings=(evil,))))


def test_sarif_results_stand_at_their_lines(result: Check) -> None:
    (run,) = json.loads(reports.FORMATS["sarif"](result))["runs"]
    assert len(run["results"]) == len(result.findings)
    assert {one["ruleId"] for one in run["results"]} <= {one["id"] for one in run["tool"]["driver"]["rules"]}


def test_credentials_are_in_no_report(result: Check) -> None:
    for render in (reports.terminal, reports.markdown, as_json.render, *reports.FORMATS.values()):
        assert "geheim" not in render(result)


def test_nothing_to_check(tmp_path: Path) -> None:
    empty = Check(engine=None)
    for render in (reports.terminal, reports.markdown, *reports.FORMATS.values()):
        assert isinstance(render(empty), str)
