"""Jobs and writes that are fine: queues, merges in lockstep, chunks, sagas, carts, webhooks, retries."""

import random
from typing import Any

from benchmarks.nplusone.held.reads import pages
from benchmarks.nplusone.own.raw import Client, Recorder, client, raw, requests
from benchmarks.nplusone.own.recorder import pause, serve


def lockstep(driver: str) -> Any:
    def run(r: Recorder) -> None:
        with client(r, driver, "merge") as c, r.request("job:merge"):
            last = 0
            for _ in range(22):
                found = c.q(
                    "select person_no, surname from people_merge where person_no > %s order by person_no limit 100",
                    last,
                )
                c.q(
                    "select person_no, line from addresses_merge where person_no > %s and person_no <= %s order by person_no",
                    last,
                    found[-1][0],
                )
                last = found[-1][0]
                pause(1, 5)

    return run


raw("keyset_lockstep_pg", "psycopg", "negative", "two tables by keyset in lockstep", noise=True)(lockstep("psycopg"))
raw("keyset_lockstep_my", "pymysql", "negative", "two tables by keyset in lockstep")(lockstep("pymysql"))


def queue(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def work() -> None:
            with client(r, driver, "worker") as c:
                for _ in range(15):
                    with r.request("job"), c.tx():
                        (job, ref) = c.q(
                            "select job_id, ref from jobs where state = 'ready' order by job_id limit 1 for update skip locked"
                        )[0]
                        c.q("select slug, email from accounts_user where id = %s", 1 + ref % 500)
                        c.q("update jobs set state = 'done', tries = tries + 1 where job_id = %s", job)
                    pause(1, 8)

        serve([work] * 3)

    return run


raw("queue_claim_process_ack_pg", "psycopg2", "negative", "claim, process, acknowledge", noise=True)(queue("psycopg2"))
raw("queue_claim_process_ack_my", "pymysql", "negative", "claim, process, acknowledge")(queue("pymysql"))


@raw("webhooks", "psycopg-client", "negative", "webhooks, one each", noise=True)
def webhooks(r: Recorder) -> None:
    def paid(c: Client) -> None:
        n = random.randint(1, 1500)
        c.q("select paid from bookings where booking_id = %s for update", n)
        c.q("update bookings set paid = true where booking_id = %s", n)
        c.q("insert into change_log (what, object_id) values ('paid', %s)", n)

    requests(r, "psycopg-client", [("/hooks/paid", paid)] * 40, 3, tx=True, between=(1, 8))


@raw("cart_update", "psycopg", "negative", "one or two lines of a cart", noise=True)
def cart(r: Recorder) -> None:
    def page(c: Client) -> None:
        cart = random.randint(1, 300)
        c.q("select cart_id, account_no from carts where cart_id = %s", cart)
        for _ in range(random.choice((1, 1, 2))):
            c.q("insert into cart_lines (cart_id, sku, qty) values (%s, %s, 1) on conflict (cart_id, sku) do update set qty = cart_lines.qty + 1",
                cart, f"SKU-{random.randint(1, 700)}")  # fmt: skip
        c.q("update carts set updated = now() where cart_id = %s", cart)

    pages(r, "psycopg", "/cart", page, 35, tx=True)


@raw("cart_update_my", "pymysql", "negative", "one or two lines of a cart")
def cart_my(r: Recorder) -> None:
    def page(c: Client) -> None:
        cart = random.randint(1, 300)
        c.q("select cart_id, account_no from carts where cart_id = %s", cart)
        for _ in range(random.choice((1, 1, 2))):
            c.q(
                "replace into cart_lines (cart_id, sku, qty) values (%s, %s, %s)",
                cart,
                f"SKU-{random.randint(1, 700)}",
                random.randint(1, 4),
            )

    pages(r, "pymysql", "/cart", page, 35, tx=True)


@raw("sitemap_in_chunks", "psycopg2", "negative", "site map by lists of a hundred", noise=True)
def sitemap(r: Recorder) -> None:
    with client(r, "psycopg2", "sitemap") as c, r.request("job:sitemap"):
        keys = [k for (k,) in c.q("select album_id from albums order by album_id")]
        for at in range(0, len(keys), 60):
            c.q(
                f"select album_id, title, year from albums where album_id in ({', '.join(['%s'] * len(keys[at : at + 60]))})",
                *keys[at : at + 60],
            )
            c.q("select album_id, count(*) from tracks where album_id = any(%s) group by album_id", keys[at : at + 60])
            pause(1, 4)


@raw("copy_table_by_table", "psycopg", "negative", "ETL, one statement per table")
def etl(r: Recorder) -> None:
    with client(r, "psycopg", "etl") as c, r.request("job:etl"):
        for table in (
            "artists",
            "albums",
            "rooms",
            "teachers",
            "classes",
            "wards",
            "nurses",
            "shows",
            "departments",
            "tax_codes",
            "accounts",
            "orgs",
            "price_rules",
            "gateways",
        ):
            with c.tx():
                c.q(f"create temp table copy_{table} as select * from {table}")
                c.q(f"select count(*) from copy_{table}")
                c.q(f"drop table copy_{table}")
            pause(2, 9)


@raw("optimistic_lock_retries", "psycopg", "negative", "retries of one optimistic update", noise=True,
     note="two or three attempts, seldom")  # fmt: skip
def optimistic(r: Recorder) -> None:
    def page(c: Client) -> None:
        user = random.randint(1, 500)
        for attempt in range(3):
            (version,) = c.q("select version from accounts_user where id = %s", user)[0]
            stale = version - (attempt == 0 and random.random() < 0.15)
            if c.q(
                "update accounts_user set version = version + 1 where id = %s and version = %s returning id",
                user,
                stale,
            ):
                break
            pause(5, 20)

    pages(r, "psycopg", "/account", page, 40)


@raw(
    "optimistic_lock_retries_my",
    "pymysql",
    "negative",
    "retries of one optimistic update",
    note="two or three attempts, seldom",
)
def optimistic_my(r: Recorder) -> None:
    def page(c: Client) -> None:
        user = random.randint(1, 500)
        for attempt in range(2):
            (version,) = c.q("select version from accounts_user where id = %s", user)[0]
            again = attempt == 0 and random.random() < 0.12
            c.q("update accounts_user set version = version + 1 where id = %s and version = %s", user, version - again)
            if not again:
                break
            pause(5, 20)

    pages(r, "pymysql", "/account", page, 40)


def saga(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def page(c: Client) -> None:
            n = random.randint(1, 300)
            c.q("insert into change_log (what, object_id) values ('order', %s)", n)
            c.q("update carts set updated = now() where cart_id = %s", n)
            c.q("update stock set qty = qty - 1 where sku = %s and depot = 'ham'", f"SKU-{n}")
            c.q("insert into jobs (kind, ref) values ('mail', %s)", n)
            c.q("insert into notices (user_id, body) values (%s, 'ordered')", n)
            c.q("update balances set amount = amount + 1 where account_id = %s and period = '2026-04'", 1 + n % 80)
            c.q("insert into entries (journal_id, account_id, amount) values (%s, %s, 5)", n, 1 + n % 80)
            c.q("update journals set posted = true where journal_id = %s", n)
            c.q("insert into ticket_events (ticket_id, kind, body) values (%s, 'note', 'ordered')", n)
            c.q("update accounts_user set version = version + 1 where id = %s", n)

        pages(r, driver, "/orders", page, 14, tx=True)

    return run


raw("saga_ten_writes_pg", "psycopg2", "negative", "ten writes on ten tables", noise=True)(saga("psycopg2"))
raw("saga_ten_writes_my", "pymysql", "negative", "ten writes on ten tables")(saga("pymysql"))


@raw("meter_ingest_my", "pymysql", "negative", "one reading per message, many meters", noise=True)
def ingest(r: Recorder) -> None:
    def one(c: Client) -> None:
        n = random.randint(1, 600)
        c.q("select unit from meters where meter_id = unhex(md5(concat('meter', %s)))", n)
        c.q("insert into samples (meter_id, at, value) values (unhex(md5(concat('meter', %s))), now(), %s)", n, n % 50)

    requests(r, "pymysql", [("/ingest", one)] * 60, 3, between=(0.5, 5))


@raw("insert_then_read_back", "psycopg", "negative", "insert and read back, once per request", noise=True)
def read_back(r: Recorder) -> None:
    def one(c: Client) -> None:
        (new,) = c.q("insert into tickets (ref, requester_email, status, opened) values (%s, 'b1@example.org', 'new', now()) returning ticket_id",
                     f"N-{random.getrandbits(50)}")[0]  # fmt: skip
        c.q("select ticket_id, ref, status, opened from tickets where ticket_id = %s", new)

    pages(r, "psycopg", "/tickets/new", one, 40, tx=True)


@raw("queue_of_strangers_one_by_one", "psycopg2", "hard", "a worker reads one key of a list per message", noise=True,
     note="a scheduler lists due jobs, then enqueues each; a worker on another connection handles them one by one")  # fmt: skip
def scheduled(r: Recorder) -> None:
    with client(r, "psycopg2", "scheduler") as boss, client(r, "psycopg2", "worker") as hand:
        for _ in range(4):
            with r.request("schedule"):
                due = boss.q(
                    "select job_id, ref from jobs where kind = 'thumb' and state = 'ready' order by job_id limit 15 offset %s",
                    random.randint(0, 50),
                )
            for _, ref in due:
                with r.request("thumb"):
                    hand.q("select title, year from albums where album_id = %s", 1 + ref % 600)
                pause(3, 9)
