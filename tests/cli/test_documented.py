"""The docs name every command, option and rule."""

from pathlib import Path

import typer

from advisor.cli.app import app
from advisor.cli.config import OPTIONS

DOCS = Path(__file__).parents[2] / "docs"


def commands():
    return typer.main.get_command(app).commands


def test_every_command_and_option_is_documented():
    text = (DOCS / "command-line.md").read_text()
    for name, command in commands().items():
        assert f"advisor {name}" in text
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("--") and option != "--help":
                    assert f"`{option}" in text or f"{option} " in text, f"{name} {option}"


def test_every_option_of_the_configuration_file_exists():
    for name, keys in OPTIONS.items():
        known = {option.removeprefix("--") for parameter in commands()[name].params for option in parameter.opts}
        assert keys <= known, name
