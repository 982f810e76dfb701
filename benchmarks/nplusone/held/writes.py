"""Writes per row: locks and updates in pairs, upserts, an audit row beside each, commits per item, procedures."""

import random
from typing import Any

from benchmarks.nplusone.held.reads import pages
from benchmarks.nplusone.own.raw import Client, Finding, Recorder, client, raw
from benchmarks.nplusone.own.recorder import pause


def locks(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def page(c: Client) -> None:
            with r.mark("F1.parent", "F2.parent"):
                found = c.q("select account_id, abs(sum(amount)) from entries where journal_id between %s and %s group by account_id order by account_id limit 10",
                            *((n := random.randint(1, 880)), n + 3))  # fmt: skip
            for account, amount in found:
                with r.mark("F1.child"):
                    c.q("select amount from balances where account_id = %s and period = '2026-03' for update", account)
                with r.mark("F2.child"):
                    c.q(
                        "update balances set amount = amount + %s where account_id = %s and period = '2026-03'",
                        amount,
                        account,
                    )
                pause(0.1, 0.7)

        pages(r, driver, "/journals/post", page, 8, tx=True, workers=1)

    return run


PAIR = (Finding("F1", "lock_per_row", "lock them at once"), Finding("F2", "update_per_row", "UPDATE FROM VALUES"))
raw("ledger_lock_update_pairs_pg", "psycopg", "positive", "FOR UPDATE and UPDATE per row", *PAIR, noise=True)(
    locks("psycopg")
)
raw("ledger_lock_update_pairs_my", "pymysql", "positive", "FOR UPDATE and UPDATE per row", *PAIR)(locks("pymysql"))


def upserts(driver: str) -> Any:
    def run(r: Recorder) -> None:
        words = (
            "on conflict (sku, depot) do update set qty = excluded.qty"
            if driver != "pymysql"
            else "on duplicate key update qty = values(qty)"
        )

        def page(c: Client) -> None:
            for n in random.sample(range(1, 700), random.randint(9, 16)):
                with r.mark("F1.child"):
                    c.q(
                        f"insert into stock (sku, depot, qty) values (%s, %s, %s) {words}",
                        f"SKU-{n}",
                        "muc",
                        random.randint(0, 50),
                    )

        pages(r, driver, "/stock/upload", page, 8, tx=True)

    return run


raw(
    "stock_upsert_pg",
    "psycopg2",
    "positive",
    "upsert per line of a file",
    Finding("F1", "upsert_per_row", "many VALUES"),
    noise=True,
)(upserts("psycopg2"))
raw(
    "stock_upsert_my",
    "pymysql",
    "positive",
    "upsert per line of a file",
    Finding("F1", "upsert_per_row", "many VALUES"),
)(upserts("pymysql"))


def approvals(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def page(c: Client) -> None:
            with r.mark("F1.parent", "F2.parent"):
                found = c.q("select sheet_id, staff_id, hours from timesheets where week = %s and hours > 38 order by sheet_id limit %s",
                            random.randint(1, 12), random.randint(7, 13))  # fmt: skip
            for sheet, _, _ in found:
                with r.mark("F1.child"):
                    c.q("update timesheets set approved = true where sheet_id = %s", sheet)
                with r.mark("F2.child"):
                    c.q("insert into change_log (what, object_id) values ('sheet approved', %s)", sheet)
                pause(0.1, 0.8)

        pages(r, driver, "/timesheets/approve", page, 8, tx=True)

    return run


AUDITED = (Finding("F1", "update_per_row", "IN"), Finding("F2", "insert_per_row", "INSERT SELECT"))
raw("timesheet_audit_pg", "psycopg-client", "positive", "audit row beside each update", *AUDITED)(
    approvals("psycopg-client")
)
raw("timesheet_audit_my", "pymysql", "positive", "audit row beside each update", *AUDITED, noise=True)(
    approvals("pymysql")
)


def each_commit(driver: str) -> Any:
    def run(r: Recorder) -> None:
        with client(r, driver, "dunning") as c:
            for _ in range(5):
                with r.request("job:dunning"):
                    with c.tx(), r.mark("F1.parent", "F2.parent"):
                        found = c.q("select ticket_id, requester_email from tickets where status = 'waiting' and ticket_id > %s order by ticket_id limit 16",
                                    random.randint(1, 700))  # fmt: skip
                    for ticket, _ in found:
                        with c.tx():
                            with r.mark("F1.child"):
                                c.q(
                                    "select count(*) from ticket_events where ticket_id = %s and kind = 'reply'", ticket
                                )
                            with r.mark("F2.child"):
                                c.q(
                                    "insert into ticket_events (ticket_id, kind, body) values (%s, 'note', 'reminded')",
                                    ticket,
                                )
                        pause(0.2, 1)
                    pause(40, 90)

    return run


EACH = (Finding("F1", "count_per_row", "GROUP BY"), Finding("F2", "insert_per_row", "INSERT SELECT"))
raw(
    "dunning_commit_per_item_pg",
    "psycopg",
    "positive",
    "parent in one transaction, a transaction per item",
    *EACH,
    noise=True,
)(each_commit("psycopg"))
raw("dunning_commit_per_item_my", "pymysql", "positive", "parent in one transaction, a transaction per item", *EACH)(
    each_commit("pymysql")
)


@raw(
    "close_by_procedure",
    "psycopg2",
    "positive",
    "writing function per row",
    Finding("F1", "update_per_row", "pass an array"),
)
def procedure(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent"):
            found = c.q(
                "select ticket_id from tickets where status = 'open' order by opened limit 10 offset %s",
                random.randint(0, 120),
            )
        for (ticket,) in found:
            with r.mark("F1.child"):
                c.q("SELECT close_ticket(%s, %s)", ticket, "stale")

    pages(r, "psycopg2", "/tickets/close-stale", page, 8, tx=True, workers=1)


@raw(
    "playlist_replace",
    "psycopg",
    "positive",
    "delete all, insert one by one",
    Finding("F1", "insert_per_row", "many VALUES"),
    noise=True,
)
def replace(r: Recorder) -> None:
    def page(c: Client) -> None:
        playlist = random.randint(1, 500)
        c.q("delete from playlist_items where playlist_id = %s", playlist)
        for place, track in enumerate(random.sample(range(1, 4000), random.randint(8, 14))):
            with r.mark("F1.child"):
                c.q(
                    "insert into playlist_items (playlist_id, position, track_id) values (%s, %s, %s)",
                    playlist,
                    place,
                    track,
                )

    pages(r, "psycopg", "/playlists/:id", page, 8, tx=True)


@raw(
    "seat_release_loop",
    "psycopg",
    "positive",
    "update by a three-column key",
    Finding("F1", "update_per_row", "UPDATE FROM VALUES"),
)
def release(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent"):
            found = c.q("delete from bookings where booking_id in (select booking_id from bookings where not paid and show_id = %s limit 9) "
                        "returning show_id, section, seat_no", random.randint(1, 60))  # fmt: skip
        for show, section, seat in found:
            with r.mark("F1.child"):
                c.q(
                    "update seats set state = 'free', held_by = null where show_id = %s and section = %s and seat_no = %s",
                    show,
                    section,
                    seat,
                )
            pause(0.1, 0.5)

    pages(r, "psycopg", "/bookings/expire", page, 14, tx=True, workers=2)
