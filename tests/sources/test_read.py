"""The driver: same result for every number of jobs and block size, every line accounted for, honest when empty."""

from __future__ import annotations

import gzip
import os
import signal
import threading
from pathlib import Path

import pytest

from advisor.sources.errors import InputError
from advisor.sources.overlap import overlaps
from advisor.sources.read import Reading, ReadOptions

pytestmark = pytest.mark.usefixtures("lines_format")

LOG = b"".join(
    b"@%d %d %d select %d\n%s" % (1000 + n, -1 if n % 5 == 0 else n, n % 3, n, b"\tfrom t\n" if n % 4 == 0 else b"")
    for n in range(60)
)
_LINES = LOG.splitlines(keepends=True)
DIRTY = b"".join([*_LINES[:20], b"what is this\n", *_LINES[20:42], b"\xff\xfe\0bad\n", *_LINES[42:]])
Event = tuple[int, int, int, int, int, str]


def events(reading: Reading) -> list[Event]:
    return [
        (
            batch.source,
            int(batch.time_us[n]),
            int(batch.duration_us[n]),
            int(batch.offset[n]),
            int(batch.line[n]),
            batch.texts.sql(n),
        )
        for batch in reading
        for n in range(len(batch))
    ]


def read(path: Path, **options: object) -> tuple[list[Event], Reading]:
    reading = Reading([str(path)], ReadOptions(**options))  # type: ignore[arg-type]
    return events(reading), reading


