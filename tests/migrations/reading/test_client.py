"""What psql runs beside the statements of a file, and statements that hide from a reader but not from the server."""

from __future__ import annotations

import pytest

from advisor.migrations.reading import script_of
from advisor.migrations.reading.client import commands
from advisor.model.engine import EngineName

BLOCKS = "CREATE INDEX x ON orders (total)"


@pytest.mark.parametrize(
    ("line", "names", "sql"),
    [
        ("\\echo hello", ("echo",), ""),
        ("\\set a 1 \\i other.sql", ("set", "i"), ""),
        ("\\echo 'a \\\\ b' \\\\ DROP TABLE a;", ("echo",), "DROP TABLE a;"),
        ('\\echo "\\i x"', ("echo",), ""),
        ("\\! echo \\\\ x \\i y", ("!",), ""),
        ("\\gset \\gexec", ("gset", "gexec"), ""),
        ("\\echo 'open \\i x", ("echo",), ""),
    ],
)
def test_commands_of_a_line(line: str, names: tuple[str, ...], sql: str) -> None:
    assert commands(line) == (names, sql)


@pytest.mark.parametrize(
    "line",
    [
        "\\i other.sql",
        "\\ir ../other.sql",
        "\\include other.sql",
        "SELECT 'DROP TABLE a' \\gexec",
        "\\! psql -c 'DROP TABLE a'",
        f"\\echo starting \\\\ {BLOCKS};",
        "\\set a 1 \\i other.sql",
        f"SELECT 1 \\g \\\\ {BLOCKS};",
    ],
)
def test_what_psql_runs_unseen_counts_as_not_read(line: str) -> None:
    script = script_of(f"{line}\nSELECT 2;\n", "1.sql", engine="postgresql")
    assert script.statements[-1].sql == "SELECT 2"
    assert len(script.unread) == 1
    assert script.unread[0].line == 1


@pytest.mark.parametrize("line", ["\\echo hello", "\\timing on", "\\pset pager off", "\\set ON_ERROR_STOP on", "\\q"])
def test_what_runs_nothing_is_no_matter(line: str) -> None:
    assert script_of(f"{line}\nSELECT 2;\n", "1.sql", engine="postgresql").unread == ()


@pytest.mark.parametrize(
    ("text", "engine"),
    [
        (f"-- a comment\r{BLOCKS};\r", "postgresql"),  # scan.l: a comment ends at either
        (f"-- a comment\r{BLOCKS};\r\n", "mariadb"),
        (f"SELECT 1 \\; {BLOCKS};\n", "postgresql"),
        (f"SELECT 1\\;{BLOCKS}\\;\n", "postgresql"),
    ],
)
def test_statements_that_hide(text: str, engine: EngineName) -> None:
    assert script_of(text, "1.sql", engine=engine).statements[-1].sql == BLOCKS
