"""A digest as named columns in canonical order: equal digests give equal columns, whatever order they grew in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from advisor.digest.checksums import checksum_of
from advisor.digest.hashing import mix_pair
from advisor.digest.incidents import Deadlock, Group, Participant
from advisor.digest.layout import Head, StoredGroup, StoredSource
from advisor.digest.samples import EMPTY, REDACTED, SLOWEST
from advisor.digest.sequence import COLUMNS as SEQUENCE_COLUMNS
from advisor.digest.shapetable import COLUMNS, ENGINES
from advisor.digest.sketch import BIN_BITS
from advisor.digest.values import DIMENSIONS
from advisor.model.engine import dialect_of
from advisor.sources.capture import CaptureEvidence

if TYPE_CHECKING:
    from advisor.digest.digest import Digest

Column = NDArray[np.int64]
#: Name and content: a column, or bytes, whole or in pieces.
Section = tuple[str, NDArray[Any] | bytes | list[bytes]]
#: Length of a text that is not there.
ABSENT = 2**32 - 1
#: Length of a text that is the one of the slowest sample of the same shape.
SAME = 2**32 - 2
_KEYS = ("key0", "key1", "key2", "key3")


def pack(digest: Digest, *, redact: bool) -> Iterator[Section]:
    """The columns of a settled digest, one at a time. ``redact`` leaves out parameters, literals and plans."""
    table, n = digest.table, digest.table.count
    order = np.lexsort((table.fingerprint[:n], table.engine[:n]))
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n)
    source_order = digest.sources.order()
    source_rank = np.zeros(max(len(source_order), 1), np.int32)
    source_rank[source_order] = np.arange(len(source_order), dtype=np.int32)

    values, new = _values(digest)
    yield "head", msgspec.msgpack.encode(_head(digest, rank, values, redact=redact))
    yield "shape.fingerprint", table.fingerprint[order]
    yield "shape.engine", table.engine[order]
    yield "shape.kind", table.kind[order]
    yield "shape.checksum", np.array([checksum_of(digest, shape) for shape in order.tolist()], np.uint64)
    yield "shape.bound", table.bound[order]
    for name in COLUMNS:
        yield f"shape.{name}", table.columns[name][order]
    yield from _texts("shape.text", [table.texts[i] for i in order.tolist()])
    keys, sums = digest.sketch.tally.keys, digest.sketch.tally.sums
    yield from _tally("sketch", (rank[keys >> BIN_BITS] << BIN_BITS) | (keys & ((1 << BIN_BITS) - 1)), sums)
    shapes, hours = digest.hours.split(digest.hours.tally.keys)
    yield from _tally("hours", digest.hours.key(rank[shapes], hours), digest.hours.tally.sums)
    shapes, numbers, counts = digest.values.pairs()
    yield from _tally("values", digest.values.key(rank[shapes], new[numbers]), [counts])
    yield from _samples(digest, order, source_rank, redact=redact)
    yield from _sequence(digest, source_rank, redact=redact)
    yield "sessions", digest.sessions.smallest
    yield "shapes_seen", digest.shapes_seen.smallest


def _tally(name: str, keys: Column, sums: list[Column]) -> Iterator[Section]:
    """Keys are stored as differences, which compress to almost nothing."""
    order = np.argsort(keys, kind="stable")
    yield f"{name}.key", np.diff(keys[order], prepend=0)
    for i, column in enumerate(sums):
        yield f"{name}.sum{i}", column[order]


def _texts(name: str, texts: Sequence[bytes | int | None]) -> Iterator[Section]:
    lengths = (ABSENT if t is None else t if isinstance(t, int) else len(t) for t in texts)
    yield f"{name}.length", np.fromiter(lengths, np.uint32, len(texts))
    yield name, [t for t in texts if isinstance(t, bytes)]


def _once(shapes: Column, slots: Column, texts: list[bytes | None]) -> list[bytes | int | None]:
    """Texts with SAME for those that a shape's slowest execution (its first row, if it has one) has too."""
    found: list[bytes | int | None] = []
    of, first = -1, None
    for shape, slot, text in zip(shapes.tolist(), slots.tolist(), texts, strict=True):
        if slot == SLOWEST:
            of, first = shape, text
        found.append(SAME if slot != SLOWEST and shape == of and text is not None and text == first else text)
    return found


