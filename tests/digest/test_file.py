"""The file keeps everything, a redacted one keeps no literal, and no file can do more harm than be refused."""

from __future__ import annotations

import struct
from hashlib import blake2b
from pathlib import Path

import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.digest import Digest
from advisor.digest.file import DigestError, decode
from advisor.model.batch import NO_TIME
from advisor.model.digestfile import MAGIC, VERSION
from advisor.model.incident import Incident
from advisor.model.source import SourceSummary
from tests.digest.events import Event, batch
from tests.digest.strategies import events, incidents

SECRET = "s3cr3t"


def sample_digest() -> Digest:
    digest = Digest([SourceSummary(path="a.log", lines=3)])
    rows = [
        Event(
            sql=f"select * from t where a = '{SECRET}{i}' and b = $1",
            parameters=f"$1 = '{SECRET}{i}'",
            literals=i + 1,
            keys=(i + 77, 0, 0, 0),
            duration_us=100 * i,
            offset=i,
            session=1 + i % 2,
            tag="controller='c'",
        )
        for i in range(6)
    ]
    told = [
        Incident("error", 5, 1, 1, sql=f"select '{SECRET}'", message=f'invalid input syntax: "{SECRET}"', code="22P02"),
        Incident("error", 5, 1, 1, message=f"Duplicate entry '{SECRET}' for key 'k'", code="1062"),
        Incident("plan", 5, 1, 1, sql="select * from t where a = 1", detail=f"Filter: (a = '{SECRET}')", code="text"),
        Incident(
            "deadlock", 5, 1, 1, detail=f"Process 1: update t set a = '{SECRET}'\nProcess 2: select 2", code="40P01"
        ),
    ]
    digest.add(batch(rows, incidents=told))
    return digest


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(events(), max_size=30), told=st.lists(incidents(), max_size=5))
def test_a_file_gives_back_what_was_saved(rows: list[Event], told: list[Incident]) -> None:
    digest = Digest([SourceSummary(path="a.log")])
    digest.add(batch(rows, incidents=told))
    again = decode(digest.to_bytes(), "x", 1000)
    assert again.shapes() == digest.shapes()
    assert again.totals() == digest.totals()
    assert again.observations() == digest.observations()
    assert again.to_bytes() == digest.to_bytes()


def test_a_read_digest_goes_on_counting(tmp_path: Path) -> None:
    sample_digest().save(tmp_path / "d")
    digest = Digest.load(tmp_path / "d")
    digest.add(batch([Event(sql="select * from t where a = 'z' and b = $1", offset=900)]))
    shapes = {s.sql: s.calls for s in digest.shapes()}
    assert shapes["select * from t where a = ? and b = ?"] == 7


def test_a_redacted_file_holds_no_literal(tmp_path: Path) -> None:
    sample_digest().save(tmp_path / "open")
    sample_digest().save(tmp_path / "closed", redact=True)
    plain, closed = Digest.load(tmp_path / "open"), Digest.load(tmp_path / "closed")
    assert SECRET in repr(plain.shapes())
    assert SECRET not in repr((closed.shapes(), closed.observations(), closed.totals()))
    shape = closed.shapes()[0]
    assert shape.slowest is not None
    assert shape.slowest.redacted
    assert shape.slowest.parameters is None
    assert shape.plans == []
    assert closed.sequence_rows()["key0"].tolist() == [1, 2, 3, 4, 5, 6]
    assert shape.calls == plain.shapes()[0].calls
    raw = (tmp_path / "closed").read_bytes()
    for name, data in sections(raw):
        assert SECRET.encode() not in data, name
    assert Digest.load(tmp_path / "closed").to_bytes() == raw


def sections(content: bytes) -> list[tuple[str, bytes]]:
    at = len(MAGIC)
    _, length = struct.unpack_from("<HI", content, at)
    at += 6
    entries = msgspec.msgpack.decode(content[at : at + length])
    at += length
    found = []
    for name, _, stored, _ in entries:
        found.append((name, zstandard.decompress(content[at : at + stored])))
        at += stored
    return found


def rebuilt(parts: list[tuple[str, str, bytes]], sizes: dict[str, int] | None = None, version: int = VERSION) -> bytes:
    """A file of sections with a right checksum; ``sizes`` lies about unpacked sizes."""
    stored = [zstandard.compress(data) for _, _, data in parts]
    entries = [
        (name, kind, len(frame), (sizes or {}).get(name, len(data)))
        for (name, kind, data), frame in zip(parts, stored, strict=True)
    ]
    directory = msgspec.msgpack.encode(entries)
    content = MAGIC + struct.pack("<HI", version, len(directory)) + directory + b"".join(stored)
    return content + blake2b(content, digest_size=16).digest()


