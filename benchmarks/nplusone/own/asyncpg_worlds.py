"""asyncpg: binary protocol, prepared statements, many tasks over a small pool."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import asyncpg

from benchmarks.nplusone.own.recorder import Finding, Recorder, scenario
from benchmarks.nplusone.own.servers import PG_PORT


class AsyncClient:
    """A pool whose `q` takes a connection for one statement, and `take` for a whole request."""

    def __init__(self, recorder: Recorder, pool: asyncpg.Pool) -> None:
        self.recorder, self.pool = recorder, pool

    async def q(self, text: str, *values: object, on: Any = None) -> list[Any]:
        self.recorder.sent(text)
        return await (on or self.pool).fetch(text, *values)


def asynchronous(
    name: str, label: str, family: str, *findings: Finding, noise: bool = False, note: str = "", size: int = 4
):
    """Declare a scenario whose body is a coroutine over an asyncpg pool."""

    def declare(body: Callable[[Recorder, AsyncClient], Awaitable[None]]) -> Any:
        async def main(recorder: Recorder) -> None:
            async with asyncpg.create_pool(
                host="127.0.0.1", port=PG_PORT, user="app", database="worlds", min_size=size, max_size=size
            ) as pool:
                await body(recorder, AsyncClient(recorder, pool))

        return scenario(name, "asyncpg", "pg", label, family, findings, "raw", note, noise)(
            lambda recorder: asyncio.run(main(recorder))
        )

    return declare


async def rest(low: float = 0.3, high: float = 2.0) -> None:
    await asyncio.sleep(random.uniform(low, high) / 1000)


async def together(
    makers: Iterable[Callable[[], Awaitable[None]]], tasks: int = 3, between: tuple[float, float] = (2, 14)
) -> None:
    """A few tasks take the requests one after another."""
    waiting = list(makers)

    async def work() -> None:
        while waiting:
            await waiting.pop()()
            await rest(*between)

    await asyncio.gather(*(work() for _ in range(tasks)))


@asynchronous("asyncpg_device_alarms", "positive", "to-many, uuid", Finding("F1", "n_plus_one", "= any"), noise=True)
async def alarms(r: Recorder, c: AsyncClient) -> None:
    async def page() -> None:
        with r.request("/devices"):
            async with c.pool.acquire() as one:
                with r.mark("F1.parent"):
                    found = await c.q(
                        "select id, serial from devices where firmware = $1 order by serial limit 14",
                        f"1.{random.randint(0, 8)}",
                        on=one,
                    )
                for row in found:
                    with r.mark("F1.child"):
                        await c.q("select id, level from alarms where device_id = $1 and open", row["id"], on=one)
                    await rest()

    await together([page] * 9)


@asynchronous(
    "asyncpg_gather",
    "positive",
    "async gather over a pool",
    Finding("F1", "count_per_row", "GROUP BY"),
    Finding("F2", "n_plus_one", "= any"),
)
async def gather(r: Recorder, c: AsyncClient) -> None:
    async def page() -> None:
        with r.request("/boards"):
            with r.mark("F1.parent", "F2.parent"):
                found = await c.q(
                    "select id, author_id, title from threads where board_id = $1 order by created desc limit 15",
                    random.randint(1, 60),
                )

            async def one(row: Any) -> None:
                with r.mark("F1.child"):
                    await c.q("select count(*) from posts where thread_id = $1", row["id"])
                with r.mark("F2.child"):
                    await c.q("select login from members where id = $1", row["author_id"])

            await asyncio.gather(*(one(row) for row in found))

    await together([page] * 8, 2, (15, 40))


@asynchronous(
    "asyncpg_tx_updates", "positive", "update loop in tx", Finding("F1", "update_per_row", "UPDATE FROM unnest")
)
async def updates(r: Recorder, c: AsyncClient) -> None:
    async def page() -> None:
        with r.request("/recalculate"):
            async with c.pool.acquire() as one, one.transaction():
                with r.mark("F1.parent"):
                    found = await c.q(
                        "select id, score from posts where author_id = $1 order by id limit 16 for update",
                        random.randint(1, 500),
                        on=one,
                    )
                for row in found:
                    with r.mark("F1.child"):
                        await c.q("update posts set score = $1 where id = $2", row["score"] + 1, row["id"], on=one)
                    await rest(0.1, 0.6)

    await together([page] * 12, 1)


@asynchronous(
    "asyncpg_grants",
    "positive",
    "permission per object, composite key",
    Finding("F1", "exists_per_row", "IN"),
    noise=True,
)
async def grants(r: Recorder, c: AsyncClient) -> None:
    async def page() -> None:
        tenant, person = random.randint(1, 40), random.randint(1, 30)
        with r.request("/tasks"):
            async with c.pool.acquire() as one:
                with r.mark("F1.parent"):
                    found = await c.q(
                        "select id, project_id from tasks where tenant_id = $1 and state = 'open' and deleted = false order by rank limit 12",
                        tenant,
                        on=one,
                    )
                for row in found:
                    with r.mark("F1.child"):
                        await c.q(
                            "select exists (select from grants where tenant_id = $1 and person_id = $2 and project_id = $3)",
                            tenant,
                            person,
                            row["project_id"],
                            on=one,
                        )

    await together([page] * 12)


@asynchronous("asyncpg_dataloader", "negative", "GraphQL dataloader", noise=True)
async def dataloader(r: Recorder, c: AsyncClient) -> None:
    async def page() -> None:
        with r.request("/graphql"):
            found = await c.q(
                "select id, author_id from threads where board_id = $1 order by id limit 20", random.randint(1, 60)
            )
            keys = [row["id"] for row in found]
            await asyncio.gather(
                c.q(
                    "select id, login from members where id = any($1::int[])", list({row["author_id"] for row in found})
                ),
                c.q("select thread_id, count(*) from posts where thread_id = any($1::int[]) group by 1", keys),
                c.q(
                    "select tl.thread_id, l.name from thread_labels tl join labels l on l.id = tl.label_id where tl.thread_id = any($1::int[])",
                    keys,
                ),
            )

    await together([page] * 40)


@asynchronous("asyncpg_point_lookups", "negative", "point lookups from a pool")
async def points(r: Recorder, c: AsyncClient) -> None:
    async def page() -> None:
        with r.request("/products/:sku"):
            row = (
                await c.q('select "id", "unitPrice" from "Product" where "sku" = $1', f"SKU{random.randint(1, 400)}")
            )[0]
            await c.q('select count(*) from "InvoiceLine" where "productId" = $1', row["id"])

    await together([page] * 110, 4, (1, 7))


@asynchronous("asyncpg_websocket_polls", "negative", "polling by many clients", noise=True)
async def sockets(r: Recorder, c: AsyncClient) -> None:
    async def watch(thread: int) -> None:
        last = 0
        for _ in range(16):
            with r.request("ws"):
                found = await c.q(
                    "select id, author_id from posts where thread_id = $1 and id > $2 order by id", thread, last
                )
                last = max([last, *(row["id"] for row in found)])
            await asyncio.sleep(0.15)

    await asyncio.gather(*(watch(random.randint(1, 1500)) for _ in range(12)))


@asynchronous("asyncpg_copy_records", "negative", "COPY and executemany-free load")
async def load(r: Recorder, c: AsyncClient) -> None:
    for _ in range(20):
        with r.request("job:load"):
            async with c.pool.acquire() as one, one.transaction():
                await one.copy_records_to_table(
                    "votes", records=[(i, 1, 1) for i in range(1, 60)], columns=["post_id", "member_id", "value"]
                )
                await c.q(
                    "insert into audit_trail (actor_id, action) select x, 'load' from unnest($1::int[]) x",
                    list(range(1, 40)),
                    on=one,
                )
        await rest(3, 10)


@asynchronous("asyncpg_browse", "negative", "list then detail", noise=True)
async def browse(r: Recorder, c: AsyncClient) -> None:
    async def user() -> None:
        with r.request("/sites/:id"):
            found = await c.q(
                "select d.id, d.serial from devices d join sites s on s.id = d.site_id where s.name = $1 order by d.serial",
                f"site {random.randint(1, 25)}",
            )
        for row in random.sample(found, min(3, len(found))):
            await rest(30, 150)
            with r.request("/devices/:id"):
                async with c.pool.acquire() as one:
                    await c.q("select serial, firmware, site_id from devices where id = $1", row["id"], on=one)
                    await c.q(
                        "select at, celsius from readings where device_id = $1 order by at desc limit 48",
                        row["id"],
                        on=one,
                    )
                    await c.q("select count(*) from alarms where device_id = $1 and open", row["id"], on=one)

    await together([user] * 28, 5)
