"""Transactions of sessions, from BEGIN and COMMIT, from ends alone, and from the server's ids."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from advisor.digest.effect import BEGIN, COMMIT, READ, ROLLBACK, SETTING, WRITE
from advisor.stream.transactions import transactions

LETTERS = {"r": READ, "w": WRITE, "(": BEGIN, ")": COMMIT, "~": ROLLBACK, "s": SETTING}


def of(text: str, server: list[int] | None = None) -> list[str]:
    """Sessions divided by `|`; gives the statements of each transaction of more than... as runs of letters."""
    effect, session = [], []
    for number, part in enumerate(text.split("|")):
        effect += [LETTERS[letter] for letter in part]
        session += [number] * len(part)
    ids = server or [0] * len(effect)
    found = transactions(
        {"effect": np.array(effect, np.int8), "transaction": np.array(ids, np.uint64)}, np.array(session, np.int64)
    )
    letters = text.replace("|", "")
    groups: dict[int, str] = {}
    for number, letter in zip(found.tolist(), letters, strict=True):
        if number and letter in "rw":
            groups[number] = groups.get(number, "") + letter
    return list(groups.values())


def test_begin_to_commit() -> None:
    assert of("r(rw)r(w~r") == ["rw", "w"]


def test_an_open_transaction_ends_with_its_session() -> None:
    assert of("(rr|rw") == ["rr"]


def test_ends_alone_divide_what_a_driver_without_autocommit_runs() -> None:
    assert of("srww)~rr)r") == ["rww", "rr"]


def test_ends_alone_say_nothing_where_another_session_begins() -> None:
    assert of("r(r)r|rw)r") == ["r", "rw"]


def test_the_servers_ids_where_the_log_has_no_begin() -> None:
    assert of("rwrwr", [5, 5, 0, 6, 0]) == ["rw"]


def test_ids_of_one_statement_are_autocommit() -> None:
    assert of("rwr", [5, 6, 7]) == []


def test_ids_of_two_sessions_are_not_one() -> None:
    assert of("r|r", [5, 5]) == []


def test_a_sample_of_the_statements_has_lost_ends() -> None:
    """Drawn one by one, as log_statement_sample_rate does: what is left of BEGIN and COMMIT delimits nothing."""
    whole = "(rww)" * 200
    drawn = np.random.default_rng(3)
    assert len(of(whole)) == 200
    assert len(of("".join(letter for letter in whole if drawn.random() < 0.9))) > 100
    assert of("".join(letter for letter in whole if drawn.random() < 0.4)) == []


def test_a_threshold_has_hidden_ends() -> None:
    effect = np.array([LETTERS[letter] for letter in "rww)" * 50], np.int8)
    for fastest, expected in ((40, 50), (1200, 0)):
        columns = {
            "effect": effect,
            "transaction": np.zeros(200, np.uint64),
            "duration_us": np.full(200, fastest, np.int64),
        }
        found = transactions(columns, np.zeros(200, np.int64))
        assert len(np.unique(found[found != 0])) == expected


def test_nothing() -> None:
    empty = {"effect": np.zeros(0, np.int8), "transaction": np.zeros(0, np.uint64)}
    assert not len(transactions(empty, np.zeros(0, np.int64)))


@given(st.lists(st.sampled_from("rw()~s|"), max_size=60))
def test_a_transaction_is_of_one_session_and_has_no_end_inside(letters: list[str]) -> None:
    text = "".join(letters)
    effect, session = [], []
    for number, part in enumerate(text.split("|")):
        effect += [LETTERS[letter] for letter in part]
        session += [number] * len(part)
    found = transactions(
        {"effect": np.array(effect, np.int8), "transaction": np.zeros(len(effect), np.uint64)},
        np.array(session, np.int64),
    )
    for number in set(found[found != 0].tolist()):
        at = np.flatnonzero(found == number)
        assert len({session[i] for i in at}) == 1
        assert at[-1] - at[0] + 1 == len(at), "no statement of another lies between"
        assert all(effect[i] not in (COMMIT, ROLLBACK) for i in at[:-1])
