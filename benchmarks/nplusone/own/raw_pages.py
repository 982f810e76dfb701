"""Pages with several children per row, small loops, and loops over more than one connection, on raw drivers."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from benchmarks.nplusone.own.raw import Client, Finding, Recorder, pooled, raw, requests, serve
from benchmarks.nplusone.own.raw_lazy import Handler, repeat
from benchmarks.nplusone.own.recorder import pause


def cached(driver: str) -> Handler:
    def run(r: Recorder) -> None:
        def page(c: Client) -> None:
            known: dict[str, object] = {}
            with r.mark("F1.parent"):
                lines = c.q("select shp_no, cust_cd, wh_cd, stat_cd from shpmt_hdr where shp_dt >= %s order by shp_no limit 26" if driver != "pymysql" else
                            "select shp_no, stat_cd, wh_cd, stat_cd from shpmt_hdr where shp_dt >= %s order by shp_no limit 26", f"2026-03-{random.randint(1, 28):02d}")  # fmt: skip
            for _, _, warehouse, _ in lines:
                if warehouse not in known:
                    with r.mark("F1.child"):
                        known[warehouse] = c.q("select wh_nm, rgn_cd from whse where wh_cd = %s", warehouse)
                pause()

        requests(r, driver, repeat("/shipments", page, 9))

    return run


raw(
    "cached_warehouse_pg",
    "psycopg2",
    "positive",
    "cached some, no foreign keys",
    Finding("F1", "n_plus_one"),
    note="26 rows, some warehouses repeat",
)(cached("psycopg2"))
raw("cached_warehouse_my", "pymysql", "positive", "cached some, no foreign keys", Finding("F1", "n_plus_one"))(
    cached("pymysql")
)


def legacy(driver: str) -> Handler:
    def run(r: Recorder) -> None:
        def pick_list(c: Client) -> None:
            number = random.randint(1, 2490)
            with r.mark("F1.parent"):
                headers = c.q(
                    "select shp_no, wh_cd from shpmt_hdr where shp_no between %s and %s order by shp_no",
                    number,
                    number + 5,
                )
            for shipment, warehouse in headers:
                with r.mark("F1.child", "F2.parent", "F3.parent"):
                    lines = c.q("select ln_no, itm_cd, qty from shpmt_ln where shp_no = %s order by ln_no", shipment)
                for _, item, _ in lines:
                    with r.mark("F2.child"):
                        c.q("select itm_dsc, wgt from itm_mst where itm_cd = %s", item)
                    with r.mark("F3.child"):
                        c.q("select qty from stk_bal where wh_cd = %s and itm_cd = %s", warehouse, item)

        requests(r, driver, repeat("/picklist", pick_list, 6))

    return run


LEGACY = (
    Finding("F1", "n_plus_one"),
    Finding("F2", "n_plus_one_nested", parent_finding="F1"),
    Finding("F3", "n_plus_one_nested", parent_finding="F1"),
)
raw("legacy_pick_list_pg", "psycopg2", "positive", "legacy names, nested", *LEGACY, noise=True)(legacy("psycopg2"))
raw("legacy_pick_list_my", "pymysql", "positive", "legacy names, nested", *LEGACY)(legacy("pymysql"))


@raw(
    "serializer_children",
    "psycopg2",
    "positive",
    "several children",
    Finding("F1", "n_plus_one"),
    Finding("F2", "latest_per_row"),
    Finding("F3", "count_per_row"),
    Finding("F4", "exists_per_row"),
)
def serializer(r: Recorder) -> None:
    def api(c: Client) -> None:
        with r.mark("F1.parent", "F2.parent", "F3.parent", "F4.parent"):
            found = c.q(
                "select id, name, doctor_id from patients where id > %s order by id limit 10", random.randint(1, 700)
            )
        for patient, _, doctor in found:
            with r.mark("F1.child"):
                c.q("select name, ward_id from doctors where id = %s", doctor)
            with r.mark("F2.child"):
                c.q("select day, status from visits where patient_id = %s order by day desc limit 1", patient)
            with r.mark("F3.child"):
                c.q("select count(*) from patient_allergies where patient_id = %s", patient)
            with r.mark("F4.child"):
                c.q("select exists (select 1 from visits where patient_id = %s and status = 'planned')", patient)
            pause()

    requests(r, "psycopg2", repeat("/api/patients", api, 9), tx=True)


@raw("small_n_many_requests", "psycopg", "positive", "small N, many requests", Finding("F1", "n_plus_one"), noise=True)
def small(r: Recorder) -> None:
    def invoice(c: Client) -> None:
        key = random.randint(1, 2000)
        c.q('select "customerId", "status" from "Invoice" where "id" = %s', key)
        with r.mark("F1.parent"):
            lines = c.q('select "id", "productId", "quantity" from "InvoiceLine" where "invoiceId" = %s', key)
        for _, product, _ in lines:
            with r.mark("F1.child"):
                c.q('select "sku", "unitPrice" from "Product" where "id" = %s', product)

    requests(r, "psycopg", repeat("/invoices/:id", invoice, 60), between=(4, 20))


@raw("rotating_connections", "psycopg2", "positive", "transaction pooling", Finding("F1", "n_plus_one"))
def rotating(r: Recorder) -> None:
    with pooled(r, "psycopg2", 4) as pool:

        def page() -> None:
            with r.request("/alerts"):
                with r.mark("F1.parent"):
                    found = pool.q(
                        "select id, device_id, level from alarms where open and level = %s order by id limit 14",
                        random.randint(0, 3),
                    )
                for _, device, _ in found:
                    with r.mark("F1.child"):
                        pool.q("select serial, firmware from devices where id = %s", device)
                    pause(0.2, 1)

        def one_member() -> None:
            with r.request("/members/:id"):
                pool.q("select login, karma from members where id = %s", random.randint(1, 500))

        jobs = [page] * 12 + [one_member] * 80
        random.shuffle(jobs)
        serve(jobs, 3)


@raw(
    "thread_pool_children",
    "psycopg",
    "positive",
    "children in a thread pool",
    Finding("F1", "aggregate_per_row", "GROUP BY"),
)
def parallel(r: Recorder) -> None:
    with pooled(r, "psycopg", 4) as pool, ThreadPoolExecutor(4) as threads:

        def total(account: int) -> None:
            with r.mark("F1.child"):
                pool.q('select sum("amount") from "Payment" where "invoiceId" = %s', account)

        for _ in range(7):
            with r.request("/statement"):
                with r.mark("F1.parent"):
                    found = pool.q(
                        'select "id", "issuedAt" from "Invoice" where "customerId" = %s or "customerId" = %s',
                        random.randint(1, 300),
                        random.randint(1, 300),
                    )
                for future in [threads.submit(copy_context().run, total, row[0]) for row in found]:
                    future.result()
            pause(10, 40)


@raw(
    "tagged_by_commenter",
    "psycopg2",
    "positive",
    "sqlcommenter tags",
    Finding("F1", "n_plus_one"),
    note="traceparent and route in every comment",
)
def tagged(r: Recorder) -> None:
    with pooled(r, "psycopg2", 3) as pool:

        def page() -> None:
            trace = f"00-{random.getrandbits(128):032x}-{random.getrandbits(64):016x}-01"
            tag = f" /*controller='threads',framework='flask',route='/boards',traceparent='{trace}'*/"
            with r.request("/boards"), pool.take() as c:
                with r.mark("F1.parent"):
                    found = c.q(
                        "select id, author_id, title from threads where board_id = %s order by id limit 8" + tag,
                        random.randint(1, 60),
                    )
                for _, author, _ in found:
                    with r.mark("F1.child"):
                        c.q("select login from members where id = %s" + tag, author)
                    pause()

        serve([page] * 14, 3)
