"""SQLAlchemy requests that are fine."""

import datetime
import random
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from benchmarks.nplusone.held.alchemy import Department, Payslip, Staff, Ticket, Timesheet, alchemy, sessions
from benchmarks.nplusone.own.recorder import Recorder


def insert_refresh(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def view(s: orm.Session) -> None:
            new = Ticket(
                ref=f"A-{random.getrandbits(30)}",
                requester_email="b2@example.org",
                status="new",
                opened=datetime.datetime(2026, 11, 22),
            )
            s.add(new)
            s.commit()
            _ = new.ref
            s.commit()

        sessions(r, driver, "/tickets/new", view, 35)

    return run


alchemy("sa_insert_commit_refresh", "psycopg", "negative", "insert, commit, refresh, once per request", noise=True)(
    insert_refresh("psycopg")
)
alchemy("sa_insert_commit_refresh_my", "pymysql", "negative", "insert, commit, refresh, once per request")(
    insert_refresh("pymysql")
)


def eager(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def view(s: orm.Session) -> None:
            how = random.choice((orm.selectinload, orm.subqueryload))
            found = s.scalars(sa.select(Staff).options(orm.joinedload(Staff.department), how(Staff.slips).selectinload(Payslip.lines))
                              .where(Staff.dept_id == random.randint(1, 15)).limit(10)).unique().all()  # fmt: skip
            _ = [(one.department.title, [line.kind for slip in one.slips for line in slip.lines]) for one in found]

        sessions(r, driver, "/payroll/print", view, 10)

    return run


alchemy("sa_eager_chain_pg8000", "pg8000", "negative", "eager loading of three levels", noise=True)(eager("pg8000"))
alchemy("sa_eager_chain_my", "pymysql", "negative", "eager loading of three levels")(eager("pymysql"))


@alchemy("sa_staff_page", "psycopg2", "negative", "detail page with lazy relations", noise=True)
def staff_page(r: Recorder) -> None:
    def view(s: orm.Session) -> None:
        one = s.get_one(Staff, random.randint(1, 450))
        _ = one.department.title, [slip.gross for slip in one.slips]
        s.scalar(sa.select(sa.func.sum(Timesheet.hours)).where(Timesheet.staff_id == one.staff_id))

    sessions(r, "psycopg2", "/staff/:id", view, 36)


@alchemy("sa_upload_in_batches", "psycopg", "negative", "INSERT of many values in batches", noise=True)
def upload(r: Recorder) -> None:
    def view(s: orm.Session) -> None:
        s.execute(sa.select(Department.title).where(Department.dept_id == random.randint(1, 15)))
        s.execute(
            sa.insert(Timesheet).values(
                [{"staff_id": random.randint(1, 450), "week": 40, "hours": 8} for _ in range(20)]
            )
        )
        s.commit()

    sessions(r, "psycopg", "/timesheets/upload", view, 14)
