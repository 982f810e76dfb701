"""Where the pages stand, and how they are read: the handbook shipped with the product, then the user's own folders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from advisor.handbook.check import checked, scratch
from advisor.handbook.page import Page, PageError
from advisor.handbook.parse import parse

MAX_PAGES = 2_000  # a folder of more Markdown files than that is not a handbook


class NoSuchPage(LookupError):  # noqa: N818
    """No page has that name; the text says what to try."""


@dataclass(slots=True)
class Handbook:
    """Pages that can be used, in the order of their ids, and what is wrong with the others."""

    pages: list[Page] = field(default_factory=list)
    problems: list[PageError] = field(default_factory=list)

    def page(self, name: str) -> Page:
        """The page of an id or a file name. Raises `NoSuchPage`."""
        wanted = name.strip().lower().removesuffix(".md")
        for page in self.pages:
            if wanted in (page.id.lower(), page.name.lower(), f"{page.category}/{page.name}".lower()):
                return page
        near = [page for page in self.pages if wanted in page.title.lower() or wanted in page.name]
        if len(near) == 1:
            return near[0]
        told = ", ".join(page.id for page in near[:8]) or "`advisor rules` lists them"
        raise NoSuchPage(f"no rule is called {name!r}; {'these come near: ' if near else ''}{told}")


def shipped() -> Path:
    """The folder of the pages that come with the product: in the installed package, else in the checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "pages"
    return installed if installed.is_dir() else package.parent / "rules"


def load(directories: Sequence[Path | str] = (), *, builtin: bool = True) -> Handbook:
    """Read the shipped pages and those of ``directories``. A later folder's page replaces an earlier one of its id.

    A page that cannot be used becomes a problem of the handbook, and the others are read.
    """
    handbook = Handbook()
    by_id: dict[str, tuple[int, Page]] = {}
    connection = scratch()
    try:
        folders = [*([shipped()] if builtin else []), *(Path(directory) for directory in directories)]
        for rank, folder in enumerate(folders):
            for path in _paths(folder, handbook):
                try:
                    page = checked(parse(path), connection)
                    earlier = by_id.get(page.id)
                    if earlier is not None and earlier[0] == rank:
                        what = f"the id {page.id} is taken by {earlier[1].path}."
                        raise PageError(path, 2, what, "Give the page an id of its own.")
                except PageError as error:
                    handbook.problems.append(error)
                else:
                    by_id[page.id] = (rank, page)
    finally:
        connection.close()
    handbook.pages = [page for _, page in sorted(by_id.values(), key=lambda item: item[1].id)]
    return handbook


def read(name: str, directories: Sequence[Path | str] = ()) -> Page:
    """One page by id or file name. Raises `NoSuchPage`."""
    return load(directories).page(name)


def _paths(folder: Path, handbook: Handbook) -> Iterable[Path]:
    if folder.is_file() and folder.suffix == ".md":
        return [folder]
    if not folder.is_dir():
        handbook.problems.append(
            PageError(folder, 1, "there is no such folder.", "Give a folder that holds pages (*.md).")
        )
        return []
    paths = sorted(path for path in folder.rglob("*.md") if path.name.lower() != "readme.md")
    if len(paths) > MAX_PAGES:
        what = f"the folder holds {len(paths):,} Markdown files."
        handbook.problems.append(
            PageError(folder, 1, what, f"Give a folder of pages; the first {MAX_PAGES:,} are read.")
        )
    return paths[:MAX_PAGES]