def test_events_carry_their_lines_and_offsets(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(LOG)
    found, reading = read(path)
    lines = LOG.split(b"\n")
    for _, time, duration, offset, line, sql in found:
        assert LOG[offset:].startswith(b"@%d %d" % (time, duration))
        assert lines[line - 1].startswith(b"@%d " % time)
        assert sql.startswith("select ")
    summary = reading.summaries[0]
    assert (summary.events, summary.bytes, summary.lines) == (48, len(LOG), LOG.count(b"\n"))
    assert (summary.understood_lines, summary.unreadable_lines) == (summary.lines, 0)


def test_no_block_size_and_no_number_of_jobs_changes_anything(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(DIRTY)
    expected, whole = read(path)
    for block_bytes in [*range(1, 80), 333, len(DIRTY) - 1, len(DIRTY), len(DIRTY) + 1]:
        for jobs in (1, 3):
            found, reading = read(path, block_bytes=block_bytes, jobs=jobs)
            assert found == expected, (block_bytes, jobs)
            assert reading.summaries == whole.summaries, (block_bytes, jobs)
    assert whole.summaries[0].unreadable_lines == 2
    assert [example.reason for example in whole.summaries[0].unreadable] == ["no record", "no record"]


def test_pure_framers_run_in_processes_with_the_same_result(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(b"@1 1 1 select 'pure'\n" + DIRTY)
    expected, whole = read(path)
    found, reading = read(path, block_bytes=200, jobs=2)
    assert found == expected
    assert reading.summaries == whole.summaries


def test_a_record_longer_than_the_limit_is_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    long = b"@5 5 5 select\n" + b"\tx\n" * 3000
    path.write_bytes(LOG + long + LOG)
    found: list[Event] = []
    for block_bytes in (64, 1000, 4096):
        before = found
        found, reading = read(path, block_bytes=block_bytes, max_record_bytes=4096)
        summary = reading.summaries[0]
        assert len(found) == 96
        assert found == (before or found)
        assert summary.lines == LOG.count(b"\n") * 2 + 3001
        assert summary.understood_lines + summary.unreadable_lines == summary.lines
        assert summary.unreadable_lines == 3001
        assert "longer than" in summary.unreadable[0].reason
        assert found[-1][4] == summary.lines - (LOG.count(b"\n") - LOG[: LOG.rindex(b"@")].count(b"\n") - 1)


def test_one_endless_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(LOG + b"@5 5 5 select " + b"x" * 50_000)
    found, reading = read(path, block_bytes=1000, max_record_bytes=4096)
    assert len(found) == 48
    assert reading.summaries[0].unreadable_lines == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\0" * 5000, "blanks and zero bytes"),
        (b"\n\n  \n", "blanks"),
        (os.urandom(4096), "binary"),
        (b"once upon a time\nthere was a log\n" * 40, "once upon a time"),
        (gzip.compress(LOG)[:40], "gz"),
    ],
)
def test_nothing_readable_is_an_error_of_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    assert words in message
    assert ";" in message  # what to do


def test_a_recognised_log_without_executions_is_an_error_too(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(b"@1 -1 1 select 1\n" * 20)
    with pytest.raises(InputError, match="no executed statement"):
        read(path)


def test_one_readable_file_carries_the_run_and_the_other_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(LOG)
    (tmp_path / "b.log").write_bytes(b"MZ\x90" + os.urandom(3000))
    reading = Reading([str(tmp_path)])
    assert len(events(reading)) == 48
    good, bad = sorted(reading.summaries, key=lambda one: one.path)
    assert good.unreadable_lines == 0
    assert bad.format == ""
    assert bad.unreadable[0].reason == "it is binary"
    assert bad.lines == bad.unreadable_lines > 0


def test_a_cut_archive_is_read_up_to_the_cut(tmp_path: Path) -> None:
    path = tmp_path / "app.log.gz"
    noisy = LOG + b"".join(b"@%d 7 1 select '%b'\n" % (n, os.urandom(20).hex().encode()) for n in range(2000))
    packed = gzip.compress(noisy)
    path.write_bytes(packed[: len(packed) // 2])
    found, reading = read(path)
    summary = reading.summaries[0]
    assert len(found) > 500
    assert summary.lines == summary.understood_lines + summary.unreadable_lines
    assert any("the archive is cut" in note for note in summary.notes)
    assert any("the archive is cut" in example.reason for example in summary.unreadable)


@pytest.mark.parametrize(
    "recoded",
    [
        b"\xef\xbb\xbf" + LOG,
        LOG.replace(b"\n", b"\r\n"),
        LOG.decode().encode("utf-16"),
        LOG.decode().encode("utf-16-le"),
        LOG.decode().encode("utf-16-be"),
        b"\xff\xfe" + LOG.replace(b"\n", b"\r\n").decode().encode("utf-16-le"),
        LOG.removesuffix(b"\n"),
        gzip.compress(b"\xef\xbb\xbf" + LOG.replace(b"\n", b"\r\n")),
    ],
    ids=["bom", "crlf", "utf-16", "utf-16-le", "utf-16-be", "utf-16 crlf", "no last newline", "gz bom crlf"],
)
def test_encodings_and_line_ends_change_nothing(tmp_path: Path, recoded: bytes) -> None:
    plain, other = tmp_path / "plain.log", tmp_path / "other.log"
    plain.write_bytes(LOG)
    other.write_bytes(recoded)
    expected, _ = read(plain)
    for block_bytes in (1, 7, 100_000):
        found, reading = read(other, block_bytes=block_bytes)
        assert [(e[1], e[2], e[4], e[5]) for e in found] == [(e[1], e[2], e[4], e[5]) for e in expected]
        assert reading.summaries[0].unreadable_lines == 0


def test_an_empty_file_beside_a_log_is_only_noted(tmp_path: Path) -> None:
    (tmp_path / "app.log.1").write_bytes(LOG)
    (tmp_path / "app.log").write_bytes(b"")
    reading = Reading([str(tmp_path)])
    assert len(events(reading)) == 48
    assert (reading.summaries[1].notes, reading.summaries[1].lines) == (["it is empty"], 0)


def test_a_file_that_vanishes_is_reported(tmp_path: Path) -> None:
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(LOG)
    reading = Reading([str(tmp_path)])
    (tmp_path / "b.log").unlink()
    assert len(events(reading)) == 48
    assert "No such file" in reading.summaries[1].unreadable[0].reason


def test_progress_ends_at_the_total(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(LOG)
    calls: list[tuple[int, int | None]] = []
    read(path, block_bytes=100, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (len(LOG), len(LOG))
    assert calls == sorted(calls)


def test_overlapping_files_are_noted(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(LOG)
    (tmp_path / "b.log").write_bytes(LOG)
    reading = Reading([str(tmp_path)])
    assert len(events(reading)) == 96
    (note,) = overlaps(reading.summaries)
    assert "b.log overlaps in time with" in note
    assert overlaps(reversed(reading.summaries)) == [note]


def test_rotated_files_do_not_overlap_for_a_statement_that_ran_across_the_rotation(tmp_path: Path) -> None:
    lines = b"2024-05-01 10:%02d:00 UTC [42] app@shop LOG:  duration: %d.000 ms  statement: select %d\n"
    (tmp_path / "app.log.1").write_bytes(b"".join(lines % (n, 5, n) for n in range(30)))
    (tmp_path / "app.log").write_bytes(b"".join(lines % (n, 1_500_000 if n == 29 else 5, n) for n in range(29, 59)))
    reading = Reading([str(tmp_path)])
    assert len(events(reading)) == 60
    assert [summary.notes for summary in reading.summaries] == [[], []]


@pytest.mark.parametrize("jobs", [1, 3])
def test_ctrl_c_between_batches_keeps_what_was_read(tmp_path: Path, jobs: int) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(LOG * 200)
    reading = Reading([str(path)], ReadOptions(block_bytes=2000, jobs=jobs))
    count = 0
    for batch in reading:
        count += len(batch)
        if count > 100 and not reading.interrupted:
            os.kill(os.getpid(), signal.SIGINT)
    assert reading.interrupted
    assert reading.summaries[0].interrupted
    assert reading.summaries[0].events == count
    assert 100 < count < 48 * 200
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_record_that_ctrl_c_cuts_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    line = b"2024-05-01 10:00:00.000 UTC [42] app@shop LOG:  duration: 5.000 ms  statement: select 1\n"
    # Every chunk of a read ends behind a duration: the cut line alone would be one without a text.
    first = line.replace(b"select 1", b"select 1" + b"1" * (len(line) - line.index(b"  statement")))
    path.write_bytes(first + line * 40_000)
    reading = Reading([str(path)], ReadOptions(block_bytes=len(line) * 4000, jobs=1))
    for _ in reading:
        if not reading.interrupted:
            os.kill(os.getpid(), signal.SIGINT)
    assert reading.interrupted
    assert 0 < reading.summaries[0].events < 40_000
    assert reading.summaries[0].notes == []
    assert reading.summaries[0].unreadable_lines == 0


@pytest.mark.parametrize("block_bytes", [10, 100, 1 << 20])
def test_parts_out_of_order_are_noted(tmp_path: Path, block_bytes: int) -> None:
    path = tmp_path / "app.log"
    day = 86_400_000_000
    path.write_bytes(b"".join(b"@%d 5 1 select 1\n" % (day * 9 + n) for n in [*range(9), -day, 9]))
    _, reading = read(path, block_bytes=block_bytes)
    assert [note for note in reading.summaries[0].notes if "out of order" in note] == [
        "times jump back by hours at line 10: the parts of this input are out of order"
    ]


def test_ctrl_c_while_waiting_for_a_pipe_ends_the_reading(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    started = threading.Event()
    release = threading.Event()

    def write() -> None:
        with path.open("wb") as pipe:
            pipe.write(LOG * 3000)
            pipe.flush()
            started.set()
            os.kill(os.getpid(), signal.SIGINT)
            release.wait(20)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        reading = Reading([str(path)], ReadOptions(block_bytes=2000))
        count = sum(len(batch) for batch in reading)
    finally:
        release.set()
        writer.join()
    assert started.is_set()
    assert reading.interrupted
    assert count > 0


def test_a_second_ctrl_c_raises(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(LOG * 50)

    def twice() -> None:
        for _ in Reading([str(path)], ReadOptions(block_bytes=500)):
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        twice()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
