"""Pony: it batches what it can guess, and repeats where it cannot."""

import random
from typing import Any

from pony import orm
from pony.orm.dbapiprovider import DBAPIProvider

from benchmarks.nplusone.own.recorder import Finding, Recorder, pause, scenario, serve
from benchmarks.nplusone.own.servers import PG_PORT

DB = orm.Database()


class Ward(DB.Entity):
    _table_ = "wards"
    ward_id = orm.PrimaryKey(int, auto=True)
    title = orm.Required(str)
    building = orm.Required(str)
    beds = orm.Set("Bed")


class Bed(DB.Entity):
    _table_ = "beds"
    bed_id = orm.PrimaryKey(int, auto=True)
    ward = orm.Required(Ward, column="ward_id")
    label = orm.Required(str)
    state = orm.Required(str)
    stays = orm.Set("Stay")


class Stay(DB.Entity):
    _table_ = "stays"
    stay_id = orm.PrimaryKey(int, auto=True)
    bed = orm.Required(Bed, column="bed_id")
    patient_no = orm.Required(int)


HEARD: list[Recorder] = []
PLAIN = DBAPIProvider.execute


def heard(self: Any, cursor: Any, sql: str, arguments: Any = None, returning_id: bool = False) -> Any:
    """Tell the recorder what Pony sends."""
    if HEARD:
        HEARD[-1].sent(sql)
    return PLAIN(self, cursor, sql, arguments, returning_id)


def pony(name: str, label: str, family: str, *findings: Finding, noise: bool = False, note: str = "") -> Any:
    """Declare a Pony scenario; the first one binds the database."""

    def declare(body: Any) -> Any:
        def run(recorder: Recorder) -> None:
            if DB.provider is None:
                DB.bind("postgres", host="127.0.0.1", port=PG_PORT, user="app", database="worlds")
                type(DB.provider).execute = heard
                DB.generate_mapping(check_tables=False)
            HEARD.append(recorder)
            try:
                body(recorder)
            finally:
                HEARD.pop()
                DB.disconnect()

        return scenario(name, "psycopg2", "pg", label, family, findings, "pony", note, noise)(run)

    return declare


def requests(r: Recorder, route: str, view: Any, n: int) -> None:
    """The view n times, each in a db_session."""

    def one() -> None:
        with r.request(route), orm.db_session:
            view()

    serve([one] * n, 3)


@pony(
    "pony_count_query_per_ward", "positive", "query per entity", Finding("F1", "count_per_row", "GROUP BY"), noise=True
)
def per_ward(r: Recorder) -> None:
    def view() -> None:
        with r.mark("F1.parent"):
            found = list(Ward.select().order_by(Ward.title).limit(10, offset=random.randint(0, 8)))
        for ward in found:
            with r.mark("F1.child"):
                ward.beds.select().filter(state="free").count()
            pause()

    requests(r, "/wards", view, 9)


@pony("pony_last_stay_per_bed", "positive", "raw look-up per entity", Finding("F1", "n_plus_one", "DISTINCT ON"))
def last_stay(r: Recorder) -> None:
    def view() -> None:
        with r.mark("F1.parent"):
            found = list(Bed.select().where(ward=random.randint(1, 18)).limit(12))
        for bed in found:  # noqa: B007  (Pony reads the variable out of the text)
            with r.mark("F1.child"):
                DB.select("patient_no from stays where bed_id = $(bed.bed_id) order by since desc limit 1")

    requests(r, "/beds", view, 9)


@pony("pony_bed_page", "negative", "detail page, relations batched by Pony", noise=True)
def page(r: Recorder) -> None:
    def view() -> None:
        bed = Bed[random.randint(1, 360)]
        _ = bed.ward.title, [stay.patient_no for stay in bed.stays]

    requests(r, "/beds/:id", view, 36)
