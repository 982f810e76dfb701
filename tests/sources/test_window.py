"""Filters: by time, context and statement, on events and incidents alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.sources.errors import InputError
from advisor.sources.read import Reading, ReadOptions, Wanted

_START = 1714557600  # 2024-05-01 10:00:00 UTC
LOG = "".join(
    f"2024-05-01 1{hour}:00:0{n + 1} UTC [{n + 1}] {user}@{database} {application} LOG:  duration: 1.500 ms  "
    f"statement: select {n} from {table}\n"
    for hour in range(3)
    for n, (user, database, application, table) in enumerate(
        [("ann", "shop", "web", "orders"), ("bob", "shop", "job", "items"), ("ann", "crm", "web", "people")]
    )
) + (
    "2024-05-01 12:00:05 UTC [1] ann@shop web ERROR:  deadlock detected\n"
    "2024-05-01 12:00:05 UTC [1] ann@shop web STATEMENT:  update orders set a = 1\n"
)


def read(tmp_path: Path, **wanted: object) -> tuple[list[tuple[int, str, str | None]], list[str]]:
    path = tmp_path / "app.log"
    path.write_text(LOG)
    options = ReadOptions(log_line_prefix="%t [%p] %u@%d %a ", wanted=Wanted(**wanted))  # type: ignore[arg-type]
    events, incidents = [], []
    for batch in Reading([str(path)], options):
        for n in range(len(batch)):
            hour = int(batch.time_us[n] // 1_000_000 - _START + 1) // 3600
            context = batch.contexts[batch.context[n]]
            events.append((hour, batch.texts.sql(n).split()[-1], context.database))
        incidents += [incident.kind for incident in batch.incidents]
    return events, incidents


def test_nothing_wanted_keeps_all(tmp_path: Path) -> None:
    events, incidents = read(tmp_path)
    assert (len(events), incidents) == (9, ["deadlock"])


def test_times(tmp_path: Path) -> None:
    assert {hour for hour, *_ in read(tmp_path, since="2024-05-01T11:00")[0]} == {1, 2}
    events, incidents = read(tmp_path, until="2024-05-01 11:00")
    assert {hour for hour, *_ in events} == {0}
    assert incidents == []
    assert {hour for hour, *_ in read(tmp_path, since="2024-05-01T13:00+02:00", until="2024-05-01T14:00+02:00")[0]} == {
        1
    }


@pytest.mark.parametrize("text", ["90m", "-1.5h", "5400 s"])
def test_stretches_count_from_the_end_of_the_input(tmp_path: Path, text: str) -> None:
    assert {hour for hour, *_ in read(tmp_path, since=text)[0]} == {1, 2}


def test_contexts(tmp_path: Path) -> None:
    events, incidents = read(tmp_path, databases=("shop",), users=("ann",))
    assert {(table, database) for _, table, database in events} == {("orders", "shop")}
    assert incidents == ["deadlock"]
    events, incidents = read(tmp_path, users=("bob",))
    assert {table for _, table, _ in events} == {"items"}
    assert incidents == []
    assert {table for _, table, _ in read(tmp_path, applications=("job",))[0]} == {"items"}


def test_exclusions_see_the_normalised_text(tmp_path: Path) -> None:
    events, incidents = read(tmp_path, exclude=("FROM (orders|people)", "^update"))
    assert {table for _, table, _ in events} == {"items"}
    assert incidents == []


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"since": "yesterday"}, "--since"),
        ({"until": "2024-13-01"}, "--until"),
        ({"exclude": ("(",)}, "--exclude"),
        ({"databases": ("nowhere",)}, "none of the 9 statements"),
        ({"since": "2030-01-01"}, "none of the 9 statements"),
    ],
)
def test_what_cannot_be_or_leaves_nothing_is_an_error(tmp_path: Path, wanted: dict[str, object], words: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, **wanted)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
