"""A digest as named columns in canonical order: equal digests give equal columns, whatever order they grew in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from advisor.digest.hashing import mix_pair
from advisor.digest.incidents import Deadlock, Group, Participant
from advisor.digest.layout import Head, StoredGroup, StoredSource
from advisor.digest.samples import EMPTY, REDACTED, SLOWEST
from advisor.digest.sequence import COLUMNS as SEQUENCE_COLUMNS
from advisor.digest.sequence import in_order
from advisor.digest.shapetable import COLUMNS, ENGINES
from advisor.digest.sketch import BIN_BITS
from advisor.digest.values import DIMENSIONS
from advisor.model.engine import dialect_of
from advisor.sources.capture import CaptureEvidence

if TYPE_CHECKING:
    from advisor.digest.digest import Digest

Column = NDArray[np.int64]
Packed = dict[str, NDArray[Any] | bytes]
#: Length of a text that is not there.
ABSENT = 2**32 - 1
_KEYS = ("key0", "key1", "key2", "key3")


def pack(digest: Digest, *, redact: bool) -> Packed:
    """The columns of a settled digest. ``redact`` leaves out parameters, literals and plans."""
    table, n = digest.table, digest.table.count
    order = np.lexsort((table.fingerprint[:n], table.engine[:n]))
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n)
    source_order = digest.sources.order()
    source_rank = np.zeros(max(len(source_order), 1), np.int32)
    source_rank[source_order] = np.arange(len(source_order), dtype=np.int32)

    packed: Packed = {}
    values = _values(digest, rank, packed)
    packed["shape.fingerprint"] = table.fingerprint[order]
    packed["shape.engine"] = table.engine[order]
    packed["shape.kind"] = table.kind[order]
    packed["shape.checksum"] = table.checksum[order]
    packed["shape.bound"] = table.bound[order]
    for name in COLUMNS:
        packed[f"shape.{name}"] = table.columns[name][order]
    _texts(packed, "shape.text", [table.texts[i] for i in order.tolist()])
    keys = digest.sketch.tally.keys
    _tally(
        packed,
        "sketch",
        (rank[keys >> BIN_BITS] << BIN_BITS) | (keys & ((1 << BIN_BITS) - 1)),
        digest.sketch.tally.sums,
    )
    shapes, hours = digest.hours.split(digest.hours.tally.keys)
    _tally(packed, "hours", digest.hours.key(rank[shapes], hours), digest.hours.tally.sums)
    _samples(digest, order, source_rank, packed, redact=redact)
    rows = dict(digest.sequence.rows)
    rows["source"] = source_rank[rows["source"]]
    rows = in_order(rows)
    if redact:
        rows.update(_ranked_keys([rows[name] for name in _KEYS]))
    for name in SEQUENCE_COLUMNS:
        packed[f"sequence.{name}"] = rows[name]
    packed["sessions"] = digest.sessions.smallest
    packed["shapes_seen"] = digest.shapes_seen.smallest
    head = _head(digest, rank, values, redact=redact)
    packed["head"] = msgspec.msgpack.encode(head)
    return packed


def _tally(packed: Packed, name: str, keys: Column, sums: list[Column]) -> None:
    """Keys are stored as differences, which compress to almost nothing."""
    order = np.argsort(keys, kind="stable")
    packed[f"{name}.key"] = np.diff(keys[order], prepend=0)
    for i, column in enumerate(sums):
        packed[f"{name}.sum{i}"] = column[order]


def _texts(packed: Packed, name: str, texts: list[bytes | None] | list[bytes]) -> None:
    packed[f"{name}.length"] = np.array([ABSENT if t is None else len(t) for t in texts], np.uint32)
    packed[name] = b"".join(t for t in texts if t is not None)


def _values(digest: Digest, rank: Column, packed: Packed) -> list[tuple[int, str]]:
    shapes, values, counts = digest.values.pairs()
    named = list(zip(digest.values.dimensions, digest.values.texts, strict=True))
    order = sorted(range(DIMENSIONS, len(named)), key=lambda v: named[v])
    new = np.arange(len(named), dtype=np.int64)
    new[order] = np.arange(DIMENSIONS, len(named))
    _tally(packed, "values", digest.values.key(rank[shapes], new[values]), [counts])
    return [named[v] for v in order]


def _samples(digest: Digest, order: Column, source_rank: NDArray[np.int32], packed: Packed, *, redact: bool) -> None:
    samples = digest.samples
    shape, slot = np.nonzero((samples.source[:, order] != EMPTY).T)
    at = (slot, order[shape])
    columns: dict[str, NDArray[Any]] = {
        name: getattr(samples, name)[at] for name in ("hash", "duration", "time", "offset", "line", "flags")
    }
    columns["source"] = source_rank[samples.source[at]]
    sql: list[bytes | None] = samples.sql[at].tolist()
    parameters: list[bytes | None] = samples.parameters[at].tolist()
    if redact:
        # the hash of small literals could be tried out: another draw replaces it
        where = columns["offset"].view(np.uint64) + columns["time"].view(np.uint64)
        columns["hash"] = mix_pair(digest.table.fingerprint[order[shape]], where)
        columns["flags"] = columns["flags"] | np.int8(REDACTED)
        engines = digest.table.engine[order[shape]].tolist()
        sql = [None if s is None else _redacted(s, engine) for s, engine in zip(sql, engines, strict=True)]
        parameters = [None] * len(sql)
        again = np.lexsort((columns["offset"], columns["hash"], slot != SLOWEST, shape))
        columns = {name: column[again] for name, column in columns.items()}
        sql = [sql[i] for i in again.tolist()]
    packed["sample.shape"] = shape.astype(np.int32)
    packed["sample.slot"] = slot.astype(np.int8)
    for name, column in columns.items():
        packed[f"sample.{name}"] = column
    _texts(packed, "sample.sql", sql)
    _texts(packed, "sample.parameters", parameters)


def _redacted(sql: bytes, engine: int) -> bytes:
    from advisor.fingerprint import redact

    return redact(sql.decode("utf-8", "replace"), dialect_of(ENGINES[engine])).encode("utf-8", "replace")


def _ranked_keys(columns: list[NDArray[np.uint32]]) -> dict[str, NDArray[np.uint32]]:
    """Key hashes numbered by first appearance: equal stays equal, but no value can be tried against a number."""
    every = np.stack(columns, axis=1).ravel()
    distinct, first, place = np.unique(every, return_index=True, return_inverse=True)
    number = np.empty(len(distinct), np.uint32)
    number[np.argsort(first, kind="stable")] = np.arange(1, len(distinct) + 1, dtype=np.uint32)
    number[distinct == 0] = 0
    ranked = number[place].reshape(-1, len(columns))
    return {name: np.ascontiguousarray(ranked[:, i]) for i, name in enumerate(_KEYS)}


def _head(digest: Digest, rank: Column, values: list[tuple[int, str]], *, redact: bool) -> Head:
    incidents = digest.incidents
    sources = [digest.sources.known[i] for i in digest.sources.order()]
    groups = [
        StoredGroup(kind, key[1], key[2], key[3], _detail(key[4], redact=redact), _ordered(group))
        for kind, of_kind in incidents.groups.items()
        for key, group in of_kind.items()
    ]
    encode = msgspec.msgpack.encode
    deadlocks = [incidents.deadlocks[h] for h in sorted(incidents.deadlocks)]
    contexts = [(c.database, c.user, c.application, c.host, n) for c, n in digest.contexts.known.items()]
    plans = [(int(rank[s]), plan) for s in digest.plans.shapes() for plan in digest.plans.of(s)]
    return Head(
        events=digest.events,
        timed=digest.timed,
        total_us=digest.total_us,
        first_us=digest.first_us,
        last_us=digest.last_us,
        floor=digest.table.floor,
        evicted=digest.evicted,
        shed=digest.shed,
        sketch_level=digest.sketch.level,
        hours_level=digest.hours.level,
        values_level=digest.values.level,
        sequence_level=digest.sequence.level,
        sequence_events=digest.sequence.events,
        sources=[
            StoredSource(s.identity, s.account, s.zoned, s.engine, dict(sorted(s.witnesses.items()))) for s in sources
        ],
        versions={name: sorted(found) for name, found in sorted(digest.versions.items())},
        contexts=sorted(contexts, key=encode),
        contexts_other=digest.contexts.other,
        values=values,
        groups=sorted(groups, key=encode),
        deadlocks=[_redacted_deadlock(d) for d in deadlocks] if redact else deadlocks,
        settings=sorted((name, engine, t, value) for (name, engine), (t, value) in incidents.settings.items()),
        capture=CaptureEvidence().merged(digest.capture),  # merging sorts its dicts
        plans=[] if redact else sorted(plans),
        plan_counts=sorted((int(rank[s]), n) for s, n in digest.plans.counts.items()),
        plans_too_long=digest.plans.too_long,
        redacted=redact or digest.redacted,
    )


def _ordered(group: Group) -> Group:
    return msgspec.structs.replace(group, bins=dict(sorted(group.bins.items())))


_QUOTED = re.compile(r"'[^']*'?")


def _detail(detail: str | None, *, redact: bool) -> str | None:
    return _QUOTED.sub("?", detail) if redact and detail else detail


def _redacted_deadlock(deadlock: Deadlock) -> Deadlock:
    parts = tuple(
        Participant(
            p.fingerprint, p.sql and _redacted(p.sql.encode("utf-8", "replace"), deadlock.engine).decode(), p.detail
        )
        for p in deadlock.parts
    )
    return Deadlock(deadlock.hash, deadlock.time_us, deadlock.engine, parts)
