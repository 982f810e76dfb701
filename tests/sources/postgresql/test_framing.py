"""Cutting changes nothing, and the compiled framers agree with the Python ones on anything."""

from __future__ import annotations

import json
import pickle
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.sources.framed import Block
from advisor.sources.postgresql.kernels import compiled
from tests.sources.postgresql import recorded
from tests.sources.postgresql.framing import MODULES, framers, pure, record_starts, rows, same_columns
from tests.sources.postgresql.logtext import PREFIXES, log, text

FILES = sorted(
    path for kind in MODULES for path in recorded.FIXTURES.glob(f"*.{kind}") if "truth" not in path.name
)  # fmt: skip
IDS = [path.name for path in FILES]
_PIECES = [
    b"\n", b"\n\n", b"\t", b"\r\n", b'"', b'""', b"\\", b"\\n", b"\\u00e9", b"\\ud83d\\ude00", b"\\ud800", b",", b"{", b"}",
    b"\0", b"\xff", b":", b": ", b"  ", b"-", b"(123)", b"[local]", b"LOG:  ", b"DETAIL:  ", b"FEHLER:  ", b"/0", b"@",
    b"duration: 5.000 ms  execute a:b: x", b"STATEMENT:  ", "DÉTAIL:  ".encode(), b"parameters: ", b"00000: ",
]  # fmt: skip


def mangled(data: bytes, seed: int) -> bytes:
    """A stretch of a log with pieces lost, repeated and put in."""
    chance = random.Random(seed)
    at = chance.randrange(max(1, len(data) - 3000))
    out = bytearray(data[at : at + 3000])
    for _ in range(chance.randrange(14)):
        place = chance.randrange(len(out) + 1)
        match chance.randrange(4):
            case 0:
                del out[place : place + chance.randrange(60)]
            case 1 | 2:
                out[place:place] = chance.choice(_PIECES)
            case _:
                other = chance.randrange(len(out) + 1)
                out[place:place] = out[other : other + chance.randrange(300)]
    return bytes(out)


def check_cuts(framer: object, data: bytes) -> None:
    whole = rows(framer, data)
    for cut in record_starts(framer, data):
        line = 1 + data[:cut].count(b"\n")
        assert rows(framer, data[:cut], final=False) + rows(framer, data[cut:], start=cut, line=line) == whole, cut


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_any_cut_gives_the_same_records(path: recorded.Path) -> None:
    data = path.read_bytes()[:2500]
    for framer in framers(path.suffix[1:], data):
        check_cuts(framer, data)


@pytest.mark.parametrize("kind", MODULES)
@pytest.mark.parametrize("seed", range(6))
def test_any_cut_of_a_damaged_log_gives_the_same_records(kind: str, seed: int) -> None:
    data = (recorded.FIXTURES / f"duration.{kind}").read_bytes()
    framer = framers(kind, data)[-1]
    check_cuts(framer, mangled(data, seed)[:1800])


@pytest.mark.skipif(compiled() is None, reason="the extensions were not built")
@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_compiled_and_python_framers_agree_on_recorded_and_damaged_logs(path: recorded.Path) -> None:
    data = path.read_bytes()
    made = MODULES[path.suffix[1:]].make(data)
    for block in [data, *(mangled(data, seed) for seed in range(25))]:
        ours, theirs = (f.frame(Block(block, 0, 1), final=True) for f in (pure(made, path.suffix[1:]), made))
        assert same_columns(ours, theirs), block


@pytest.mark.skipif(compiled() is None, reason="the extensions were not built")
@pytest.mark.parametrize("setting", PREFIXES)
def test_compiled_and_python_framers_agree_on_any_prefix(setting: str) -> None:
    data = text(log(setting, lines=60, zone="+03"))
    for options in ({}, {"log_line_prefix": setting}):
        made = MODULES["log"].make(data, **options)
        for block in [data, *(mangled(data, seed) for seed in range(4))]:
            ours, theirs = (f.frame(Block(block, 0, 1), final=True) for f in (pure(made, "log"), made))
            assert same_columns(ours, theirs), block


_texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40) | st.sampled_from(
    [
        "duration: 1.500 ms  statement: SELECT 'é\n\t\"x\"', 1",
        "duration: 1.500 ms  execute <unnamed>: SELECT '\\'",
        "a\\",
        "😀",
        "",
    ]
)


@pytest.mark.skipif(compiled() is None, reason="the extensions were not built")
@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"timestamp": st.sampled_from(["2024-03-01 08:00:00.123 UTC", "2024-03-01T08:00:00.1+01:00", "x", ""])},
            optional={
                "error_severity": st.sampled_from(["LOG", "ERROR", "WARNING", ""]),
                "message": _texts,
                "detail": _texts,
                "user": _texts,
                "pid": st.integers(0, 9),
                "session_id": _texts,
                "vxid": st.sampled_from(["3/0", "3/1"]),
                "query_id": st.integers(-(2**64), 2**64),
                "ps": st.none() | st.floats(),
            },
        ),
        max_size=4,
    ),
    st.booleans(),
    st.booleans(),
)
def test_compiled_and_python_framers_agree_on_any_flat_object(
    objects: list[dict[str, object]], ascii_only: bool, spaced: bool
) -> None:
    separators = (", ", ": ") if spaced else (",", ":")
    data = "".join(json.dumps(o, ensure_ascii=ascii_only, separators=separators) + "\n" for o in objects)
    block = data.encode("utf-8", "replace")
    made = MODULES["json"].make(b'{"timestamp":"2024-03-01 08:00:00.123 UTC","error_severity":"LOG"}\n')
    ours, theirs = (f.frame(Block(block, 0, 1), final=True) for f in (pure(made, "json"), made))
    assert same_columns(ours, theirs)


@pytest.mark.parametrize("kind", MODULES)
def test_framers_can_be_sent_to_another_process(kind: str) -> None:
    data = (recorded.FIXTURES / f"duration.{kind}").read_bytes()
    for framer in framers(kind, data):
        framer.frame(Block(data, 0, 1), final=True)
        assert rows(pickle.loads(pickle.dumps(framer)), data) == rows(framer, data)


@pytest.mark.parametrize("kind", MODULES)
def test_the_three_formats_of_one_server_tell_the_same(kind: str) -> None:
    def statements(kind: str) -> list[tuple[object, ...]]:
        data = (recorded.FIXTURES / f"duration.{kind}").read_bytes()
        found = [row for row in rows(framers(kind, data)[-1], data) if row[1] == "hot"]
        return [(row[3], row[4], row[5], row[6], row[9], row[10], row[16]) for row in found]

    assert statements(kind) == statements("csv")
    assert len(statements(kind)) > 20
