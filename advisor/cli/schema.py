"""``advisor schema NAME``: the JSON Schema of a form."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from advisor.model.errors import UserError


def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the form: analyze, check, compare, explain.")],
) -> None:
    """Print the JSON Schema of what a command prints with --format json."""
    from advisor.reports.json import FORMS, schema

    if name not in FORMS:
        raise UserError(f"no form is called '{name}'; known are {', '.join(sorted(FORMS))}")
    typer.echo(msgspec.json.format(msgspec.json.encode(schema(name)), indent=2).decode())
