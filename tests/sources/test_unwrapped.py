"""Lines inside wrappers are told as lines of the file that people open."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.sources.read import Reading, ReadOptions

N = 30


def _line(n: int) -> str:
    return f"2024-05-01 10:00:{n:02d}.000 UTC [42] app@shop LOG:  duration: 1.500 ms  statement: select {n}"


def _docker(text: str) -> str:
    return json.dumps({"log": text, "stream": "stderr", "time": "2024-05-01T10:00:00Z"})


def _cri(text: str, mark: str = "F") -> str:
    return f"2024-05-01T10:00:00.000000000Z stderr {mark} {text}"


def read(path: Path, lines: list[str], block_bytes: int) -> tuple[dict[int, int], Reading]:
    path.write_text("".join(line + "\n" for line in lines))
    reading = Reading([str(path)], ReadOptions(block_bytes=block_bytes))
    found = {}
    for batch in reading:
        for n in range(len(batch)):
            found[int(batch.texts.sql(n).split()[-1])] = int(batch.line[n])
    return found, reading


@pytest.mark.parametrize("block_bytes", [200, 1 << 20])
def test_foreign_lines_and_pieces_keep_lines_right(tmp_path: Path, block_bytes: int) -> None:
    lines: list[str] = []
    expected = {}
    for n in range(N):
        expected[n] = len(lines) + 1
        if n % 7 == 3:
            half = len(_line(n)) // 2
            lines += [_cri(_line(n)[:half], "P"), _cri(_line(n)[half:])]
            expected[n] += 1  # it is whole where its last piece stands
        else:
            lines.append(_cri(_line(n)))
        if n % 5 == 2:
            lines.append("this is not of the container runtime")
    found, reading = read(tmp_path / "0.log", lines, block_bytes)
    (summary,) = reading.summaries
    assert summary.format == "cri > postgresql-stderr"
    assert found == expected
    foreign = [number for number, line in enumerate(lines, 1) if line.startswith("this")]
    assert [example.line for example in summary.unreadable] == foreign


@pytest.mark.parametrize("block_bytes", [200, 1 << 20])
def test_unreadable_lines_inside_are_told_too(tmp_path: Path, block_bytes: int) -> None:
    lines = [_docker(_line(n) + "\n") for n in range(N)]
    lines.insert(4, "plain text")
    lines.insert(11, _docker("no line of a server\n"))
    found, reading = read(tmp_path / "container-json.log", lines, block_bytes)
    assert found[3] == 4
    assert found[4] == 6
    assert found[N - 1] == N + 2
    assert [example.line for example in reading.summaries[0].unreadable] == [5, 12]
