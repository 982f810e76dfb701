"""Reads recorded or handmade logs through framer and pairing, for the tests of this folder."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from advisor.model.batch import Batch
from advisor.model.incident import Incident
from advisor.sources.framed import Block
from advisor.sources.postgresql import csvlog, jsonlog, stderr
from advisor.sources.postgresql.pairing import Pairing
from advisor.sources.postgresql.record import ORPHAN

FIXTURES = Path(__file__).parents[3] / "fixtures" / "postgresql" / "pairing"
FORMATS: dict[str, ModuleType] = {"log": stderr, "csv": csvlog, "json": jsonlog}


@dataclass
class Event:
    sql: str
    parameters: str | None
    duration_us: int
    time_us: int
    rows: int
    offset: int
    line: int
    session: int
    fetch: bool
    database: str | None
    user: str | None
    key: int
    literals: int


@dataclass
class Result:
    events: list[Event] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    pairing: Pairing | None = None
    unreadable: list[tuple[int, int, str]] = field(default_factory=list)

    def counts(self) -> Counter[str]:
        return Counter(("fetch: " if event.fetch else "") + event.sql for event in self.events)

    def kinds(self) -> Counter[str]:
        return Counter(incident.kind for incident in self.incidents)

    def of(self, kind: str) -> list[Incident]:
        return [incident for incident in self.incidents if incident.kind == kind]

    def take(self, batch: Batch | None) -> None:
        if batch is None:
            return
        self.incidents += batch.incidents
        offsets = batch.offset.tolist()
        assert offsets == sorted(offsets)
        for n in range(len(batch)):
            context = batch.contexts[batch.context[n]]
            self.events.append(
                Event(
                    batch.texts.sql(n),
                    batch.texts.parameters(n),
                    int(batch.duration_us[n]),
                    int(batch.time_us[n]),
                    int(batch.rows_sent[n]),
                    int(batch.offset[n]),
                    int(batch.line[n]),
                    int(batch.session[n]),
                    batch.continues is not None and bool(batch.continues[n]),
                    context.database,
                    context.user,
                    int(batch.shape_key[n]),
                    int(batch.literals[n]),
                )
            )

    def canonical(self) -> tuple[Any, ...]:
        """Everything that must not depend on where blocks were cut."""
        assert self.pairing is not None
        return (
            sorted((vars(event) for event in self.events), key=lambda event: (event["offset"], event["sql"])),
            sorted(self.incidents, key=lambda incident: (incident.offset, incident.kind)),
            self.pairing.notes,
            self.pairing.capture,
            sorted(self.unreadable),
        )


def read(data: bytes, ext: str = "log", cuts: Sequence[int] = (), **options: Any) -> Result:
    """Frame and pair ``data`` cut into blocks at ``cuts``."""
    framer = FORMATS[ext].make(data, **options)
    result = Result(pairing=Pairing(0, framer))
    assert result.pairing is not None
    edges = [0, *sorted(set(cuts) - {0, len(data)}), len(data)]
    for start, end in itertools.pairwise(edges):
        block = Block(data[start:end], start, 1 + data.count(b"\n", 0, start))
        framed = framer.frame(block, final=end == len(data))
        result.unreadable += [(block.line + line, lines, reason) for line, lines, reason in framed.unreadable]
        result.take(result.pairing.feed(framed))
        result.unreadable += result.pairing.unreadable
        result.pairing.unreadable.clear()
    result.take(result.pairing.finish())
    return result


def record_starts(data: bytes, ext: str = "log") -> list[int]:
    """Where a block may be cut."""
    framed = FORMATS[ext].make(data).frame(Block(data, 0, 1), final=True)
    assert framed.other_kind is not None
    others = framed.other_start[framed.other_kind != ORPHAN]
    return sorted({*framed.start.tolist(), *others.tolist()} - {0})


def log(name: str, ext: str = "log") -> bytes:
    return (FIXTURES / f"{name}.{ext}").read_bytes()


def truth(name: str) -> tuple[dict[str, str], Counter[str]]:
    """The settings of a recording, and what its client executed."""
    document = json.loads((FIXTURES / f"{name}.truth.json").read_text())
    return document["settings"], Counter(document["executed"])
