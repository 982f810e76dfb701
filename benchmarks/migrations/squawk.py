"""What squawk (PyPI squawk-cli) says about the same files, statement by statement.

Counted as "it blocks" are the rules that say that a statement rewrites, scans or builds under a lock, or blocks writes
or reads for long; as "it fails" those that say that it cannot run. Rules of style, of compatibility with the
application, and those that ask for a timeout on every statement are not counted; nor is advice to drop an index or
detach a partition concurrently, which is about a lock for a moment.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from benchmarks.migrations.cases import Case

BLOCKS = frozenset(
    {
        "adding-field-with-default", "adding-foreign-key-constraint", "adding-not-nullable-field", "adding-serial-primary-key-field",
        "changing-column-type", "constraint-missing-not-valid", "disallowed-unique-constraint", "require-concurrent-index-creation",
        "require-concurrent-reindex", "ban-alter-domain-with-add-constraint", "prefer-repack",
        "adding-exclusion-constraint", "adding-primary-key-constraint", "require-concurrent-refresh-materialized-view",
    }
)  # fmt: skip
FAILS = frozenset(
    {"adding-required-field", "ban-concurrent-index-creation-in-transaction", "ban-concurrent-operation-in-transaction", "syntax-error"}
)  # fmt: skip


def rules(program: str, case: Case, file: Path, *, in_transaction: bool) -> list[set[str]]:
    """Names of the rules that speak, of each statement of the case."""
    flags = ["--assume-in-transaction"] if in_transaction else []
    said = subprocess.run(
        [program, "--reporter", "json", *flags, str(file)], capture_output=True, text=True, timeout=60, check=False
    )
    rows = json.loads(said.stdout or "[]")
    lines = [line for line, _ in case.statements]
    found: list[set[str]] = [set() for _ in lines]
    for row in rows:
        at = max((index for index, line in enumerate(lines) if line <= row["line"] + 1), default=0)
        found[at].add(row["rule_name"])
    return found


def verdict(said: set[str]) -> str:
    """In the suite's words, as far as rules of a linter say it."""
    return "fails" if said & FAILS else "blocking" if said & BLOCKS else "safe"
