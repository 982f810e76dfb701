"""Any grouping and order of the same events gives the same file, to the byte."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.digest import Digest, merge
from advisor.digest.pack import pack
from advisor.fingerprint.checksum import checksum
from advisor.model.incident import Incident
from advisor.model.limits import Limits
from advisor.model.source import SourceSummary, Unreadable
from tests.digest.events import MYSQL, POSTGRESQL, Event, batch
from tests.digest.strategies import events, incidents

#: One log: its events and incidents come in pieces; every piece knows its source (0 or 1).
Piece = tuple[int, Sequence[Event], Sequence[Incident]]
pieces = st.lists(
    st.tuples(st.integers(0, 1), st.lists(events(), min_size=0, max_size=12), st.lists(incidents(), max_size=3)),
    min_size=1,
    max_size=6,
)
ENGINES = [POSTGRESQL, MYSQL]


def digest_of(parts: Sequence[Piece], limits: Limits) -> Digest:
    summaries = [
        SourceSummary(
            path=f"{name}.log",
            format="x",
            identity=name,
            lines=sum(len(e) for s, e, _ in parts if s == i),
            unreadable=[Unreadable(e[0].offset, "odd") for s, e, _ in parts if s == i and e],
        )
        for i, name in enumerate(("a", "b"))
    ]
    digest = Digest(summaries, limits=limits)
    for source, rows, told in parts:
        digest.add(batch(rows, source=source, engine=ENGINES[source], incidents=told, zoned=source == 0))
    return digest


def grouped(draw: st.DataObject, parts: list[Piece], limits: Limits) -> Digest:
    """A random tree over the pieces in random order."""
    shuffled = draw.draw(st.permutations(parts))
    leaves = []
    while shuffled:
        n = draw.draw(st.integers(1, len(shuffled)))
        leaves.append(digest_of(shuffled[:n], limits))
        shuffled = shuffled[n:]
    while len(leaves) > 1:
        i = draw.draw(st.integers(0, len(leaves) - 2))
        if draw.draw(st.booleans()):
            leaves[i : i + 2] = [leaves[i].merge(leaves[i + 1])]
        else:
            leaves[i : i + 2] = [merge([leaves[i + 1], leaves[i]], limits=limits)]
    return leaves[0]


def differences(one: Digest, other: Digest) -> list[str]:
    """Names of the parts of the file that differ, so that a failure can be read."""
    one.settle()
    other.settle()
    mine, theirs = dict(pack(one, redact=False)), dict(pack(other, redact=False))
    return [
        f"{name}: {a!r} != {b!r}"
        for (name, a), b in zip(mine.items(), theirs.values(), strict=True)
        if (a.tolist() != b.tolist() if isinstance(a, np.ndarray) else a != b)
    ]


ROOMY = Limits()
#: Bounds so small that every one of them is exceeded.
TIGHT = Limits(
    values_per_dimension=2,
    sequence_events=6,
    sequence_session_events=3,
    sketch_pairs=6,
    hour_pairs=4,
    value_pairs=12,
    sessions_counted=3,
    incident_groups=3,
    incident_details=1,
    incident_waits=1,
    routes=2,
    contexts=2,
)


@pytest.mark.parametrize("limits", [ROOMY, TIGHT], ids=["roomy", "tight"])
@settings(max_examples=60, deadline=None)
@given(parts=pieces, draw=st.data())
def test_any_grouping_gives_the_same_bytes(limits: Limits, parts: list[Piece], draw: st.DataObject) -> None:
    # a source that no event names is in no digest
    whole = digest_of(parts, limits)
    other = grouped(draw, parts, limits)
    assert differences(other, whole) == []
    assert other.to_bytes() == whole.to_bytes()


@settings(max_examples=30, deadline=None)
@given(parts=pieces, draw=st.data())
def test_files_merge_like_what_they_were_written_from(parts: list[Piece], draw: st.DataObject) -> None:
    from advisor.digest.file import decode

    cut = draw.draw(st.integers(0, len(parts)))
    halves = [digest_of(part, ROOMY) for part in (parts[:cut], parts[cut:])]
    read = [decode(half.to_bytes(), "half", 1000) for half in halves]
    assert merge(read).to_bytes() == digest_of(parts, ROOMY).to_bytes()
    assert [r.to_bytes() for r in read] == [h.to_bytes() for h in halves]


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(events(), min_size=1, max_size=30), draw=st.data())
def test_a_batch_may_be_cut_anywhere(rows: list[Event], draw: st.DataObject) -> None:
    cut = draw.draw(st.integers(0, len(rows)))
    whole, cut_in_two = Digest(), Digest()
    whole.add(batch(rows))
    cut_in_two.add(batch(rows[:cut]))
    cut_in_two.add(batch(rows[cut:]))
    assert cut_in_two.to_bytes() == whole.to_bytes()


def test_merge_leaves_the_other_as_it_was() -> None:
    one, other = (digest_of([(i, [Event(offset=1)], ())], ROOMY) for i in range(2))
    before = other.to_bytes()
    one.merge(other)
    one.add(batch([Event(offset=9, sql="select 2 from x")], source=1, engine=MYSQL))
    assert other.to_bytes() == before


def test_a_digest_merged_twice_is_counted_twice_and_noted() -> None:
    parts: list[Piece] = [(0, [Event(offset=i, literals=i) for i in range(40)], ())]
    digest = digest_of(parts, ROOMY)
    assert digest.totals().notes == ()
    digest.merge(digest_of(parts, ROOMY))
    totals = digest.totals()
    assert totals.events == 80
    assert len(totals.notes) == 1
    assert "a.log: every event of it was counted 2 times" in totals.notes[0]


def test_pieces_of_one_source_are_no_repetition() -> None:
    rows = [Event(offset=i, literals=i) for i in range(40)]
    digest = digest_of([(0, rows[:20], ())], ROOMY).merge(digest_of([(0, rows[20:], ())], ROOMY))
    assert digest.totals().notes == ()
    assert [s.lines for s in digest.totals().sources] == [40]


def test_a_digest_is_not_merged_into_itself() -> None:
    digest = Digest()
    with pytest.raises(ValueError, match="itself"):
        digest.merge(digest)


def test_shapes_of_two_engines_stay_apart() -> None:
    digest = Digest()
    digest.add(batch([Event(sql="select 1 from t")], source=0, engine=POSTGRESQL))
    digest.add(batch([Event(sql="select 1 from t")], source=1, engine=MYSQL))
    shapes = digest.shapes()
    assert sorted(s.engine.name for s in shapes) == ["mysql", "postgresql"]
    assert {s.calls for s in shapes} == {1}


def test_versions_that_differ_are_not_claimed() -> None:
    digest = Digest()
    digest.add(batch([Event()], source=0, engine=POSTGRESQL))
    assert digest.shapes()[0].engine.version == "15.4"
    newer = replace(batch([Event()], source=1))
    newer.engine = type(POSTGRESQL)("postgresql", "16.1")
    digest.add(newer)
    assert digest.shapes()[0].engine.version is None


def test_the_percona_id_does_not_depend_on_which_text_came_first() -> None:
    # one shape to us, two to pt-query-digest
    rows = [
        Event(sql=sql, duration_us=us, time_us=1_700_000_000_000_000 + us, offset=us)
        for us, sql in enumerate(
            ["select a from t where b = 1", "select a from t where b=1", "select a  from t where b=1"]
        )
    ]
    found = set()
    for order in itertools.permutations(rows):
        digest = Digest()
        for row in order:
            part = Digest()
            part.add(batch([row], engine=MYSQL))
            digest.merge(part)
        found.add(digest.to_bytes())
        one = Digest()
        one.add(batch(list(order), engine=MYSQL))
        found.add(one.to_bytes())
        (shape,) = one.shapes()
        assert shape.checksum == checksum(shape.slowest.sql)  # type: ignore[union-attr]
    assert len(found) == 1


def test_inputs_read_apart_are_known_to_overlap() -> None:
    def one(path: str, first: int, last: int) -> Digest:
        digest = Digest([SourceSummary(path=path, engine=MYSQL, first_end_us=first, last_end_us=last)])
        digest.add(batch([Event(time_us=first)], engine=MYSQL))
        return digest

    minute = 60_000_000
    for paths in itertools.permutations(
        [("a", 0, 9 * minute), ("b", 5 * minute, 8 * minute), ("c", 9 * minute, 20 * minute)]
    ):
        notes = merge([one(*path) for path in paths]).totals().notes
        assert [note for note in notes if "overlaps" in note] == [
            "b overlaps in time with a: if both are of one server, its events count twice"
        ]
