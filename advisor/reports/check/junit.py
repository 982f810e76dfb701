"""JUnit's XML, as test reporters of CI read it: a suite a migration, a case a statement, a failure a finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from advisor.model.check import Check, CheckedStatement
from advisor.model.finding import SEVERITIES, Finding
from advisor.reports.check.unjudged import Unjudged, unjudged
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
    loose = [one for place, findings in found.items() if place not in taken for one in findings]
    rest = unjudged(result)
    body += _rest(loose, rest)
    total = sum(len(one) for one in suites.values()) + len(loose) + len(rest)
    failures = sum(part.count("<failure ") for part in body)
    head = f'<testsuites name="advisor check" tests="{total}" failures="{failures}" errors="{_errors(rest)}">'
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


def _rest(loose: list[Finding], rest: Sequence[Unjudged]) -> list[str]:
    """Findings that stand at no statement, and what nobody judged: cases of their own."""
    if not loose and not rest:
        return []
    cases = []
    for one in loose:
        file, line = (one.location.file, one.location.line) if one.location is not None else ("", 0)
        head = f"    <testcase classname={_attribute(file)} name={_attribute(f'line {line}')}>"
        cases.append("\n".join([head, *_told([one], []), "    </testcase>"]))
    for each in rest:
        kind = "error" if each.gating else "skipped"
        head = f"    <testcase classname={_attribute(each.file or 'rules')} name={_attribute(f'line {each.line}')}>"
        cases.append(f"{head}\n      <{kind} message={_attribute(one_line(each.words))}/>\n    </testcase>")
    failures = sum(case.count("<failure ") for case in cases)
    counts = f'tests="{len(cases)}" failures="{failures}" errors="{_errors(rest)}"'
    head = f'  <testsuite name="beside the statements" {counts}>'
    return [head, *cases, "  </testsuite>"]


def _errors(rest: Sequence[Unjudged]) -> int:
    return sum(one.gating for one in rest)


def _case(statement: CheckedStatement, findings: list[Finding]) -> str:
    name = _attribute(f"line {statement.line}: {one_line(statement.sql, 120)}")
    head = f"    <testcase classname={_attribute(statement.file)} name={name}"
    return "\n".join([head + ">", *_told(findings, [f"verdict: {statement.verdict}"]), "    </testcase>"])


def _told(findings: Sequence[Finding], first: list[str]) -> list[str]:
    inner = []
    for one in findings:
        title = f"{one.rule}: {one_line(one.title)}"
        if one.severity in _FAILING:
            inner.append(
                f"      <failure type={_attribute(one.severity)} message={_attribute(title)}>"
                f"{_text(one.advice)}</failure>"
            )
    quiet = [f"{one.severity}: {one.rule}: {one_line(one.title)}" for one in findings if one.severity not in _FAILING]
    if first or quiet:
        inner.append(f"      <system-out>{_text(chr(10).join([*first, *quiet]))}</system-out>")
    return inner


def _attribute(text: str) -> str:
    return quoteattr(_plain(text))


def _text(text: str) -> str:
    return escape(_plain(text))


def _plain(text: str) -> str:
    """Without what XML 1.0 cannot hold, escaped or not."""
    return visible(text).replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