def typed_sections(content: bytes) -> list[tuple[str, str, bytes]]:
    at = len(MAGIC)
    _, length = struct.unpack_from("<HI", content, at)
    kinds = {e[0]: e[1] for e in msgspec.msgpack.decode(content[at + 6 : at + 6 + length])}
    return [(name, kinds[name], data) for name, data in sections(content)]


def test_the_rebuilder_of_these_tests_builds_readable_files() -> None:
    content = sample_digest().to_bytes()
    assert decode(rebuilt(typed_sections(content)), "x", 100).to_bytes() == content


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a digest"),
        (b"SELECT 1;", "not a digest"),
        (MAGIC, "cut short"),
        (MAGIC + b"\x01\x00" + b"\x00" * 30, "damaged"),
        (MAGIC + struct.pack("<HI", VERSION + 1, 0) + b"\x00" * 30, "newer"),
    ],
)
def test_what_is_no_digest_is_refused_in_one_line(content: bytes, says: str) -> None:
    with pytest.raises(DigestError, match=says) as error:
        decode(content, "some.file", 100)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("some.file: ")


def test_every_cut_and_every_changed_byte_is_noticed() -> None:
    content = sample_digest().to_bytes()
    for at in range(0, len(content), 37):
        with pytest.raises(DigestError):
            decode(content[:at], "x", 100)
        changed = bytearray(content)
        changed[at] ^= 0x40
        with pytest.raises(DigestError):
            decode(bytes(changed), "x", 100)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_forged_file_is_read_or_refused(data: st.DataObject) -> None:
    """With a right checksum over wrong content: whatever is in it, the only way out is a DigestError."""
    parts = typed_sections(sample_digest().to_bytes())
    i = data.draw(st.integers(0, len(parts) - 1))
    name, kind, raw = parts[i]
    how = data.draw(st.sampled_from(["flip", "cut", "grow", "type", "drop"]))
    if how == "flip" and raw:
        changed = bytearray(raw)
        for _ in range(data.draw(st.integers(1, 4))):
            changed[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
        parts[i] = (name, kind, bytes(changed))
    elif how == "cut":
        parts[i] = (name, kind, raw[: len(raw) // 2 // 8 * 8])
    elif how == "grow":
        parts[i] = (name, kind, raw + b"\x00" * 8)
    elif how == "type":
        parts[i] = (name, data.draw(st.sampled_from(["i1", "u8", "bytes", "object", "i8"])), raw[: len(raw) // 8 * 8])
    else:
        del parts[i]
    try:
        digest = decode(rebuilt(parts), "x", 100)
        digest.shapes()
        digest.totals()
        digest.observations()
        digest.to_bytes()
    except DigestError:
        pass


@pytest.mark.parametrize("name", ["start_us", "duration_us", "in_count", "rows"])
def test_a_file_with_events_of_another_world_is_refused(name: str) -> None:
    parts = typed_sections(sample_digest().to_bytes())
    at = [part[0] for part in parts].index(f"sequence.{name}")
    width = 4 if name == "in_count" else 8
    worst = (-(2 ** (8 * width - 1)) + 1).to_bytes(width, "little", signed=True)
    parts[at] = (*parts[at][:2], worst + parts[at][2][width:])
    with pytest.raises(DigestError):
        decode(rebuilt(parts), "x", 100)


def test_what_a_log_exaggerates_is_read_again() -> None:
    digest = Digest()
    digest.add(batch([Event("SELECT 1", time_us=t, rows_sent=2**62, session=1) for t in (2**62, -(2**62), 1)]))
    read = decode(digest.to_bytes(), "x", 100).sequence_rows()
    assert sorted(read["start_us"].tolist()) == [NO_TIME, NO_TIME, 1]
    assert read["rows"].tolist() == [2**53] * 3


def test_a_file_of_the_second_version_is_read() -> None:
    """It had no traces, routes or literals; what it has is the same."""
    parts = typed_sections(sample_digest().to_bytes())
    old = [part for part in parts if part[0] not in ("sequence.trace", "sequence.route", "sequence.literals")]
    read, now = decode(rebuilt(old, version=2), "x", 100), sample_digest()
    assert read.shapes() == now.shapes()
    assert read.sequence_rows()["session"].tolist() == now.sequence_rows()["session"].tolist()
    assert not read.sequence_rows()["trace"].any()


def test_a_file_that_lies_about_its_size_is_refused_before_memory_is_taken() -> None:
    parts = typed_sections(sample_digest().to_bytes())
    with pytest.raises(DigestError, match="size"):
        decode(rebuilt(parts, {"head": 1 << 40}), "x", 100)
    with pytest.raises(DigestError, match="size"):
        decode(rebuilt(parts, {"head": 17}), "x", 100)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DigestError, match="cannot be read"):
        Digest.load(tmp_path / "none")
