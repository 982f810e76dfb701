"""What a reader need not see twice: long paths, the same advice, alternatives that only add a limit to the wait, and
the fourth finding of a kind in full. Terminal and Markdown tell the findings alike."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from dataclasses import dataclass

from msgspec.structs import replace

from advisor.model.check import Alternative, Check, CheckedStatement
from advisor.model.finding import Finding
from advisor.reports.check.summary import answered, answers_of

#: Findings of one rule about one file that are printed whole; those after them have a line each.
ALIKE = 3
_SET = re.compile(r"\s*SET\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Told:
    """One finding, and how much of it is told."""

    finding: Finding
    """With the short name of its file."""
    brief: bool
    """A line says enough: some of its kind stand above in full."""
    advice: bool
    """Its advice does not stand above already."""
    answers: tuple[CheckedStatement, ...]
    """The statements that it tells an alternative of, or why there is none."""


def told(result: Check, most: int) -> list[Told]:
    """The first ``most`` findings in their order."""
    names, untold = short_names(result), answered(result)
    alike, advised = Counter[tuple[str, str]](), set[tuple[str, str]]()
    found = []
    for finding in result.findings[:most]:
        answers = [
            one
            for one in answers_of(finding, untold)
            if one.alternative is None or not only_a_limit(one.alternative, result)
        ]
        kind = (finding.rule, finding.location.file if finding.location else "")
        alike[kind] += 1
        brief = alike[kind] > ALIKE and not answers and not finding.fingerprints
        advice = (finding.rule, finding.advice)
        again = bool(finding.advice) and advice in advised
        found.append(Told(shortened(finding, names), brief, not again, tuple(answers)))
        if not brief:
            advised.add(advice)
    return found


def short_names(result: Check) -> dict[str, str]:
    """Files by name alone, where no other of the check has the same. Their paths stand above the statements."""
    files = {one.file for one in result.statements}
    counts = Counter(posixpath.basename(file) for file in files)
    return {file: name for file in files if counts[name := posixpath.basename(file)] == 1}


def shortened(finding: Finding, names: dict[str, str]) -> Finding:
    """With the short name of its file."""
    at = finding.location
    if at is None or at.file not in names:
        return finding
    related = tuple(replace(one, file=names.get(one.file, one.file)) for one in finding.related)
    return replace(finding, location=replace(at, file=names[at.file]), related=related)


def only_a_limit(alternative: Alternative, result: Check) -> bool:
    """Is it the same statements behind a SET? The advice says that already."""
    if alternative.commands:
        return False
    own = {_plain(one.sql) for one in result.statements}
    said = [one for step in alternative.steps for one in step.sql if not _SET.match(one)]
    return bool(said) and all(_plain(one) in own for one in said)


def _plain(sql: str) -> str:
    return " ".join(sql.rstrip().rstrip(";").split())
