"""What a reader need not see twice: long paths, and alternatives that only add a limit to the wait."""

from __future__ import annotations

import posixpath
import re
from collections import Counter

from msgspec.structs import replace

from advisor.model.check import Alternative, Check
from advisor.model.finding import Finding

#: Findings of one rule about one file that are printed whole; those after them have a line each.
ALIKE = 3
_SET = re.compile(r"\s*SET\b", re.IGNORECASE)


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
    return replace(finding, location=replace(at, file=names[at.file]))


def only_a_limit(alternative: Alternative, result: Check) -> bool:
    """Is it the same statements behind a SET? The advice says that already."""
    if alternative.commands:
        return False
    own = {_plain(one.sql) for one in result.statements}
    said = [one for step in alternative.steps for one in step.sql if not _SET.match(one)]
    return bool(said) and all(_plain(one) in own for one in said)


def _plain(sql: str) -> str:
    return " ".join(sql.rstrip().rstrip(";").split())
