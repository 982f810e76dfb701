"""SQLAlchemy: Core loops and ORM habits."""

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
    "pg8000": f"postgresql+pg8000://app@127.0.0.1:{PG_PORT}/worlds",
    "pymysql": f"mysql+pymysql://app@127.0.0.1:{MY_PORT}/worlds",
}


class Base(orm.DeclarativeBase):
    pass


class Department(Base):
    __tablename__ = "departments"
    dept_id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    title: orm.Mapped[str]
    people: orm.Mapped[list["Staff"]] = orm.relationship(back_populates="department")


class Staff(Base):
    __tablename__ = "staff"
    staff_id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    dept_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("departments.dept_id"))
    surname: orm.Mapped[str]
    email: orm.Mapped[str]
    tax_code: orm.Mapped[str]
    department: orm.Mapped[Department] = orm.relationship(back_populates="people")
    slips: orm.Mapped[list["Payslip"]] = orm.relationship(back_populates="who", order_by="Payslip.period")
    sheets: orm.WriteOnlyMapped["Timesheet"] = orm.relationship()


class Payslip(Base):
    __tablename__ = "payslips"
    payslip_id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    staff_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("staff.staff_id"))
    period: orm.Mapped[str]
    gross: orm.Mapped[float]
    who: orm.Mapped[Staff] = orm.relationship(back_populates="slips")
    lines: orm.Mapped[list["Line"]] = orm.relationship()


class Line(Base):
    __tablename__ = "payslip_lines"
    line_id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    payslip_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("payslips.payslip_id"))
    kind: orm.Mapped[str]
    amount: orm.Mapped[float]


class Timesheet(Base):
    __tablename__ = "timesheets"
    sheet_id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    staff_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("staff.staff_id"))
    week: orm.Mapped[int]
    hours: orm.Mapped[float]


class Ticket(Base):
    __tablename__ = "tickets"
    ticket_id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    ref: orm.Mapped[str]
    requester_email: orm.Mapped[str]
    status: orm.Mapped[str]
    opened: orm.Mapped[Any] = orm.mapped_column(sa.DateTime)


META = sa.MetaData()
STAFF = sa.Table("staff", META, *(sa.Column(n) for n in ("staff_id", "dept_id", "surname", "email", "tax_code")))
CODES = sa.Table("tax_codes", META, sa.Column("code"), sa.Column("rate"))
STOCK = sa.Table("stock", META, *(sa.Column(n) for n in ("sku", "depot", "qty")))


@contextlib.contextmanager
def engine_for(recorder: Recorder, driver: str) -> Iterator[sa.Engine]:
    """A small pool whose statements are recorded."""
    engine = sa.create_engine(URLS[driver], pool_size=3, max_overflow=0)
    engine.connect().close()
    sa.event.listen(engine, "before_cursor_execute", lambda conn, cursor, text, *rest: recorder.sent(text))
    try:
        yield engine
    finally:
        engine.dispose()


def alchemy(
    name: str, driver: str, label: str, family: str, *findings: Finding, noise: bool = False, note: str = ""
) -> Any:
    """Declare a SQLAlchemy scenario."""
    return scenario(
        name, driver, "my" if driver == "pymysql" else "pg", label, family, findings, "sqlalchemy", note, noise
    )


def sessions(
    r: Recorder, driver: str, route: str, view: Callable[[orm.Session], None], n: int, workers: int = 3
) -> None:
    """The view n times, each in a session of its own."""
    with engine_for(r, driver) as engine:

        def one() -> None:
            with r.request(route), orm.Session(engine) as session:
                view(session)

        serve([one] * n, workers)


def core_loop(driver: str) -> Any:
    def run(r: Recorder) -> None:
        with engine_for(r, driver) as engine:

            def one() -> None:
                with r.request("/tax-report"), engine.connect() as c:
                    with r.mark("F1.parent"):
                        found = c.execute(
                            sa.select(STAFF.c.surname, STAFF.c.tax_code)
                            .where(STAFF.c.dept_id == random.randint(1, 15))
                            .limit(12)
                        ).all()
                    for row in found:
                        with r.mark("F1.child"):
                            c.execute(sa.select(CODES.c.rate).where(CODES.c.code == row.tax_code)).scalar_one()
                        pause(0.1, 0.6)

            serve([one] * 9)

    return run


alchemy(
    "sa_core_natural_key",
    "pg8000",
    "positive",
    "Core loop by a code without a foreign key",
    Finding("F1", "n_plus_one", "JOIN"),
)(core_loop("pg8000"))
alchemy(
    "sa_core_natural_key_my",
    "pymysql",
    "positive",
    "Core loop by a code without a foreign key",
    Finding("F1", "n_plus_one", "JOIN"),
    noise=True,
)(core_loop("pymysql"))


