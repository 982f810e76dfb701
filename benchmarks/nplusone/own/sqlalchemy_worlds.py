"""SQLAlchemy Core, ORM and async on other worlds than the development set's."""

import contextlib
import random
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from benchmarks.nplusone.own.recorder import Finding, Recorder, pause, scenario, serve
from benchmarks.nplusone.own.servers import MY_PORT, PG_PORT

URLS = {
    "psycopg": f"postgresql+psycopg://app@127.0.0.1:{PG_PORT}/worlds",
    "psycopg2": f"postgresql+psycopg2://app@127.0.0.1:{PG_PORT}/worlds",
    "asyncpg": f"postgresql+asyncpg://app@127.0.0.1:{PG_PORT}/worlds",
    "pymysql": f"mysql+pymysql://app@127.0.0.1:{MY_PORT}/worlds",
    "aiomysql": f"mysql+aiomysql://app@127.0.0.1:{MY_PORT}/worlds",
}


class Base(orm.DeclarativeBase):
    pass


class Ward(Base):
    __tablename__ = "wards"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    name: orm.Mapped[str]


class Doctor(Base):
    __tablename__ = "doctors"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    ward_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("wards.id"))
    name: orm.Mapped[str]
    ward: orm.Mapped[Ward] = orm.relationship()


class Patient(Base):
    __tablename__ = "patients"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    doctor_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("doctors.id"))
    name: orm.Mapped[str]
    doctor: orm.Mapped[Doctor] = orm.relationship()
    visits: orm.Mapped[list["Visit"]] = orm.relationship(back_populates="patient")


class Visit(Base):
    __tablename__ = "visits"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    patient_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("patients.id"))
    status: orm.Mapped[str]
    fee: orm.Mapped[float]
    patient: orm.Mapped[Patient] = orm.relationship(back_populates="visits")


class Task(Base):
    __tablename__ = "tasks"
    tenant_id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    project_id: orm.Mapped[int]
    assignee_id: orm.Mapped[int]
    state: orm.Mapped[str]
    assignee: orm.Mapped["Person"] = orm.relationship()
    __table_args__ = (sa.ForeignKeyConstraint(["tenant_id", "assignee_id"], ["people.tenant_id", "people.id"]),)


class Person(Base):
    __tablename__ = "people"
    tenant_id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    email: orm.Mapped[str]


THREADS = sa.table("threads", *map(sa.column, ("id", "board_id", "author_id", "title")))
POSTS = sa.table("posts", *map(sa.column, ("id", "thread_id", "author_id", "score")))


def heard(engine: sa.Engine, recorder: Recorder) -> None:
    sa.event.listen(engine, "before_cursor_execute", lambda conn, cursor, text, *rest: recorder.sent(text))


@contextlib.contextmanager
def engine_for(recorder: Recorder, driver: str) -> Iterator[sa.Engine]:
    """An engine with a pool of three whose statements are recorded."""
    engine = sa.create_engine(URLS[driver], pool_size=3, max_overflow=0)
    with engine.connect() as first:
        first.execute(sa.text("select 1"))
    heard(engine, recorder)
    try:
        yield engine
    finally:
        engine.dispose()


def alchemy(name: str, driver: str, label: str, family: str, *findings: Finding, noise: bool = False, note: str = ""):
    """Declare a scenario on SQLAlchemy."""
    return scenario(
        name, driver, "my" if "mysql" in driver else "pg", label, family, findings, "sqlalchemy", note, noise
    )


def pages(r: Recorder, driver: str, route: str, handler: Callable[[orm.Session], None], n: int) -> None:
    with engine_for(r, driver) as engine:

        def one() -> None:
            with r.request(route), orm.Session(engine) as session:
                handler(session)
                session.commit()

        serve([one] * n, 3)