def _values(digest: Digest) -> tuple[list[tuple[int, str]], Column]:
    """The values in order, and the number of each in the file by its number in the digest."""
    named = list(zip(digest.values.dimensions, digest.values.texts, strict=True))
    order = sorted(range(DIMENSIONS, len(named)), key=lambda v: named[v])
    new = np.arange(len(named), dtype=np.int64)
    new[order] = np.arange(DIMENSIONS, len(named))
    return [named[v] for v in order], new


def _samples(digest: Digest, order: Column, source_rank: NDArray[np.int32], *, redact: bool) -> Iterator[Section]:
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
    yield "sample.shape", shape.astype(np.int32)
    yield "sample.slot", slot.astype(np.int8)
    for name, column in columns.items():
        yield f"sample.{name}", column
    yield from _texts("sample.sql", _once(shape, slot, sql))
    yield from _texts("sample.parameters", parameters)


def _sequence(digest: Digest, source_rank: NDArray[np.int32], *, redact: bool) -> Iterator[Section]:
    rows = digest.sequence.rows
    # only the sources' numbers differ from the order that the rows are in
    order = np.argsort(source_rank[rows["source"]], kind="stable")
    ranked: dict[str, NDArray[np.uint32] | NDArray[np.uint64]] = {}
    if redact:
        ranked.update(_ranked_keys([rows[name][order] for name in _KEYS]))
        ranked["literals"] = _by_appearance(rows["literals"][order])
    for name in SEQUENCE_COLUMNS:
        column = ranked[name] if name in ranked else rows[name][order]
        yield f"sequence.{name}", source_rank[column] if name == "source" else column


def _redacted(sql: bytes, engine: int) -> bytes:
    from advisor.fingerprint import redact

    return redact(sql.decode("utf-8", "replace"), dialect_of(ENGINES[engine])).encode("utf-8", "replace")


def _ranked_keys(columns: list[NDArray[np.uint32]]) -> dict[str, NDArray[np.uint32]]:
    """Key hashes numbered by first appearance."""
    ranked = _by_appearance(np.stack(columns, axis=1).ravel()).astype(np.uint32).reshape(-1, len(columns))
    return {name: np.ascontiguousarray(ranked[:, i]) for i, name in enumerate(_KEYS)}


def _by_appearance(column: NDArray[np.generic]) -> NDArray[np.uint64]:
    """Hashes numbered by first appearance: equal stays equal, but no value can be tried against a number. 0 stays 0."""
    distinct, first, place = np.unique(column, return_index=True, return_inverse=True)
    appeared = np.argsort(first, kind="stable")
    appeared = appeared[distinct[appeared] != 0]
    number = np.zeros(len(distinct), np.uint64)
    number[appeared] = np.arange(1, len(appeared) + 1, dtype=np.uint64)
    return number[place]


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
    forms = [
        (int(rank[s]), key, msgspec.structs.replace(form, slowest=None) if redact else form)
        for s, forms in digest.plans.forms.items()
        for key, form in forms.items()
    ]
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
        routes=sorted(digest.routes.names.values()),
        sources=[
            StoredSource(s.identity, s.account, s.zoned, s.engine, dict(sorted(s.witnesses.items()))) for s in sources
        ],
        versions={name: sorted(found) for name, found in sorted(digest.versions.items())},
        contexts=sorted(contexts, key=encode),
        contexts_other=digest.contexts.other,
        values=values,
        groups=sorted(groups, key=encode),
        deadlocks=[_redacted_deadlock(d) for d in deadlocks] if redact else deadlocks,
        waits=[incidents.waits.known[h] for h in sorted(incidents.waits.known)],
        settings=sorted((name, engine, t, value) for (name, engine), (t, value) in incidents.settings.items()),
        capture=CaptureEvidence().merged(digest.capture),  # merging sorts its dicts
        plan_forms=sorted(forms, key=lambda item: item[:2]),
        slowest_plans=[] if redact else sorted((int(rank[s]), plan) for s, plan in digest.plans.slowest.items()),
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
            p.fingerprint,
            p.sql and _redacted(p.sql.encode("utf-8", "replace"), deadlock.engine).decode(),
            p.detail,
            p.session,
        )
        for p in deadlock.parts
    )
    return Deadlock(deadlock.hash, deadlock.time_us, deadlock.engine, parts, deadlock.source)