def write_only(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def view(s: orm.Session) -> None:
            with r.mark("F1.parent", "F2.parent"):
                found = s.scalars(
                    sa.select(Staff)
                    .where(Staff.tax_code == f"TX{random.randint(1, 12)}")
                    .order_by(Staff.surname)
                    .limit(9)
                ).all()
            for one in found:
                with r.mark("F1.child"):
                    s.scalars(one.sheets.select().order_by(Timesheet.week.desc()).limit(4)).all()
                with r.mark("F2.child"):
                    _ = [slip.gross for slip in one.slips]

        sessions(r, driver, "/staff/overview", view, 8)

    return run


WRITE_ONLY = (Finding("F1", "n_plus_one"), Finding("F2", "n_plus_one", "selectinload"))
alchemy(
    "sa_write_only_collection", "psycopg", "positive", "write-only collection and a lazy one", *WRITE_ONLY, noise=True
)(write_only("psycopg"))
alchemy("sa_write_only_collection_my", "pymysql", "positive", "write-only collection and a lazy one", *WRITE_ONLY)(
    write_only("pymysql")
)


@alchemy(
    "sa_merge_each",
    "psycopg2",
    "positive",
    "merge per line of a file",
    Finding("F1", "get_or_create", "one list"),
    Finding("F2", "update_per_row", "one UPDATE", optional=True),
    note="the flush at the end is one executemany",
)
def merged(r: Recorder) -> None:
    def view(s: orm.Session) -> None:
        with s.no_autoflush:
            for n in random.sample(range(1, 900), 11):
                with r.mark("F1.child"):
                    s.merge(Ticket(ticket_id=n, status="open"), load=True)
        with r.mark("F2.child"):
            s.commit()

    sessions(r, "psycopg2", "/tickets/import", view, 8, 1)


@alchemy("sa_expired_after_commit", "psycopg", "positive", "objects expired by a commit per item",
         Finding("F1", "n_plus_one", "expire_on_commit=False"), Finding("F2", "update_per_row"), noise=True)  # fmt: skip
def expired(r: Recorder) -> None:
    def view(s: orm.Session) -> None:
        with r.mark("F1.parent", "F2.parent"):
            found = s.scalars(
                sa.select(Ticket)
                .where(Ticket.status == "waiting")
                .order_by(Ticket.ticket_id)
                .limit(9)
                .offset(random.randint(0, 100))
            ).all()
        s.commit()
        for ticket in found:
            with r.mark("F1.child"):
                email = ticket.requester_email
            ticket.requester_email = email.upper() if email.islower() else email.lower()
            with r.mark("F2.child"):
                s.commit()

    sessions(r, "psycopg", "job:normalise", view, 6, 1)


@alchemy(
    "sa_core_update_each",
    "psycopg2",
    "positive",
    "Core update per row of an aggregate",
    Finding("F1", "update_per_row", "bindparam batch"),
    noise=True,
)
def core_update(r: Recorder) -> None:
    with engine_for(r, "psycopg2") as engine:

        def one() -> None:
            with r.request("/stock/recount"), engine.begin() as c:
                with r.mark("F1.parent"):
                    found = c.execute(sa.text("select sku, sum(qty) as sold from cart_lines where cart_id between :a and :b group by sku order by sku"),
                                      {"a": (n := random.randint(1, 290)), "b": n + 4}).all()  # fmt: skip
                for row in found:
                    with r.mark("F1.child"):
                        c.execute(
                            STOCK.update()
                            .where(STOCK.c.sku == row.sku, STOCK.c.depot == "muc")
                            .values(qty=STOCK.c.qty + row.sold)
                        )

        serve([one] * 9, 1)


@alchemy("sa_two_lazy_hops_pg8000", "pg8000", "positive", "lazy to-one, then lazy to-many of the target",
         Finding("F1", "n_plus_one"), Finding("F2", "n_plus_one", parent_finding="F1"))  # fmt: skip
def hops(r: Recorder) -> None:
    def view(s: orm.Session) -> None:
        with r.mark("F1.parent"):
            found = s.scalars(
                sa.select(Line)
                .where(Line.kind == "bonus")
                .order_by(Line.amount.desc(), Line.line_id)
                .limit(9)
                .offset(random.randint(0, 500))
            ).all()
        for line in found:
            with r.mark("F1.child", "F2.parent"):
                slip = s.get(Payslip, line.payslip_id)
            with r.mark("F2.child"):
                _ = slip.who.surname

    sessions(r, "pg8000", "/bonuses", view, 8)
