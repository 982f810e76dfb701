"""Finding pages: shipped ones, the user's own, by id and by name."""

from __future__ import annotations

import pytest

from advisor.handbook import NoSuchPage, load, read
from advisor.handbook.shelf import shipped
from tests.handbook.conftest import PAGE


def test_the_shipped_pages_are_found():
    assert any(shipped().glob("*/*.md"))
    assert len(load().pages) >= 40


@pytest.mark.parametrize(
    "name", ["SAR001", "sar001", "function-on-column", "non-sargable/function-on-column", "function-on-column.md"]
)
def test_a_page_by_id_or_name(name):
    assert read(name).id == "SAR001"


def test_an_unknown_name_says_what_to_try():
    with pytest.raises(NoSuchPage, match="advisor rules"):
        read("no-such-rule-at-all")
    with pytest.raises(NoSuchPage, match="JOI"):
        read("join")


def test_a_users_page_replaces_ours(tmp_path):
    (tmp_path / "mine.md").write_text(PAGE.replace("TST001", "SAR001"))
    handbook = load([tmp_path])
    assert handbook.page("SAR001").path == tmp_path / "mine.md"
    assert handbook.problems == []


def test_a_folder_that_is_not_there_is_told(tmp_path):
    handbook = load([tmp_path / "absent"], builtin=False)
    assert "no such folder" in str(handbook.problems[0])


def test_a_readme_is_no_page(tmp_path):
    (tmp_path / "README.md").write_text("# Our rules")
    handbook = load([tmp_path], builtin=False)
    assert (handbook.pages, handbook.problems) == ([], [])
