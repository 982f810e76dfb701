"""JUnit's XML, as test reporters of CI read it: a suite a migration, a case a statement, a failure a finding."""

from __future__ import annotations

from collections import defaultdict
from xml.sax.saxutils import escape, quoteattr

from advisor.model.check import Check, CheckedStatement
from advisor.model.finding import SEVERITIES, Finding
from advisor.reports.escape import one_line, visible

_FAILING = frozenset(SEVERITIES[2:])


def render(result: Check) -> str:
    """Findings of medium severity and above are failures; what is below stands in the case's output."""
    found: dict[tuple[str, int], list[Finding]] = defaultdict(list)
    for finding in result.findings:
        if finding.location is not None:
            found[finding.location.file, finding.location.line].append(finding)
    suites: dict[str, list[CheckedStatement]] = defaultdict(list)
    for statement in result.statements:
        suites[statement.file].append(statement)
    taken: set[tuple[str, int]] = set()
    body = [_suite(name, statements, found, taken) for name, statements in suites.items()]
    total = sum(len(one) for one in suites.values())
    failures = sum(part.count("<failure ") for part in body)
    head = f'<testsuites name="advisor check" tests="{total}" failures="{failures}">'
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *body, "</testsuites>"]) + "\n"


def _suite(
    name: str,
    statements: list[CheckedStatement],
    found: dict[tuple[str, int], list[Finding]],
    taken: set[tuple[str, int]],
) -> str:
    cases = []
    for statement in statements:
        place = (statement.file, statement.line)
        cases.append(_case(statement, found[place] if place not in taken else []))
        taken.add(place)
    failures = sum(case.count("<failure ") for case in cases)
    head = f'  <testsuite name={_attribute(name)} tests="{len(cases)}" failures="{failures}">'
    return "\n".join([head, *cases, "  </testsuite>"])


def _case(statement: CheckedStatement, findings: list[Finding]) -> str:
    name = _attribute(f"line {statement.line}: {one_line(statement.sql, 120)}")
    head = f"    <testcase classname={_attribute(statement.file)} name={name}"
    inner = []
    for one in findings:
        title = f"{one.rule}: {one_line(one.title)}"
        if one.severity in _FAILING:
            inner.append(
                f"      <failure type={_attribute(one.severity)} message={_attribute(title)}>"
                f"{_text(one.advice)}</failure>"
            )
    rest = [f"{one.severity}: {one.rule}: {one_line(one.title)}" for one in findings if one.severity not in _FAILING]
    rest.insert(0, f"verdict: {statement.verdict}")
    inner.append(f"      <system-out>{_text(chr(10).join(rest))}</system-out>")
    return "\n".join([head + ">", *inner, "    </testcase>"])


def _attribute(text: str) -> str:
    return quoteattr(_plain(text))


def _text(text: str) -> str:
    return escape(_plain(text))


def _plain(text: str) -> str:
    """Without what XML 1.0 cannot hold, escaped or not."""
    return visible(text).replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
