"""From shape keys to shape numbers: every event by its key, every new key once by its text."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from advisor.digest.keytable import KeyTable
from advisor.digest.shapetable import ENGINES, KINDS, ShapeTable
from advisor.model.engine import EngineName, dialect_of
from advisor.model.limits import LIMITS

#: A normalised text longer than this is cut. Its fingerprint is that of the whole.
TEXT_BYTES = 64 << 10
_KIND = {kind: code for code, kind in enumerate(KINDS)}


class Identities:
    """Shape numbers by engine and key. Keys live only as long as a run: they differ between the two tokenisers."""

    def __init__(self) -> None:
        self._tables: dict[EngineName, KeyTable] = {}

    def numbers(
        self, engine: EngineName, keys: NDArray[np.uint64], text: Callable[[int], str], shapes: ShapeTable
    ) -> NDArray[np.int32]:
        """The shape number of each event; shapes not met before are added to ``shapes``."""
        table = self._tables.setdefault(engine, KeyTable())
        found = table.find(keys)
        unknown = np.flatnonzero(found < 0)
        if len(unknown):
            new, first = np.unique(keys[unknown], return_index=True)
            numbers = identify(engine, (text(event) for event in unknown[first].tolist()), shapes)
            table.insert(new, numbers)
            found[unknown] = table.find(keys[unknown])
        return found

    def renumber(self, new: NDArray[np.int32]) -> None:
        """Give shape i the number ``new[i]``; forget the keys of shapes where that is negative."""
        for table in self._tables.values():
            table.renumber(new)


def identify(engine: EngineName, texts: Iterable[str], shapes: ShapeTable) -> NDArray[np.int32]:
    """The shape number of each text; new shapes are added."""
    from advisor.fingerprint import brief
    from advisor.fingerprint.checksum import checksum

    dialect, code = dialect_of(engine), ENGINES.index(engine)
    fingerprints: list[int] = []
    fresh: dict[int, tuple[bytes, int, int]] = {}
    for text in texts:
        fingerprint, normal, kind = brief(text, dialect)
        fingerprints.append(fingerprint)
        if fingerprint not in fresh:
            # pt's id of a text whose sample is going to be cut can be had only now: see `checksums`
            whole = dialect != "mysql" or len(text) * 4 <= LIMITS.sample_bytes
            percona = None if whole else checksum(text)
            fresh[fingerprint] = (
                cut_bytes(normal, TEXT_BYTES),
                _KIND.get(kind, 0),
                int(percona, 16) if percona else 0,
            )
    wanted = np.array(fingerprints, np.uint64)
    distinct = np.unique(wanted)
    distinct = distinct[shapes.find(code, distinct) < 0]
    if len(distinct):
        rows = [fresh[f] for f in distinct.tolist()]
        shapes.append(
            code,
            distinct,
            [row[0] for row in rows],
            np.array([row[1] for row in rows], np.int8),
            np.array([row[2] for row in rows], np.uint64),
        )
    return shapes.find(code, wanted)


def cut(text: str, most: int) -> bytes:
    """A text as at most ``most`` bytes of UTF-8, cut between characters."""
    return cut_bytes(text.encode("utf-8", "replace"), most)


def cut_bytes(data: bytes, most: int) -> bytes:
    """UTF-8 as at most ``most`` bytes, cut between characters."""
    return data if len(data) <= most else data[:most].decode("utf-8", "ignore").encode()
