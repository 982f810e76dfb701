"""SQLAlchemy's async sessions on asyncpg and aiomysql."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from benchmarks.nplusone.own.recorder import Finding, Recorder
from benchmarks.nplusone.own.sqlalchemy_worlds import URLS, Doctor, Patient, Visit, Ward, alchemy, heard


def asynchronous(driver: str, body: Callable[[Recorder, Any], Any]) -> Any:
    async def main(r: Recorder) -> None:
        engine = create_async_engine(URLS[driver], pool_size=4, max_overflow=0)
        heard(engine.sync_engine, r)
        try:
            await body(r, engine)
        finally:
            await engine.dispose()

    return lambda r: asyncio.run(main(r))


async def async_visits(r: Recorder, engine: Any) -> None:
    async def page() -> None:
        with r.request("/visits"):
            async with AsyncSession(engine) as s:
                with r.mark("F1.parent"):
                    found = (
                        await s.scalars(
                            sa.select(Patient)
                            .where(Patient.doctor_id == random.randint(1, 60))
                            .order_by(Patient.id)
                            .limit(12)
                        )
                    ).all()
                for patient in found:
                    with r.mark("F1.child"):
                        (
                            await s.scalars(sa.select(Visit).where(Visit.patient_id == patient.id).order_by(Visit.id))
                        ).all()
                    await asyncio.sleep(random.uniform(0, 0.002))

    for _ in range(4):
        await asyncio.gather(page(), page())


alchemy(
    "sa_async_lazy_pg",
    "asyncpg",
    "positive",
    "to-many, async sessions",
    Finding("F1", "n_plus_one", "selectinload"),
    noise=True,
)(asynchronous("asyncpg", async_visits))
alchemy(
    "sa_async_lazy_my", "aiomysql", "positive", "to-many, async sessions", Finding("F1", "n_plus_one", "selectinload")
)(asynchronous("aiomysql", async_visits))


async def async_detail(r: Recorder, engine: Any) -> None:
    async def page() -> None:
        with r.request("/doctors/:id"):
            async with AsyncSession(engine) as s:
                doctor = await s.get(Doctor, random.randint(1, 60))
                await s.get(Ward, doctor.ward_id)
                (await s.scalars(sa.select(Patient).where(Patient.doctor_id == doctor.id).limit(20))).all()

    for _ in range(20):
        await asyncio.gather(page(), page(), page())


alchemy("sa_async_detail_pg", "asyncpg", "negative", "detail endpoint, async")(asynchronous("asyncpg", async_detail))


async def async_bulk(r: Recorder, engine: Any) -> None:
    for n in range(15):
        with r.request("job:load"):
            async with engine.begin() as c:
                rows = [{"shp_no": i, "evt_cd": "E2"} for i in range(1, 60)]
                await c.execute(
                    sa.text(
                        "insert into trk_evt (shp_no, evt_cd, evt_ts) select unnest(cast(:keys as int[])), 'E2', now()"
                    ),
                    {"keys": [row["shp_no"] + n for row in rows]},
                )
        await asyncio.sleep(0.01)


alchemy("sa_async_bulk", "asyncpg", "negative", "bulk insert: unnest", noise=True)(asynchronous("asyncpg", async_bulk))