def identity_map(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def page(s: orm.Session) -> None:
            with r.mark("F1.parent"):
                found = s.scalars(
                    sa.select(Patient).where(Patient.id > random.randint(1, 700)).order_by(Patient.id).limit(20)
                ).all()
            for patient in found:
                with r.mark("F1.child", "F2.parent"):
                    _ = patient.doctor
                with r.mark("F2.child"):
                    _ = patient.doctor.ward.name
                pause(0.2, 1)

        pages(r, driver, "/patients", page, 7)

    return run


CHAIN = (
    Finding("F1", "n_plus_one", "selectinload/joinedload"),
    Finding("F2", "n_plus_one_nested", "selectinload/joinedload", optional=True, parent_finding="F1"),
)
alchemy(
    "sa_identity_map_pg",
    "psycopg",
    "positive",
    "to-one chain, identity map",
    *CHAIN,
    noise=True,
    note="at most 8 wards per session, then the identity map answers",
)(identity_map("psycopg"))
alchemy("sa_identity_map_my", "pymysql", "positive", "to-one chain, identity map", *CHAIN)(identity_map("pymysql"))


@alchemy("sa_composite_lazy", "psycopg2", "positive", "composite keys", Finding("F1", "n_plus_one", "joinedload"))
def composite(r: Recorder) -> None:
    def page(s: orm.Session) -> None:
        with r.mark("F1.parent"):
            found = s.scalars(
                sa.select(Task)
                .where(Task.tenant_id == random.randint(1, 40), Task.state == "open")
                .order_by(Task.id)
                .limit(14)
            ).all()
        for task in found:
            with r.mark("F1.child"):
                _ = task.assignee.email
            pause(0.1, 0.7)

    pages(r, "psycopg2", "/tasks", page, 9)


@alchemy(
    "sa_core_aggregate",
    "psycopg",
    "positive",
    "aggregate per row, Core",
    Finding("F1", "aggregate_per_row", "GROUP BY"),
    noise=True,
)
def core_aggregate(r: Recorder) -> None:
    with engine_for(r, "psycopg") as engine:

        def one() -> None:
            with r.request("/boards"), engine.connect() as c:
                with r.mark("F1.parent"):
                    found = c.execute(
                        sa.select(THREADS.c.id, THREADS.c.title)
                        .where(THREADS.c.board_id == random.randint(1, 60))
                        .limit(13)
                    ).all()
                for row in found:
                    with r.mark("F1.child"):
                        c.execute(
                            sa.select(sa.func.count(), sa.func.max(POSTS.c.score)).where(POSTS.c.thread_id == row.id)
                        )
                    pause(0.1, 0.6)

        serve([one] * 8, 3)


@alchemy(
    "sa_unit_of_work_updates",
    "pymysql",
    "positive",
    "flush of many dirty rows",
    Finding("F1", "update_per_row", "one UPDATE"),
    noise=True,
)
def flush(r: Recorder) -> None:
    with engine_for(r, "pymysql") as engine:
        for _ in range(8):
            with r.request("/visits/close"), orm.Session(engine) as s:
                with r.mark("F1.parent"):
                    found = s.scalars(
                        sa.select(Visit)
                        .where(Visit.patient_id.between((low := random.randint(1, 780)), low + 3))
                        .limit(16)
                    ).all()
                for visit in found:
                    visit.fee = float(visit.fee) + 1
                    with r.mark("F1.child"):
                        s.flush()
                s.commit()
            pause(10, 30)


@alchemy("sa_eager_selectin", "psycopg", "negative", "selectinload and joinedload", noise=True)
def eager(r: Recorder) -> None:
    def page(s: orm.Session) -> None:
        load = sa.select(Patient).options(
            orm.selectinload(Patient.visits), orm.joinedload(Patient.doctor).joinedload(Doctor.ward)
        )
        s.scalars(load.where(Patient.id > random.randint(1, 700)).order_by(Patient.id).limit(20)).unique().all()

    pages(r, "psycopg", "/patients", page, 40)


@alchemy("sa_get_per_request", "pymysql", "negative", "detail endpoint", noise=True)
def get_one(r: Recorder) -> None:
    def page(s: orm.Session) -> None:
        patient = s.get(Patient, random.randint(1, 800))
        _ = patient.doctor.name
        s.scalar(sa.select(sa.func.count()).select_from(Visit).where(Visit.patient_id == patient.id))

    pages(r, "pymysql", "/patients/:id", page, 70)


@alchemy("sa_refresh_wizard", "psycopg2", "negative", "one write per request, ORM")
def write_one(r: Recorder) -> None:
    def page(s: orm.Session) -> None:
        visit = s.get(Visit, random.randint(1, 4000))
        visit.status = random.choice(("planned", "done", "missed"))

    pages(r, "psycopg2", "/visits/:id", page, 80)
