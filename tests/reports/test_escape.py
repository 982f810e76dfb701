import html
import re

from hypothesis import example, given
from hypothesis import strategies as st

from advisor.reports import escape

hostile = st.text(st.characters(codec=None), max_size=200)


@given(hostile)
@example("\x1b]0;title\x07\x1b[2J")
@example("a\u202eb\u2066c\u200d")
def test_nothing_that_a_terminal_would_obey_gets_through(text):
    shown = escape.visible(text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    shown.encode("utf-8")  # lone surrogates are gone too


@given(hostile, st.integers(1, 50))
def test_one_line_is_one_line_and_not_longer(text, limit):
    line = escape.one_line(text, limit)
    assert len(line) <= max(limit, 1)
    assert line.splitlines() in ([], [line])


@given(hostile)
@example("x ``` y")
@example("a | b")
@example("`")
def test_a_code_span_cannot_be_left(text):
    span = escape.code_span(text, cell=True)
    if not span:
        return
    fence = re.match("`+", span)[0]
    assert span.endswith(fence)
    inside = span[len(fence) : -len(fence)]
    assert fence not in re.findall("`+", inside)
    assert not re.search(r"(?<!\\)\|", inside)
    assert "\n" not in span


@given(hostile)
@example("```\n# heading\n```")
def test_a_code_block_cannot_be_left(text):
    block = escape.code_block(text).split("\n")
    fence = re.match("`+", block[0])[0]
    assert not any(line.strip().startswith(fence) for line in block[1:-1])


@given(hostile)
@example("<img src=x onerror=alert(1)>")
@example("[a](http://evil)")
@example("@everyone #1")
@example("www.evil.example http://evil.example me@evil.example")
def test_prose_holds_no_markup(text):
    shown = escape.markdown(text)
    assert not re.search(r"(?<!\\)[<>\[\]`*_@|]", shown.replace("\\\\", ""))
    assert html.unescape(shown) == shown or "&" in text
    assert not re.search(r"@\w|#\d|www\.|://", shown)
