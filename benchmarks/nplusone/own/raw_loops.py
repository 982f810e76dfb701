"""Loops without an ordinary list before them: trees, redundant reads, one-element lists, cursors, chunks."""

import random
from typing import Any

from benchmarks.nplusone.own.raw import Client, Finding, Recorder, client, raw, requests
from benchmarks.nplusone.own.raw_lazy import repeat
from benchmarks.nplusone.own.recorder import pause


def tree(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def chart(c: Client) -> None:
            waiting = [random.randint(2, 12)]
            with r.mark("F1.parent"):
                c.q("select id, name from employees where id = %s", waiting[0])
            while waiting:
                with r.mark("F1.child", "F1.parent"):
                    below = c.q("select id, name from employees where manager_id = %s order by name", waiting.pop(0))
                waiting += [row[0] for row in below]
                pause(0.1, 0.5)

        requests(r, driver, repeat("/orgchart", chart, 6))

    return run


raw(
    "tree_breadth_first_pg", "psycopg", "positive", "tree, node by node", Finding("F1", "n_plus_one", "WITH RECURSIVE")
)(tree("psycopg"))
raw(
    "tree_breadth_first_my",
    "pymysql",
    "positive",
    "tree, node by node",
    Finding("F1", "n_plus_one", "WITH RECURSIVE"),
    noise=True,
)(tree("pymysql"))


@raw(
    "parent_chain",
    "psycopg2",
    "positive",
    "tree, walk to the root",
    Finding("F1", "n_plus_one", "WITH RECURSIVE", optional=True),
    note="3 or 4 steps; debatable",
    noise=True,
)
def chain(r: Recorder) -> None:
    def breadcrumbs(c: Client) -> None:
        key = random.randint(200, 400)
        while key:
            with r.mark("F1.child", "F1.parent"):
                key = c.q("select manager_id, name from employees where id = %s", key)[0][0]

    requests(r, "psycopg2", repeat("/employees/:id", breadcrumbs, 40))


@raw(
    "redundant_setting",
    "psycopg",
    "positive",
    "redundant",
    Finding("F1", "redundant", "memoise per request"),
    noise=True,
)
def setting(r: Recorder) -> None:
    def page(c: Client) -> None:
        found = c.q("select id, title from threads order by created desc limit 30")
        for _ in found:
            with r.mark("F1.child"):
                c.q("select value from app_settings where name = %s", "setting7")
            pause(0.1, 0.5)

    requests(r, "psycopg", repeat("/", page, 9), tx=True)


@raw("redundant_flag_my", "pymysql", "positive", "redundant", Finding("F1", "redundant", "memoise per request"))
def flag(r: Recorder) -> None:
    def page(c: Client) -> None:
        member = random.randint(1, 500)
        c.q("select login, karma from members where id = %s", member)
        for _ in range(16):
            with r.mark("F1.child"):
                c.q("select value from app_settings where name = 'setting3'")
            pause(0.2, 1)
        c.q("insert into audit_trail (actor_id, action) values (%s, 'home')", member)

    requests(r, "pymysql", repeat("/home", page, 14), tx=True)


def one_element(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def page(c: Client) -> None:
            with r.mark("F1.parent"):
                found = c.q("select id, name from drugs where id > %s order by id limit 13", random.randint(1, 100))
            for drug, _ in found:
                with r.mark("F1.child"):
                    if driver == "psycopg":
                        c.q("select id, visit_id, dose from prescriptions where drug_id = any(%s) limit 50", [drug])
                    else:
                        c.q("select id, visit_id, dose from prescriptions where drug_id in (%s) limit 50", drug)
                pause(0.2, 0.8)

        requests(r, driver, repeat("/drugs", page, 9))

    return run


raw("one_element_any", "psycopg", "positive", "one-element list per row", Finding("F1", "n_plus_one", "one list"))(
    one_element("psycopg")
)
raw(
    "one_element_in_my",
    "pymysql",
    "positive",
    "one-element list per row",
    Finding("F1", "n_plus_one", "one list"),
    noise=True,
)(one_element("pymysql"))


@raw(
    "batch_chunks_lazy",
    "psycopg-client",
    "positive",
    "batch job over chunks",
    Finding("F1", "n_plus_one"),
    Finding("F2", "n_plus_one"),
)
def chunks(r: Recorder) -> None:
    with client(r, "psycopg-client", "nightly") as c, r.request("job:invoices"):
        last = random.randint(1, 900)
        for _ in range(5):
            with c.tx():
                with r.mark("F1.parent", "F2.parent"):
                    found = c.q("select id, patient_id, fee from visits where id > %s order by id limit 45", last)
                for visit, patient, _ in found:
                    with r.mark("F1.child"):
                        c.q("select drug_id, dose from prescriptions where visit_id = %s", visit)
                    with r.mark("F2.child"):
                        c.q("select name, born from patients where id = %s", patient)
                last = found[-1][0]
            pause(5, 20)


@raw(
    "export_server_cursor",
    "psycopg2",
    "positive",
    "cursor and a second connection",
    Finding("F1", "n_plus_one"),
    note="the parent is FETCHed on another connection",
)
def export(r: Recorder) -> None:
    with (
        client(r, "psycopg2", "export") as reader,
        client(r, "psycopg2", "export") as looker,
        r.request("job:export"),
        reader.tx(),
    ):
        with r.mark("F1.parent"):
            reader.q(
                "declare export_cur no scroll cursor for select shp_no, cust_cd from shpmt_hdr where stat_cd = 'S' order by shp_no"
            )
        for _ in range(5):
            with r.mark("F1.parent"):
                found = reader.q("fetch 40 from export_cur")
            for _, customer in found:
                with r.mark("F1.child"):
                    looker.q("select cust_nm, rgn_cd from cust_mst where cust_cd = %s", customer)
        reader.q("close export_cur")


@raw("many_to_many_per_row_my", "pymysql", "positive", "many to many per row", Finding("F1", "n_plus_one"), noise=True)
def labels_per_thread(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent"):
            found = c.q(
                "select id, title from threads where board_id = %s order by created desc limit 12",
                random.randint(1, 60),
            )
        for thread, _ in found:
            with r.mark("F1.child"):
                c.q(
                    "select l.id, l.name from labels l join thread_labels tl on tl.label_id = l.id where tl.thread_id = %s order by l.name",
                    thread,
                )
            pause()

    requests(r, "pymysql", repeat("/threads", page, 9))


@raw(
    "exists_camel_case_my",
    "pymysql",
    "positive",
    "exists per row, camelCase",
    Finding("F1", "exists_per_row", "EXISTS in the list"),
)
def unpaid(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent"):
            found = c.q(
                "select id, customerId from Invoice where status = 'sent' and issuedAt > %s order by issuedAt limit 15",
                f"2026-0{random.randint(1, 5)}-03 00:00:00",
            )
        for invoice, _ in found:
            with r.mark("F1.child"):
                c.q("select exists (select * from Payment where invoiceId = %s)", invoice)
            pause(0.1, 0.9)

    requests(r, "pymysql", repeat("/unpaid", page, 9))


@raw(
    "random_tags_child_const",
    "psycopg2",
    "positive",
    "child with a constant, one connection",
    Finding("F1", "aggregate_per_row", "GROUP BY"),
    noise=True,
)
def monthly(r: Recorder) -> None:
    with client(r, "psycopg2", "reports") as c:
        for floor in range(5):
            with r.request("job:ward-report"):
                with r.mark("F1.parent"):
                    found = c.q(
                        "select d.id, d.name from doctors d join wards w on w.id = d.ward_id where w.floor = %s order by d.id",
                        floor,
                    )
                for doctor, _ in found:
                    with r.mark("F1.child"):
                        c.q(
                            "select coalesce(sum(fee), 0), avg(fee) from visits where doctor_id = %s and status = 'done' and day >= date '2026-03-01'",
                            doctor,
                        )
                pause(15, 40)
