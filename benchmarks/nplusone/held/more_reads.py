"""More repetition on raw drivers: half prefetched, attributes as keys, ranges and prefixes made from a parent's row."""

import random
from typing import Any

from benchmarks.nplusone.held.reads import pages
from benchmarks.nplusone.own.raw import Client, Finding, client, raw, requests
from benchmarks.nplusone.own.recorder import Recorder, pause


def half_prefetched(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def page(c: Client) -> None:
            found = c.q(
                "select artist_id, name from artists where country = %s order by name limit 6 offset %s",
                "DE",
                random.randint(0, 20),
            )
            marks = ", ".join(["%s"] * len(found))
            with r.mark("F1.parent"):
                albums = c.q(
                    f"select album_id, artist_id, title from albums where artist_id in ({marks}) and year > 1990",
                    *(a for a, _ in found),
                )
            for album, _, _ in albums[:16]:
                with r.mark("F1.child"):
                    c.q("select track_id, title from tracks where album_id = %s and seconds > 120", album)
                pause(0.1, 0.5)

        pages(r, driver, "/artists/discography", page, 8)

    return run


HALF = Finding("F1", "n_plus_one", "prefetch the second level too")
raw("half_prefetched_pg", "psycopg", "positive", "first level prefetched, second lazy", HALF)(
    half_prefetched("psycopg")
)
raw("half_prefetched_my", "pymysql", "positive", "first level prefetched, second lazy", HALF, noise=True)(
    half_prefetched("pymysql")
)


@raw(
    "rules_per_category",
    "psycopg2",
    "positive",
    "keyed by an attribute, many rows share it",
    Finding("F1", "n_plus_one", "JOIN"),
    noise=True,
)
def rules(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent"):
            found = c.q(
                "select g.sku, g.category, l.qty from cart_lines l join goods g on g.sku = l.sku where l.cart_id between %s and %s",
                *((n := random.randint(1, 290)), n + 4),
            )
        for _, category, _ in found:
            with r.mark("F1.child"):
                c.q("select max(off) from price_rules where category = %s", category)
            pause(0.2, 1)

    pages(r, "psycopg2", "/cart/price", page, 9, tx=True)


@raw(
    "plays_between_shows",
    "psycopg-client",
    "positive",
    "a range made from the parent's row",
    Finding("F1", "count_per_row", "range join"),
)
def ranges(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent"):
            found = c.q(
                "select message_id, at, at + interval '6 hours' from messages where room_id = %s order by at limit 10",
                random.randint(1, 200),
            )
        for _, low, high in found:
            with r.mark("F1.child"):
                c.q("select count(*) from ticket_events where at >= %s and at < %s", low, high)

    pages(r, "psycopg-client", "/rooms/:id/pulse", page, 8)


@raw(
    "balance_sheet_per_account_my",
    "pymysql",
    "positive",
    "two keys, one from the parent and one of the request",
    Finding("F1", "n_plus_one", "IN"),
    noise=True,
)
def balances(r: Recorder) -> None:
    def page(c: Client) -> None:
        period = f"2026-0{random.randint(1, 6)}"
        with r.mark("F1.parent"):
            found = c.q(
                "select account_id, title from accounts where class = %s order by code limit 13",
                random.choice(("asset", "cost", "income")),
            )
        for account, _ in found:
            with r.mark("F1.child"):
                c.q("select amount from balances where period = %s and account_id = %s", period, account)
            pause(0.1, 0.6)

    pages(r, "pymysql", "/balance-sheet", page, 8)


@raw("slow_worker_between_polls", "psycopg2", "positive", "a worker's loop, slow work for each item", Finding("F1", "n_plus_one", "JOIN"), Finding("F2", "update_per_row", optional=True),
     noise=True, note="each item takes 30 to 60 ms; commits after each")  # fmt: skip
def worker(r: Recorder) -> None:
    with client(r, "psycopg2", "thumbs") as c:
        for _ in range(3):
            with r.request("job:thumbs"):
                with r.mark("F1.parent", "F2.parent"):
                    found = c.q(
                        "select job_id, ref from jobs where state = 'ready' and kind = 'thumb' order by job_id limit 12 offset %s",
                        random.randint(0, 100),
                    )
                for job, ref in found:
                    with r.mark("F1.child"):
                        c.q("select file from attachments where id = %s", ref)
                    pause(30, 60)
                    with r.mark("F2.child"):
                        c.q("update jobs set state = 'done' where job_id = %s", job)


@raw(
    "tags_per_request_and_pool",
    "psycopg",
    "positive",
    "traceparent, a pool rotating per statement",
    Finding("F1", "n_plus_one", "IN"),
    noise=True,
)
def rotating(r: Recorder) -> None:
    def page(c: Client) -> None:
        tag = f"/*traceparent='00-{random.getrandbits(128):032x}-{random.getrandbits(64):016x}-01'*/ "
        with r.mark("F1.parent"):
            found = c.q(
                tag + "select s.stay_id, s.bed_id from stays s where s.since = %s limit 12",
                f"2026-0{random.randint(1, 3)}-{random.randint(2, 25):02d}",
            )
        for _, bed in found:
            with r.mark("F1.child"):
                c.q(tag + "select label, state from beds where bed_id = %s", bed)
            pause()

    requests(r, "psycopg", [("/admissions", page)] * 9, 3)
