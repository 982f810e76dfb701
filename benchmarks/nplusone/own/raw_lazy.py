"""Loops that read one row's relation at a time, on raw drivers."""

import random
from collections.abc import Iterator
from typing import Any

from benchmarks.nplusone.own.raw import Client, Finding, Recorder, client, raw, requests
from benchmarks.nplusone.own.recorder import pause

Handler = Any


def repeat(route: str, handler: Handler, n: int) -> Iterator[tuple[str, Handler]]:
    """The same route n times."""
    return ((route, handler) for _ in range(n))


@raw("lazy_visit_patient", "psycopg", "positive", "to-one", Finding("F1", "n_plus_one", "JOIN"), noise=True)
def visit_patient(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent"):
            visits = c.q(
                "select id, patient_id, status from visits where day = %s and doctor_id = %s limit 20",
                f"2026-01-{random.randint(2, 28):02d}",
                5 * random.randint(1, 11) + 1,
            )
            visits += (
                c.q(
                    "select id, patient_id, status from visits where day = %s limit 12",
                    f"2026-01-{random.randint(2, 28):02d}",
                )
                if not visits
                else []
            )
        for _, patient, _ in visits:
            with r.mark("F1.child"):
                c.q("select name, born from patients where id = %s", patient)
            pause()

    requests(r, "psycopg", repeat("/visits", page, 9), tx=True)


def assignees(driver: str) -> Handler:
    def run(r: Recorder) -> None:
        def board(c: Client) -> None:
            tenant = random.randint(1, 40)
            with r.mark("F1.parent"):
                tasks = c.q(
                    "select id, assignee_id, state from tasks where tenant_id = %s and project_id = %s and not deleted order by rank",
                    tenant,
                    random.randint(1, 25),
                )
            for _, person, _ in tasks:
                with r.mark("F1.child"):
                    c.q("select email from people where tenant_id = %s and id = %s", tenant, person)
                pause(0.2, 1)

        requests(r, driver, repeat("/board", board, 14))

    return run


for name in ("psycopg-client", "psycopg2"):
    raw(
        f"lazy_composite_assignee_{name.replace('-', '_')}",
        name,
        "positive",
        "composite keys",
        Finding("F1", "n_plus_one", "JOIN"),
        noise=name == "psycopg2",
    )(assignees(name))


@raw(
    "permission_per_object",
    "psycopg",
    "positive",
    "permission per object",
    Finding("F1", "n_plus_one", "IN"),
    noise=True,
)
def permission(r: Recorder) -> None:
    def projects(c: Client) -> None:
        tenant, person = random.randint(1, 40), random.randint(1, 30)
        c.q("select email from people where tenant_id = %s and id = %s", tenant, person)
        with r.mark("F1.parent"):
            found = c.q("select id, name from projects where tenant_id = %s order by name limit 15", tenant)
        for key, _ in found:
            with r.mark("F1.child"):
                c.q(
                    "select role from grants where tenant_id = %s and person_id = %s and project_id = %s",
                    tenant,
                    person,
                    key,
                )
            pause(0.1, 0.6)

    requests(r, "psycopg", repeat("/projects", projects, 10))


def latest(driver: str) -> Handler:
    def run(r: Recorder) -> None:
        sites = []
        with client(r, driver, "setup") as c:
            sites = [row[0] for row in c.q("select id from sites order by name limit 6")]

        def dashboard(c: Client) -> None:
            with r.mark("F1.parent"):
                devices = c.q(
                    "select id, serial, firmware from devices where site_id = %s order by serial", random.choice(sites)
                )
            for device, _, _ in devices:
                with r.mark("F1.child"):
                    c.q("select at, celsius from readings where device_id = %s order by at desc limit 1", device)
                pause(0.2, 1.2)

        requests(r, driver, repeat("/sites/:id", dashboard, 8), tx=driver == "psycopg2")

    return run


raw(
    "latest_reading_uuid_psycopg",
    "psycopg",
    "positive",
    "latest per row, uuid",
    Finding("F1", "latest_per_row", "DISTINCT ON / LATERAL"),
)(latest("psycopg"))
raw(
    "latest_reading_uuid_client_binding",
    "psycopg-client",
    "positive",
    "latest per row, uuid",
    Finding("F1", "latest_per_row", "DISTINCT ON / LATERAL"),
    noise=True,
)(latest("psycopg-client"))


def thread_page(driver: str, tx: bool) -> Handler:
    def run(r: Recorder) -> None:
        def page(c: Client) -> None:
            with r.mark("F1.parent"):
                threads = c.q(
                    "select id, title, created from threads where board_id = %s order by created desc limit 4",
                    random.randint(1, 60),
                )
            for thread, _, _ in threads:
                with r.mark("F1.child", "F2.parent", "F3.parent"):
                    posts = c.q("select id, author_id, body from posts where thread_id = %s order by created", thread)
                for post, author, _ in posts:
                    with r.mark("F2.child"):
                        c.q("select login, karma from members where id = %s", author)
                    with r.mark("F3.child"):
                        c.q(
                            "select count(*) from votes where post_id = %s"
                            if driver != "pymysql"
                            else "select count(*) from remarks where subject_type = 'post' and subject_id = %s",
                            post,
                        )
                pause()

        requests(r, driver, repeat("/boards/:id", page, 5), tx=tx)

    return run


NESTED = (
    Finding("F1", "n_plus_one"),
    Finding("F2", "n_plus_one_nested", parent_finding="F1"),
    Finding("F3", "count_per_row", "GROUP BY", parent_finding="F1"),
)
raw("nested_thread_post_author_pg", "psycopg-client", "positive", "nested", *NESTED)(
    thread_page("psycopg-client", True)
)
raw("nested_thread_post_author_my", "pymysql", "positive", "nested, constant in child", *NESTED, noise=True)(
    thread_page("pymysql", False)
)


def three_levels(driver: str) -> Handler:
    def run(r: Recorder) -> None:
        def page(c: Client) -> None:
            with r.mark("F1.parent"):
                wards = c.q("select id, name from wards where floor >= %s order by id", random.randint(0, 1))
            for ward, _ in wards:
                with r.mark("F1.child", "F2.parent"):
                    doctors = c.q("select id, name from doctors where ward_id = %s order by name limit 3", ward)
                for doctor, _ in doctors:
                    with r.mark("F2.child", "F3.parent"):
                        patients = c.q("select id, name from patients where doctor_id = %s order by id limit 2", doctor)
                    for patient, _ in patients:
                        with r.mark("F3.child"):
                            c.q("select max(day), sum(fee) from visits where patient_id = %s", patient)

        requests(r, driver, repeat("/hospital", page, 4), tx=True)

    return run


THREE = (
    Finding("F1", "n_plus_one"),
    Finding("F2", "n_plus_one_nested", parent_finding="F1"),
    Finding("F3", "aggregate_per_row", "GROUP BY", parent_finding="F2"),
)
raw("nested_three_levels_pg", "psycopg2", "positive", "nested three levels", *THREE)(three_levels("psycopg2"))
raw("nested_three_levels_my", "pymysql", "positive", "nested three levels", *THREE)(three_levels("pymysql"))


def remarks(driver: str) -> Handler:
    subject = {"thread": ("F1", "select title, author_id from threads where id = %s"), "post": ("F2", "select body, thread_id from posts where id = %s"),
               "member": ("F3", "select login, karma from members where id = %s")}  # fmt: skip

    def run(r: Recorder) -> None:
        def feed(c: Client) -> None:
            with r.mark("F1.parent", "F2.parent", "F3.parent"):
                found = c.q(
                    "select id, subject_type, subject_id, body from remarks where author_id > %s order by id limit 24",
                    random.randint(1, 400),
                )
            for _, kind, key, _ in found:
                name, text = subject[kind]
                with r.mark(f"{name}.child"):
                    c.q(text, key)
                pause(0.1, 0.8)

        requests(r, driver, repeat("/feed", feed, 7))

    return run


POLY = tuple(Finding(f"F{i}", "n_plus_one", "one IN per type") for i in (1, 2, 3))
raw("polymorphic_remarks_pg", "psycopg", "positive", "polymorphic", *POLY, noise=True)(remarks("psycopg"))
raw("polymorphic_remarks_my", "pymysql", "positive", "polymorphic", *POLY)(remarks("pymysql"))


def open_tasks(r: Recorder) -> None:
    def page(c: Client) -> None:
        tenant = random.randint(1, 40)
        with r.mark("F1.parent"):
            found = c.q("select id, name from projects where tenant_id = %s order by id", tenant)
        for project, _ in found:
            with r.mark("F1.child"):
                c.q(
                    "select count(*) from tasks where tenant_id = %s and project_id = %s and deleted = false and state = 'open'",
                    tenant,
                    project,
                )
            pause(0.1, 0.5)

    requests(r, "psycopg", repeat("/overview", page, 8), tx=True)


raw(
    "count_constant_predicates",
    "psycopg",
    "positive",
    "count per row, constants",
    Finding("F1", "count_per_row", "GROUP BY"),
    noise=True,
)(open_tasks)


def slow_render(driver: str) -> Handler:
    def run(r: Recorder) -> None:
        def page(c: Client) -> None:
            with r.mark("F1.parent"):
                found = c.q(
                    "select id, name, doctor_id from patients where doctor_id = %s order by name limit 9",
                    random.randint(1, 60),
                )
            for patient, _, _ in found:
                pause(18, 60)
                with r.mark("F1.child"):
                    c.q("select drug_id from patient_allergies where patient_id = %s", patient)

        requests(r, driver, repeat("/patients", page, 7), workers=2)

    return run


raw("slow_template_pg", "psycopg-client", "positive", "slow rendering", Finding("F1", "n_plus_one"))(
    slow_render("psycopg-client")
)
raw("slow_template_my", "pymysql", "positive", "slow rendering", Finding("F1", "n_plus_one"), noise=True)(
    slow_render("pymysql")
)
