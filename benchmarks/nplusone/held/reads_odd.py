"""Reads per row in odd rhythms: sleeps, three rows, four hundred, half of them cached, cursors, dict rows, hex keys."""

import random
import time
from typing import Any

import pymysql
import pymysql.cursors

from benchmarks.nplusone.held.reads import pages
from benchmarks.nplusone.own.raw import Client, Finding, Recorder, client, raw, requests
from benchmarks.nplusone.own.recorder import pause, serve
from benchmarks.nplusone.own.servers import MY_PORT


@raw("mailer_sleeps", "psycopg", "positive", "loop with a sleep", Finding("F1", "n_plus_one", "JOIN"), noise=True,
     note="a rate limit of ten a second")  # fmt: skip
def mailer(r: Recorder) -> None:
    with client(r, "psycopg", "mailer") as c:
        for _ in range(3):
            with r.request("job:mailer"):
                with r.mark("F1.parent"):
                    found = c.q(
                        "select ticket_id, requester_email from tickets where status = 'new' and ticket_id > %s order by ticket_id limit 9",
                        random.randint(1, 800),
                    )
                for _, email in found:
                    with r.mark("F1.child"):
                        c.q("select full_name from borrowers where email = %s and not blocked", email)
                    time.sleep(0.1)


def threes(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def page(c: Client) -> None:
            with r.mark("F1.parent"):
                found = c.q("select class_id, title from lessons l join classes c on c.id = l.class_id where l.weekday = %s and l.slot = %s limit 3",
                            random.randint(0, 4), random.randint(0, 7))  # fmt: skip
            for one, _ in found:
                with r.mark("F1.child"):
                    c.q("select count(*) from pupils where class_id = %s and active", one)
            pause(1, 3)

        pages(r, driver, "/today", page, 36)

    return run


raw(
    "loops_of_three_pg",
    "psycopg2",
    "positive",
    "loops of three",
    Finding("F1", "count_per_row", "GROUP BY"),
    noise=True,
)(threes("psycopg2"))
raw("loops_of_three_my", "pymysql", "positive", "loops of three", Finding("F1", "count_per_row", "GROUP BY"))(
    threes("pymysql")
)


@raw(
    "one_loop_of_400",
    "psycopg-client",
    "positive",
    "one loop of four hundred",
    Finding("F1", "n_plus_one", "JOIN"),
    noise=True,
)
def one_loop(r: Recorder) -> None:
    with client(r, "psycopg-client", "export") as c, r.request("job:labels"):
        with r.mark("F1.parent"):
            found = c.q("select album_id, title from albums where year between 1980 and 2015 order by title limit 400")
        for album, _ in found:
            with r.mark("F1.child"):
                c.q("select min(isrc), max(seconds) from tracks where album_id = %s", album)


def half_cached(driver: str) -> Any:
    def run(r: Recorder) -> None:
        cache: dict[str, object] = {}

        def page(c: Client) -> None:
            with r.mark("F1.parent"):
                found = c.q("select g.sku, g.title, s.qty from goods g join stock s on s.sku = g.sku and s.depot = 'ham' where g.category = %s order by g.sku limit 24",
                            f"cat{random.randint(0, 13)}")  # fmt: skip
            for sku, _, _ in found:
                if sku in cache or random.random() < 0.3:
                    continue
                with r.mark("F1.child"):
                    cache[sku] = c.q("select sum(qty) from cart_lines where sku = %s", sku)
                pause()
            if len(cache) > 120:
                cache.clear()

        pages(r, driver, "/catalogue", page, 14)

    return run


raw(
    "half_cached_pg", "psycopg2", "positive", "half of the rows cached", Finding("F1", "aggregate_per_row", "GROUP BY")
)(half_cached("psycopg2"))
raw(
    "half_cached_my",
    "pymysql",
    "positive",
    "half of the rows cached",
    Finding("F1", "aggregate_per_row", "GROUP BY"),
    noise=True,
)(half_cached("pymysql"))


@raw("named_cursor_same_connection", "psycopg2", "positive", "named cursor and a plain one on one connection",
     Finding("F1", "n_plus_one", "JOIN"))  # fmt: skip
def named(r: Recorder) -> None:
    with client(r, "psycopg2", "export") as c:
        c.raw.autocommit = False
        for turn in range(3):
            with r.request("job:export"):
                rows = c.raw.cursor(name=f"rows_{turn}")
                rows.itersize = 25
                text = "select staff_id, period, gross from payslips where gross > %s order by payslip_id limit 60"
                with r.mark("F1.parent"):
                    r.sent(f'DECLARE "rows_{turn}" CURSOR WITHOUT HOLD FOR {text}')
                rows.execute(text, (random.randint(2000, 2700),))
                for staff, _, _ in rows:
                    with r.mark("F1.child"):
                        c.q("select surname, tax_code from staff where staff_id = %s", staff)
                rows.close()
                c.raw.commit()


@raw("dict_cursor_nested_my", "pymysql", "positive", "dict rows, two levels in one connection",
     Finding("F1", "n_plus_one"), Finding("F2", "n_plus_one", parent_finding="F1"), noise=True)  # fmt: skip
def dict_rows(r: Recorder) -> None:
    def page() -> None:
        with r.request("/payroll.csv"):
            link = pymysql.connect(
                host="127.0.0.1", port=MY_PORT, user="app", database="worlds", cursorclass=pymysql.cursors.DictCursor
            )
            with link.cursor() as cursor:

                def q(text: str, values: dict[str, object]) -> Any:
                    r.sent(text)
                    cursor.execute(text, values)
                    return cursor.fetchall()

                with r.mark("F1.parent"):
                    found = q(
                        "SELECT * FROM staff WHERE tax_code = %(code)s ORDER BY staff_id LIMIT 8",
                        {"code": f"TX{random.randint(1, 12)}"},
                    )
                for one in found:
                    with r.mark("F1.child", "F2.parent"):
                        slips = q(
                            "SELECT * FROM payslips WHERE staff_id = %(staff)s AND period IN ('2026-01', '2026-02')",
                            {"staff": one["staff_id"]},
                        )
                    for slip in slips:
                        with r.mark("F2.child"):
                            q(
                                "SELECT kind, amount FROM payslip_lines WHERE payslip_id = %(slip)s",
                                {"slip": slip["payslip_id"]},
                            )
            link.close()

    serve([page] * 6, 2)


@raw("meters_unhex_my", "pymysql", "positive", "binary keys through UNHEX", Finding("F1", "n_plus_one", "IN"))
def unhexed(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent"):
            found = c.q("select hex(m.meter_id), m.unit from meters m join gateways g on g.gateway_id = m.gateway_id where g.site = %s limit 12",
                        f"site {random.randint(0, 8)}")  # fmt: skip
        for key, _ in found:
            with r.mark("F1.child"):
                c.q("select at, value from samples where meter_id = unhex(%s) order by at desc limit 1", key)
            pause()

    pages(r, "pymysql", "/sites/:id/meters", page, 9)


@raw(
    "meters_hex_literal_my",
    "pymysql",
    "positive",
    "binary keys as hexadecimal literals",
    Finding("F1", "aggregate_per_row", "GROUP BY"),
    noise=True,
)
def hexed(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent"):
            found = c.q("select lower(hex(meter_id)) from meters where gateway_id = (select gateway_id from gateways order by gateway_id limit %s, 1)",
                        random.randint(0, 39))  # fmt: skip
        for (key,) in found:
            with r.mark("F1.child"):
                c.q(f"select avg(value), max(at) from samples where meter_id = x'{key}'")
            pause(0.1, 0.5)

    pages(r, "pymysql", "/meters", page, 8, tx=True)


@raw("retries_inside_the_loop", "psycopg", "positive", "loop with retries inside", Finding("F1", "n_plus_one", "IN"), noise=True,
     note="a time-out now and then sends the same key again")  # fmt: skip
def retries(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent"):
            found = c.q(
                "select ticket_id, ref from tickets where assignee_id = %s and status <> 'closed' order by opened limit 15",
                random.randint(1, 150),
            )
            found = found or c.q("select ticket_id, ref from tickets where status = 'new' order by opened limit 8")
        for ticket, _ in found + found[:4]:
            for _ in range(1 + (random.random() < 0.2)):
                with r.mark("F1.child"):
                    c.q("select kind, at from ticket_events where ticket_id = %s order by at desc limit 5", ticket)
                pause(0.2, 1)

    pages(r, "psycopg", "/inbox", page, 11)


@raw("route_tags_only", "psycopg-client", "positive", "tags with a route and nothing else", Finding("F1", "exists_per_row", "EXISTS"),
     noise=True)  # fmt: skip
def route_tags(r: Recorder) -> None:
    def listing(c: Client) -> None:
        with r.mark("F1.parent"):
            found = c.q("select show_id, venue, starts from shows where venue = %s order by starts limit 9 /* app:box-office,route:shows#index */",
                        f"venue {random.randint(0, 6)}")  # fmt: skip
        for show, _, _ in found:
            with r.mark("F1.child"):
                c.q(
                    "select 1 from seats where show_id = %s and state = 'free' limit 1 /* app:box-office,route:shows#index */",
                    show,
                )
            pause()

    def one(c: Client) -> None:
        c.q(
            "select venue, starts from shows where show_id = %s /* app:box-office,route:shows#show */",
            random.randint(1, 60),
        )

    todo = [("shows#index", listing)] * 8 + [("shows#show", one)] * 20
    random.shuffle(todo)
    requests(r, "psycopg-client", todo)


@raw("some_statements_traced", "psycopg2", "positive", "traceparent on some statements only", Finding("F1", "n_plus_one", "IN"), noise=True,
     note="half of the children lost their tag")  # fmt: skip
def some_traced(r: Recorder) -> None:
    def page(c: Client) -> None:
        tag = f" /*traceparent='00-{random.getrandbits(128):032x}-{random.getrandbits(64):016x}-01'*/"
        with r.mark("F1.parent"):
            found = c.q(
                "select nurse_id, ward_id, surname from nurses order by surname limit 12 offset %s" + tag,
                random.randint(0, 70),
            )
        for _, ward, _ in found:
            with r.mark("F1.child"):
                c.q(
                    "select title, building from wards where ward_id = %s" + (tag if random.random() < 0.5 else ""),
                    ward,
                )
            pause()

    pages(r, "psycopg2", "/nurses", page, 9)
