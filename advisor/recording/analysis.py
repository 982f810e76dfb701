"""From notes to statements, and from their texts to the links between them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from advisor.fingerprint import kind_of, normalise
from advisor.fingerprint.identity import fingerprint_of
from advisor.fingerprint.keying import key
from advisor.graphs import NotAnalysed, QueryGraph, build
from advisor.model.catalog import Catalog
from advisor.model.engine import EngineName, dialect_of
from advisor.model.recorded import Phase, Recorded
from advisor.model.stream import KeyLink
from advisor.recording import frames as marks
from advisor.recording.recorder import Note, Recorder, counted_rows
from advisor.recording.values import keys
from advisor.stream.links import Links


def recorded(recorder: Recorder) -> tuple[Recorded, ...]:
    """The statements of a capture so far, in the order in which they were sent."""
    ordered = sorted(map(Note._make, recorder.notes), key=lambda note: note.start_ns)
    transactions: dict[object, int] = {0: 0}
    units: dict[tuple[int, int], int] = {(0, 0): 0}
    return tuple(_statement(note, recorder, transactions, units) for note in ordered)


def _statement(
    note: Note, recorder: Recorder, transactions: dict[object, int], units: dict[tuple[int, int], int]
) -> Recorded:
    sql = note.sql.decode("utf-8", "replace") if isinstance(note.sql, bytes | bytearray) else str(note.sql)
    shape = _shape(sql, note.engine)
    place, passed, lazy, flush, request = note.walk
    passed &= ~recorder.marks
    four, literals, longest, executions = note.values
    return Recorded(
        sql=sql,
        engine=note.engine,
        fingerprint=shape.fingerprint,
        normalised=shape.text,
        kind=shape.kind,
        start_ns=note.start_ns,
        duration_us=(note.end_ns - note.start_ns) // 1000,
        rows=counted_rows(note.rows),
        executions=executions,
        round_trips=executions if note.many_trips else 1,
        in_count=max(longest, shape.listed),
        keys=keys(four) if four else shape.keys,
        literals=hash((literals, shape.literals)),
        connection=note.connection,
        transaction=transactions.setdefault(note.transaction, len(transactions)),
        unit=units.setdefault((note.unit, request), len(units)),
        thread=note.thread,
        stack=recorder.frames.stack(place),
        path=hash(tuple(dict.fromkeys(zip(place[::2], place[1::2], strict=True)))),
        phase=_phase(passed),
        framework=_framework(passed),
        lazy=lazy,
        flush=flush,
        failed=note.failed,
    )


class _Shape(NamedTuple):
    text: str
    fingerprint: str
    kind: str
    listed: int
    literals: int
    keys: tuple[int, int, int, int]


@lru_cache(maxsize=4096)
def _shape(sql: str, engine: EngineName) -> _Shape:
    dialect = dialect_of(engine)
    text = normalise(sql, dialect)
    kind = "transaction" if text.startswith("set transaction") else str(kind_of(text))
    keyed = key(sql.encode("utf-8", "surrogatepass"), dialect)
    one, two, three, four = (int(value) for value in keyed.keys)
    return _Shape(text, fingerprint_of(text), kind, int(keyed.in_count), int(keyed.literals), (one, two, three, four))


def _phase(passed: int) -> Phase:
    if passed & (1 << marks.DRIVER):
        return "driver"
    if passed & (1 << marks.MIGRATION):
        return "migration"
    if passed & (1 << marks.FIXTURE | 1 << marks.FIXTURE_RUNNER):
        return "fixture"
    return "work"


def _framework(passed: int) -> str | None:
    for name, verdict in (("django", marks.DJANGO), ("sqlalchemy", marks.SQLALCHEMY), ("peewee", marks.PEEWEE)):
        if passed & (1 << verdict):
            return name
    return None


class SeenLinks:
    """Links between the statements of a capture. Their texts are read when somebody first asks."""

    def __init__(self, statements: Sequence[Recorded], catalogs: Sequence[Catalog] = ()) -> None:
        self._statements = statements
        self._catalogs = tuple(catalogs)

    @cached_property
    def _links(self) -> Links:
        texts = {s.fingerprint: s for s in self._statements if s.counted}
        graphs = {}
        for fingerprint, statement in list(texts.items())[:_SHAPES]:
            if self._catalogs:
                graph = _read(statement.normalised, statement.engine, self._catalogs)
            else:
                graph = _read_once(statement.normalised, statement.engine)
            if graph is not None:
                graphs[fingerprint] = graph
        return Links(graphs, self._catalogs)

    def of(self, parent: str, child: str) -> KeyLink | None:
        """How the child's key comes from the parent's rows."""
        return self._links.of(parent, child)

    def kind(self, child: str) -> str | None:
        """What sort of question it is."""
        return self._links.kind(child)

    def noise(self, fingerprint: str) -> bool:
        """It is the driver's own, or asks the system's catalogs alone."""
        return self._links.noise(fingerprint)

    def analysed(self, fingerprint: str) -> bool:
        """Its text could be read."""
        return fingerprint in self._links.graphs


#: Shapes of a capture that are read, at most: a test has a few dozen, and each costs a millisecond or two.
_SHAPES = 300


@lru_cache(maxsize=2048)
def _read_once(text: str, engine: EngineName) -> QueryGraph | None:
    """Tests of one suite ask the same questions."""
    return _read(text, engine, ())


def _read(text: str, engine: EngineName, catalogs: Sequence[Catalog]) -> QueryGraph | None:
    try:
        return build(text, engine, [c for c in catalogs if dialect_of(c.engine.name) == dialect_of(engine)])
    except (NotAnalysed, RecursionError):
        return None
