"""Writes on raw drivers: loops of one row each, and the writes that only look like loops."""

import random
import threading
from typing import Any

import psycopg

from benchmarks.nplusone.own.raw import Client, Finding, Recorder, client, raw, requests
from benchmarks.nplusone.own.raw_lazy import repeat
from benchmarks.nplusone.own.recorder import pause


def update_loop(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def close_day(c: Client) -> None:
            with r.mark("F1.parent"):
                found = c.q(
                    "select id, fee from visits where status <> 'missed' and doctor_id = %s order by id limit 18",
                    random.randint(1, 60),
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


def flood(driver: str, tx: bool) -> Any:
    def run(r: Recorder) -> None:
        def vote(c: Client) -> None:
            if driver == "pymysql":
                c.q("insert into audit_trail (actor_id, action) values (%s, 'vote')", random.randint(1, 500))
            else:
                c.q(
                    "insert into votes (post_id, member_id, value) values (%s, %s, 1)",
                    random.randint(1, 8000),
                    random.randint(1, 500),
                )

        requests(r, driver, repeat("/vote", vote, 200), tx=tx, between=(0.5, 6))

    return run


raw("flood_inserts_autocommit_pg", "psycopg2", "negative", "one write per request")(flood("psycopg2", False))
raw("flood_inserts_tx_pg", "psycopg", "negative", "one write per request, tx", noise=True)(flood("psycopg", True))
raw("flood_inserts_autocommit_my", "pymysql", "negative", "one write per request", noise=True)(flood("pymysql", False))


def flood_updates(driver: str, tx: bool) -> Any:
    def run(r: Recorder) -> None:
        def seen(c: Client) -> None:
            c.q("update members set last_seen = now() where id = %s", random.randint(1, 500))

        requests(r, driver, repeat("/ping", seen, 180), tx=tx, between=(0.5, 8))

    return run


raw("flood_updates_tx_my", "pymysql", "negative", "one write per request, tx")(flood_updates("pymysql", True))
raw("flood_updates_autocommit_pg", "psycopg-client", "negative", "one write per request")(
    flood_updates("psycopg-client", False)
)


@raw(
    "transfer_between_bins",
    "psycopg2",
    "negative",
    "two of a kind per request",
    noise=True,
    note="two reads FOR UPDATE and two updates in every transaction",
)
def transfer(r: Recorder) -> None:
    def move(c: Client) -> None:
        left, right = sorted(random.sample(range(1, 51), 2))
        c.q("select level from stock_levels where id = %s for update", left)
        c.q("select level from stock_levels where id = %s for update", right)
        c.q("update stock_levels set level = level - 1 where id = %s", left)
        c.q("update stock_levels set level = level + 1 where id = %s", right)
        c.q("insert into audit_trail (actor_id, action) values (%s, 'move')", random.randint(1, 500))

    requests(r, "psycopg2", repeat("/transfer", move, 60), tx=True)


@raw("bulk_copy_and_values", "psycopg", "negative", "bulk insert: COPY and VALUES")
def bulk(r: Recorder) -> None:
    with client(r, "psycopg", "loader") as c:
        for n in range(25):
            with r.request("job:load"), c.tx():
                values = [(i, f"load {n}") for i in range(30)]
                c.q(
                    "insert into audit_trail (actor_id, action) values " + ", ".join(["(%s, %s)"] * 30),
                    *[v for row in values for v in row],
                )
                text = "copy votes (post_id, member_id, value) from stdin"
                r.sent(text)
                with c.raw.cursor() as cursor, cursor.copy(text) as copy:
                    for i in range(50):
                        copy.write_row((1 + i, 1 + n, 1))
            pause(3, 12)


@raw("bulk_values_my", "pymysql", "negative", "bulk insert: executemany")
def bulk_my(r: Recorder) -> None:
    with client(r, "pymysql") as c:
        for n in range(40):
            with r.request("job:load"):
                text = "insert into audit_trail (actor_id, action) values (%s, %s)"
                r.sent(text)
                with c.raw.cursor() as cursor:
                    cursor.executemany(text, [(i, f"load {n}") for i in range(40)])
            pause(2, 9)


@raw(
    "executemany_pipeline",
    "psycopg",
    "positive",
    "executemany in a pipeline",
    Finding("F1", "insert_per_row", "COPY or multi-row INSERT", optional=True),
    note="psycopg 3 sends it in one round trip; the server still runs N statements",
)
def pipeline(r: Recorder) -> None:
    with client(r, "psycopg", "loader") as c:
        for _ in range(5):
            with r.request("/import"), c.tx(), r.mark("F1.child"):
                text = "insert into trk_evt (shp_no, evt_cd, evt_ts) values (%s, %s, now())"
                for _ in range(40):
                    r.sent(text)
                with c.raw.cursor() as cursor:
                    cursor.executemany(text, [(random.randint(1, 2500), "E1") for _ in range(40)])
            pause(10, 40)


@raw("import_in_batches", "psycopg-client", "negative", "import in batches", noise=True)
def batches(r: Recorder) -> None:
    with client(r, "psycopg-client", "import") as c:
        for _ in range(30):
            with r.request("job:import"), c.tx():
                keys = random.sample(range(1, 800), 25)
                known = c.q("select id, doctor_id from patients where id in (" + ", ".join(["%s"] * 25) + ")", *keys)
                c.q(
                    "insert into visits (patient_id, doctor_id, day, status) values "
                    + ", ".join(["(%s, %s, '2026-11-01', 'planned')"] * len(known)),
                    *[v for row in known for v in row],
                )
                c.q("update app_settings set value = %s where name = 'setting1'", str(keys[-1]))
            pause(3, 15)


@raw(
    "retry_serialization",
    "psycopg2",
    "negative",
    "retries after serialization failures",
    note="the same transaction again after an error",
)
def retries(r: Recorder) -> None:
    def worker() -> None:
        with client(r, "psycopg2") as c:
            for _ in range(14):
                with r.request("/reserve"):
                    for _ in range(6):
                        try:
                            with c.tx():
                                c.q("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
                                level = c.q("select level from stock_levels where id = 3")[0][0]
                                pause(2, 8)
                                c.q("update stock_levels set level = %s where id = 3", level - 1)
                            break
                        except Exception as failure:
                            if getattr(failure, "pgcode", "") != "40001":
                                raise
                            pause(5, 20)
                pause(5, 25)

    threads = [threading.Thread(target=worker) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@raw("retry_lock_timeout", "psycopg", "negative", "retries after lock timeouts", noise=True)
def lock_timeout(r: Recorder) -> None:
    with client(r, "psycopg") as holder, client(r, "psycopg") as c:
        for _ in range(6):
            holder.q("BEGIN")
            holder.q("update stock_levels set level = level + 1 where id = 9")
            with r.request("/adjust"):
                for attempt in range(7):
                    if attempt == 5:
                        holder.q("COMMIT")
                    try:
                        with c.tx():
                            c.q("SET LOCAL lock_timeout = '15ms'")
                            c.q("update stock_levels set level = %s where id = %s", 50, 9)
                        break
                    except psycopg.errors.LockNotAvailable:
                        pause(5, 15)
            pause(10, 30)
