"""Framing made comparable: every record of a block, and every unreadable line, as one list in the order of the block."""

from __future__ import annotations

from typing import Any

import numpy as np

from advisor.sources.framed import Block, Framed
from advisor.sources.postgresql import csvlog, jsonlog, stderr
from advisor.sources.postgresql.kernels import compiled

MODULES: dict[str, Any] = {"log": stderr, "csv": csvlog, "json": jsonlog}
PURE: dict[str, Any] = {"log": stderr.StderrFramer, "csv": csvlog.CsvFramer, "json": jsonlog.JsonFramer}
Row = tuple[Any, ...]


def pure(framer: Any, kind: str) -> Any:
    """The Python framer that knows what this one knows."""
    known = {name: getattr(framer, name) for name in PURE[kind].__dataclass_fields__ if name != "compiled"}
    return PURE[kind](**known)


def framers(kind: str, head: bytes, **options: str) -> list[Any]:
    """The Python framer for a log and, where it was built, the compiled one."""
    made = MODULES[kind].make(head, **options)
    return [pure(made, kind), made] if compiled() is not None else [made]


def rows(framer: Any, data: bytes, *, start: int = 0, line: int = 1, final: bool = True) -> list[Row]:
    """What a framer makes of a block that starts at this offset and line of the source."""
    framed: Framed = framer.frame(Block(data, start, line), final=final)
    assert framed.lines == data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
    assert framed.flags is not None
    assert framed.other_kind is not None
    assert framed.other_time_us is not None
    assert framed.other_session is not None
    assert framed.other_duration_us is not None
    out: list[Row] = []
    for at in range(len(framed)):
        begin, end = int(framed.parameters_start[at]), int(framed.parameters_end[at])
        out.append((
            line + int(framed.line[at]), "hot", start + int(framed.start[at]), int(framed.time_us[at]),
            int(framed.duration_us[at]), framer.unescape(data[framed.sql_start[at] : framed.sql_end[at]]),
            framer.unescape(data[begin:end]) if begin >= 0 else None, framed.contexts[framed.context[at]],
            framed.tags[framed.tag[at]] if framed.tag[at] >= 0 else None, int(framed.shape_key[at]),
            int(framed.literals[at]), framed.keys[at].tolist(), int(framed.in_count[at]), int(framed.session[at]),
            int(framed.transaction[at]), int(framed.query_id[at]), int(framed.flags[at]),
        ))  # fmt: skip
    for at in range(len(framed.other_start)):
        raw = data[framed.other_start[at] : framed.other_end[at]]
        out.append((
            line + int(framed.other_line[at]), "other", start + int(framed.other_start[at]), raw,
            int(framed.other_kind[at]), int(framed.other_time_us[at]), int(framed.other_session[at]),
            int(framed.other_duration_us[at]),
        ))  # fmt: skip
    for first, count, reason in framed.unreadable:
        out += [(line + first + at, "unreadable", reason) for at in range(count)]
    return sorted(out, key=lambda row: row[:2])


def same_columns(one: Framed, two: Framed) -> bool:
    """Whether every column is equal, in type too."""
    for name in one.__dataclass_fields__:
        left, right = getattr(one, name), getattr(two, name)
        if isinstance(left, np.ndarray):
            if left.dtype != right.dtype or left.shape != right.shape or not (left == right).all():
                return False
        elif list(left) != list(right) if isinstance(left, list) else left != right:
            return False
    return True


def record_starts(framer: Any, data: bytes) -> list[int]:
    """Every place where `last_start` would ever cut this source."""
    return sorted({framer.last_start(data[:end]) for end in range(1, len(data) + 1)} - {0})
