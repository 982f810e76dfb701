"""Indexes of PostgreSQL that are built, rebuilt and dropped beside the traffic."""

from __future__ import annotations

from advisor.alternatives.clauses import after_word, tokens_of
from advisor.alternatives.ground import Ground, alone, locked, made, short
from advisor.model.check import Step
from advisor.model.migration import Change

_INVALID = "if it fails, drop the INVALID index that it leaves, and try again"
#: Partitions that are written out one by one.
_PARTS = 50


def built(ground: Ground, sql: str, change: Change) -> list[Step] | None:
    """CREATE INDEX CONCURRENTLY; of a partitioned table partition by partition."""
    table = ground.table(change.table)
    if table is not None and table.kind == "partitioned":
        return _partitioned(ground, sql, change)
    written = after_word(sql, "postgresql", "INDEX", "CONCURRENTLY")
    return [alone(written, note=_INVALID)] if written is not None else None


def _partitioned(ground: Ground, sql: str, change: Change) -> list[Step] | None:
    """ON ONLY the parent, then concurrently on each partition, and attached; level by level."""
    tokens = tokens_of(sql, "postgresql")
    words = [token.upper for token in tokens]
    if change.table is None or "ON" not in words or words[words.index("ON") + 1 :][:1] == ["ONLY"]:
        return None
    on = tokens[words.index("ON")]
    tail = next((token.start for token in tokens if token.start > on.end and token.upper in ("USING", "(")), None)
    if tail is None or ("IF" in words[: words.index("ON")] and change.name is None):
        return None
    family = _family(ground, change.table)
    if not 0 < len(family) <= _PARTS:
        return None
    columns = [one if ground.column(change.table, one) is not None else "expr" for one in change.columns]
    name = change.name or ground.free(change.table, *columns, suffix="idx")
    unique = "UNIQUE " if change.unique else ""
    rest = sql[tail:].strip().rstrip(";")
    steps = [locked(f"CREATE {unique}INDEX {ground.sql(name)} ON ONLY {ground.sql_table(change.table)} {rest}")]
    names = {change.table: name}
    taken = {name}
    for _, part in family:
        own = ground.free(part, *columns, suffix="idx")
        if own in taken:
            own = made(short(part), *columns, suffix=f"idx{len(taken)}")
        taken.add(own)
        names[part] = own
        target = ground.sql_table(part)
        if ground.partitions(part):
            steps.append(locked(f"CREATE {unique}INDEX {ground.sql(own)} ON ONLY {target} {rest}"))
        else:
            steps.append(
                alone(f"CREATE {unique}INDEX CONCURRENTLY {ground.sql(own)} ON {target} {rest}", note=_INVALID)
            )
    for parent, part in reversed(family):
        above, below = ground.beside(parent, names[parent]), ground.beside(part, names[part])
        steps.append(locked(f"ALTER INDEX {above} ATTACH PARTITION {below}"))
    return steps


def _family(ground: Ground, table: str) -> list[tuple[str, str]]:
    """Every partition below with the one above it, those above first; empty: a foreign table is among them."""
    found: list[tuple[str, str]] = []
    queue = [table]
    while queue:
        parent = queue.pop(0)
        for part in ground.partitions(parent):
            known = ground.table(part)
            if known is None or known.kind == "foreign":
                return []
            found.append((parent, part))
            queue.append(part)
    return found


def rebuilt(ground: Ground, sql: str) -> list[Step] | None:
    """REINDEX ... CONCURRENTLY, from 12 on."""
    words = [token.upper for token in tokens_of(sql, "postgresql")]
    at = 1
    if words[1:2] == ["("] and ")" in words:
        at = words.index(")") + 1
    kind = words[at] if at < len(words) else ""
    if ground.major < 12 or kind not in ("INDEX", "TABLE", "SCHEMA", "DATABASE"):
        return None
    written = after_word(sql, "postgresql", kind, "CONCURRENTLY")
    return [alone(written, note=_INVALID)] if written is not None else None


def dropped(ground: Ground, sql: str) -> list[Step] | None:
    """DROP INDEX CONCURRENTLY, one index a statement; a partitioned table's cannot be."""
    tokens = tokens_of(sql, "postgresql")
    words = [token.upper for token in tokens]
    if words[:2] != ["DROP", "INDEX"] or "CASCADE" in words:
        return None
    at = 4 if words[2:4] == ["IF", "EXISTS"] else 2
    lead = "IF EXISTS " if at == 4 else ""
    stop = next((n for n, word in enumerate(words) if word == "RESTRICT" and n > at), len(tokens))
    names: list[str] = []
    start = at
    for number in range(at, stop + 1):
        if number == stop or words[number] == ",":
            if number == start:
                return None
            names.append(sql[tokens[start].start : tokens[number - 1].end])
            start = number + 1
    last = {tokens[number - 1].text for number in range(at + 1, stop + 1) if number == stop or words[number] == ","}
    partitioned = ground.catalog.tables.values() if ground.catalog is not None else ()
    for one in partitioned:
        if one.kind == "partitioned" and {index.name for index in one.indexes} & last:
            return None
    return [alone(*(f"DROP INDEX CONCURRENTLY {lead}{name}" for name in names))]


def refreshed(ground: Ground, sql: str, change: Change) -> list[Step] | None:
    """REFRESH MATERIALIZED VIEW CONCURRENTLY, where the view has a unique index over all its rows."""
    view = ground.table(change.table)
    if view is None or "NO" in [token.upper for token in tokens_of(sql, "postgresql")]:
        return None
    if not any(one.unique and one.where is None and all(key.column for key in one.keys) for one in view.indexes):
        return None
    written = after_word(sql, "postgresql", "VIEW", "CONCURRENTLY")
    return [alone(written, note="readers go on; another REFRESH waits")] if written is not None else None
