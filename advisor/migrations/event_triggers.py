"""Event triggers of PostgreSQL: functions that run with every DDL statement after the one that made them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from advisor.model.migration import Outcome, Script
from advisor.sources.split import comment_free

_MADE = re.compile(
    r"\s*(CREATE|ALTER|DROP)\s+EVENT\s+TRIGGER\s+(?:IF\s+EXISTS\s+)?(\"[^\"]+\"|[\w$]+)(.*)", re.IGNORECASE | re.DOTALL
)
#: What fires them (manual, "Event Trigger Firing Matrix").
_DDL = re.compile(
    r"\s*(?:(?:ALTER|COMMENT|CREATE|DROP|GRANT|IMPORT|REFRESH|REINDEX|REVOKE|SECURITY)\b|SELECT\b.*\bINTO\b)",
    re.IGNORECASE | re.DOTALL,
)
_OFF = re.compile(r"\bDISABLE\b", re.IGNORECASE)


def fired(scripts: Sequence[Script], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Outcomes with what event triggers of the migrations leave open. No copy has them: a superuser makes them."""
    standing: dict[str, str] = {}
    found = []
    for one, outcome in zip((each for script in scripts for each in script.statements), outcomes, strict=True):
        sql = comment_free(one.sql)
        made = _MADE.match(sql)
        why = None
        if made is not None:
            name = made[2].strip('"')
            if made[1].upper() == "DROP" or _OFF.search(made[3]):
                standing.pop(name, None)
            else:
                standing[name] = f"event trigger {name} (line {one.line}) runs its function with it"
            if made[1].upper() == "CREATE":
                why = "its function runs with every DDL statement from here on"
        elif standing and _DDL.match(sql):
            why = next(iter(standing.values()))
        found.append(outcome if why is None else _doubtful(outcome, why))
    return found


def _doubtful(outcome: Outcome, why: str) -> Outcome:
    """Locks on what it makes itself say nothing of what the function does."""
    if outcome.uncertain is not None or outcome.failure is not None:
        return outcome
    return replace(outcome, uncertain=why, locks=tuple(one for one in outcome.locks if one.preexisting))
