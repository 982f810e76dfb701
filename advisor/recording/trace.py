"""What a capture saw, and the assertions that a test makes of it."""

from __future__ import annotations

from collections.abc import Container, Sequence

from advisor.model.catalog import Catalog
from advisor.model.recorded import Recorded, RecordedRepetition
from advisor.model.stream_limits import STREAM
from advisor.recording import message
from advisor.recording.allowing import allowed
from advisor.recording.errors import NPlusOneError, TooManyQueriesError
from advisor.recording.recorder import Recorder

#: Repetitions for which an assertion fails. `redundant`, `loop` and `list_then_detail` are told, and fail nothing.
FAILING = frozenset(
    {
        "n_plus_one",
        "count_per_row",
        "exists_per_row",
        "aggregate_per_row",
        "update_per_row",
        "insert_per_row",
        "delete_per_row",
        "get_or_create",
    }
)


class Trace:
    """The statements of a capture. Can be read while the block still runs; then it tells what was seen so far."""

    def __init__(
        self,
        recorder: Recorder,
        *,
        catalogs: tuple[Catalog, ...] = (),
        repeats: int = STREAM.capture_repeats,
        set_up_files: Container[str] = frozenset(),
    ) -> None:
        self._recorder = recorder
        self._catalogs = catalogs
        self._repeats = repeats
        self._set_up_files = set_up_files
        self._read: tuple[int, tuple[Recorded, ...]] = (0, ())
        self._found: tuple[int, list[RecordedRepetition]] | None = None

    @property
    def statements(self) -> tuple[Recorded, ...]:
        """All that was seen, in order; also what does not count (see `Recorded.counted`)."""
        from advisor.recording.analysis import recorded

        seen = len(self._recorder.notes)
        if self._recorder.open or self._read[0] != seen:
            self._read = seen, recorded(self._recorder)
        return self._read[1]

    @property
    def count(self) -> int:
        """Statements of the work: an `executemany` is one; BEGIN, COMMIT, savepoints, what a driver asks to connect,
        migrations and fixtures are none."""
        return sum(s.counted for s in self.statements)

    @property
    def round_trips(self) -> int:
        """How often the counted statements go to the server: an `executemany` of some drivers goes once a row."""
        return sum(s.round_trips for s in self.statements if s.counted)

    @property
    def seconds(self) -> float:
        """Time that the program waited for the counted statements, added up over threads."""
        return sum(s.duration_us for s in self.statements if s.counted) / 1e6

    @property
    def missed(self) -> tuple[str, ...]:
        """What could not be recorded, in words."""
        return tuple(self._recorder.missed)

    @property
    def repetitions(self) -> list[RecordedRepetition]:
        """Statements repeated by the same lines of code; the sure ones, and those that cost most, first."""
        statements = self.statements
        if self._found is None or self._found[0] != len(statements) or self._recorder.open:
            self._found = len(statements), self._find(statements)
        return self._found[1]

    def _find(self, statements: Sequence[Recorded]) -> list[RecordedRepetition]:
        from advisor.recording.loops import loops

        if not loops(statements, self._repeats):
            return []  # the ordinary test: nothing that reads SQL is loaded
        from advisor.recording.analysis import SeenLinks
        from advisor.recording.detection import repetitions

        return repetitions(statements, SeenLinks(statements, self._catalogs), self._repeats, self._set_up_files)

    def n_plus_ones(self, allow: Sequence[str] = ()) -> list[RecordedRepetition]:
        """The repetitions for which `assert_no_n_plus_one` fails."""
        return [
            r
            for r in self.repetitions
            if r.kind in FAILING and r.tier != "possible" and not r.set_up and not allowed(r, allow)
        ]

    def report(self) -> str:
        """What was seen, as text: counts, repetitions, and what ran most often. Values are left out."""
        return message.report(self)

    def assert_no_n_plus_one(self, allow: Sequence[str] = ()) -> None:
        """Raise NPlusOneError if statements are repeated for rows of another one.

        ``allow``: repetitions that are meant to be, named by table, by what is loaded (``Book.author``), by
        fingerprint, or by place: function, ``file``, ``file:line``, with ``*`` for anything.
        """
        __tracebackhide__ = True
        found = self.n_plus_ones(allow)
        if found:
            raise NPlusOneError(message.n_plus_one(found))

    def assert_max_queries(self, most: int) -> None:
        """Raise TooManyQueriesError if more statements ran than ``most`` (see `count`)."""
        __tracebackhide__ = True
        if self.count > most:
            raise TooManyQueriesError(message.too_many(self, most))
