"""Archives: told by content, whole, cut, corrupt, nested, and never more memory than a step."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable

import lz4.frame
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.sources.unpack import Readable, unpack

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "lz4": lz4.frame.compress,
}
TEXT = b"".join(
    b"2024-05-01 10:00:%02d UTC [%d] LOG:  statement: select %d\n" % (n % 60, n, n * 7919) for n in range(9000)
)


def drain(stream: Readable, size: int = 100_000) -> bytes:
    parts = []
    while part := stream.read(size):
        parts.append(part)
    return b"".join(parts)


class Dribble:
    """Returns one to three bytes a read, as a slow pipe may."""

    def __init__(self, data: bytes) -> None:
        self._inner = io.BytesIO(data)

    def read(self, size: int) -> bytes:
        return self._inner.read(min(size, 3))


@pytest.mark.parametrize("name", PACKERS)
def test_a_whole_archive_gives_its_bytes_and_no_fault(name: str) -> None:
    stream, layers = unpack(io.BytesIO(PACKERS[name](TEXT)))
    assert drain(stream) == TEXT
    assert [layer.packing for layer in layers] == [name]
    assert layers[0].fault is None


@pytest.mark.parametrize("name", PACKERS)
def test_concatenated_members_are_one_stream(name: str) -> None:
    pack = PACKERS[name]
    stream, layers = unpack(io.BytesIO(pack(TEXT) + pack(b"") + pack(b"tail\n")))
    assert drain(stream) == TEXT + b"tail\n"
    assert layers[0].fault is None


@pytest.mark.parametrize("name", PACKERS)
def test_a_cut_archive_gives_what_came_before_the_cut(name: str) -> None:
    packed = PACKERS[name](TEXT)
    stream, layers = unpack(io.BytesIO(packed[: len(packed) * 3 // 4]))
    out = drain(stream)
    assert TEXT.startswith(out)
    assert layers[0].fault is not None
    assert "cut" in layers[0].fault
    if name in ("gz", "xz"):
        assert len(out) > len(TEXT) // 3


@pytest.mark.parametrize("name", PACKERS)
def test_every_cut_of_a_small_archive_is_a_fault_or_an_empty_stream(name: str) -> None:
    packed = PACKERS[name](b"select 1\n")
    for cut in range(1, len(packed)):
        stream, layers = unpack(io.BytesIO(packed[:cut]))
        out = drain(stream)
        if layers:
            assert layers[0].fault, (name, cut)
            assert b"select 1\n".startswith(out)


@pytest.mark.parametrize("name", PACKERS)
def test_a_corrupt_archive_stops_with_a_reason(name: str) -> None:
    packed = bytearray(PACKERS[name](TEXT))
    for at in range(len(packed) // 2, len(packed) // 2 + 400):
        packed[at] ^= 0x5A
    stream, layers = unpack(io.BytesIO(bytes(packed)))
    drain(stream)
    assert layers[0].fault is not None


@pytest.mark.parametrize("name", PACKERS)
def test_bytes_after_the_archive_are_a_fault_not_content(name: str) -> None:
    stream, layers = unpack(io.BytesIO(PACKERS[name](b"select 1\n") + b"garbage that is no archive"))
    assert drain(stream) == b"select 1\n"
    assert layers[0].fault is not None


def test_zero_padding_after_gzip_is_no_fault() -> None:
    stream, layers = unpack(io.BytesIO(gzip.compress(TEXT) + b"\0" * 200_000))
    assert drain(stream) == TEXT
    assert layers[0].fault is None


def test_layers_nest() -> None:
    stream, layers = unpack(io.BytesIO(gzip.compress(bz2.compress(TEXT))))
    assert drain(stream) == TEXT
    assert [layer.packing for layer in layers] == ["gz", "bz2"]


def test_zstd_skippable_frames_are_skipped() -> None:
    skip = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"12345"
    pack = PACKERS["zst"]
    stream, layers = unpack(io.BytesIO(skip + pack(b"a\n") + skip + pack(b"b\n")))
    assert drain(stream) == b"a\nb\n"
    assert layers[0].fault is None


@pytest.mark.parametrize("name", PACKERS)
def test_a_slow_pipe_changes_nothing(name: str) -> None:
    stream, layers = unpack(Dribble(PACKERS[name](TEXT[:5000]) * 2))
    assert drain(stream) == TEXT[:5000] * 2
    assert layers[0].fault is None


@pytest.mark.parametrize("name", PACKERS)
def test_a_bomb_is_unpacked_in_bounded_steps(name: str) -> None:
    packed = PACKERS[name](b"\0" * (96 << 20))
    stream, _ = unpack(io.BytesIO(packed))
    total = largest = 0
    while part := stream.read(1 << 20):
        total += len(part)
        largest = max(largest, len(part))
    assert total == 96 << 20
    assert largest <= 32 << 20


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_plain_bytes_pass_and_nothing_raises(data: bytes) -> None:
    stream, layers = unpack(io.BytesIO(data))
    out = drain(stream, 7)
    if not layers:
        assert out == data


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(PACKERS)), st.binary(max_size=200), st.integers(0, 60), st.integers(0, 255))
def test_damage_anywhere_never_raises(name: str, data: bytes, at: int, value: int) -> None:
    packed = bytearray(PACKERS[name](data))
    packed[at % len(packed)] = value
    stream, _ = unpack(io.BytesIO(bytes(packed)))
    drain(stream)
