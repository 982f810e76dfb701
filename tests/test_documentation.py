"""What the documentation points to is there, and what it says of the tree is so."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("docker/*.md"), *ROOT.glob("fixtures/**/README.md")]
)
PROSE = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", PROSE.sub("", page.read_text())):
        assert "://" in target or (page.parent / target).exists(), target


def test_every_page_is_reached_from_the_readme():
    text = (ROOT / "README.md").read_text()
    assert [page.name for page in ROOT.glob("docs/*.md") if f"docs/{page.name}" not in text] == []


def test_every_package_stands_in_the_architecture_and_in_the_layers():
    folders = {f"advisor/{path.parent.name}" for path in ROOT.glob("advisor/*/__init__.py")}
    text = (ROOT / "docs" / "architecture.md").read_text()
    assert {name for name in folders if f"| `{name}` |" not in text} == set()
    (contract,) = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layered = set(re.findall(r"advisor\.\w+", " ".join(contract["layers"])))
    assert {name.replace("/", ".") for name in folders} <= layered


def test_start_commands_of_the_readme_exist():
    text, makefile = (ROOT / "README.md").read_text(), (ROOT / "Makefile").read_text()
    for target in re.findall(r"make ([a-z]+-(?=\d)|[a-z-]+)", text):
        assert re.search(rf"^{target}%?:", makefile, re.MULTILINE), target
