import re

from markdown_it import MarkdownIt

from advisor.reports.comparison import markdown


def tokens(text):
    out = []
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(text):
        out.append(token)
        out += token.children or []
    return out


def test_the_frame_stands_whatever_the_log_holds(hostile_change):
    text = markdown.render(hostile_change, top=100)
    found = tokens(text)
    assert not {token.type for token in found} & {
        "html_inline",
        "html_block",
        "link_open",
        "image",
        "hr",
        "lheading_open",
    }
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert sum(token.type == "heading_open" for token in found) == 3 + len(hostile_change.findings)
    rows = sum(token.type == "tr_open" for token in found)
    assert rows == 1 + len(hostile_change.shapes)
    assert sum(token.type in ("td_open", "th_open") for token in found) == 8 * rows


def test_every_status_with_news_has_a_row(changed):
    text = markdown.render(changed)
    for word in ("slower", "new", "gone"):
        assert f"\n| {word} |" in text
