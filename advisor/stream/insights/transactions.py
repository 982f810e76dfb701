"""Insights: transactions that wait for their client, that last long, and that take many round trips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from advisor.digest.effect import BEGIN, COMMIT, RESET, ROLLBACK, SETTING
from advisor.model.batch import Context
from advisor.model.stream_limits import STREAM
from advisor.model.traffic import LongTransaction, TransactionKind, TransactionStream
from advisor.stream.insights.durations import Durations, durations, torn, why_idle_unknown
from advisor.stream.insights.grouping import again, combined, groups, quantile

if TYPE_CHECKING:
    from advisor.stream.material import Material

Places = NDArray[np.intp]


def transactions(material: Material) -> list[TransactionStream]:
    """Transactions per database, user, application and route, those that idle longest (else last longest) first.

    Idle time is what PostgreSQL calls "idle in transaction": the session is in a transaction and the server waits for
    the next statement. It is known only from a log of all statements with a fine clock, and it includes the network.
    Empty where no transaction was seen with its start and end.
    """
    if torn(material):
        return []
    each, spans = durations(material), material.spans
    why = why_idle_unknown(material)
    who = material.rows["context"]
    found = []
    loose = np.flatnonzero(~spans.closed)
    unfinished = dict(zip(*np.unique(who[spans.first[loose]], return_counts=True), strict=True)) if len(loose) else {}
    for _, some in groups(combined(who[each.first], each.route)):
        at = int(each.first[some[0]])
        context = material.contexts.get(int(who[at]), Context())
        after, after_us = _after(material, each, some)
        idle = each.idle[some]
        waiting = some[each.waited[some] >= STREAM.idle_waiting_us]
        scale = material.scale
        found.append(
            TransactionStream(
                database=context.database,
                user=context.user,
                application=context.application,
                route=material.routes.get(int(each.route[some[0]])),
                transactions=round(len(some) * scale),
                unfinished=round(int(unfinished.pop(who[at], 0)) * scale),
                rolled_back=round(int((~spans.kept[each.span[some]]).sum()) * scale),
                writing=round(int(spans.writes[each.span[some]].sum()) * scale),
                round_trips=round(int(each.round_trips[some].sum()) * scale),
                wall_us=round(int(each.wall[some].sum()) * scale),
                busy_us=round(int(each.busy[some].sum()) * scale),
                idle_us=None if why else round(int(idle.sum()) * scale),
                locked_idle_us=None if why else round(int(each.locked_idle[some].sum()) * scale),
                waiting=None if why else round(len(waiting) * scale),
                waiting_idle_us=None if why else round(int(each.waited[waiting].sum()) * scale),
                waiting_locked_us=None if why else round(int(each.locked_waited[waiting].sum()) * scale),
                waiting_wall_us=None if why else round(int(each.wall[waiting].sum()) * scale),
                waiting_p95_us=None if why or not len(waiting) else quantile(each.waited[waiting], 0.95),
                wall_p50_us=quantile(each.wall[some], 0.5),
                wall_p95_us=quantile(each.wall[some], 0.95),
                wall_max_us=int(each.wall[some].max()),
                idle_p95_us=None if why else quantile(idle, 0.95),
                idle_max_us=None if why else int(idle.max()),
                fingerprint=None if why else after,
                after_idle_us=None if why else round(after_us * scale),
                why_unknown=why,
                complete=material.capture.complete,
                estimated=scale > 1.0,
            )
        )
    found.sort(key=lambda t: (-(t.idle_us or 0), -t.wall_us, -t.transactions, t.user or "", t.route or ""))
    return found[: STREAM.insight_rows]


def kinds(material: Material) -> list[TransactionKind]:
    """Transactions by the statement that they start with, those with the most round trips in all first."""
    if torn(material):
        return []
    each, rows = durations(material), material.rows
    some = np.flatnonzero(each.lead >= 0)
    if not len(some):
        return []
    length = each.round_trips[some]
    member = np.repeat(some, length)
    row = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length) + each.first[member]
    step = ~np.isin(rows["effect"][row], [BEGIN, COMMIT, ROLLBACK, RESET, SETTING])
    member, row = member[step], row[step]
    repeated = again(member, rows["shape"][row])
    distinct = np.bincount(member[~repeated], minlength=len(each))
    repeats = np.bincount(member[repeated], minlength=len(each))
    by_member = np.argsort(combined(member), kind="stable")
    first_of = np.searchsorted(member[by_member], np.arange(len(each) + 1))
    why = why_idle_unknown(material)
    found = []
    for _, chosen in groups(combined(rows["context"][each.first[some]], each.route[some], each.lead[some])):
        those = some[chosen]
        context = material.contexts.get(int(rows["context"][each.first[those[0]]]), Context())
        steps, wall = int(each.steps[those].sum()), int(each.wall[those].sum())
        mine = np.concatenate([by_member[first_of[t] : first_of[t + 1]] for t in those.tolist()])
        codes = material.codes[row[mine[repeated[mine]]]]
        found.append(
            TransactionKind(
                database=context.database,
                user=context.user,
                application=context.application,
                route=material.routes.get(int(each.route[those[0]])),
                fingerprint=material.fingerprints[int(each.lead[those[0]])],
                transactions=round(len(those) * material.scale),
                round_trips_p50=quantile(each.round_trips[those], 0.5),
                round_trips_p95=quantile(each.round_trips[those], 0.95),
                round_trips_max=int(each.round_trips[those].max()),
                distinct_p50=quantile(distinct[those], 0.5),
                repeated_share=int(repeats[those].sum()) / steps if steps else 0.0,
                child_fingerprint=material.fingerprints[int(np.argmax(np.bincount(codes)))] if len(codes) else None,
                wall_p50_us=quantile(each.wall[those], 0.5),
                busy_share=None if why or not wall else min(int(each.busy[those].sum()) / wall, 1.0),
                writes=bool(material.spans.writes[each.span[those]].any()),
                complete=material.capture.complete,
                estimated=material.scale > 1.0,
            )
        )
    found.sort(key=lambda k: (-k.transactions * k.round_trips_p50, k.fingerprint, k.user or "", k.route or ""))
    return found[: STREAM.insight_rows]


def longest(material: Material) -> list[LongTransaction]:
    """The transactions that lasted longest. Their pauses are None where the log cannot tell them."""
    if torn(material):
        return []
    each, rows = durations(material), material.rows
    why = why_idle_unknown(material)
    order = np.lexsort((each.first, -each.wall))[: STREAM.insight_longest]
    found = []
    for number in order.tolist():
        first, last = int(each.first[number]), int(each.last[number])
        inside = np.arange(first, last + 1)
        context = material.contexts.get(int(rows["context"][first]), Context())
        slowest = first + int(np.argmax(rows["duration_us"][first : last + 1]))
        pause = first + int(np.argmax(each.gap[first : last + 1]))
        found.append(
            LongTransaction(
                fingerprint=material.fingerprints[int(material.codes[slowest])],
                other_fingerprint=None if why else material.fingerprints[int(material.codes[pause])],
                database=context.database,
                user=context.user,
                application=context.application,
                route=material.routes.get(int(each.route[number])),
                start_us=int(rows["start_us"][first]),
                wall_us=int(each.wall[number]),
                busy_us=int(each.busy[number]),
                idle_us=None if why else int(each.idle[number]),
                longest_gap_us=None if why else int(each.gap[pause]),
                locked_us=int(each.locked[number]),
                round_trips=int(each.round_trips[number]),
                written_tables=_written(material, inside),
                rolled_back=not bool(material.spans.kept[each.span[number]]),
                complete=material.capture.complete,
            )
        )
    return found


def _after(material: Material, each: Durations, some: Places) -> tuple[str | None, int]:
    """The statement after which these transactions idle most, and how long."""
    length = each.round_trips[some]
    row = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
    row += np.repeat(each.first[some], length)
    sums = np.bincount(material.codes[row], weights=each.gap[row])
    at = int(np.argmax(sums))
    return (material.fingerprints[at], int(sums[at])) if sums[at] > 0 else (None, 0)


def _written(material: Material, inside: Places) -> str:
    tables: set[str] = set()
    for code in np.unique(material.codes[inside]).tolist():
        what = material.effects[material.fingerprints[code]]
        tables |= {"?"} if what.writes is None else what.writes
        if what.locks:
            tables |= what.reads or {"?"}
    return ", ".join(sorted(tables))
