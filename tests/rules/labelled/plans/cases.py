"""Labelled plans: what a file of an application says (README.md tells the form), and the plans recorded for it."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
_DIRECTIVE = re.compile(r"-- (fix|set|form|before|cold)\b:? ?(.*)")
_LABEL = re.compile(r"-- (?:[+~!-] |none\b)(.*)")


@dataclass
class Wanted:
    """One finding that is wanted or allowed: one of some rules, about a table if one is named."""

    rules: frozenset[str]
    table: str | None

    def meets(self, rule: str, tables: tuple[str, ...], statement: str) -> bool:
        """A plan without its statement may know a table by its alias alone."""
        named = {table.split(".")[-1] for table in tables}
        if self.table is None or not named or self.table in named:
            return rule in self.rules
        aliases = set(re.findall(rf"\b{self.table} (?:AS )?(\w+)", statement))
        return rule in self.rules and bool(named & aliases)


@dataclass
class Case:
    """A statement, its label, and how its plan is taken."""

    label: str
    must: list[Wanted]
    may: list[Wanted]
    near: frozenset[str]
    directives: dict[str, str] = field(default_factory=dict)
    statement: str = ""

    @property
    def key(self) -> str:
        """By which the recorded plan is found: the statement and how it was taken, without white space."""
        return " ".join(
            [self.directives.get("set", ""), self.directives.get("form", ""), *self.statement.split()]
        ).strip()


@dataclass
class Application:
    """A schema with its data, and cases."""

    name: str
    engine: str
    major: int | None
    setup: str
    cases: list[Case]
    plans: dict[str, dict[str, Any]]


def _wanted(words: list[str]) -> list[Wanted]:
    found = []
    for word in words:
        rules, _, table = word.partition("@")
        found.append(Wanted(frozenset(rules.split("|")), table or None))
    return found


def _case(line: str) -> Case:
    signs: dict[str, list[str]] = {"+": [], "~": [], "-": []}
    sign = "+"
    for word in line[3:].split(":")[0].split():
        if word in signs:
            sign = word
        elif word != "none":
            signs[sign].append(word)
    return Case(line[3:], _wanted(signs["+"]), _wanted(signs["~"]), frozenset(signs["-"]))


def read(path: Path) -> Application:
    """An application's file, with its recorded plans where there are any."""
    first, _, *lines = path.read_text().splitlines()
    engine, *major = first.split(": ")[1].split()
    setup: list[str] = []
    cases: list[Case] = []
    for line in lines:
        directive = _DIRECTIVE.match(line)
        if directive and cases:
            cases[-1].directives[directive.group(1)] = directive.group(2)
        elif _LABEL.match(line):
            cases.append(_case(line))
        elif cases:
            cases[-1].statement += line + "\n"
        else:
            setup.append(line)
    for case in cases:
        case.statement = case.statement.strip().rstrip(";")
    recorded = path.with_suffix(".plans.gz")
    plans = json.loads(gzip.decompress(recorded.read_bytes())) if recorded.exists() else {}
    return Application(path.stem, engine, int(major[0]) if major else None, "\n".join(setup), cases, plans)


def applications() -> list[Application]:
    """All of them, those held back last."""
    return [
        read(path) for path in sorted(HERE.glob("*.sql"), key=lambda path: (path.stem.startswith("held"), path.stem))
    ]
