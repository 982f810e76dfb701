"""The commands of `advisor`, and how a command line becomes an exit code."""

from __future__ import annotations

from typing import Annotated

import typer
import typer.core

from advisor.cli import analyze, check, compare, digest, explain, rules, schema, snapshot
from advisor.cli.config import defaults
from advisor.model.errors import UserError
from advisor.model.version import product_version

# Plain help: with rich installed, typer escapes brackets for markup even where markup is off.
typer.core.HAS_RICH = False

app = typer.Typer(
    name="advisor",
    help="Point it at a slow-query log: it answers with ranked, explained database advice.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("analyze", no_args_is_help=True)(analyze.command)
app.command("check", no_args_is_help=True)(check.command)
app.command("compare", no_args_is_help=True)(compare.command)
app.command("digest", no_args_is_help=True)(digest.command)
app.command("explain", no_args_is_help=True)(explain.command)
app.command("snapshot", no_args_is_help=True)(snapshot.command)
app.command("rules")(rules.command)
app.command("schema", no_args_is_help=True)(schema.command)


def _version(wanted: bool) -> None:
    if not wanted:
        return
    from importlib.metadata import version

    from advisor.fingerprint import tokeniser

    typer.echo(f"advisor {product_version()}")
    typer.echo(f"tokeniser: {tokeniser()}")
    typer.echo(f"SQL parser: sqlglot {version('sqlglot')}")
    typer.echo("engines read: PostgreSQL 10-18, MySQL 5.6-9, MariaDB 10-12, SQLite (SQL and schema)")
    raise typer.Exit


@app.callback()
def _common(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Version, engines and tokeniser found.")
    ] = False,
) -> None:
    """Point it at a slow-query log: it answers with ranked, explained database advice."""


def invoke(arguments: list[str]) -> int:
    """Run a command line; returns its exit code. Raises UserError for usage faults so that they print as one line."""
    command = typer.main.get_command(app)
    try:
        code = command.main(args=arguments, prog_name="advisor", standalone_mode=False, default_map=defaults(arguments))
    except typer.Exit as done:
        return int(done.exit_code)
    except typer.Abort:  # Ctrl-C before the reading began: the option parser turned it into this
        raise KeyboardInterrupt from None
    except Exception as error:
        # Usage errors of the option parser carry a message and, mostly, the command they belong to.
        if type(error).__module__.partition(".")[0] in ("click", "typer") and hasattr(error, "format_message"):
            context = getattr(error, "ctx", None)
            if type(error).__name__ == "NoArgsIsHelpError" and context is not None:
                typer.echo(context.get_help(), err=True)
                return 2
            path = context.command_path if context is not None else "advisor"
            message = error.format_message().strip().replace(" (env var: 'None')", "")
            if not message:
                return 2  # help was printed instead
            raise UserError(f"{message} Try '{path} --help'.") from None
        raise
    return int(code or 0)
