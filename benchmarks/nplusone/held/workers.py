"""Repetition in import jobs, chunked workers and reports; and the few that no log can settle."""

import random
from typing import Any

from benchmarks.nplusone.held.reads import pages
from benchmarks.nplusone.own.raw import Client, Finding, Recorder, client, raw
from benchmarks.nplusone.own.recorder import pause


@raw("import_lookup_by_sku", "psycopg2", "positive", "import: look up a natural key, then write",
     Finding("F1", "get_or_create", "one list of keys"), Finding("F2", "update_per_row", "UPDATE FROM VALUES"), noise=True)  # fmt: skip
def by_sku(r: Recorder) -> None:
    with client(r, "psycopg2", "import") as c:
        for _ in range(4):
            with r.request("job:price-file"), c.tx():
                for n in random.sample(range(1, 700), 18):
                    with r.mark("F1.child"):
                        found = c.q("select price from goods where sku = %s", f"SKU-{n}")
                    if found and n % 4:
                        with r.mark("F2.child"):
                            c.q("update goods set price = %s where sku = %s", n % 50 + 5, f"SKU-{n}")
                    pause(0.1, 0.6)
            pause(20, 40)


@raw("import_get_or_create_email_my", "pymysql", "positive", "import: get or create by e-mail",
     Finding("F1", "get_or_create", "INSERT IGNORE"), Finding("F2", "insert_per_row", "many VALUES"), noise=True)  # fmt: skip
def by_email(r: Recorder) -> None:
    with client(r, "pymysql", "import") as c:
        for turn in range(4):
            with r.request("job:borrowers"), c.tx():
                for n in range(turn * 20, turn * 20 + 16):
                    email = f"new{n}@example.net" if n % 5 else f"b{n + 1}@example.org"
                    with r.mark("F1.child"):
                        found = c.q("select full_name from borrowers where email = %s", email)
                    if not found:
                        with r.mark("F2.child"):
                            c.q("insert into borrowers (email, full_name) values (%s, %s)", email, f"new {n}")
            pause(20, 40)


def thirty_days(driver: str) -> Any:
    def run(r: Recorder) -> None:
        text = "select count(*), count(distinct listener_id) from plays where at >= %s and at < %s"
        with client(r, driver, "statistics") as c:
            for _ in range(2):
                with r.request("job:statistics"):
                    for day in range(1, 29):
                        with r.mark("F1.child"):
                            c.q(text, f"2026-02-{day:02d}", f"2026-02-{day:02d} 23:59:59")
                        pause(0.5, 2)
                pause(50, 80)

    return run


raw("statistics_per_day_pg", "psycopg", "positive", "one aggregate per day", Finding("F1", "aggregate_per_row", "GROUP BY day", optional=True),
    noise=True)(thirty_days("psycopg"))  # fmt: skip
raw(
    "statistics_per_day_my",
    "pymysql",
    "positive",
    "one aggregate per day",
    Finding("F1", "aggregate_per_row", "GROUP BY day", optional=True),
)(thirty_days("pymysql"))


@raw("broker_keys_tight", "psycopg", "hard", "keys from a message broker in a tight loop", noise=True,
     note="forty messages drained at once; a batch of them could be one list, the log does not say")  # fmt: skip
def broker(r: Recorder) -> None:
    with client(r, "psycopg", "consumer") as c:
        for _ in range(4):
            for _ in range(30):
                with r.request("message"):
                    c.q("select kind, ref, state from jobs where job_id = %s", random.randint(1, 800))
                pause(0.1, 0.3)
            pause(60, 90)


@raw("timetable_clash_checks", "pymysql", "positive", "nested loop over slots and rooms", Finding("F1", "exists_per_row", "one list"), noise=True,
     note="every pair of a day and a room asks; the rooms come from a list")  # fmt: skip
def clashes(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent"):
            rooms = c.q("select id, code from rooms where places >= %s limit 4", random.randint(20, 30))
        slot = random.randint(0, 7)
        for weekday in range(3):
            for room, _ in rooms:
                with r.mark("F1.child"):
                    c.q(
                        "select 1 from lessons where weekday = %s and slot = %s and room_id = %s limit 1",
                        weekday,
                        slot,
                        room,
                    )

    pages(r, "pymysql", "/timetable/free", page, 8)


@raw("exists_then_loop_count", "psycopg-client", "positive", "exists, count, then the rows, for each parent",
     Finding("F1", "exists_per_row", "GROUP BY"), Finding("F2", "count_per_row", "GROUP BY"), Finding("F3", "n_plus_one", "IN"))  # fmt: skip
def thrice(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent", "F2.parent", "F3.parent"):
            found = c.q(
                "select room_id, topic from chat_rooms where org_id between %s and %s order by room_id",
                *((n := random.randint(1, 48)), n + 1),
            )
        for room, _ in found:
            with r.mark("F1.child"):
                some = c.q("select exists (select 1 from messages where room_id = %s and author_id <> 1)", room)
            if some[0][0]:
                with r.mark("F2.child"):
                    c.q("select count(*) from messages where room_id = %s", room)
                with r.mark("F3.child"):
                    c.q("select author_id, body from messages where room_id = %s order by at desc limit 3", room)
            pause()

    pages(r, "psycopg-client", "/orgs/:id/rooms", page, 8)


@raw("redundant_rate_reload", "psycopg2", "positive", "the same row again and again in one request",
     Finding("F1", "redundant", "keep it for the request"), noise=True)  # fmt: skip
def rates(r: Recorder) -> None:
    def page(c: Client) -> None:
        code = f"TX{random.randint(1, 12)}"
        for _ in c.q(
            "select payslip_id from payslips p join staff s using (staff_id) where s.tax_code = %s and p.period = '2026-02' limit 14",
            code,
        ):
            with r.mark("F1.child"):
                c.q("select rate from tax_codes where code = %s", code)
            pause(0.2, 1)

    pages(r, "psycopg2", "/payroll/preview", page, 8, tx=True)
