"""A few real executions of every shape: the slowest, and typical ones.

Typical are the k executions with the smallest hash of (literals, time): a fair draw that comes out the same in every
grouping of the events. Texts are fetched only for executions that make it in, so a shape costs less and less as it
repeats. Equal durations and equal hashes are settled by source and offset.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.int64]
#: SQL (None when it was given up) and parameters of a candidate, and its flags.
Text = tuple[bytes | None, bytes | None, int]

CUT = 1
"""Flag: the text or its parameters were longer than LIMITS.sample_bytes."""
REDACTED = 2
"""Flag: literals and parameters have been taken out."""

T = TypeVar("T", bound=np.generic)

EMPTY = -1
SLOWEST = 0
_COLUMNS = ("hash", "duration", "time", "offset", "line", "source", "flags", "sql", "parameters")
_LAST_HASH = 2**64 - 1
#: What stands in the columns of an empty slot.
_NOTHING = (_LAST_HASH, -1, 0, 0, 0, EMPTY, 0, None, None)


class Samples:
    """For each shape slot 0, its slowest execution, and slots 1..k, typical ones by ascending hash."""

    def __init__(self, typical: int, source_ids: Callable[[], NDArray[np.uint64]]) -> None:
        """``source_ids`` gives the identity of every source by number, to settle ties."""
        self.slots = 1 + typical
        self._source_ids = source_ids
        self._room = 0
        self.bytes = 0
        """Of the texts, about: `recount` makes it exact."""
        self.hash = np.zeros((self.slots, 0), np.uint64)
        self.duration = np.zeros((self.slots, 0), np.int64)
        self.time = np.zeros((self.slots, 0), np.int64)
        self.offset = np.zeros((self.slots, 0), np.int64)
        self.line = np.zeros((self.slots, 0), np.int64)
        self.source = np.zeros((self.slots, 0), np.int32)
        self.flags = np.zeros((self.slots, 0), np.int8)
        self.sql = np.zeros((self.slots, 0), np.object_)
        self.parameters = np.zeros((self.slots, 0), np.object_)

    def grow(self, shapes: int) -> None:
        """Make room for shapes."""
        if shapes <= self._room:
            return
        self._room = max(shapes, self._room + self._room // 4, 256)
        for name, nothing in zip(_COLUMNS, _NOTHING, strict=True):
            setattr(self, name, _wider(getattr(self, name), self._room, nothing))

    def offer(
        self,
        shapes: Column,
        hashes: NDArray[np.uint64],
        durations: Column,
        times: Column,
        sources: NDArray[np.int32],
        offsets: Column,
        lines: Column,
        text: Callable[[int], Text],
        slowest: NDArray[np.bool_] | None = None,
        typical: NDArray[np.bool_] | None = None,
    ) -> None:
        """Offer executions; ``slowest`` and ``typical`` limit which of them are offered as what."""
        fetched: dict[int, Text] = {}

        def put(slots: Column, events: Column) -> None:
            to = shapes[events]
            self.hash[slots, to] = hashes[events]
            self.duration[slots, to] = durations[events]
            self.time[slots, to] = times[events]
            self.offset[slots, to] = offsets[events]
            self.line[slots, to] = lines[events]
            self.source[slots, to] = sources[events]
            if not len(events):
                return
            texts: list[Text] = []
            for event in events.tolist():
                if event not in fetched:
                    fetched[event] = text(event)
                texts.append(fetched[event])
            sql, parameters, self.flags[slots, to] = zip(*texts, strict=True)
            self.sql[slots, to] = sql
            self.parameters[slots, to] = parameters
            for slot, shared, one, given in zip(
                slots.tolist(), self.sql[SLOWEST, to].tolist(), sql, parameters, strict=True
            ):
                if one is not None and (slot == SLOWEST or one is not shared):
                    self.bytes += len(one) + len(given or b"")

        ids = self._source_ids()
        good = durations >= np.maximum(self.duration[SLOWEST, shapes], 0)
        if slowest is not None:
            good &= slowest
        at = np.flatnonzero(good)
        if len(at):
            at = at[np.lexsort((offsets[at], ids[sources[at]], hashes[at], -durations[at], shapes[at]))]
            at = at[np.concatenate(([True], shapes[at[1:]] != shapes[at[:-1]]))]
            better = durations[at] > self.duration[SLOWEST, shapes[at]]
            for i in np.flatnonzero(~better).tolist():
                rank_of = self._rank(hashes, sources, offsets, int(at[i]), ids)
                better[i] = rank_of < self._rank_held(SLOWEST, int(shapes[at[i]]), ids)
            put(np.full(int(better.sum()), SLOWEST), at[better])
        good = hashes <= self.hash[-1, shapes]
        if typical is not None:
            good &= typical
        at = np.flatnonzero(good)
        if len(at):
            at = at[np.lexsort((offsets[at], ids[sources[at]], -durations[at], hashes[at], shapes[at]))]
            new_shape = np.concatenate(([True], shapes[at[1:]] != shapes[at[:-1]]))
            distinct = new_shape | np.concatenate(([True], hashes[at[1:]] != hashes[at[:-1]]))
            at, new_shape = at[distinct], new_shape[distinct]
            starts = np.flatnonzero(new_shape)
            rank = np.arange(len(at)) - np.repeat(starts, np.diff(starts, append=len(at)))
            at = at[rank < self.slots - 1]
            moved, put_slots, put_events = self._draw(
                shapes[at], hashes[at], durations[at], sources[at], offsets[at], ids
            )
            for column, (slots, to, values) in zip(self._columns(), moved, strict=True):
                column[slots, to] = values
            put(put_slots, at[put_events])

    def _draw(
        self,
        shapes: Column,
        hashes: NDArray[np.uint64],
        durations: Column,
        sources: NDArray[np.int32],
        offsets: Column,
        ids: NDArray[np.uint64],
    ) -> tuple[list[tuple[Column, Column, NDArray[Any]]], Column, Column]:
        """Draw the typical samples of shapes anew, out of those held and candidates ordered by shape.

        Gives what of the held ones moves (slots, shapes and values, column by column), and the slots and numbers of the
        candidates that are drawn.
        """
        concerned = np.unique(shapes)
        held_slot, place = np.nonzero(self.source[1:, concerned] != EMPTY)
        held_slot, held_shape = held_slot + 1, concerned[place]
        held = (held_slot, held_shape)
        shape = np.concatenate((held_shape, shapes))
        hash_ = np.concatenate((self.hash[held], hashes))
        duration = np.concatenate((self.duration[held], durations))
        source = ids[np.concatenate((self.source[held], sources))]
        order = np.lexsort((np.concatenate((self.offset[held], offsets)), source, -duration, hash_, shape))
        shape, hash_ = shape[order], hash_[order]
        new_shape = np.concatenate(([True], shape[1:] != shape[:-1]))
        distinct = new_shape | np.concatenate(([True], hash_[1:] != hash_[:-1]))
        order, shape, new_shape = order[distinct], shape[distinct], new_shape[distinct]
        starts = np.flatnonzero(new_shape)
        slot = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order))) + 1
        drawn = slot < self.slots
        order, shape, slot = order[drawn], shape[drawn], slot[drawn]
        was_held = order < len(held_slot)
        source_slot = held_slot[order[was_held]]
        stays = source_slot == slot[was_held]
        moves = np.flatnonzero(was_held)[~stays]
        origin = (source_slot[~stays], shape[moves])
        moved = [(slot[moves], shape[moves], column[origin]) for column in self._columns()]
        return moved, slot[~was_held], order[~was_held] - len(held_slot)

    @staticmethod
    def _rank(
        hashes: NDArray[np.uint64], sources: NDArray[np.int32], offsets: Column, event: int, ids: NDArray[np.uint64]
    ) -> tuple[int, int, int]:
        """What settles ties between executions: hash, source, offset."""
        return int(hashes[event]), int(ids[sources[event]]), int(offsets[event])

    def _rank_held(self, slot: int, shape: int, ids: NDArray[np.uint64]) -> tuple[int, int, int]:
        return int(self.hash[slot, shape]), int(ids[self.source[slot, shape]]), int(self.offset[slot, shape])

    def _columns(self) -> list[NDArray[Any]]:
        return [getattr(self, name) for name in _COLUMNS]

    def keep(self, chosen: Column, shapes: int) -> None:
        """Keep the samples of the chosen ones of all shapes only (ascending numbers), numbered anew. In place."""
        n = len(chosen)
        gone = np.ones(shapes, np.bool_)
        gone[chosen] = False
        dropped = np.flatnonzero(gone)
        self.bytes -= sum(int(self.sizes(slot, dropped).sum()) for slot in range(self.slots))
        for column, nothing in zip(self._columns(), _NOTHING, strict=True):
            for slot in range(self.slots):
                column[slot, :n] = column[slot, chosen]
            column[:, n:] = nothing

    def sizes(self, slot: int, shapes: Column | slice) -> Column:
        """Bytes of a slot's texts, shape by shape; 0 where the text is that of the slowest execution."""
        texts, slowest = self.sql[slot, shapes].tolist(), self.sql[SLOWEST, shapes].tolist()
        given = self.parameters[slot, shapes].tolist()
        return np.array(
            [
                0 if sql is None or (slot != SLOWEST and sql is first) else len(sql) + len(parameters or b"")
                for sql, first, parameters in zip(texts, slowest, given, strict=True)
            ],
            np.int64,
        )

    def recount(self, shapes: int) -> None:
        """Count the bytes of the texts."""
        self.bytes = sum(int(self.sizes(slot, slice(shapes)).sum()) for slot in range(self.slots))

    def drop_texts(self, slot: int, shapes: Column) -> None:
        """Give up texts; what they were stays known, so that others do not take their place."""
        self.sql[slot, shapes] = None
        self.parameters[slot, shapes] = None


def _wider(column: NDArray[T], room: int, nothing: int | None) -> NDArray[T]:
    wider = np.full((len(column), room), nothing, column.dtype)
    wider[:, : column.shape[1]] = column
    return wider
