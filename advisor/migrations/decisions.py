"""What somebody decided about findings: comments in a migration, and a baseline file of known ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from advisor.migrations.words import line_list
from advisor.model.check import Ignored
from advisor.model.counted import counted
from advisor.model.errors import UserError
from advisor.model.finding import Finding, Location
from advisor.model.migration import Ignore, Script

BASELINE = "advisor-baseline/1"


class Accepted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One finding of a baseline. Only the id counts; the rest is for who reads the file."""

    id: str
    rule: str = ""
    title: str = ""
    file: str = ""
    reason: str = ""


class Baseline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Findings that were there when checking began."""

    format: str = BASELINE
    findings: tuple[Accepted, ...] = ()


def read_baseline(text: str | bytes, name: str) -> Baseline:
    """A baseline file. Raises UserError."""
    try:
        found = msgspec.json.decode(text, type=Baseline)
    except msgspec.DecodeError as error:
        raise UserError(f"baseline {name}: {error}; make one with --write-baseline") from None
    if found.format != BASELINE:
        raise UserError(f"baseline {name}: format {found.format!r} is not known; it is {BASELINE}")
    return found


def baseline_of(findings: Sequence[Finding], ignored: Sequence[Ignored] = ()) -> str:
    """The file that accepts all of ``findings``, and what was ``ignored`` with the reasons that were given."""
    reasons = [(one, "") for one in findings] + [(one.finding, one.reason) for one in ignored]
    accepted = tuple(
        Accepted(one.id, one.rule, one.title, Path(one.location.file).name if one.location else "", reason)
        for one, reason in reasons
    )
    return msgspec.json.format(msgspec.json.encode(Baseline(findings=accepted)), indent=2).decode() + "\n"


def decided(
    findings: Sequence[Finding], scripts: Sequence[Script], baseline: Baseline | None, *, comments: bool = True
) -> tuple[list[Finding], list[Ignored], list[str]]:
    """Findings that count, those that somebody decided about, and what must be said of the decisions.

    With ``comments`` false a comment only asks: it is reported, and its finding counts.
    """
    accepted = {one.id: one for one in baseline.findings} if baseline else {}
    asked = [ignore for script in scripts for ignore in script.ignores]
    places: dict[tuple[str, int | None, str], int] = {}
    for number, ignore in enumerate(asked):
        for rule in ignore.rules:
            places.setdefault((ignore.file, ignore.statement_line, rule), number)
    used: set[int] = set()
    kept: list[Finding] = []
    ignored: list[Ignored] = []
    partly: list[str] = []
    for finding in findings:
        found, missing = _comments(finding, places)
        used.update(found)
        if finding.id in accepted:
            ignored.append(Ignored(finding=finding, by="baseline", reason=accepted[finding.id].reason))
        elif found and not missing and comments:
            ignore = asked[found[0]]
            at = Location(ignore.file, ignore.line)
            ignored.append(Ignored(finding=finding, by="comment", reason=ignore.reason, location=at))
        else:
            kept.append(finding)
            if found and comments:
                first = asked[found[0]]
                partly.append(
                    f"{first.file}:{first.line}: ignore {finding.rule}: it counts all the same: the comment for it is "
                    f"missing at {line_list(missing)} (or use ignore-file)"
                )
    return kept, ignored, [*partly, *_said(asked, used, accepted, findings, comments=comments)]


def _comments(finding: Finding, places: Mapping[tuple[str, int | None, str], int]) -> tuple[list[int], list[int]]:
    """The comments that are about the finding (about its file, or about its statements), and the lines that still lack
    one: a finding about several statements is decided when each is. Work under a lock is that of whoever took it."""
    at = finding.location
    if at is None:
        return [], []
    whole = places.get((at.file, None, finding.rule))
    own = [(at.file, at.line), *((one.file, one.line) for one in finding.related if one.role != "work")]
    each = {(file, line): places.get((file, line, finding.rule)) for file, line in own}
    found = [*([whole] if whole is not None else []), *(one for one in each.values() if one is not None)]
    missing = [] if whole is not None else sorted(line for (_, line), one in each.items() if one is None)
    elsewhere = [places.get((one.file, one.line, finding.rule)) for one in finding.related if one.role == "work"]
    return [*sorted(found), *(one for one in elsewhere if one is not None)], missing


def _said(
    asked: Sequence[Ignore],
    used: set[int],
    accepted: dict[str, Accepted],
    findings: Sequence[Finding],
    *,
    comments: bool,
) -> list[str]:
    said = []
    for number, ignore in enumerate(asked):
        where, rules = f"{ignore.file}:{ignore.line}", ", ".join(ignore.rules)
        if number not in used:
            said.append(f"{where}: ignore {rules}: there is no such finding here; remove the comment")
        elif not comments:
            said.append(
                f"{where}: the migration asks to ignore {rules} ({ignore.reason or 'no reason given'}); it counts all "
                "the same: the comment is not in the base revision; put the finding into the baseline file there"
            )
        elif not ignore.reason:
            said.append(f"{where}: ignore {rules}: give a reason behind the rule, for who reads it later")
    gone = accepted.keys() - {one.id for one in findings}
    if gone and len(gone) < len(accepted):
        said.append(f"{counted(len(gone), 'finding')} of the baseline: not in these migrations")
    return said
