"""A stranger's words in every place of a check that holds words: each format stays what its reader takes it for."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from advisor.api.check import CheckWishes, check
from advisor.model.catalog import Unread
from advisor.model.check import Check
from advisor.reports import check as reports
from advisor.reports import json as as_json
from advisor.reports.check.markdown import MOST

SQL = """
CREATE INDEX i ON orders (customer_id);
ALTER TABLE orders ALTER COLUMN id TYPE bigint;
ALTER TABLE orders ADD COLUMN u uuid DEFAULT gen_random_uuid();
UPDATE orders SET customer_id = 1;
CREATE TABLE orders (id int);
"""
WORDS = (
    "::error::x", "::stop-commands::x", "##[error]x", "\n::error file=a::x", "\r::warning::x", "%0A::error::x",
    "\x1b[31m", "\x1b]8;;http://x\x07", "\x9b31m", "\r", "\n", "\r\n", "\x00", "\x08", "\x85", "\u2028", "\u2029",
    "\u202e", "\u2066", "\u200f", "\u00ad", "\U000e0041", "\u206a", "\u3164", "\u115f", "\ufe0f", "\ufffe", "\uffff",
    "\U0001fffe", "\ud800", "\udcff", "]]>", "<![CDATA[", "&#0;", "&amp;", "<failure ", "</testsuite>", "-->",
    "<script>", "</details>", "<details>", "<!-- advisor-check -->", "<img src=x>", "![x](http://x)", "[x](javascript:x)",
    "[x]: http://x", "<http://x>", "http://x.org", "www.x.org", "HTTPS://x", "ftp://x", "mailto:a@b.org", "a@b.org", "@all",
    "@org/team", "#123", "GH-123", "o/r#1", "!12", "$12", "&12", "~bug", "```", "~~~", "````\n", "`", "|", "\\|", "\\",
    "---", "\n---\n", "\n===\n", "# x", "\n# x\n", "- x", "\n- x\n", "1. x", "\n1. x", "> x", "    x", "\n    x\n", "\t",
    "**x**", "_x_", "\n\n", "| a | b |\n|---|---|\n", "/close", "\n/close\n", "\n/merge", "$$x$$", "$`x`$", "[^1]", "[ ] ",
    ":::x", "::", "orders", "a", " ", ",", ":", "%",
)  # fmt: skip
HOSTILE = st.lists(st.sampled_from(WORDS) | st.text(max_size=4), min_size=1, max_size=7).map("".join)


class Held:
    """A check whose words are not in every message of a test that fails."""

    def __init__(self, check: Check) -> None:
        self.check = check


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Held:
    place = tmp_path_factory.mktemp("hostile")
    (place / "m").mkdir()
    (place / "schema.ddl").write_text("CREATE TABLE orders (id int PRIMARY KEY, customer_id bigint);")
    (place / "m" / "V1__a.sql").write_text(SQL)
    found = check(
        place / "m",
        catalog=place / "schema.ddl",
        wishes=CheckWishes(engine="postgresql", server_version="15", dry_run="never"),
    )
    assert any(one.alternative and one.alternative.files for one in found.statements)
    more = tuple(Unread(file="V2__b.sql", line=line, sql="x", reason="what it is") for line in (3, 4))
    said = "V2__b.sql:3: not read: what it is"
    words = {"incomplete": (said, "something"), "notices": ("a note",), "base": "a schema"}
    return Held(msgspec.structs.replace(found, unread=more, **words))


def spoilt(result: Check, word: st.DataObject) -> Check:
    """With other words wherever the model takes any."""
    built = msgspec.to_builtins(result)
    swap = word.draw(st.lists(HOSTILE, min_size=3, max_size=3))
    turn = 0

    def other(value: Any, key: str) -> Any:
        nonlocal turn
        if isinstance(value, dict):
            return {name: one if name == "engine" else other(one, name) for name, one in value.items()}
        if isinstance(value, list):
            return [other(one, key) for one in value]
        if isinstance(value, str) and key in FREE:
            turn += 1
            return swap[turn % 3]
        return value

    return msgspec.convert(other(built, ""), Check)


FREE = frozenset({
    "file", "sql", "failure", "why_not", "base", "reason", "title", "advice", "notices", "incomplete", "name", "table",
    "tables", "columns", "column", "relation", "summary", "why", "note", "file_notes", "commands", "path", "text", "settle",
    "no_alternative", "rewritten", "scanned", "built", "written", "error", "plan_before", "plan_after", "expression",
})  # fmt: skip

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def leaves(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from leaves(token.children or [])


OURS = re.compile(r"<!-- advisor-check -->|</?details(?: open)?>|</?summary>")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_markdown_holds_no_markup_of_a_stranger(held: Held, data: st.DataObject) -> None:
    text = reports.markdown(spoilt(held.check, data))
    plain = reports.markdown(held.check)
    assert len(text) < MOST + 300
    tokens = list(leaves(MARKDOWN.parse(text)))
    kinds = {one.type for one in tokens}
    assert not kinds & {"link_open", "image", "em_open", "s_open", "blockquote_open", "hr", "code_block"}
    html = "".join(one.content for one in tokens if one.type in ("html_block", "html_inline"))
    tags = re.findall(r"<[^>]*>", html)
    assert all(OURS.fullmatch(tag) for tag in tags), tags
    assert tags.count("</details>") == sum(tag.startswith("<details") for tag in tags)
    assert tags.count("<!-- advisor-check -->") == 1
    for kind in ("heading_open", "table_open", "tr_open", "td_open", "fence"):
        now = sum(one.type == kind for one in tokens)
        was = sum(one.type == kind for one in leaves(MARKDOWN.parse(plain)))
        assert now <= was + (8 if kind == "fence" else 0), (kind, now, was)
    # What services link after the markup is gone.
    for one in tokens:
        if one.type == "text":
            assert not re.search(r"@\w|#\d|\bGH-\d|\bwww\.|://|[!$&~%](?=\d)", one.content, re.IGNORECASE), one.content
    # Quick actions of GitLab: lines that begin with a slash, outside of code.
    outside = re.sub(r"(?ms)^(\s*)(`{3,})[^\n]*\n.*?^\s*\2$", "", text)
    assert not re.search(r"(?m)^\s*/\w", outside)
    assert not re.search(INVISIBLE, text)


INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200c-\u200f\u2028-\u202e\u2066-\u206f\u3164\ufeff\uffa0"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_terminal_gets_no_control_sequences(held: Held, data: st.DataObject) -> None:
    text = reports.terminal(spoilt(held.check, data), width=100)
    assert not INVISIBLE.search(text)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_github_gets_only_our_commands(held: Held, data: st.DataObject) -> None:
    bad = spoilt(held.check, data)
    text = reports.FORMATS["github"](bad)
    text.encode()
    lines = text.split("\n")[:-1]
    assert not re.search("[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", text)
    for line in lines:
        match = re.fullmatch(r"::(error|warning|notice)(?: ([^:]*))?::(.*)", line)
        assert match, line
        properties = [part.partition("=")[0] for part in (match[2] or "").split(",") if part]
        assert set(properties) <= {"file", "line", "title"}
        assert len(properties) == len(set(properties))
    assert len(lines) <= len(bad.findings) + len(bad.unread) + len(bad.incomplete) + 1


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_files_for_services_can_be_read(held: Held, data: st.DataObject) -> None:
    bad = spoilt(held.check, data)
    jsonschema.validate(json.loads(as_json.render(bad)), as_json.schema("check"))
    issues = json.loads(reports.FORMATS["gitlab"](bad))
    assert len(issues) > len(bad.findings)
    assert all(not INVISIBLE.search(one["location"]["path"]) for one in issues)
    (run,) = json.loads(reports.FORMATS["sarif"](bad))["runs"]
    assert len(run["results"]) == len(bad.findings)
    for one in run["results"]:
        uri = one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9/:._~%-]*", uri)
    root = ElementTree.fromstring(reports.FORMATS["junit"](bad).encode())
    failures = root.findall("testsuite/testcase/failure")
    assert len(failures) == int(root.attrib["failures"])


def test_nothing_is_left_out(held: Held) -> None:
    """What could not be read, and findings that stand at no statement, are in every format that a gate is made of."""
    result = held.check
    far = [
        msgspec.structs.replace(one, location=msgspec.structs.replace(one.location, file="gone.sql", line=99))
        for one in result.findings
        if one.location is not None
    ][:1]
    bad = msgspec.structs.replace(result, findings=(*result.findings, *far))
    root = ElementTree.fromstring(reports.FORMATS["junit"](bad))
    assert any("gone.sql" in case.attrib["classname"] for case in root.findall("testsuite/testcase"))
    assert len(root.findall("testsuite/testcase/error")) == int(root.attrib["errors"]) == 2
    assert len(root.findall("testsuite/testcase/skipped")) == 1
    assert len(root.findall("testsuite/testcase")) == int(root.attrib["tests"])
    issues = json.loads(reports.FORMATS["gitlab"](bad))
    assert [one["severity"] for one in issues if one["check_name"] == "not-judged"] == ["critical", "critical", "minor"]
    (run,) = json.loads(reports.FORMATS["sarif"](bad))["runs"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert len(invocation["toolExecutionNotifications"]) == 3
    many = msgspec.structs.replace(
        result,
        findings=result.findings * 20,
        unread=tuple(Unread(file=f"{n}", line=1, sql="x", reason="x") for n in range(12)),
    )
    lines = reports.FORMATS["github"](many).splitlines()
    left = re.fullmatch(r"::notice::(\d+) more findings are in the report", lines[-1])
    assert left is not None
    assert int(left[1]) + len(lines) - 1 == len(many.findings) + len(many.unread) + len(many.incomplete)
    assert lines[0].startswith("::error::")
    assert any("not read" in line for line in lines)
