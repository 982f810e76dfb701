"""MySQL logs through the driver: detected, cut in blocks of any size, framed by any number of jobs; errors that teach."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from advisor.model.batch import Batch
from advisor.sources.errors import InputError
from advisor.sources.read import Reading, ReadOptions

from . import logs
from .test_general import ERROR_LOGS
from .test_pairing import events, incidents

HERE = Path(__file__).parents[3] / "fixtures/mysql"


def read(path: Path, **options: int | str) -> tuple[list[Batch], Reading]:
    reading = Reading([str(path)], ReadOptions(**options))  # type: ignore[arg-type]
    return list(reading), reading


@pytest.mark.parametrize("name", ["recorded/verbose.log", "recorded/general.log", "documented/percona-8.0.log"])
def test_neither_blocks_nor_jobs_change_anything(name: str) -> None:
    whole, reading = read(HERE / name)
    for options in ({"block_bytes": 700}, {"block_bytes": 3000, "jobs": 2}, {"block_bytes": 20_000}):
        parts, again = read(HERE / name, **options)
        assert events(parts) == events(whole)
        assert incidents(parts) == incidents(whole)
        assert again.summaries == reading.summaries
        assert again.capture == reading.capture


def test_every_line_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "slow.log.gz"
    damaged = b"cut in here\n" + logs.MYSQL8 + b"\0" * 900 + logs.LOOKALIKE.replace(b"\n", b"\r\n") + logs.MARIA[:70]
    path.write_bytes(gzip.compress(damaged))
    batches, reading = read(path)
    (summary,) = reading.summaries
    assert sum(len(batch) for batch in batches) == summary.events == 2
    assert summary.lines == summary.understood_lines + summary.unreadable_lines
    assert [entry.line for entry in summary.unreadable] == [1, 21, 23]


@pytest.mark.parametrize("name", ERROR_LOGS)
def test_an_error_log_is_refused_with_the_way_to_the_slow_log(name: str, tmp_path: Path) -> None:
    path = tmp_path / "mysqld.log"
    path.write_bytes(ERROR_LOGS[name])
    with pytest.raises(InputError, match="slow_query_log_file"):
        read(path)


@pytest.mark.parametrize("name", ["ordinary", "general"])
@pytest.mark.parametrize("wrapper", ["bsd", "iso", "journald"])
def test_a_log_that_went_through_the_system_log(tmp_path: Path, name: str, wrapper: str) -> None:
    raw = (HERE / f"recorded/{name}.log").read_bytes()
    lines = raw.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n")

    def wrapped(line: str) -> str:
        if wrapper == "journald":
            entry = {
                "MESSAGE": line,
                "_PID": "7",
                "SYSLOG_IDENTIFIER": "mysqld",
                "__REALTIME_TIMESTAMP": "1709287200000000",
            }
            return json.dumps(entry)
        stamp = "Mar  1 10:00:00" if wrapper == "bsd" else "2024-03-01T10:00:00+00:00"
        return f"{stamp} db1 mysqld[7]: {line}"

    path = tmp_path / "system.log"
    path.write_bytes("\n".join(map(wrapped, lines)).encode("utf-8", "surrogateescape") + b"\n")
    plain = list(Reading([str(HERE / f"recorded/{name}.log")]))
    reading = Reading([str(path)])
    found = list(reading)
    assert [event[1:5] for event in events(found)] == [event[1:5] for event in events(plain)]
    assert reading.summaries[0].unreadable_lines == 0
