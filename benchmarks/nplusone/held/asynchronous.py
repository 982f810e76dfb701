"""asyncpg rows one by one, psycopg 3 pipelines, pg8000; and gateways that pipeline look-ups of many clients."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pg8000.dbapi
import psycopg

from benchmarks.nplusone.own.raw import Finding, Recorder, raw
from benchmarks.nplusone.own.recorder import pause, scenario, serve
from benchmarks.nplusone.own.servers import PG_DSN, PG_PORT


def coroutine(name: str, label: str, family: str, *findings: Finding, noise: bool = False, note: str = "") -> Any:
    """Declare a scenario on an asyncpg pool of three."""

    def declare(body: Callable[[Recorder, asyncpg.Pool], Awaitable[None]]) -> Any:
        async def main(recorder: Recorder) -> None:
            async with asyncpg.create_pool(
                host="127.0.0.1", port=PG_PORT, user="app", database="worlds", min_size=3, max_size=3
            ) as pool:
                await body(recorder, pool)

        return scenario(name, "asyncpg", "pg", label, family, findings, "raw", note, noise)(
            lambda recorder: asyncio.run(main(recorder))
        )

    return declare


async def several(one: Callable[[], Awaitable[None]], n: int, tasks: int = 3, low: float = 3, high: float = 15) -> None:
    """n requests by a few tasks."""
    left = [n]

    async def work() -> None:
        while left[0] > 0:
            left[0] -= 1
            await one()
            await asyncio.sleep(random.uniform(low, high) / 1000)

    await asyncio.gather(*(work() for _ in range(tasks)))


@coroutine(
    "asyncpg_fetchrow_per_row",
    "positive",
    "fetchrow per row, text key",
    Finding("F1", "n_plus_one", "= any"),
    noise=True,
)
async def fetchrow(r: Recorder, pool: asyncpg.Pool) -> None:
    async def page() -> None:
        with r.request("/shelf"):
            async with pool.acquire() as c:
                text = "SELECT barcode, isbn FROM copies WHERE branch = $1 AND state = $2 ORDER BY barcode OFFSET $3 LIMIT 12"
                with r.mark("F1.parent"):
                    r.sent(text)
                    found = await c.fetch(text, "north", "in", random.randint(0, 60))
                for row in found:
                    text = "SELECT title, meta->>'lang' AS lang FROM books WHERE isbn = $1"
                    with r.mark("F1.child"):
                        r.sent(text)
                    await c.fetchrow(text, row["isbn"])

    await several(page, 9)


@coroutine(
    "asyncpg_transaction_per_item",
    "positive",
    "a transaction per item on a pool",
    Finding("F1", "lock_per_row"),
    Finding("F2", "update_per_row"),
    noise=True,
)
async def per_item(r: Recorder, pool: asyncpg.Pool) -> None:
    async def job() -> None:
        with r.request("job:grade"):
            async with pool.acquire() as c:
                text = "SELECT id FROM pupils WHERE class_id = $1 AND active ORDER BY id LIMIT 12"
                with r.mark("F1.parent", "F2.parent"):
                    r.sent(text)
                    found = await c.fetch(text, random.randint(1, 36))
                for row in found:
                    async with c.transaction():
                        text = "SELECT name FROM pupils WHERE id = $1 FOR UPDATE"
                        with r.mark("F1.child"):
                            r.sent(text)
                        await c.fetchval(text, row["id"])
                        text = "UPDATE pupils SET name = upper(name) WHERE id = $1"
                        with r.mark("F2.child"):
                            r.sent(text)
                        await c.execute(text, row["id"])

    await several(job, 6)


@coroutine("asyncpg_api_gateway", "negative", "independent point look-ups of many clients", noise=True)
async def gateway(r: Recorder, pool: asyncpg.Pool) -> None:
    kinds = (
        ("SELECT slug, email FROM accounts_user WHERE id = $1", lambda: random.randint(1, 500)),
        ("SELECT title, price FROM goods WHERE sku = $1", lambda: f"SKU-{random.randint(1, 700)}"),
        ("SELECT venue, starts FROM shows WHERE show_id = $1", lambda: random.randint(1, 60)),
        ("SELECT ref, status FROM tickets WHERE ticket_id = $1", lambda: random.randint(1, 1000)),
        ("SELECT name FROM orgs WHERE org_id = $1", lambda: random.randint(1, 50)),
    )

    async def one() -> None:
        text, key = random.choice(kinds)
        with r.request("/api"):
            r.sent(text)
            await pool.fetchrow(text, key())

    await several(one, 170, 3, 0.2, 4)


@raw("pipelined_children", "psycopg", "positive", "pipeline of single look-ups", Finding("F1", "n_plus_one", "= any"), noise=True,
     note="one round trip, still a statement per row")  # fmt: skip
def pipeline(r: Recorder) -> None:
    def one() -> None:
        with r.request("/feed"), psycopg.connect(PG_DSN, autocommit=True) as c:
            text = "select track_id, at from plays where listener_id = %s order by at desc limit 11"
            with r.mark("F1.parent"):
                r.sent(text)
                found = c.execute(text, (random.randint(1, 300),)).fetchall()
            text = "select t.title, a.year from tracks t join albums a using (album_id) where t.track_id = %s"
            with c.pipeline():
                cursors = []
                for track, _ in found:
                    with r.mark("F1.child"):
                        r.sent(text)
                    cursors.append(c.execute(text, (track,)))
                for cursor in cursors:
                    cursor.fetchone()

    serve([one] * 9)


@raw("pipelined_strangers", "psycopg", "negative", "look-ups of strangers pipelined on one connection", noise=True)
def strangers(r: Recorder) -> None:
    kinds = (
        ("select email, last_login from accounts_user where id = %s", 500),
        ("select topic from chat_rooms where room_id = %s", 200),
        ("select plan from orgs where org_id = %s", 50),
        ("select unit, gateway_id from meters where meter_id = md5('meter' || %s::int)::uuid", 600),
        ("select booked, memo from journals where journal_id = %s", 900),
        ("select title, year from albums where album_id = %s", 600),
    )
    with psycopg.connect(PG_DSN, autocommit=True) as c:
        for _ in range(45):
            with c.pipeline():
                for _ in range(random.randint(1, 5)):
                    text, most = random.choice(kinds)
                    with r.request("/graph"):
                        r.sent(text)
                        c.execute(text, (random.randint(1, most),))
            pause(1, 12)


def eight_thousand(name: str, label: str, family: str, *findings: Finding, noise: bool = False) -> Any:
    return scenario(name, "pg8000", "pg", label, family, findings, "raw", "", noise)


def ask(r: Recorder, c: Any, text: str, *values: object) -> list[Any]:
    """One statement on pg8000 (placeholders become $1)."""
    r.sent(text)
    cursor = c.cursor()
    cursor.execute(text, values)
    return list(cursor.fetchall()) if cursor.description else []


@eight_thousand(
    "pg8000_lines_per_slip",
    "positive",
    "several children on pg8000",
    Finding("F1", "n_plus_one"),
    Finding("F2", "n_plus_one"),
)
def slips(r: Recorder) -> None:
    def one() -> None:
        c = pg8000.dbapi.connect("app", host="127.0.0.1", port=PG_PORT, database="worlds")
        with r.request("/payslips"):
            with r.mark("F1.parent", "F2.parent"):
                found = ask(
                    r,
                    c,
                    "select payslip_id, staff_id from payslips where period = %s order by gross desc limit 10",
                    f"2026-0{random.randint(1, 6)}",
                )
            for slip, staff in found:
                with r.mark("F1.child"):
                    ask(r, c, "select kind, amount from payslip_lines where payslip_id = %s", slip)
                with r.mark("F2.child"):
                    ask(r, c, "select surname, email from staff where staff_id = %s", staff)
        c.rollback()
        c.close()

    serve([one] * 8, 2)


@eight_thousand("pg8000_sign_in", "negative", "sign-in flow, one of each", noise=True)
def sign_in(r: Recorder) -> None:
    def work() -> None:
        c = pg8000.dbapi.connect("app", host="127.0.0.1", port=PG_PORT, database="worlds")
        for _ in range(12):
            user = random.randint(1, 500)
            with r.request("/sign-in"):
                ask(r, c, "select id, pw from accounts_user where email = %s", f"u{user}@example.org")
                ask(
                    r,
                    c,
                    "select g.name from accounts_group g join accounts_user_groups ug on ug.group_id = g.id where ug.user_id = %s",
                    user,
                )
                ask(
                    r,
                    c,
                    "select p.codename from accounts_permission p join accounts_user_groups ug on ug.group_id = p.group_id where ug.user_id = %s",
                    user,
                )
                ask(
                    r,
                    c,
                    "insert into sessions (session_key, user_id, data, expires) values (%s, %s, '{}', now())",
                    f"s{random.getrandbits(60)}",
                    user,
                )
                ask(r, c, "update accounts_user set last_login = now() where id = %s", user)
                c.commit()
            pause(4, 20)
        c.close()

    serve([work] * 3)
