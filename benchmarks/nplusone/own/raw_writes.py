"""Writes on raw drivers: loops of one row each, and the writes that only look like loops."""

import random
from typing import Any

from benchmarks.nplusone.own.raw import Client, Finding, Recorder, client, raw, requests
from benchmarks.nplusone.own.raw_lazy import repeat
from benchmarks.nplusone.own.recorder import pause


def update_loop(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def close_day(c: Client) -> None:
            with r.mark("F1.parent"):
                found = c.q(
                    "select id, fee from visits where status <> 'missed' and doctor_id = %s order by id limit 18",
                    5 * random.randint(0, 11) + 1,
                )
            for visit, fee in found:
                with r.mark("F1.child"):
                    c.q("update visits set fee = %s where id = %s", (fee or 1) * 2 % 90, visit)
                pause(0.1, 0.6)

        requests(r, driver, repeat("/close-day", close_day, 8), tx=True)

    return run


raw(
    "update_after_select_pg",
    "psycopg",
    "positive",
    "update loop in tx",
    Finding("F1", "update_per_row", "one UPDATE"),
    noise=True,
)(update_loop("psycopg"))
raw(
    "update_after_select_my", "pymysql", "positive", "update loop in tx", Finding("F1", "update_per_row", "one UPDATE")
)(update_loop("pymysql"))


@raw(
    "update_reorder",
    "psycopg2",
    "positive",
    "update loop, composite key, no parent",
    Finding("F1", "update_per_row", "UPDATE FROM VALUES"),
    noise=True,
    note="a drag and drop sends the new order of all cards",
)
def reorder(r: Recorder) -> None:
    def drop(c: Client) -> None:
        tenant, cards = random.randint(1, 40), random.sample(range(1, 200), 15)
        c.q("select name from tenants where id = %s", tenant)
        for rank, card in enumerate(cards):
            with r.mark("F1.child"):
                c.q("update tasks set rank = %s where tenant_id = %s and id = %s", rank, tenant, card)

    requests(r, "psycopg2", repeat("/board/order", drop, 10), tx=True)


def insert_loop(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def checkout(c: Client) -> None:
            customer = random.randint(1, 300)
            if driver == "pymysql":
                c.q("insert into Invoice (customerId, issuedAt, status) values (%s, now(), 'draft')", customer)
                number = c.q("select last_insert_id()")[0][0]
                text = "insert into InvoiceLine (invoiceId, productId, quantity) values (%s, %s, %s)"
            else:
                number = c.q(
                    'insert into "Invoice" ("customerId", "issuedAt", "status") values (%s, now(), %s) returning "id"',
                    customer,
                    "draft",
                )[0][0]
                text = 'insert into "InvoiceLine" ("invoiceId", "productId", "quantity") values (%s, %s, %s)'
            for _ in range(random.randint(9, 16)):
                with r.mark("F1.child"):
                    c.q(text, number, random.randint(1, 400), random.randint(1, 9))
                pause(0.1, 0.5)

        requests(r, driver, repeat("/checkout", checkout, 10), tx=True)

    return run


raw(
    "insert_lines_pg",
    "psycopg",
    "positive",
    "insert loop in tx",
    Finding("F1", "insert_per_row", "multi-row INSERT"),
    noise=True,
)(insert_loop("psycopg"))
raw("insert_lines_my", "pymysql", "positive", "insert loop in tx", Finding("F1", "insert_per_row", "multi-row INSERT"))(
    insert_loop("pymysql")
)


@raw(
    "delete_after_select_uuid",
    "psycopg-client",
    "positive",
    "delete loop, uuid",
    Finding("F1", "delete_per_row", "one DELETE"),
)
def delete_loop(r: Recorder) -> None:
    def clear(c: Client) -> None:
        with r.mark("F1.parent"):
            found = c.q("select id from alarms where level = %s order by id limit 17", random.randint(0, 3))
        for (alarm,) in found:
            with r.mark("F1.child"):
                c.q("delete from alarms where id = %s", alarm)
            pause(0.1, 0.7)

    requests(r, "psycopg-client", repeat("/alarms/clear", clear, 7), workers=1, tx=True)


@raw(
    "delete_autocommit_my",
    "pymysql",
    "positive",
    "delete loop, autocommit",
    Finding("F1", "delete_per_row", "one DELETE"),
    noise=True,
)
def purge(r: Recorder) -> None:
    with client(r, "pymysql") as c:
        for topic in range(4):
            with r.request("job:purge"):
                with r.mark("F1.parent"):
                    found = c.q("select id from outbox where topic = %s order by id limit 30", f"t{topic}")
                for (key,) in found:
                    with r.mark("F1.child"):
                        c.q("delete from outbox where id = %s", key)
            pause(30, 60)


def get_or_create(driver: str) -> Any:
    def run(r: Recorder) -> None:
        with client(r, driver) as c:
            for n in range(4):
                with r.request("/import"):
                    for i in range(16):
                        name = (
                            f"bin{random.randint(1, 50) if i % 2 else 1000 + 100 * n + i + random.randint(1, 9) * 1000}"
                        )
                        with r.mark("F1.child"):
                            if not c.q("select id from stock_levels where name = %s", name):
                                c.q("insert into stock_levels (name, level) values (%s, %s)", name, 5)
                        pause(0.1, 0.8)
                pause(30, 80)

    return run


raw("get_or_create_pg", "psycopg", "positive", "get or create", Finding("F1", "get_or_create", "INSERT ON CONFLICT"))(
    get_or_create("psycopg")
)
raw(
    "get_or_create_my",
    "pymysql",
    "positive",
    "get or create",
    Finding("F1", "get_or_create", "INSERT IGNORE"),
    noise=True,
)(get_or_create("pymysql"))


@raw("upsert_loop", "psycopg2", "positive", "upsert loop in tx", Finding("F1", "insert_per_row", "multi-row upsert"))
def upserts(r: Recorder) -> None:
    def sync(c: Client) -> None:
        warehouse = f"W{random.randint(1, 20)}"
        for item in random.sample(range(1, 600), 24):
            with r.mark("F1.child"):
                c.q(
                    "insert into stk_bal (wh_cd, itm_cd, qty) values (%s, %s, %s) on conflict (wh_cd, itm_cd) do update set qty = excluded.qty",
                    warehouse,
                    f"ITM{item}",
                    random.randint(1, 50),
                )

    requests(r, "psycopg2", repeat("/sync", sync, 8), workers=1, tx=True)
