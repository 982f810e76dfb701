import re

from markdown_it import MarkdownIt

from advisor.reports import markdown


def tokens(text):
    out = []
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(text):
        out.append(token)
        out += token.children or []
    return out


def headings(found):
    return [found[at + 1].content for at, token in enumerate(found) if token.type == "heading_open"]


def test_the_frame_stands_whatever_the_log_holds(hostile):
    text = markdown.render(hostile, top=100)
    found = tokens(text)
    kinds = {token.type for token in found}
    assert not kinds & {"html_inline", "html_block", "link_open", "image", "hr", "lheading_open"}
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert len(headings(found)) == 4 + len(hostile.findings)  # title, advice, shapes, findings
    rows = sum(token.type == "tr_open" for token in found)
    assert rows == 1 + len(hostile.shapes)
    cells = sum(token.type in ("td_open", "th_open") for token in found)
    assert cells == 6 * rows
    blocks = [token for token in found if token.type == "fence"]
    assert {token.info for token in blocks} == {"sql"}


def test_no_mention_issue_or_bare_address_reaches_a_code_host(hostile):
    prose = "".join(token.content for token in tokens(markdown.render(hostile, top=100)) if token.type == "text")
    assert "evil.example" in prose
    assert not re.search(r"@\w|#\d|www\.|://", prose)


def test_what_it_says(shop):
    text = markdown.render(shop, top=5)
    found = tokens(text)
    titles = headings(found)
    assert titles[1] == f"What to do first (5 of {len(shop.recommendations)})"
    fences = [token.content.rstrip("\n") for token in found if token.type == "fence"]
    for item in shop.recommendations[:5]:
        if item.sql:
            assert item.sql in fences
            assert item.rollback in fences
    numbers = [token.info for token in found if token.type == "list_item_open" and token.info]
    assert numbers == ["1", "2", "3", "4", "5"]
