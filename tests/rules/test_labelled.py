"""Precision and recall of the handbook over labelled statements (labelled/README.md says how they are written)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from advisor.api import ReadOptions, analyze
from advisor.fingerprint import identify
from advisor.model.engine import EngineName, dialect_of

GROUPS = sorted((Path(__file__).parent / "labelled").glob("*.sql"))
SCHEMA_RULES = ("SCH001", "IDX003", "IDX016", "SCH007")
#: Nothing wrong may be found; of what must be found these were reached (docs/rules.md).
MOST_WRONG = 0
LEAST_RECALL = 0.98
LEAST_RECALL_OF_A_RULE = 0.6


@dataclass
class Label:
    """What one comment says, and the statement under it (none for a label of the schema)."""

    text: str
    rules: dict[str, set[str]]
    subject: str | None
    statement: str = ""


@dataclass
class Score:
    """Findings per rule: rightly found, missed, wrong."""

    found: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    report: list[str] = field(default_factory=list)


def read(path: Path) -> tuple[EngineName, str, list[Label], list[Label]]:
    """The engine, the schema, the labels of the statements and those of the schema."""
    schema, statements, tables = [], [], []
    first, _, *lines = path.read_text().splitlines()
    for line in lines:
        label = re.match(r"-- (@ )?([+~-] .*)", line)
        if label is None:
            if statements:
                statements[-1].statement += line + "\n"
            else:
                schema.append(line)
        elif label.group(1):
            tables.append(_label(label.group(2)))
        else:
            statements.append(_label(label.group(2)))
    engine: EngineName = first.split(": ")[1]  # type: ignore[assignment]
    return engine, "\n".join(schema), statements, tables


def _label(text: str) -> Label:
    rules: dict[str, set[str]] = {"+": set(), "~": set(), "-": set()}
    subject, sign = None, "+"
    for word in text.split(":")[0].split():
        if word in rules:
            sign = word
        elif re.fullmatch(r"[A-Z]{3}\d{3}", word):
            rules[sign].add(word)
        else:
            subject = word
    return Label(text, rules, subject)


def judge(path: Path, folder: Path, score: Score) -> None:
    """Adds one group to the score."""
    engine, schema, labels, tables = read(path)
    (folder / "schema.sql").write_text(schema)
    (folder / "queries.sql").write_text("\n".join(label.statement for label in labels))
    result = analyze(folder / "queries.sql", catalog=folder / "schema.sql", reading=ReadOptions(engine=engine))
    assert [shape.sql for shape in result.shapes if not shape.analysed] == []
    found: dict[str, set[str]] = {}
    of_schema = []
    for finding in result.findings:
        if finding.rule in SCHEMA_RULES:
            of_schema.append((finding.rule, str(finding)))
            continue
        for role in finding.fingerprints:
            found.setdefault(role.fingerprint, set()).add(finding.rule)
    seen = set()
    for label in labels:
        fingerprint = identify(label.statement.strip().rstrip(";"), dialect_of(engine)).fingerprint
        assert fingerprint not in seen, f"{path.name}: the same shape twice: {label.text}"
        assert fingerprint in {shape.fingerprint for shape in result.shapes}, label.statement
        seen.add(fingerprint)
        rules = found.get(fingerprint, set())
        score.found.update(label.rules["+"] & rules)
        score.missed.update(label.rules["+"] - rules)
        wrong = rules - label.rules["+"] - label.rules["~"]
        score.wrong.update(wrong)
        if wrong or label.rules["+"] - rules:
            score.report.append(f"{path.stem}: {label.text}: found {sorted(rules)}")
    allowed: set[int] = set()
    for label in tables:
        for sign in "+~":
            for rule in label.rules[sign]:
                hits = {n for n, (r, text) in enumerate(of_schema) if r == rule and (label.subject or "") in text}
                allowed |= hits
                if sign == "+":
                    (score.found if hits else score.missed)[rule] += 1
                    if not hits:
                        score.report.append(f"{path.stem}: {label.text}: not found")
    for number, (rule, text) in enumerate(of_schema):
        if number not in allowed:
            score.wrong[rule] += 1
            score.report.append(f"{path.stem}: wrong: {text[:200]}")


@pytest.fixture(scope="module")
def score(tmp_path_factory: pytest.TempPathFactory) -> Score:
    whole = Score()
    for path in GROUPS:
        judge(path, tmp_path_factory.mktemp(path.stem), whole)
    return whole


def test_precision(score: Score):
    assert score.wrong.total() <= MOST_WRONG, "\n".join(score.report)


def test_recall(score: Score):
    recall = score.found.total() / (score.found.total() + score.missed.total())
    assert recall >= LEAST_RECALL, "\n".join([f"recall {recall:.3f}", *score.report])


def test_every_rule_is_found(score: Score):
    short = {}
    for rule in score.found.keys() | score.missed.keys():
        recall = score.found[rule] / (score.found[rule] + score.missed[rule])
        if recall < LEAST_RECALL_OF_A_RULE:
            short[rule] = recall
    assert short == {}


def test_the_set_is_large_enough():
    """At least forty groups; two that must be found and three near misses for nearly every rule of text and schema."""
    must: Counter[str] = Counter()
    near: Counter[str] = Counter()
    for path in GROUPS:
        _, _, labels, tables = read(path)
        for label in labels + tables:
            must.update(label.rules["+"])
            near.update(label.rules["-"])
    assert len(GROUPS) >= 40
    assert [rule for rule in must if must[rule] < 2] == []
    assert sorted(rule for rule in must if near[rule] < 2) == []
