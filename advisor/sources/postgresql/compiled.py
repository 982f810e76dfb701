"""The framers with compiled kernels: equal results, many times as fast. Imported only where they were built."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisor.sources.framed import Block, Framed
from advisor.sources.postgresql import _csv, _json, _stderr
from advisor.sources.postgresql.columns import unknown_columns
from advisor.sources.postgresql.csvlog import CUT, NOT_A_RECORD, CsvFramer
from advisor.sources.postgresql.csvlog import ORPHAN_LINE as CSV_ORPHAN_LINE
from advisor.sources.postgresql.csvlog import unescape as csv_unescape
from advisor.sources.postgresql.jsonlog import NOT_JSON, NOT_OURS, JsonFramer
from advisor.sources.postgresql.jsonlog import unescape as json_unescape
from advisor.sources.postgresql.prefix import FIELDS, LITERAL, Prefix
from advisor.sources.postgresql.record import context
from advisor.sources.postgresql.severity import PRIMARY, SECONDARY
from advisor.sources.postgresql.stderr import FOREIGN, ORPHAN_LINE, StderrFramer
from advisor.sources.postgresql.zones import Clock

#: What the kernels return of a block: hot and other rows, unreadable lines, zones, contexts, tags.
Found = tuple[
    NDArray[Any],
    NDArray[Any],
    list[tuple[int, int, int]],
    list[bytes],
    list[tuple[bytes, bytes, bytes, bytes]],
    list[bytes],
]


def columns(
    block: Block,
    lines: int,
    found: Found,
    clock: Clock,
    reasons: Sequence[str],
    unescape: Callable[[bytes], bytes] | None = None,
) -> Framed:
    """The columns of a block from what a kernel found."""
    hot, other, bad, zone_texts, who, tags = found
    n = len(hot)
    zones = [zone.decode("ascii", "replace") for zone in zone_texts]
    numbers = hot["context"]
    if unescape is not None:  # two spellings of one name are one context
        distinct: dict[tuple[bytes, ...], int] = {}
        renumbered = [distinct.setdefault(tuple(unescape(part) for part in four), len(distinct)) for four in who]
        if len(distinct) < len(who):
            numbers = np.array(renumbered, np.int32)[numbers]
        who = list(distinct)  # type: ignore[arg-type]
    return Framed(
        block=block,
        lines=lines,
        time_us=clock.instants(hot["time"].copy(), hot["zone"], zones),
        duration_us=hot["duration"].copy(),
        shape_key=hot["key"].copy(),
        session=hot["session"].copy(),
        transaction=hot["transaction"].copy(),
        start=hot["start"].copy(),
        line=hot["line"].copy(),
        context=numbers.copy(),
        tag=hot["tag"].copy(),
        literals=hot["literals"].copy(),
        keys=hot["keys"].copy(),
        in_count=hot["in_count"].copy(),
        **unknown_columns(n),
        query_id=hot["query_id"].copy(),
        sql_start=hot["sql_start"].copy(),
        sql_end=hot["sql_end"].copy(),
        parameters_start=hot["parameters_start"].copy(),
        parameters_end=hot["parameters_end"].copy(),
        contexts=[context(*four) for four in who],
        tags=[tag.decode("utf-8", "replace") for tag in tags],
        other_start=other["start"].copy(),
        other_end=other["end"].copy(),
        other_line=other["line"].copy(),
        unreadable=[(line, count, reasons[reason]) for line, count, reason in bad],
        flags=hot["flags"].astype(np.uint8),
        other_kind=other["kind"].astype(np.uint8),
        other_time_us=clock.instants(other["time"].copy(), other["zone"], zones),
        other_session=other["session"].copy(),
        other_duration_us=other["duration"].copy(),
    )


class Program:
    """A prefix as the kernel wants it: numbers of its ops, and its literal texts behind one another."""

    def __init__(self, prefix: Prefix) -> None:
        ops: list[int] = []
        starts, texts = [0], b""
        for template in prefix.templates:
            for op in template.ops:
                ops += [op.kind, FIELDS.index(op.field), op.low, op.high, op.of, len(texts), len(op.text)]
                texts += op.text
            starts.append(len(ops) // 7)
        self.ops = np.array(ops or [LITERAL, 0, 0, 0, 0, 0, 0], np.int32)
        self.starts = np.array(starts, np.int32)
        self.texts = texts
        order = sorted({**PRIMARY, **SECONDARY}, key=lambda word: (word not in _COMMON, word))
        self.words = b"".join(order)
        self.word_ends = np.cumsum([len(word) for word in order], dtype=np.int32)
        self.word_kinds = np.array([_word_kind(word) for word in order], np.int32)


_COMMON = (b"LOG", b"DETAIL", b"STATEMENT", b"ERROR", b"CONTEXT", b"HINT")
_LOG, _FAULT, _PRIMARY, _LABEL, _DETAIL = range(5)


def _word_kind(word: bytes) -> int:
    if word in SECONDARY:
        return _DETAIL if SECONDARY[word] == "DETAIL" else _LABEL
    if PRIMARY[word] in ("ERROR", "FATAL", "PANIC"):
        return _FAULT
    return _LOG if word == b"LOG" else _PRIMARY


class CompiledStderrFramer(StderrFramer):
    """Frames blocks of a stderr log with the compiled kernel."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._program: Program | None = None
        # A stamp of a log collector is the time only where the server prints none: too rare for the kernel.
        self.compiled = self.english and not any(
            "I" in t.letters and not t.letters & set("mtTn") for t in self.templates
        )

    def __getstate__(self) -> dict[str, object]:
        return {key: value for key, value in super().__getstate__().items() if key != "_program"}

    def frame(self, block: Block, *, final: bool) -> Framed:
        """Frame a whole block; see `Framer`."""
        if not self.compiled:
            return super().frame(block, final=final)
        program = self._program = self._program or Program(self.prefix)
        lines, strangers, found = _stderr.frame(
            block.data, program.ops, program.starts, program.texts, program.words, program.word_ends,
            program.word_kinds, FIELDS, self.loose,
        )  # fmt: skip
        if any(self._stranger(block.data, start) is not None for start in strangers):
            return super().frame(block, final=final)  # the prefix changed: line by line
        return columns(block, lines, found, self.clock, (ORPHAN_LINE, FOREIGN))


