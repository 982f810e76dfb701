import re

import msgspec
import pytest
from rich.cells import cell_len

from advisor.model.analysis import SourceReport, UnreadableExample, UnreadableReport
from advisor.reports import terminal
from tests.reports.conftest import ATTACKS

UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
SQL = re.compile(r"\s+(CREATE|ALTER|DROP|SET|undo:|settle it with:|EXPLAIN|ANALYZE|SELECT|RESET)")


@pytest.mark.parametrize("width", [80, 120, 200])
def test_prose_keeps_to_the_width_and_sql_stays_in_one_piece(shop, width):
    text = terminal.render(shop, width=width)
    for line in text.splitlines():
        assert cell_len(line) <= width or SQL.match(line), line
    flat = text.splitlines()
    for item in shop.recommendations[:10]:
        for statement in (item.sql or "").splitlines():
            assert any(line.strip() == statement for line in flat), statement


@pytest.mark.parametrize("width", [60, 80, 120])
def test_figures_are_never_cut(shop, width):
    text = terminal.render(shop, width=width)
    for shape in shop.shapes[:10]:
        assert f"{shape.share * 100:.1f} %" in text
        assert f" {shape.calls:,} " in text


def test_the_answer_comes_first_and_each_finding_behind_it_is_shown(shop):
    text = terminal.render(shop, top=3)
    assert text.index("What to do first") < text.index("Where the time goes") < text.index("Findings")
    shown = {item.id for item in shop.recommendations[:3]}
    findings = text[text.index("\nFindings") :]
    for finding in shop.findings:
        if shown & set(finding.remedies):
            assert finding.title[:30] in " ".join(findings.split())
    assert f"(3 of {len(shop.recommendations)}; --top shows more)" in text


def test_every_word_of_the_advice_is_there(shop):
    text = " ".join(terminal.render(shop, top=1000, width=100).split())
    for finding in shop.findings:
        assert " ".join(finding.advice.split()) in text


@pytest.fixture
def colours(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.usefixtures("colours")
def test_colour_changes_no_text(shop, hostile):
    for result in (shop, hostile):
        coloured = terminal.render(result, colour=True)
        assert "\x1b[" in coloured
        bare = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
        assert [line.rstrip() for line in bare.splitlines()] == terminal.render(result).splitlines()


def test_a_wish_for_no_colour_is_heard(shop, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[0-9;]*3\d", terminal.render(shop, colour=True))


@pytest.mark.usefixtures("colours")
def test_nothing_that_a_log_holds_is_obeyed(hostile):
    plain = terminal.render(hostile, top=100)
    assert not UNSAFE.search(plain)
    assert "[bold red]rich[/]" in plain  # shown, not obeyed
    assert ":bomb:" in plain
    coloured = terminal.render(hostile, top=100, colour=True)
    assert not UNSAFE.search(re.sub(r"\x1b\[[0-9;]*m", "", coloured))
    assert not any(attack in plain for attack in (ATTACKS[0], ATTACKS[3]))


def test_what_was_not_understood_is_said(shop):
    lost = UnreadableReport(7, (UnreadableExample(12, "a record that is \x1b[2J cut"),))
    source = SourceReport("a.log", "postgresql-stderr", None, 10, 1, 0.5, lost)
    text = terminal.render(msgspec.structs.replace(shop, sources=(source,)))
    assert "50.0 % of the lines understood, 7 not" in text
    assert "a.log: 7 lines" in text
    assert "line 12: a record that is \ufffd[2J cut" in text


def test_no_findings_is_not_a_clean_bill(shop):
    text = terminal.render(msgspec.structs.replace(shop, findings=(), recommendations=()))
    assert "No finding. Shapes that were not analysed are unknown, not clean." in text
    assert "What to do first" not in text
