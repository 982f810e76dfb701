"""``advisor rules``: the handbook to read, and the bench for one's own pages."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.model.errors import UserError

if TYPE_CHECKING:
    from advisor.handbook import Handbook, Page


def command(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="A page, by id or file name; or `test`.")] = None,
    directory: Annotated[
        list[str] | None, typer.Argument(metavar="[DIR]", help="With `test`: folders of pages to run.")
    ] = None,
    facts: Annotated[bool, typer.Option("--facts", help="Print the relations that a page may ask.")] = False,
    rules: Annotated[
        list[str] | None, typer.Option("--rules", metavar="DIR", help="More rule pages; may be repeated.")
    ] = None,
    config: Annotated[str | None, typer.Option("--config", metavar="FILE", help="Defaults for these options.")] = None,
) -> int:
    """List the handbook, read a page, or run the examples of your own pages (`advisor rules test DIR`)."""
    del config  # read before the options are parsed
    if facts:
        from advisor.facts import describe

        typer.echo(describe().rstrip())
        return 0
    if name == "test":
        if not directory:
            raise UserError("rules test: name the folder of your pages: advisor rules test DIR")
        return _test([Path(one) for one in directory])
    if directory:
        raise UserError(f"rules: one page at a time; '{directory[0]}' was not expected")
    from advisor.comparison.rules import RULES, told
    from advisor.handbook import NoSuchPage, load

    handbook = load([Path(one) for one in rules or []])
    for problem in handbook.problems:
        typer.echo(f"advisor: {problem}", err=True)
    if name is None:
        _list(handbook)
        return 0
    between = RULES.get(name.strip().upper())
    if between is not None:
        typer.echo(told(between))
        return 0
    try:
        page = handbook.page(name)
    except NoSuchPage as error:
        raise UserError(str(error)) from None
    _show(page)
    return 0


def _list(handbook: Handbook) -> None:
    width = max((len(page.id) for page in handbook.pages), default=0)
    category = None
    for page in sorted(handbook.pages, key=lambda page: (page.category, page.id)):
        if page.category != category:
            typer.echo(("" if category is None else "\n") + page.category)
            category = page.category
        typer.echo(f"  {page.id:<{width}}  {page.severity:<8}  {page.heading}  [needs {_needs(page)}]")


def _needs(page: Page) -> str:
    """What must be given for it to speak."""
    return ", ".join(page.needs) or ("a migration" if "migration_" in page.detect.text else "the log")


def _show(page: Page) -> None:
    body = page.text.split("\n---\n", 1)[-1].strip()
    lines = [
        f"{page.id}: {page.severity}; for {', '.join(page.engines)}; needs {_needs(page)}",
        *(f"See {reference}" for reference in page.references),
    ]
    if not sys.stdout.isatty():
        typer.echo("\n".join(lines) + "\n\n" + body)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    for line in lines:
        console.print(line, style="dim", markup=False, highlight=False)
    console.print(Markdown(body))


def _test(folders: list[Path]) -> int:
    """Exit 1 when an example does not do what its heading says, or a page cannot be used."""
    from advisor.handbook import examples

    failed = ran = 0
    for folder in folders:
        if not folder.is_dir():
            raise UserError(f"rules test {folder}: not a directory")
        results = examples.run(folder)
        if not results:
            raise UserError(f"rules test {folder}: no page with an example in it (*.md)")
        for result in results:
            ran += 1
            failed += not result.passed
            if not result.passed:
                typer.echo(str(result))
    typer.echo(f"{ran} examples, {failed} failed")
    return 1 if failed else 0
