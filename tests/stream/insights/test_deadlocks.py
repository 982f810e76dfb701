"""Orders of locks: from transactions alone, and with deadlocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model.incident import Incident
from advisor.stream.insights.acquisitions import by_table, key_position, table_orders, taken
from advisor.stream.insights.deadlocks import deadlock_cycles, lock_orders
from advisor.stream.insights.ordering import components
from advisor.stream.material import Material
from tests.digest.events import Event
from tests.stream.insights.made import HOUR, SECOND, made, sql_of

ACCOUNT = "UPDATE account SET balance = balance - 1 WHERE id = 7"
STOCK = "UPDATE stock SET amount = amount - 1 WHERE id = 7"


def transaction(
    session: int, at: int, statements: Sequence[str | tuple[str, int]], end: str = "COMMIT"
) -> Iterator[Event]:
    """BEGIN, statements (with the hash of their key), COMMIT; a second apart."""
    yield Event("BEGIN", 10, HOUR + at * SECOND, session)
    for number, statement in enumerate(statements):
        sql, key = statement if isinstance(statement, tuple) else (statement, 0)
        yield Event(sql, 500, HOUR + at * SECOND + 1000 * (number + 1), session, keys=(0, key, 0, 0), literals=key)
    yield Event(end, 10, HOUR + at * SECOND + 900_000, session)


def material(*transactions: Sequence[str | tuple[str, int]], incidents: Sequence[Incident] = ()) -> Material:
    return made((e for n, t in enumerate(transactions) for e in transaction(n + 1, n, t)), incidents=incidents)


def deadlock(first: str, second: str, sessions: tuple[int, int] = (1, 2)) -> Incident:
    detail = (
        "Process 11 waits for ShareLock on transaction 5; blocked by process 12.\n"
        "Process 12 waits for ShareLock on transaction 4; blocked by process 11.\n"
        f"Process 11: {first}\nProcess 12: {second}"
    )
    processes = tuple(zip((11, 12), sessions, strict=True))
    return Incident(
        "deadlock", HOUR + 2 * SECOND, 1, 5, sessions[0], first, "deadlock detected", detail, processes=processes
    )


def test_opposite_orders_are_found_and_the_rarer_one_is_named() -> None:
    found = material([ACCOUNT, STOCK], [ACCOUNT, STOCK], [ACCOUNT, STOCK], [STOCK, ACCOUNT], [STOCK, ACCOUNT])
    (order,) = lock_orders(found)
    assert (order.kind, order.lock_order, order.along, order.against) == ("tables", "account, stock", 3, 2)
    assert "stock" in str(sql_of(found, order.fingerprint))
    assert "account" in str(sql_of(found, order.other_fingerprint))
    assert order.deadlocks == 0


def test_one_order_a_single_stray_and_autocommit_are_no_finding() -> None:
    assert not lock_orders(material([ACCOUNT, STOCK], [ACCOUNT, STOCK]))
    assert not lock_orders(material([ACCOUNT, STOCK], [ACCOUNT, STOCK], [STOCK, ACCOUNT]))
    alone = [Event(sql, 500, HOUR + n * SECOND, 1) for n, sql in enumerate([ACCOUNT, STOCK] * 6)]
    assert not lock_orders(made(alone))


def test_a_plain_insert_locks_nothing_that_others_wait_for() -> None:
    insert, upsert = (
        "INSERT INTO stock (id) VALUES (7)",
        "INSERT INTO stock (id) VALUES (7) ON CONFLICT (id) DO UPDATE SET id = 8",
    )
    assert not lock_orders(material([ACCOUNT, insert], [ACCOUNT, insert], [insert, ACCOUNT], [insert, ACCOUNT]))
    assert lock_orders(material([ACCOUNT, upsert], [ACCOUNT, upsert], [upsert, ACCOUNT], [upsert, ACCOUNT]))


def test_reads_count_only_with_a_lock() -> None:
    read, lock = "SELECT * FROM stock WHERE id = 7", "SELECT * FROM stock WHERE id = 7 FOR UPDATE"
    assert not lock_orders(material([ACCOUNT, read], [ACCOUNT, read], [read, ACCOUNT], [read, ACCOUNT]))
    assert lock_orders(material([ACCOUNT, lock], [ACCOUNT, lock], [lock, ACCOUNT], [lock, ACCOUNT]))


def test_rows_of_one_table_in_opposite_order() -> None:
    one, two = (STOCK, 101), (STOCK, 202)
    (order,) = lock_orders(material([one, two], [one, two], [two, one], [two, one], [one, two]))
    assert (order.kind, order.table_name, order.against) == ("rows", "stock", 2)
    assert not lock_orders(material([one, two], [one, two], [one, two]))


def test_a_deadlock_tells_the_order_without_any_transaction_in_the_log() -> None:
    found = made([Event("SELECT 1", 10, HOUR, 9)], incidents=[deadlock(STOCK, ACCOUNT)])
    (cycle,) = deadlock_cycles(found)
    assert (cycle.kind, cycle.deadlocks, cycle.participants) == ("tables", 1, 2)
    assert set((cycle.lock_order or "").split(", ")) == {"account", "stock"}
    assert cycle.holding_fingerprint is None


def test_transactions_decide_which_order_a_deadlock_is_mended_by() -> None:
    usual: list[Sequence[str | tuple[str, int]]] = [[ACCOUNT, STOCK]] * 8
    seen = material([STOCK], [ACCOUNT], *usual, incidents=[deadlock(ACCOUNT, STOCK)])
    (cycle,) = deadlock_cycles(seen)
    assert cycle.lock_order == "account, stock"
    assert "stock" in str(sql_of(seen, cycle.holding_fingerprint))
    (order,) = lock_orders(seen)
    assert order.deadlocks == 1


def test_deadlocks_on_rows_and_on_one_row() -> None:
    (rows,) = deadlock_cycles(
        made([Event("SELECT 1", 10, HOUR, 9)], incidents=[deadlock(STOCK, STOCK.replace("7", "8"))])
    )
    (row,) = deadlock_cycles(made([Event("SELECT 1", 10, HOUR, 9)], incidents=[deadlock(STOCK, STOCK)]))
    parameter = STOCK.replace("7", "$1")
    (bound,) = deadlock_cycles(made([Event("SELECT 1", 10, HOUR, 9)], incidents=[deadlock(parameter, parameter)]))
    assert (rows.kind, row.kind, bound.kind) == ("rows", "same_row", "rows")


def test_a_deadlock_of_unknown_statements_is_told_as_unknown() -> None:
    (cycle,) = deadlock_cycles(
        made(
            [Event("SELECT 1", 10, HOUR, 9)],
            incidents=[Incident("deadlock", HOUR, 1, 1, 3, STOCK, "deadlock detected")],
        )
    )
    assert (cycle.kind, cycle.lock_order, cycle.participants) == ("unknown", None, 1)


def test_which_value_is_the_key() -> None:
    assert key_position("update stock set amount = ? where id = ?") == 1
    assert key_position("update stock set amount = amount + ? where stock.id in (?)") == 1
    assert key_position("delete from stock where (id = ?)") == 0
    assert key_position("delete from stock where day < ? and id = ?") == -1
    assert key_position("update stock set amount = ?") == -1


TABLES = ("a", "b", "c", "d")


@given(st.lists(st.lists(st.sampled_from(TABLES), min_size=1, max_size=4), min_size=1, max_size=6), st.data())
@settings(max_examples=30, deadline=None)
def test_a_transaction_less_never_adds_a_circle(tables: list[list[str]], data: st.DataObject) -> None:
    def circles(some: list[list[str]]) -> list[set[str]]:
        found = material(*[[f"UPDATE {t} SET n = 1 WHERE id = 2" for t in each] for each in some])
        return [set(group) for group in components(by_table(table_orders(found, taken(found))))]

    gone = data.draw(st.integers(0, len(tables) - 1))
    before = circles(tables)
    assert all(any(group <= old for old in before) for group in circles(tables[:gone] + tables[gone + 1 :]))
    ordered = [sorted(each) for each in tables]
    assert not circles(ordered)
