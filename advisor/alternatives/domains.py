"""CHECKs of domains of PostgreSQL, proven for the columns of the domain beside the traffic."""

from __future__ import annotations

import re

from advisor.alternatives.clauses import named, tokens_of
from advisor.alternatives.ground import Ground, alone, locked, made
from advisor.model.check import Step
from advisor.model.migration import Change


def checked(ground: Ground, sql: str, change: Change) -> list[Step] | None:
    """ALTER DOMAIN ... ADD CHECK as NOT VALID, then VALIDATE CONSTRAINT. None: it is another form, or a server
    before 18, whose VALIDATE keeps writers out as well.
    """
    if ground.major < 18:
        return None
    tokens = tokens_of(sql, "postgresql")
    words = [token.upper for token in tokens]
    if words[:2] != ["ALTER", "DOMAIN"] or "ADD" not in words[3:]:
        return None
    at = words.index("ADD", 3)
    head, clause = sql[: tokens[at].start].rstrip(), sql[tokens[at].start : tokens[-1].end]
    if "CHECK" not in words[at:]:
        return None
    own = tokens[at - 1].text
    name = ground.sql(made(own.lower() if tokens[at - 1].kind == "word" else own, suffix="check"))
    if words[at + 1 : at + 2] == ["CONSTRAINT"]:
        name = sql[tokens[at + 2].start : tokens[at + 2].end]
    added = re.sub(r"\s+NOT\s+VALID\s*$", "", named(clause, name), flags=re.IGNORECASE)
    return [
        locked(f"{head} {added} NOT VALID"),
        alone(f"{head} VALIDATE CONSTRAINT {name}", note="in a later migration"),
    ]
