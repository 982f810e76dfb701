import re

import msgspec
import pytest
from rich.cells import cell_len

from advisor.reports.comparison import terminal

UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("width", [80, 120, 200])
def test_lines_keep_to_the_width(changed, width):
    text = terminal.render(changed, width=width)
    assert max(cell_len(line) for line in text.splitlines()) <= width


def test_findings_come_first_and_news_before_what_is_the_same(changed):
    text = terminal.render(changed, top=3)
    assert text.index("Findings") < text.index("Shapes")
    table = text[text.index("\nShapes") :].splitlines()[3:6]
    assert {line.split()[0] for line in table} == {"slower", "new", "gone"}
    slower = next(shape for shape in changed.shapes if shape.status == "slower")
    assert f"{slower.ratio:.2f}x" in text
    assert "CMP001" in text
    assert "CMP002" in text


def test_no_colour_where_none_is_asked(changed):
    assert "\x1b" not in terminal.render(changed)
    assert "\x1b[" in terminal.render(changed, colour=True)


def test_a_log_cannot_speak_to_the_terminal(hostile_change):
    assert hostile_change.findings
    text = terminal.render(hostile_change, top=100)
    assert not UNSAFE.search(text)
    assert "[red]" in text  # as text, not as colour


def test_nothing_found_is_no_all_clear(changed):
    text = terminal.render(msgspec.structs.replace(changed, findings=()))
    assert "unclear may have changed" in text


def test_the_whole_server_is_said_in_the_head(changed):
    whole = msgspec.structs.replace(changed.whole, time_ratio=1.6, calls_ratio=2.2)
    text = terminal.render(msgspec.structs.replace(changed, whole=whole))
    assert "most shapes take 1.60x the time" in text
    assert "called 2.20x as often" in text
