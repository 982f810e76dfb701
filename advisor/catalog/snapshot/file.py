"""The snapshot file: one JSON record a line, header first, gzip around it; and what psql prints for the statements.

A file ends with an ``end`` section that counts its records, so that one cut short at the end of a line is noticed too.
psql's output may lack it, hold blank lines and psql's own words (BEGIN, SET, error messages): those are tolerated, and
what was left out is said in ``header.missing``. Nothing in a file is trusted: its size, each line and what it unpacks
to are bounded, and whatever is no record ends in one line of error.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, get_args

import msgspec

from advisor.catalog.errors import CatalogError
from advisor.model.limits import LIMITS
from advisor.model.snapshot import (
    FORMAT,
    Bounds,
    ColumnStatistics,
    ExtendedStatistics,
    Extension,
    Header,
    Missing,
    Record,
    Relation,
    SchemaObject,
    Section,
    Setting,
    Snapshot,
    StatisticsRow,
    TextOrder,
    Tokens,
)

#: Name of the section that ends a whole file; its ``rows`` counts all records before it.
END = "end"
_GZIP = b"\x1f\x8b"
_MARK = re.compile(rb'"record"\s*:\s*"header"')
#: Command tags, \timing and the like: what psql prints beside rows when -q or -t were forgotten.
_CHATTER = re.compile(
    rb"(?:BEGIN|SET|RESET|ROLLBACK|COMMIT|DO|START TRANSACTION|SELECT \d+|(?:Time|Pager|Tuples only|Output format)\b.*"
    rb"|\(\d+ rows?\)|Timing is .*|\\.*)\s*"
)
#: Errors and notices that 2>&1 brought in.
_COMPLAINT = re.compile(
    rb"(?:psql:.*?:\s*)?(?:ERROR(?: \d+ \(\w+\).*?)?|FATAL|WARNING|NOTICE|DETAIL|HINT|LINE \d+|CONTEXT|QUERY|STATEMENT)"
    rb"\s*:.*"
)
_TOKENS_A_LINE = 1_000
_TALLEST = 32
"""Levels that no B-tree has (BTREE_MAX_HEIGHT of contrib/amcheck is less)."""

_decoder = msgspec.json.Decoder(Record)
_encoder = msgspec.json.Encoder()
_ordered = msgspec.json.Encoder(order="deterministic")
_KINDS = frozenset(str(kind.__struct_config__.tag) for kind in get_args(Record))


class _Kind(msgspec.Struct):
    record: str


class _Format(msgspec.Struct):
    format: str = FORMAT


def is_snapshot(first_bytes: bytes) -> bool:
    """Does a file that begins so (some kilobytes) hold a snapshot? Packed, plain, or as psql printed it."""
    head = first_bytes
    if head.startswith(_GZIP):
        try:
            head = zlib.decompressobj(31).decompress(head, 1 << 16)
        except zlib.error:
            return False
    first = next((line for line in head.split(b"\n") if line.startswith(b"{")), b"")
    return _MARK.search(first) is not None


def records(lines: Iterable[bytes], where: str, notices: Counter[str] | None = None) -> Iterator[Record]:
    """The records of a file's lines in order; what is no record but harmless is counted in ``notices``, in words.

    Raises CatalogError, naming ``where`` and the line: for a newer format, text that is no record, a record that does
    not have its fields.
    """
    counted = Counter() if notices is None else notices
    for number, raw in enumerate(lines, 1):
        line = raw.strip()
        if not line:
            continue
        if not line.startswith(b"{"):
            if number == 1 and line.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise CatalogError(f"{where}: is UTF-16; write it with psql's own -o FILE instead of >")
            if _CHATTER.fullmatch(line):
                continue
            if _COMPLAINT.match(line):
                counted[f"the client said: {_shown(line)}"] += 1
                continue
            raise CatalogError(
                f"{where}: line {number} is no record of a snapshot ({_shown(line, 40)}); "
                "print it with psql -XAtq, or make it with `advisor snapshot`"
            )
        try:
            record = _decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            unknown = _unknown(line, number, where)
            if unknown is None:
                raise CatalogError(
                    f"{where}: line {number} is damaged or cut short ({_shown(str(error).encode())})"
                ) from None
            counted[f"records of a kind unknown to this version: {unknown}"] += 1
            continue
        if isinstance(record, Header) and record.format != FORMAT:
            raise _newer(where, record.format)
        yield record


def _unknown(line: bytes, number: int, where: str) -> str | None:
    """The kind of a well-formed record that this version does not know; None when the line is no such thing."""
    try:
        kind = msgspec.json.decode(line, type=_Kind).record
        if kind == "header" and (stated := msgspec.json.decode(line, type=_Format).format) != FORMAT:
            raise _newer(where, stated)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return None if kind in _KINDS else _shown(kind.encode("utf-8", "replace"), 40)


def _newer(where: str, stated: str) -> CatalogError:
    shown = _shown(stated.encode("utf-8", "replace"), 40)
    return CatalogError(
        f"{where}: has the format {shown}, this advisor reads {FORMAT}; upgrade it or make a new snapshot"
    )


def _shown(text: bytes, most: int = 160) -> str:
    """A piece of a foreign text, safe within one line."""
    shown = "".join(c if c.isprintable() else "?" for c in text[: most * 4].decode("utf-8", "replace"))
    return shown if len(shown) <= most else shown[:most] + "..."


def assemble(
    found: Iterable[Record], where: str = "snapshot", notices: Counter[str] | None = None
) -> tuple[Snapshot, TextOrder | None]:
    """A snapshot of records, header first. ``notices`` is what `records` counts while it is drained.

    What sections promised and did not bring is added to ``header.missing``. Raises CatalogError: no header, two of
    them, or an end that says that records are gone.
    """
    snapshot: Snapshot | None = None
    order: list[str] | None = None
    sections: list[str] = []
    missing: list[str] = []
    heights: dict[tuple[Any, Any], Any] = {}
    seen = since = 0
    ended = False
    for record in found:
        if ended:
            raise CatalogError(f"{where}: goes on after its end; give one snapshot, not several joined")
        if isinstance(record, Section):
            if record.name == END:
                ended = True
                unknown = sum(n for name, n in (notices or {}).items() if name.startswith("records of"))
                if record.rows > seen + unknown:
                    raise CatalogError(f"{where}: {record.rows - seen} of its records are gone; copy or make it again")
            else:
                sections.append(record.name)
                if record.rows > since:
                    missing.append(f"section {_shown(record.name.encode(), 60)}: {since} of {record.rows} records")
                since = 0
            continue
        seen += 1
        since += 1
        if isinstance(record, Header):
            if snapshot is not None:
                raise CatalogError(f"{where}: has two headers; give one snapshot, not several joined")
            snapshot = Snapshot(header=record)
            continue
        if snapshot is None:
            raise CatalogError(f"{where}: does not begin with a header; the first statement failed or the file is cut")
        match record:
            case Setting():
                snapshot.settings.append(record)
            case Extension():
                snapshot.extensions.append(record)
            case SchemaObject():
                snapshot.objects.append(record)
            case Relation():
                snapshot.relations.append(record)
            case ColumnStatistics():
                snapshot.columns.append(record)
            case ExtendedStatistics():
                snapshot.extended.append(record)
            case Bounds():
                snapshot.bounds.append(record)
            case Tokens():
                snapshot.tokens.update(record.tokens)
            case StatisticsRow(source="index_height"):
                heights[record.values.get("schema"), record.values.get("name")] = record.values.get("height")
            case StatisticsRow():
                snapshot.rows.append(record)
            case Missing():
                missing.append(_shown(record.text.encode("utf-8", "replace"), 400))
            case TextOrder():
                order = [*(order or ()), *record.values]
    if snapshot is None:
        raise CatalogError(f"{where}: holds no snapshot; `advisor snapshot DSN -o FILE` makes one")
    if not ended:
        if not sections:
            raise CatalogError(f"{where}: is cut short (it has no end); copy or make it again")
        missing.append(f"everything after section {_shown(sections[-1].encode(), 60)}: the output ends there")
    for number, one in enumerate(snapshot.relations if heights else ()):
        height = heights.get((one.schema, one.name))
        if one.height is None and isinstance(height, int) and 0 <= height < _TALLEST:
            snapshot.relations[number] = msgspec.structs.replace(one, height=height)
    for name, times in (notices or {}).items():
        missing.append(name if times == 1 else f"{name} ({times} times)")
    if missing:
        header = snapshot.header
        snapshot.header = msgspec.structs.replace(header, missing=tuple(dict.fromkeys((*header.missing, *missing))))
    return snapshot, None if order is None else TextOrder(values=tuple(order))


def load(path: Path | str) -> tuple[Snapshot, TextOrder | None]:
    """Reads a snapshot, packed or plain, or psql's output before masking (which may bring the order of texts).

    Raises CatalogError with one line.
    """
    where = f"snapshot {path}"
    notices: Counter[str] = Counter()
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size > LIMITS.snapshot_bytes:
                raise CatalogError(f"{where}: larger than {LIMITS.snapshot_bytes >> 20} MB; that is no snapshot")
            opened: IO[bytes] = file
            if file.peek(2).startswith(_GZIP):
                opened = io.BufferedReader(gzip.GzipFile(fileobj=file))
            return assemble(records(_lines(opened, where), where, notices), where, notices)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CatalogError(f"{where}: is damaged or cut short ({_shown(str(error).encode())})") from None
    except OSError as error:
        raise CatalogError(f"{where}: cannot be read ({error.strerror or error})") from None


def read(path: Path | str) -> Snapshot:
    """The snapshot of a file. Raises CatalogError with one line."""
    return load(path)[0]


def _lines(opened: IO[bytes], where: str) -> Iterator[bytes]:
    """Lines, bounded one by one and together: a small packed file may unpack to anything."""
    left = LIMITS.snapshot_bytes
    longest = LIMITS.snapshot_record_bytes
    first = True
    while line := opened.readline(longest + 1):
        left -= len(line)
        if len(line) > longest:
            raise CatalogError(f"{where}: a line is longer than {longest >> 20} MB; that is no snapshot")
        if left < 0:
            raise CatalogError(f"{where}: unpacks to more than {LIMITS.snapshot_bytes >> 20} MB; that is no snapshot")
        yield line.removeprefix(b"\xef\xbb\xbf") if first else line
        first = False


def _written(snapshot: Snapshot) -> Iterator[Record]:
    """Records in the order of a file, without its end."""
    yield snapshot.header
    yield from snapshot.settings
    yield from snapshot.extensions
    yield from snapshot.objects
    yield from snapshot.relations
    yield from snapshot.columns
    yield from snapshot.extended
    yield from snapshot.bounds
    items = list(snapshot.tokens.items())
    for at in range(0, len(items), _TOKENS_A_LINE):
        yield Tokens(tokens=dict(items[at : at + _TOKENS_A_LINE]))
    yield from snapshot.rows


def dump(snapshot: Snapshot) -> Iterator[bytes]:
    """The lines of a snapshot's file, unpacked."""
    rows = 0
    for record in _written(snapshot):
        yield _encoder.encode(record) + b"\n"
        rows += 1
    yield _encoder.encode(Section(name=END, rows=rows)) + b"\n"


def write(snapshot: Snapshot, path: Path | str) -> None:
    """Writes a snapshot, for its owner's eyes only; the file is there whole or not at all. Equal ones are equal files.

    Raises CatalogError when the place cannot be written to.
    """
    target = Path(path)
    temporary: str | None = None
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # 0600
        with os.fdopen(handle, "wb") as file:
            with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
                for line in dump(snapshot):
                    packed.write(line)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)  # noqa: PTH105
        temporary = None
    except OSError as error:
        raise CatalogError(f"snapshot {path}: cannot be written ({error.strerror or error})") from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def content_hash(snapshot: Snapshot) -> str:
    """Hex of what a planner sees of a snapshot: when, where and by whom it was captured is left out."""
    header = msgspec.structs.replace(
        snapshot.header, captured_at=None, origin=None, role=None, made_by=None, missing=()
    )
    digest = sha256(_ordered.encode(header))
    for number, record in enumerate(_written(snapshot)):
        if number:
            digest.update(b"\n" + _ordered.encode(record))
    return digest.hexdigest()
