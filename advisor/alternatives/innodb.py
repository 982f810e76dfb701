"""MySQL and MariaDB: what the server itself does beside the traffic when it is asked otherwise.

Where one clause of an ALTER TABLE needs a copy the others gain nothing by going first: the copy takes them along.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from advisor.alternatives.clauses import clauses, tokens_of
from advisor.alternatives.ground import Ground, alone
from advisor.model.check import Alternative, Verdict
from advisor.model.engine import Dialect, dialect_of
from advisor.model.migration import Change

_ASKED = re.compile(r"(ALGORITHM|LOCK)\s*=?\s*\w+", re.IGNORECASE)
#: At the end of CREATE INDEX.
_ASKED_LAST = re.compile(rf"({_ASKED.pattern}\s*)+", re.IGNORECASE)
_QUIET = ("online", "brief_lock", "safe")
_UNCHECKED = (
    "rows that are there are not checked against the key (the plain statement would refuse those without a parent): "
    "mend what the last query finds; from the key's beginning on every write is checked"
)


def native(
    ground: Ground, sql: str, changes: tuple[Change, ...], judged: Callable[[str], Verdict]
) -> Alternative | None:
    """Without the ALGORITHM or LOCK that it asks for; a foreign key by foreign_key_checks = 0. None: neither."""
    return _unasked(ground, sql, judged) or _by_trust(ground, sql, changes, judged)


def _unasked(ground: Ground, sql: str, judged: Callable[[str], Verdict]) -> Alternative | None:
    dialect = dialect_of(ground.engine.name)
    plain = without_lock(sql, dialect)
    if plain is None or judged(plain) not in _QUIET:
        return None
    return Alternative(
        summary="without the ALGORITHM and LOCK that it asks for",
        steps=(alone(plain, note="the server then takes the cheapest way there is"),),
    )


def without_lock(sql: str, dialect: Dialect) -> str | None:
    """The statement without its ALGORITHM and LOCK clauses; None: it has none, or nothing else."""
    cut = clauses(sql, dialect)
    if cut is not None:
        kept = [one for one in cut.clauses if _ASKED.fullmatch(one) is None]
        return f"{cut.head} {', '.join(kept)}" if 0 < len(kept) < len(cut.clauses) else None
    tokens = tokens_of(sql, dialect)
    if "INDEX" not in [token.upper for token in tokens[:3]] or tokens[0].upper != "CREATE":
        return None
    end = max(number for number, token in enumerate(tokens) if token.text == ")") if "(" in sql else 0
    first = next((token for token in tokens[end:] if token.upper in ("ALGORITHM", "LOCK")), None)
    if first is None or _ASKED_LAST.fullmatch(sql[first.start :].rstrip("; \n")) is None:
        return None
    return sql[: first.start].rstrip()


def _by_trust(
    ground: Ground, sql: str, changes: tuple[Change, ...], judged: Callable[[str], Verdict]
) -> Alternative | None:
    """The server builds a key beside the traffic when it need not look at the rows."""
    cut = clauses(sql, dialect_of(ground.engine.name))
    keys = [one for one in changes if one.action == "add_foreign_key"]
    if cut is None or len(keys) != len(changes) or len(keys) != len(cut.clauses):
        return None
    if any(not one.columns or len(one.columns) != len(one.parent_columns) or one.parent is None for one in keys):
        return None
    plain = re.sub(r"[\s;]+$", "", sql)
    online = f"{plain}, ALGORITHM=INPLACE, LOCK=NONE"
    off, on = "SET foreign_key_checks = 0", "SET foreign_key_checks = 1"
    if judged(f"{off};\n{online}") not in _QUIET:
        return None
    steps = [alone(off, online, on, note="the three in one session")]
    for one in keys:
        orphans = _orphans(ground, one)
        steps.append(alone(orphans, note="mend or delete the rows that it finds: they have no parent"))
    return Alternative(summary="online, its rows looked at afterwards", steps=tuple(steps), why=_UNCHECKED)


def _orphans(ground: Ground, key: Change) -> str:
    assert key.table is not None
    assert key.parent is not None
    pairs = [(ground.sql(own), ground.sql(other)) for own, other in zip(key.columns, key.parent_columns, strict=True)]
    filled = " AND ".join(f"c.{own} IS NOT NULL" for own, _ in pairs)
    same = " AND ".join(f"p.{other} = c.{own}" for own, other in pairs)
    return (
        f"SELECT c.* FROM {ground.sql_table(key.table)} AS c WHERE {filled}\n"
        f"AND NOT EXISTS (SELECT 1 FROM {ground.sql_table(key.parent)} AS p WHERE {same}) LIMIT 10"
    )
