"""The page that the documentation shows is a page."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from advisor.handbook import load
from advisor.handbook.examples import run
from advisor.handbook.parse import FIELDS, SECTIONS

DOCS = Path(__file__).parents[2] / "docs" / "rules.md"


def test_the_page_of_the_docs_works(tmp_path):
    text = DOCS.read_text()
    start = text.index("    ---\n    id: MYTEAM-7")
    end = text.index("\nSections, in the order")
    (tmp_path / "newest-row.md").write_text(textwrap.dedent(text[start:end]))
    results = run(tmp_path)
    assert [(r.verdict, r.passed, r.message) for r in results] == [("bad", True, ""), ("good", True, "")]
    (judgement,) = results[0].judgements
    assert judgement.remedies[0].sql == "CREATE INDEX CONCURRENTLY visit_seen_at_idx ON visit (seen_at);"


def test_the_docs_name_every_field_and_section():
    text = DOCS.read_text()
    assert [name for name in (*FIELDS, *SECTIONS) if name not in text] == ["See also"]


def test_the_docs_name_every_rule():
    named = dict(re.findall(r"\[([A-Z0-9]+)\]\(\.\./rules/([^)]+)\.md\)", DOCS.read_text()))
    assert named == {page.id: f"{page.category}/{page.name}" for page in load().pages}
