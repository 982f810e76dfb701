"""Serialised extended statistics: as the server makes them, and never trusted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.planners.postgresql import blobs
from tests import servers

_SCHEMA = """
CREATE TYPE mood AS ENUM ('sad', 'ok', 'glad');
CREATE TABLE t (gone int, a int, b text, c mood, d numeric, e bool);
ALTER TABLE t DROP COLUMN gone;
INSERT INTO t SELECT i % 7, 'b' || i % 7 / 2, (ARRAY['sad','ok','glad'])[1 + i % 3]::mood, i % 5, i % 2 = 0 FROM generate_series(1, 2000) i;
CREATE STATISTICS s ON a, b, c, d, (a + 1) FROM t;
ANALYZE t;
"""


@pytest.fixture(scope="module", params=[15, 18])
def row(request: pytest.FixtureRequest) -> Iterator[Any]:
    with servers.postgresql({"autovacuum": "off"}, request.param) as server, psycopg.connect(server.dsn) as connection:
        connection.execute(_SCHEMA)
        yield connection.execute(
            "SELECT stxdndistinct::bytea, stxdndistinct::text, stxddependencies::bytea, stxddependencies::text, stxdmcv::bytea,"
            " ARRAY(SELECT oid::bigint FROM pg_enum ORDER BY enumsortorder), 'mood'::regtype::oid FROM pg_statistic_ext_data"
        ).fetchone()


@pytest.mark.server
def test_bytes_of_what_is_printed(row: Any) -> None:
    same = {number: number for number in range(2, 7)}
    assert blobs.serialised("ndistinct", row[1], same) == row[0]
    made = blobs.serialised("dependencies", row[3], same)
    assert len(made) == len(row[2])  # figures are printed with six decimals
    assert blobs.renumbered("ndistinct", row[0], same) == row[0]
    moved = blobs.renumbered("dependencies", row[2], {number: number - 1 for number in same})
    assert blobs.renumbered("dependencies", moved, {number - 1: number for number in same}) == row[2]


@pytest.mark.server
def test_common_values_of_an_enum_move_with_its_labels(row: Any) -> None:
    mcv, labels, mood = row[4], row[5], row[6]
    types, lengths, by_value = [23, 25, mood, 1700, 23], [4, -1, 4, -1, 4], [True, False, True, False, True]
    there = {label: label + 1000 for label in labels}
    moved = blobs.retyped(mcv, types, lengths, by_value, [None, None, there, None, None])
    assert moved != mcv
    back = blobs.retyped(
        moved, types, lengths, by_value, [None, None, {new: old for old, new in there.items()}, None, None]
    )
    assert back == mcv
    for wrong in ([None, None, {}, None, None],):
        with pytest.raises(blobs.BlobError, match="label"):
            blobs.retyped(mcv, types, lengths, by_value, wrong)
    with pytest.raises(blobs.BlobError):
        blobs.retyped(mcv, types, lengths, [True] * 5, [None] * 5)
    # The server would copy the values into as much room as the file says.
    room = bytearray(mcv)
    room[14 + 20 + 20 + 8 : 14 + 20 + 20 + 12] = bytes(4)
    assert blobs.retyped(bytes(room), types, lengths, by_value, [None] * 5) == mcv != bytes(room)
    with pytest.raises(blobs.BlobError):
        blobs.retyped(mcv, types, [8, -1, 4, -1, 4], by_value, [None] * 5)
    for cut in range(0, len(mcv), 7):
        with pytest.raises(blobs.BlobError):
            blobs.retyped(mcv[:cut], types, lengths, by_value, [None] * 5)


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"\xa4\xbf\x52\xa3\x01\0\0\0", b"\x2c\x9a\x54\xb4\x01\0\0\0", b"\xc2\x51\xa6\xe1\x01\0\0\0"]),
)
def test_other_bytes_are_refused(tail: bytes, head: bytes) -> None:
    for attempt in (
        lambda: blobs.renumbered("ndistinct", head + tail, {1: 1}),
        lambda: blobs.renumbered("dependencies", head + tail, {1: 1}),
        lambda: blobs.retyped(head + tail, [23, 25], [4, -1], [True, False], [None, {1: 1}]),
    ):
        try:
            attempt()
        except blobs.BlobError:
            continue
        assert len(head + tail) >= 12


@given(
    st.text(max_size=60)
    | st.sampled_from(['{"1, 2": 3}', '{"1 => 2": 0.5}', '{"1": 2}', '{"1, 9": 2}', "[]", '{"1, 2": "x"}'])
)
def test_other_texts_are_refused(text: str) -> None:
    numbers = {1: 4, 2: 5}
    for kind in ("ndistinct", "dependencies"):
        try:
            made = blobs.serialised(kind, text, numbers)
        except blobs.BlobError:
            continue
        assert blobs.renumbered(kind, made, {4: 1, 5: 2}) == blobs.serialised(kind, text, {1: 1, 2: 2})
