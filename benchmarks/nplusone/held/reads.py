"""Reads per row on raw drivers: natural and composite keys, reports that drill down, views, unions, functions."""

import random
from typing import Any

from benchmarks.nplusone.own.raw import Client, Finding, Recorder, raw, requests
from benchmarks.nplusone.own.recorder import pause

Page = Any


def pages(r: Recorder, driver: str, route: str, page: Page, n: int, tx: bool = False, workers: int = 3) -> None:
    """One handler n times."""
    requests(r, driver, [(route, page)] * n, workers, tx)


@raw("library_overdue_by_email", "psycopg", "positive", "natural key without a foreign key",
     Finding("F1", "n_plus_one", "JOIN"), Finding("F2", "n_plus_one", "JOIN"), noise=True)  # fmt: skip
def overdue(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent", "F2.parent"):
            late = c.q("select loan_id, barcode, borrower_email, due from loans where not returned and due between %s and %s limit 14",
                       f"2026-04-{(n := random.randint(1, 27)):02d}", f"2026-04-{n + 1:02d}")  # fmt: skip
        for _, barcode, email, _ in late:
            with r.mark("F1.child"):
                c.q("select full_name, blocked from borrowers where email = %s", email)
            with r.mark("F2.child"):
                c.q(
                    "select b.title, k.branch from copies k join books b on b.isbn = k.isbn where k.barcode = %s",
                    barcode,
                )
            pause()

    pages(r, "psycopg", "/overdue", page, 8)


def report(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def page(c: Client) -> None:
            with r.mark("F1.parent"):
                totals = c.q("select s.dept_id, count(*), sum(p.gross) from payslips p join staff s on s.staff_id = p.staff_id "
                             "where p.period = %s group by s.dept_id order by sum(p.gross) desc", f"2026-0{random.randint(1, 6)}")  # fmt: skip
            for department, _, _ in totals:
                with r.mark("F1.child"):
                    c.q(
                        "select staff_id, surname, grade from staff where dept_id = %s order by grade desc limit 3",
                        department,
                    )
                pause(0.2, 3)

        pages(r, driver, "/reports/payroll", page, 7, tx=driver == "psycopg2")

    return run


for _driver in ("psycopg2", "pymysql"):
    raw(f"payroll_group_by_then_details_{_driver}", _driver, "positive", "aggregate report, then detail per group",
        Finding("F1", "n_plus_one", "window function"), noise=_driver == "pymysql")(report(_driver))  # fmt: skip


@raw("albums_view_parent", "psycopg-client", "positive", "view as parent", Finding("F1", "n_plus_one", "IN"))
def view_parent(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent"):
            found = c.q(
                "select * from album_overview where year = %s order by tracks desc, album_id limit 11",
                random.randint(1971, 2019),
            )
        for row in found:
            with r.mark("F1.child"):
                c.q("select title, seconds, isrc from tracks where album_id = %s order by track_id", row[0])

    pages(r, "psycopg-client", "/albums/by-year", page, 9)


@raw("beds_cte_parent_union_child", "psycopg", "positive", "CTE as parent, UNION child",
     Finding("F1", "n_plus_one", "LATERAL"), noise=True)  # fmt: skip
def union_child(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent"):
            beds = c.q("with busy as (select bed_id, max(since) as since from stays where until is null group by bed_id) "
                       "select b.bed_id, b.label, busy.since from beds b join busy using (bed_id) where b.ward_id = %s order by b.label limit 12",
                       random.randint(1, 18))  # fmt: skip
        for bed, _, _ in beds:
            with r.mark("F1.child"):
                c.q("select 'stay' as what, since as day from stays where bed_id = %s union all "
                    "select 'clean', cleaned_at::date from beds where bed_id = %s order by day desc nulls last", bed, bed)  # fmt: skip
            pause(1, 4)

    pages(r, "psycopg", "/wards/:id/beds", page, 10, tx=True)


@raw(
    "vitals_json_per_stay",
    "psycopg2",
    "positive",
    "JSON operators in the child",
    Finding("F1", "n_plus_one", "DISTINCT ON"),
)
def vitals(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent"):
            stays = c.q("select s.stay_id, s.patient_no, b.label from stays s join beds b on b.bed_id = s.bed_id "
                        "where s.until is null and b.ward_id = %s limit 12", random.randint(1, 18))  # fmt: skip
        for stay, _, _ in stays:
            with r.mark("F1.child"):
                c.q("select data->>'pulse', (data->'temp')::numeric from vitals where stay_id = %s and data ? 'pulse' and (data->>'pulse')::int > 55 "
                    "order by taken desc limit 1", stay)  # fmt: skip
            pause()

    pages(r, "psycopg2", "/rounds", page, 10)


def three_tables(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def page(c: Client) -> None:
            with r.mark("F1.parent"):
                found = c.q(
                    "select playlist_id, name from playlists where listener_id between %s and %s order by playlist_id",
                    *(2 * [random.randint(1, 280)]),
                )
                if len(found) < 6:
                    found += c.q(
                        "select playlist_id, name from playlists order by name desc limit 8 offset %s",
                        random.randint(0, 200),
                    )
            for playlist, _ in found:
                with r.mark("F1.child"):
                    c.q("select a.title, r.name, sum(t.seconds) from playlist_items i join tracks t on t.track_id = i.track_id "
                        "join albums a on a.album_id = t.album_id join artists r on r.artist_id = a.artist_id "
                        "where i.playlist_id = %s group by a.title, r.name", playlist)  # fmt: skip
                pause()

        pages(r, driver, "/my/playlists", page, 7)

    return run


raw("playlists_join_child_pg", "psycopg", "positive", "child joins several tables", Finding("F1", "n_plus_one", "IN"))(
    three_tables("psycopg")
)
raw(
    "playlists_join_child_my",
    "pymysql",
    "positive",
    "child joins several tables",
    Finding("F1", "n_plus_one", "IN"),
    noise=True,
)(three_tables("pymysql"))


def function_per_row(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def page(c: Client) -> None:
            with r.mark("F1.parent"):
                found = c.q(
                    "select staff_id, surname from staff where dept_id = %s and grade > %s",
                    random.randint(1, 15),
                    random.randint(2, 5),
                )
            for who, _ in found:
                with r.mark("F1.child"):
                    c.q("SELECT pay_total(%s)", who)
                pause(0.1, 0.6)

        pages(r, driver, "/staff/totals", page, 8)

    return run


raw("payroll_function_pg", "psycopg2", "positive", "stored function per row", Finding("F1", "aggregate_per_row", "call it in the list"),
    noise=True)(function_per_row("psycopg2"))  # fmt: skip
raw(
    "payroll_function_my",
    "pymysql",
    "positive",
    "stored function per row",
    Finding("F1", "aggregate_per_row", "call it in the list"),
)(function_per_row("pymysql"))


@raw("seats_composite_from_bookings", "psycopg", "positive", "three-column key",
     Finding("F1", "n_plus_one", "row values"), note="parent gives all three parts of the key")  # fmt: skip
def seats(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent"):
            found = c.q("select booking_id, show_id, section, seat_no from bookings where email = any(%s) and paid order by booking_id",
                        [f"b{random.randint(1, 390) + d}@example.org" for d in range(4)])  # fmt: skip
        for _, show, section, seat in found:
            with r.mark("F1.child"):
                c.q(
                    "select state, held_by from seats where show_id = %s and section = %s and seat_no = %s",
                    show,
                    section,
                    seat,
                )
            pause()

    pages(r, "psycopg", "/group-bookings", page, 9)


@raw("chart_window_parent", "psycopg2", "positive", "windowed parent", Finding("F1", "n_plus_one", "JOIN"), noise=True)
def chart(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent"):
            found = c.q("select track_id, n from (select track_id, count(*) as n, row_number() over (order by count(*) desc, track_id) as place "
                        "from plays where listener_id = %s group by track_id) ranked where place <= 10", random.randint(1, 300))  # fmt: skip
        for track, _ in found:
            with r.mark("F1.child"):
                c.q(
                    "select t.title, a.title from tracks t, albums a where t.track_id = %s and a.album_id = t.album_id",
                    track,
                )
            pause(0.1, 0.4)

    pages(r, "psycopg2", "/charts/me", page, 9, tx=True)


def two_parents(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def page(c: Client) -> None:
            with r.mark("F1.parent"):
                authors = c.q(
                    "select distinct author_id from messages where room_id = %s limit 7", random.randint(1, 200)
                )
                watching = c.q(
                    "select user_id, body from notices where id between %s and %s",
                    *((n := random.randint(1, 2400)), n + 5),
                )
            for who in [a[0] for a in authors] + [w[0] for w in watching]:
                with r.mark("F1.child"):
                    c.q("select slug, email from accounts_user where id = %s", who)
                pause(0.1, 1)

        pages(r, driver, "/rooms/:id/people", page, 8)

    return run


raw(
    "two_parents_one_child_pg",
    "psycopg-client",
    "positive",
    "two parents feed one child",
    Finding("F1", "n_plus_one", "IN"),
)(two_parents("psycopg-client"))
raw(
    "two_parents_one_child_my",
    "pymysql",
    "positive",
    "two parents feed one child",
    Finding("F1", "n_plus_one", "IN"),
    noise=True,
)(two_parents("pymysql"))


@raw("same_child_two_routes", "psycopg", "positive", "one child from two routes", Finding("F1", "n_plus_one", "JOIN"), noise=True,
     note="a third route reads the same row once per request")  # fmt: skip
def two_routes(r: Recorder) -> None:
    child = "/*route='%s'*/ select code, title, class from accounts where account_id = %%s"

    def journal(c: Client) -> None:
        with r.mark("F1.parent"):
            found = c.q("/*route='journal'*/ select entry_id, account_id, amount from entries where journal_id in (%s, %s)",
                        random.randint(1, 450), random.randint(451, 900))  # fmt: skip
        for _, account, _ in found:
            with r.mark("F1.child"):
                c.q(child % "journal", account)
            pause()

    def closing(c: Client) -> None:
        with r.mark("F1.parent"):
            found = c.q("/*route='closing'*/ select account_id, amount from balances where period = %s and amount > %s limit 9",
                        f"2026-0{random.randint(1, 6)}", random.randint(1, 40))  # fmt: skip
        for account, _ in found:
            with r.mark("F1.child"):
                c.q(child % "closing", account)
            pause()

    def show(c: Client) -> None:
        c.q(child % "account", random.randint(1, 80))

    todo = [("journal", journal)] * 5 + [("closing", closing)] * 5 + [("account", show)] * 25
    random.shuffle(todo)
    requests(r, "psycopg", todo)
