"""Logs recorded from MariaDB 10.11: against what the client did, against each other, and against pt-query-digest."""

from __future__ import annotations

import json
import re
from collections import Counter
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from advisor.fingerprint import identify
from advisor.model.batch import Batch
from advisor.sources.framed import Block
from advisor.sources.mysql import general, general_pairing, pairing, slowlog

HERE = Path(__file__).parents[3] / "fixtures/mysql/recorded"
TRUTH = json.loads((HERE / "truth.json").read_text())


def paired(data: bytes) -> Batch:
    framer = slowlog.make(data)
    joined = pairing.Pairing(0, framer)
    framed = framer.frame(Block(data, 0, 1), final=True)
    batch = joined.feed(framed)
    assert batch is not None
    assert framed.unreadable == joined.unreadable == []
    return batch


@cache
def recorded(name: str) -> Batch:
    return paired((HERE / f"{name}.log").read_bytes())


def classes(batch: Batch) -> dict[str, tuple[int, Decimal]]:
    """pt's class id -> (count, seconds). pt prints 32 digits since 3.0, the last 16 of them before."""
    found: dict[str, tuple[int, Decimal]] = {}
    for row in range(len(batch)):
        checksum = identify(batch.texts.sql(row), "mysql").checksum
        assert checksum is not None
        count, seconds = found.get(checksum[-16:], (0, Decimal(0)))
        found[checksum[-16:]] = (count + 1, seconds + Decimal(int(batch.duration_us[row])) / 1_000_000)
    return found


def peer(name: str) -> dict[str, tuple[int, Decimal]]:
    made = json.loads((HERE / f"{name}.pt.json").read_text())
    return {key[-16:]: (value["count"], Decimal(value["seconds"])) for key, value in made.items()}


@pytest.mark.parametrize("name", ["ordinary", "verbose"])
def test_every_statement_of_every_client_is_there_once(name: str) -> None:
    truth = TRUTH[name]
    batch = recorded(name)
    assert len(batch) == sum(truth.values())
    sessions = sorted(Counter(batch.session.tolist()).values())
    lives = 2 if name == "verbose" else 1
    probes = [truth["probe"] // lives] * lives
    assert sessions == sorted([*probes, *(count for client, count in truth.items() if client != "probe")])


def test_an_ordinary_log_agrees_with_pt_query_digest_class_by_class() -> None:
    ours, theirs = classes(recorded("ordinary")), peer("ordinary")
    assert ours == theirs


def test_where_pt_query_digest_is_wrong_on_odd_records() -> None:
    ours, theirs = classes(recorded("verbose")), peer("verbose")
    batch = recorded("verbose")
    texts = [batch.texts.sql(row) for row in range(len(batch))]
    differing = {key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)}

    def ids(*starts: str) -> set[str]:
        return {(identify(sql, "mysql").checksum or "")[-16:] for sql in texts if sql.startswith(starts)}

    # Header look-alikes in a literal: pt ends the statement there and makes classes of its pieces, one of 1 s.
    look_alike = ids("insert into orders (note) values ('pasted")
    # "# a comment first": pt drops the # and keeps the words.
    comment = ids("# a comment first")
    # A banner in mid-file in the spelling `mariadbd`: pt glues it to the statement above and loses two records after it;
    # the statement `use shop` it takes for a header.
    banner = ids("select o.customer, count(*) n", "SET NAMES utf8mb4", "select 'after", "use shop")
    assert differing & ours.keys() == look_alike | comment | banner
    lost = sum(count for count, _ in ours.values()) - sum(count for count, _ in theirs.values())
    assert len(texts) == sum(count for count, _ in ours.values()) == sum(TRUTH["verbose"].values())
    assert lost == 1  # three lost, two made up


def test_the_database_is_that_of_the_record_before() -> None:
    """MariaDB prints Schema: always; without these lines the `use` lines alone must give the same databases."""
    data = (HERE / "verbose.log").read_bytes()
    bare = re.sub(rb"(?m)^# Thread_id: \d+  Schema: .*\n", b"", data)
    said, inferred = recorded("verbose"), paired(bare)
    assert len(said) == len(inferred)
    for row in range(len(said)):
        known = said.contexts[said.context[row]].database
        if known is not None:
            assert inferred.contexts[inferred.context[row]].database == known


def test_plans_belong_to_their_statements() -> None:
    batch = recorded("verbose")
    plans = [incident for incident in batch.incidents if incident.kind == "plan"]
    data = (HERE / "verbose.log").read_bytes()
    assert len(plans) == data.count(b"# explain: id\t")
    (joined,) = [plan for plan in plans if plan.sql is not None and plan.sql.startswith("select o.customer")]
    assert joined.detail.splitlines()[0].startswith("id\tselect_type\ttable\ttype")
    assert {line.split("\t")[2] for line in joined.detail.splitlines()[1:]} == {"o", "c"}
    assert joined.database == "shop"
    assert joined.offset in batch.offset.tolist()


def test_the_restart_is_seen() -> None:
    batch = recorded("verbose")
    restarts = [incident for incident in batch.incidents if incident.kind == "restart"]
    assert len(restarts) == 2
    assert (batch.engine.name, batch.engine.version) == ("mariadb", "10.11.19-MariaDB")


def test_starts_are_starts() -> None:
    """The killed sleep of 1.2 s and the lock wait of 1 s began before what was logged before them."""
    batch = recorded("verbose")
    times = {batch.texts.sql(row): int(batch.time_us[row]) // 1_000_000 for row in range(len(batch))}
    slept, killer = times["select sleep(20), 'killed'"], times[next(sql for sql in times if sql.startswith("kill "))]
    assert 1 <= killer - slept <= 2


def test_the_general_log_tells_of_the_same_statements() -> None:
    data = (HERE / "general.log").read_bytes()
    framer = general.make(data)
    joined = general_pairing.Pairing(0, framer)
    framed = framer.frame(Block(data, 0, 1), final=True)
    batch = joined.feed(framed)
    assert batch is not None
    assert framed.unreadable == joined.unreadable == []
    slow = recorded("verbose")
    assert not batch.zoned
    assert (batch.duration_us < 0).all()

    def texts(of: Batch) -> Counter[tuple[str, str | None]]:
        return Counter((of.texts.sql(row), of.contexts[of.context[row]].user) for row in range(len(of)))

    assert texts(batch) == texts(slow)
    databases = Counter(batch.contexts[context].database for context in batch.context.tolist())
    assert set(databases) == {None, "shop", "stats"}