def _with_kinds(found: Found, data: bytes, kind_of: Callable[[bytes], int]) -> Found:
    """Look up the severities that the kernel did not know (all but LOG and the errors)."""
    unknown = np.flatnonzero(found[1]["kind"] == _LOOK_UP)
    if not len(unknown):
        return found
    other = found[1].copy()
    for row in unknown.tolist():
        other["kind"][row] = kind_of(data[other["start"][row] : other["end"][row]])
    return (found[0], other, *found[2:])


_LOOK_UP = -2


class CompiledCsvFramer(CsvFramer):
    """Frames blocks of a csvlog with the compiled kernel."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.compiled = self.english

    def frame(self, block: Block, *, final: bool) -> Framed:
        """Frame a whole block; see `Framer`."""
        if not self.compiled:
            return super().frame(block, final=final)
        lines, found = _csv.frame(block.data)
        found = _with_kinds(found, block.data, self.kind_of)
        return columns(block, lines, found, self.clock, (CSV_ORPHAN_LINE, CUT, NOT_A_RECORD), csv_unescape)


class CompiledJsonFramer(JsonFramer):
    """Frames blocks of a jsonlog with the compiled kernel."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.compiled = self.english

    def frame(self, block: Block, *, final: bool) -> Framed:
        """Frame a whole block; see `Framer`."""
        if not self.compiled:
            return super().frame(block, final=final)
        lines, found = _json.frame(block.data)
        if lines < 0:
            return super().frame(block, final=final)
        found = _with_kinds(found, block.data, self.kind_of)
        return columns(block, lines, found, self.clock, (NOT_JSON, NOT_OURS), json_unescape)
