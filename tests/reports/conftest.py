"""A log whose every text tries to be more than text, and what comes out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

import advisor
from advisor.model.analysis import Analysis

#: What a terminal, Rich, Markdown, HTML and a code host would act upon.
ATTACKS = (
    "\x1b]0;owned\x07\x1b[2J\x1b[31m",
    "[bold red]rich[/] [link=http://evil.example]x[/link] :bomb:",
    "``` **bold** | <img src=x onerror=alert(1)> <!-- [a](http://evil.example) @admin #1 www.evil.example",
    "\u202egnirts a ton\u2066",
    "x" * 5_000,
)
PREFIX = "2026-01-01 10:{minute:02}:00.000 UTC [{pid}] {user}@shop {application} "


@pytest.fixture(scope="session")
def hostile(tmp_path_factory) -> Analysis:
    """Users, applications, tables, columns, values, a file and a schema whose names are attacks."""
    lines = []
    schema = []
    for number, attack in enumerate(ATTACKS):
        name = attack[:60].replace('"', "")
        schema.append(f'CREATE TABLE "t{number} {name}" (id int PRIMARY KEY, "c {name}" text);')
        user = f"user{number}{name.replace('@', '').replace(' ', '')}"
        for minute in range(5):
            head = PREFIX.format(minute=minute, pid=number + 7, user=user, application=name.replace(" ", "_"))
            value = attack.replace("'", "")
            for statement in (
                f'SELECT * FROM "t{number} {name}" WHERE "c {name}" = \'{value}\'',
                f'SELECT id FROM "t{number} {name}" WHERE lower("c {name}") = \'{value}\'',
            ):
                lines.append(f"{head}LOG:  duration: {100 + number}.000 ms  statement: {statement}\n")
    lines.append("neither a record \x1b[2J nor [red]part[/] of one\n")
    folder = tmp_path_factory.mktemp("hostile")
    log = folder / "[red]a\x1b[31m`<b>|@x.log"
    log.write_text("".join(lines), encoding="utf-8")
    (folder / "schema.sql").write_text("\n".join(schema), encoding="utf-8")
    return advisor.analyze([Path(log)], catalog=folder / "schema.sql", show_literals=True)


@pytest.fixture(scope="session")
def shop() -> Analysis:
    """The recorded shop with its schema."""
    folder = Path(__file__).parents[2] / "fixtures" / "shop" / "postgresql"
    return advisor.analyze([folder / "shop.log.gz"], catalog=folder / "schema.sql")
