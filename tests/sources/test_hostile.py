"""Every bad input that people have, in every format: the rest is read, and what is lost is counted."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from pathlib import Path

import lz4.frame
import pytest
import zstandard

from advisor.sources.errors import InputError
from advisor.sources.read import Reading, ReadOptions

N = 40


def _stderr() -> bytes:
    return b"".join(
        b"2024-05-01 10:00:%02d.000 UTC [42] app@shop LOG:  duration: 1.500 ms  statement: select %d\n\tfrom t\n"
        % (n, n)
        for n in range(N)
    )


def _csv() -> bytes:
    line = (
        '2024-05-01 10:00:{n:02d}.000 UTC,"app","shop",42,"[local]",66321b00.2a,{n},"SELECT",2024-05-01 09:00:00 UTC,'
        '3/1,0,LOG,00000,"duration: 1.500 ms  statement: select ""a"",\n {n} from t",,,,,,,,,"psql","client backend",,0\n'
    )
    return "".join(line.format(n=n) for n in range(N)).encode()


def _json() -> bytes:
    return b"".join(
        json.dumps(
            {
                "timestamp": f"2024-05-01 10:00:{n:02d}.000 UTC",
                "user": "app",
                "dbname": "shop",
                "pid": 42,
                "session_id": "66321b00.2a",
                "line_num": n,
                "error_severity": "LOG",
                "message": f"duration: 1.500 ms  statement: select {n}\nfrom t",
                "backend_type": "client backend",
            }
        ).encode()
        + b"\n"
        for n in range(N)
    )


def _slow() -> bytes:
    return b"".join(
        b"# Time: 2024-05-01T10:00:%02d.000001Z\n# User@Host: a[a] @ h []  Id: 7\n"
        b"# Query_time: 0.500000  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: 9\n"
        b"SET timestamp=%d;\nselect %d\nfrom t;\n" % (n, 1714557600 + n, n)
        for n in range(N)
    )


LOGS = {"stderr": _stderr(), "csv": _csv(), "json": _json(), "slow": _slow()}
every_format = pytest.mark.parametrize("name", LOGS)


def read(tmp_path: Path, data: bytes, **options: object) -> tuple[list[str], Reading]:
    path = tmp_path / "some.log"
    path.write_bytes(data)
    reading = Reading([str(path)], ReadOptions(**options))  # type: ignore[arg-type]
    texts = [batch.texts.sql(n) for batch in reading for n in range(len(batch))]
    for summary in reading.summaries:
        assert summary.lines == summary.understood_lines + summary.unreadable_lines
        assert summary.unreadable_lines >= 0
        assert summary.understood_lines >= 0
    return texts, reading


def records(data: bytes, name: str) -> list[bytes]:
    """The whole records of a log."""
    size = len(data) // N
    mark = {"stderr": b"2024-", "csv": b"2024-05-01 10:", "json": b"{", "slow": b"# Time"}[name]
    starts = [at for at in range(len(data)) if data.startswith(mark, at) and (at == 0 or data[at - 1 : at] == b"\n")]
    assert size
    return [data[a:b] for a, b in zip(starts, [*starts[1:], len(data)], strict=True)]


@every_format
def test_clean(tmp_path: Path, name: str) -> None:
    texts, reading = read(tmp_path, LOGS[name])
    assert len(texts) == N
    assert reading.summaries[0].unreadable_lines == 0
    assert reading.summaries[0].lines == LOGS[name].count(b"\n")


@every_format
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.decode().encode("utf-16"),
        lambda data: data.removesuffix(b"\n"),
        gzip.compress,
        bz2.compress,
        lzma.compress,
        lz4.frame.compress,
        zstandard.ZstdCompressor().compress,
    ],
    ids=["bom", "crlf", "utf-16", "no-newline", "gz", "bz2", "xz", "lz4", "zst"],
)
def test_dress(tmp_path: Path, name: str, damage: object) -> None:
    texts, reading = read(tmp_path, damage(LOGS[name]))  # type: ignore[operator]
    clean, _ = read(tmp_path, LOGS[name])
    assert texts == clean
    assert reading.summaries[0].unreadable_lines == 0


@every_format
def test_zip(tmp_path: Path, name: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.log", LOGS[name])
        archive.writestr("b.log.gz", gzip.compress(LOGS[name]))
    texts, _ = read(tmp_path, buffer.getvalue())
    assert len(texts) == 2 * N


@every_format
def test_bad_utf8_and_nuls_in_a_statement(tmp_path: Path, name: str) -> None:
    whole = records(LOGS[name], name)
    whole[5] = (
        whole[5].replace(b" 5", b" '\xff\xc3('", 2) if name != "csv" else whole[5].replace(b"5 from", b"'\xff' from")
    )
    texts, _ = read(tmp_path, b"".join(whole))
    assert len(texts) >= N - 1


@every_format
def test_a_foreign_line_between_records(tmp_path: Path, name: str) -> None:
    whole = records(LOGS[name], name)
    texts, reading = read(tmp_path, b"".join([*whole[:7], b"Killed\n", *whole[7:]]))
    assert len(texts) >= N - (name == "csv")
    # in a slow log a line behind a statement cannot be told from the statement's own
    assert reading.summaries[0].unreadable_lines >= (name != "slow")


@every_format
def test_a_block_of_zeros_between_records(tmp_path: Path, name: str) -> None:
    whole = records(LOGS[name], name)
    texts, _ = read(tmp_path, b"".join([*whole[:7], b"\0" * 4096, *whole[7:]]))
    assert len(texts) >= N - 2


@every_format
def test_cut_at_both_ends(tmp_path: Path, name: str) -> None:
    data = LOGS[name]
    first = len(records(data, name)[0])
    for cut in range(1, first, 7):
        texts, reading = read(tmp_path, data[cut:-cut])
        assert N - 2 <= len(texts) <= N
        assert reading.summaries[0].lines > 0


@every_format
def test_a_cut_archive(tmp_path: Path, name: str) -> None:
    packed = gzip.compress(LOGS[name] * 30, compresslevel=1)
    texts, reading = read(tmp_path, packed[: len(packed) * 2 // 3])
    assert len(texts) > 30 * N // 3
    assert "the archive is cut" in " ".join(reading.summaries[0].notes)


@every_format
def test_jobs_and_blocks_change_nothing(tmp_path: Path, name: str) -> None:
    whole = records(LOGS[name], name)
    data = b"".join([*whole[:7], b"Killed\n", *whole[7:20], b"\xff\0\n", *whole[20:]])
    expected, first = read(tmp_path, data)
    longest = max(map(len, whole))
    for block_bytes in [1, 17, longest - 1, longest, longest + 1, 1000, len(data) - 1]:
        for jobs in (1, 3):
            texts, reading = read(tmp_path, data, block_bytes=block_bytes, jobs=jobs)
            assert texts == expected, (block_bytes, jobs)
            assert reading.summaries == first.summaries, (block_bytes, jobs)


@every_format
def test_no_password_leaves_a_reading(tmp_path: Path, name: str) -> None:
    secret = "CREATE USER joe IDENTIFIED BY 'hush-hush'; -- "
    whole = records(LOGS[name], name)
    data = b"".join(whole).replace(b"select 7\n", secret.encode() + b"\n").replace(b'select ""a""', secret.encode())
    data = data.replace(b"select 7\\n", secret.encode() + b"\\n")
    assert b"hush" in data
    texts, _ = read(tmp_path, data)
    assert len(texts) == N
    assert any("CREATE USER" in text for text in texts)
    assert not any("hush" in text for text in texts)


@every_format
def test_another_format_told(tmp_path: Path, name: str) -> None:
    """What the user insists on is tried, and told when it was wrong."""
    wrong = "mysql-slow" if name != "slow" else "postgresql-csv"
    with pytest.raises(InputError) as caught:
        read(tmp_path, LOGS[name], input_format=wrong)
    assert wrong in str(caught.value)
