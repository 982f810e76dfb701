"""N+1 and its kin in a capture: loops, told apart by whose rows they walk and what they ask.

A log must infer where a unit of work begins and which statement belongs to which; a capture knows the lines of code and
the rows. So its rules are short:

- the same lines ran one shape at least `capture_repeats` times, for different values (`loops`);
- a statement before gave at least as many rows as there are repeats, and its rows hold the child's key (`parents`), or
  the mapper's own function that loads what is missing was on the stack (`origins`).

What has neither is `possible`, and no assertion fails for it.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from itertools import pairwise
from statistics import median
from typing import Protocol

from msgspec.structs import replace

from advisor.model.finding import Confidence
from advisor.model.recorded import Recorded, RecordedRepetition
from advisor.model.stream import KeyLink, RepetitionKind
from advisor.model.stream_limits import STREAM
from advisor.recording.fixes import batched_sql, fix
from advisor.recording.loops import Loop, in_file, loops
from advisor.recording.parents import Parent, parent_of

_WRITES: dict[str, RepetitionKind] = {
    "insert": "insert_per_row",
    "update": "update_per_row",
    "merge": "update_per_row",
    "delete": "delete_per_row",
}
_READS: dict[str | None, RepetitionKind] = {
    "count": "count_per_row",
    "exists": "exists_per_row",
    "aggregate": "aggregate_per_row",
}


class LinkOracle(Protocol):
    """What is asked of the links between statements (`advisor.stream.links.Links`)."""

    def of(self, parent: str, child: str) -> KeyLink | None: ...

    def kind(self, child: str) -> str | None: ...

    def noise(self, fingerprint: str) -> bool: ...

    def analysed(self, fingerprint: str) -> bool: ...


def repetitions(
    statements: Sequence[Recorded],
    links: LinkOracle,
    least: int = STREAM.capture_repeats,
    set_up_files: Container[str] = frozenset(),
) -> list[RecordedRepetition]:
    """Repetitions of a capture, those that cost most statements first.

    ``set_up_files``: files whose own writes prepare a test, and are no fault of the program under test.
    """
    found = []
    all_loops = [loop for loop in loops(statements, least) if not links.noise(loop.first.fingerprint)]
    for loop in all_loops:
        repetition = _repetition(loop, all_loops, statements, links, least, set_up_files)
        if repetition is not None:
            found.append(repetition)
    return sorted(found, key=lambda r: ({"confirmed": 0, "likely": 1, "possible": 2}[r.tier], -r.repeats, r.first_us))


def _repetition(
    loop: Loop,
    all_loops: Sequence[Loop],
    statements: Sequence[Recorded],
    links: LinkOracle,
    least: int,
    set_up_files: Container[str],
) -> RecordedRepetition | None:
    first = loop.first
    if loop.different == 1:
        if len(loop.statements) < STREAM.repeats_min:
            return None
        return _told("redundant", "likely", loop, None, ("the same values each time",), set_up_files, links)
    if loop.different < least:
        return None
    parent = parent_of(loop, statements, links.of, least)
    if _batches(loop, parent):
        return None
    if first.kind in _WRITES:
        kind: RepetitionKind = _WRITES[first.kind]
    else:
        kind = _READS.get(links.kind(first.fingerprint), "n_plus_one")
    separate = _separate(loop, parent, statements)
    tier, reasons = _tier(loop, parent, links, separate)
    conserved = parent.conservation if parent is not None else None
    if tier == "likely" and conserved is not None and conserved < 1 and _checks(first, set_up_files):
        tier, reasons = "possible", (*reasons, "the test itself asks, for some of the rows only: to check them")
    if tier == "possible" and kind == "n_plus_one":
        if _pair(loop, all_loops):
            kind = "get_or_create"
        elif separate:
            kind = "list_then_detail"
        else:
            kind = "loop"
    if tier == "possible" and len(loop.statements) < STREAM.repeats_min:
        return None
    return _told(kind, tier, loop, parent, reasons, set_up_files, links)


def _tier(loop: Loop, parent: Parent | None, links: LinkOracle, separate: bool) -> tuple[Confidence, tuple[str, ...]]:
    reasons = [f"the same lines ran it {len(loop.statements)} times, with {loop.different} different values"]
    first = loop.first
    lazy = first.lazy
    linked = parent is not None and parent.link is not None and not parent.link.same_filter
    conserved = parent.conservation if parent is not None else None
    if lazy is not None:
        touched = f"{lazy.owner}.{lazy.attribute}" if lazy.attribute else lazy.owner
        if links.kind(first.fingerprint) in _READS:
            reasons.append(f"{lazy.framework} asked over {touched}")
        else:
            reasons.append(f"{lazy.framework} was loading {touched}, which was not loaded with its owner")
    if parent is not None and linked and parent.link is not None:
        link = parent.link
        reasons.append(f"{link.child_table}.{link.child_column} is a value of the parent's rows ({link.kind})")
    if conserved is not None:
        reasons.append("one for each row of the parent" if conserved == 1 else f"{conserved:.2g} per row of the parent")
    if separate and (lazy is not None or linked):
        reasons.append("each ran in a transaction of its own, as requests do")
        return "possible", tuple(reasons)
    if lazy is not None:
        return "confirmed" if parent is not None or len(loop.statements) >= STREAM.repeats_min else "likely", tuple(
            reasons
        )
    if parent is None:
        return "possible", (*reasons, "no statement before it gave rows that it could walk")
    many = len(loop.statements) >= STREAM.repeats_min
    if linked and (many or conserved is None or conserved >= STREAM.capture_conserved):
        return "likely", tuple(reasons)
    itself = parent.statement.fingerprint == first.fingerprint
    unread = not (links.analysed(first.fingerprint) and links.analysed(parent.statement.fingerprint))
    if itself or (unread and conserved == 1.0 and many):
        return "likely", tuple(reasons)
    return "possible", (*reasons, "nothing shows that its values come from the parent's rows")


def _batches(loop: Loop, parent: Parent | None) -> bool:
    """Lists of many values, and far fewer statements than rows: a batched load or write, cut in portions."""
    if max(s.in_count for s in loop.statements) < 2:  # the last portion may be of one
        return False
    conserved = parent.conservation if parent is not None else None
    return conserved is None or conserved < STREAM.capture_portions


def _separate(loop: Loop, parent: Parent | None, statements: Sequence[Recorded]) -> bool:
    """Each repeat had a transaction of its own, as requests do that a test sends one by one.

    Only where the transaction begins by a question of its own, that is the same each time, and was asked by no mapper:
    a page that looks its row up. A loop that commits each round looks alike from outside, but begins by what it walks.
    """
    transactions = [s.transaction for s in loop.statements]
    if 0 in transactions or len(set(transactions)) < len(transactions):
        return False
    if parent is None or parent.statement.transaction in transactions:
        return False
    begins: dict[int, Recorded] = {}
    for statement in statements:
        if statement.counted and statement.transaction in transactions:
            begins.setdefault(statement.transaction, statement)
    if len({s.fingerprint for s in begins.values()}) > 1 or any(s.lazy is not None for s in begins.values()):
        return False
    if begins[transactions[0]].fingerprint != loop.first.fingerprint:
        return True
    return parent.link is not None and parent.link.kind == "own_key"


def _pair(loop: Loop, all_loops: Sequence[Loop]) -> bool:
    """An INSERT comes along with it."""
    lines = set(loop.first.stack)
    return any(
        other.first.kind == "insert" and other.first.unit == loop.first.unit and lines & set(other.first.stack[:1])
        for other in all_loops
    )


def _told(
    kind: RepetitionKind,
    tier: Confidence,
    loop: Loop,
    parent: Parent | None,
    reasons: tuple[str, ...],
    set_up_files: Container[str],
    links: LinkOracle,
) -> RecordedRepetition:
    first = loop.first
    if parent is not None and parent.link is None and not _shown(tier, loop, parent, links):
        parent = None
    instances = [i.repeats for i in parent.instances] if parent is not None else [loop.statements]
    counts = sorted(len(repeats) for repeats in instances)
    repeats = [s for group in instances for s in group]
    above = parent.statement if parent is not None else None
    gaps = [(b.start_ns - a.start_ns) / 1000 - a.duration_us for group in instances for a, b in pairwise(group)]
    link = parent.link if parent is not None else None
    told = RecordedRepetition(
        kind=kind,
        engine=first.engine,
        child=first.fingerprint,
        parent=above.fingerprint if above is not None else None,
        link=link,
        boundary="capture",
        tier=tier,
        score={"confirmed": 8.0, "likely": 6.0, "possible": 2.0}[tier],
        reasons=reasons,
        instances=len(instances),
        repeats=len(repeats),
        n_median=median(counts),
        n_p95=float(counts[int(0.95 * (len(counts) - 1))]),
        n_max=counts[-1],
        distinct_share=len({s.literals for s in repeats}) / len(repeats),
        parent_rows=parent.rows / len(instances) if parent is not None and parent.rows is not None else None,
        conservation=parent.conservation if parent is not None else None,
        child_us=sum(s.duration_us for s in repeats),
        gap_us=max(0.0, median(gaps)) if gaps else None,
        routes=(first.stack[0].function,) if first.stack else (),
        call_site=str(first.call_site) if first.call_site is not None else None,
        first_us=first.start_ns // 1000,
        n=counts[-1],
        site=first.call_site,
        stack=first.stack,
        parent_site=above.call_site if above is not None else None,
        child_sql=first.normalised,
        parent_sql=above.normalised if above is not None else None,
        lazy=first.lazy,
        framework=first.framework,
        fix="",
        batched_sql=batched_sql(
            first.normalised, above.normalised if above is not None else None, link, first.engine, kind
        ),
        set_up=_prepares(kind, first) and in_file(first.stack, set_up_files),
    )
    return replace(told, fix=fix(told))


def _shown(tier: Confidence, loop: Loop, parent: Parent, links: LinkOracle) -> bool:
    """A statement whose rows fit in number only is named as parent where it could not be read better."""
    if tier == "possible":
        return False
    if parent.statement.fingerprint == loop.first.fingerprint:
        return True
    return not (links.analysed(loop.first.fingerprint) and links.analysed(parent.statement.fingerprint))


def _checks(statement: Recorded, set_up_files: Container[str]) -> bool:
    """Whether it is written in the test itself, and no mapper was loading."""
    return statement.lazy is None and statement.kind == "select" and in_file(statement.stack, set_up_files)


def _prepares(kind: RepetitionKind, statement: Recorded) -> bool:
    """What a test does before it tests: it makes rows, and reads what it has just written."""
    stale = statement.lazy is not None and statement.lazy.kind == "expired"
    return stale or kind in ("insert_per_row", "get_or_create")
