"""When an input ends, for bounds that count from there (``--since 2h``)."""

from __future__ import annotations

import zipfile

from advisor.model.batch import NO_TIME
from advisor.sources.blocks import HEAD_BYTES, Rewound, plain
from advisor.sources.detect import detect
from advisor.sources.framed import Block
from advisor.sources.kinds import LogInput
from advisor.sources.options import ReadOptions
from advisor.sources.unpack import Readable, unpack

#: Enough for the last records of any log.
_TAIL_BYTES = 4 << 20


def last_time(item: LogInput, options: ReadOptions) -> int | None:
    """The latest time in the last records of a log, in microseconds; None where it cannot be told or read twice."""
    if not item.reopenable:
        return None
    try:
        with item.open() as raw:
            unpacked, layers = unpack(raw)
            stream, recoded = plain(unpacked)
            head = stream.head(HEAD_BYTES)
            found = detect(head, input_format=options.input_format)
            if isinstance(found, str) or found.reader.kind != "log":
                return None
            far = item.size is not None and item.size > 2 * _TAIL_BYTES and not layers and not recoded
            if far and item.size is not None and raw.seekable():
                raw.seek(item.size - _TAIL_BYTES)
                stream = Rewound(raw)
            tail = _tail(stream)
    except (OSError, zipfile.BadZipFile, EOFError):
        return None
    for _, wrapper, outer in found.wrappers:
        unwrapper = wrapper.unwrap(outer)
        tail = unwrapper.feed(tail[: tail.rfind(b"\n") + 1]) + unwrapper.finish()
    framer = found.module.make(found.head, log_line_prefix=options.log_line_prefix, timezone=options.timezone)
    framed = framer.frame(Block(tail, 0, 1), final=True)
    times = framed.time_us[framed.time_us != NO_TIME]
    return int(times.max()) if len(times) else None


def _tail(stream: Readable) -> bytes:
    """The last whole lines of a stream."""
    parts: list[bytes] = []
    size = 0
    while part := stream.read(1 << 20):
        parts.append(part)
        size += len(part)
        while size - len(parts[0]) >= _TAIL_BYTES:
            size -= len(parts.pop(0))
    data = b"".join(parts)
    return data if size < _TAIL_BYTES else data[data.find(b"\n") + 1 :]
