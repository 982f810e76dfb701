"""Requests that read a row or two each: nothing here repeats within one request."""

import random
import time
from typing import Any

from benchmarks.nplusone.own.raw import Client, Finding, Recorder, client, pooled, raw, requests, serve
from benchmarks.nplusone.own.raw_lazy import repeat
from benchmarks.nplusone.own.recorder import pause


def browse(driver: str, deep: int) -> Any:
    """Users read a list, then open some of it, each page its own request; users overlap on few connections."""

    def run(r: Recorder) -> None:
        with pooled(r, driver, 3) as pool:

            def user() -> None:
                with r.request("/threads"), pool.take() as c:
                    found = c.q(
                        "select id, title, author_id from threads where board_id = %s order by created desc limit 20",
                        random.randint(1, 60),
                    )
                for thread, _, _ in random.sample(found, min(deep, len(found))):
                    pause(25, 120)
                    with r.request("/threads/:id"), pool.take() as c:
                        c.q("select id, title, author_id, board_id, created from threads where id = %s", thread)
                        c.q(
                            "select id, author_id, body from posts where thread_id = %s order by created limit 50",
                            thread,
                        )

            serve([user] * 30, 4)

    return run


raw("browse_list_detail_pg", "psycopg2", "negative", "list then detail")(browse("psycopg2", 2))
raw("browse_list_detail_binds", "psycopg", "negative", "list then detail", noise=True)(browse("psycopg", 3))
raw("browse_list_detail_my", "pymysql", "negative", "list then detail", noise=True)(browse("pymysql", 2))


@raw(
    "crawler_one_connection",
    "psycopg",
    "hard",
    "one client crawls a whole list",
    Finding("F1", "n_plus_one", optional=True),
    note="undecidable without tags",
)
def crawl(r: Recorder) -> None:
    with client(r, "psycopg") as c:
        for board in random.sample(range(1, 60), 8):
            with r.mark("F1.parent"):
                found = c.q("select id, title from threads where board_id = %s order by id", board)
            for thread, _ in found:
                with r.request("/threads/:id"), r.mark("F1.child"):
                    c.q("select id, author_id, body from posts where thread_id = %s", thread)
                pause(3, 12)


def detail_hammered(driver: str, tx: bool) -> Any:
    def run(r: Recorder) -> None:
        def detail(c: Client) -> None:
            member = c.q("select member_id from web_sessions where token = %s", f"tok{random.randint(1, 500)}")[0][0]
            c.q("select id, login, karma from members where id = %s", member)
            post = random.randint(1, 8000)
            row = c.q("select id, thread_id, author_id, body from posts where id = %s", post)[0]
            c.q("select title from threads where id = %s", row[1])
            if driver != "pymysql":
                c.q("select count(*) from votes where post_id = %s", post)

        requests(r, driver, repeat("/posts/:id", detail, 70), tx=tx, between=(2, 12))

    return run


raw("detail_hammered_auto", "psycopg", "negative", "detail endpoint hammered")(detail_hammered("psycopg", False))
raw("detail_hammered_tx", "psycopg-client", "negative", "detail endpoint hammered, tx", noise=True)(
    detail_hammered("psycopg-client", True)
)
raw("detail_hammered_my", "pymysql", "negative", "detail endpoint hammered")(detail_hammered("pymysql", False))


@raw("auth_and_permission", "psycopg2", "negative", "auth and permission per request", noise=True)
def auth(r: Recorder) -> None:
    def api(c: Client) -> None:
        tenant, person, task = random.randint(1, 40), random.randint(1, 30), random.randint(1, 200)
        c.q("select plan from tenants where id = %s", tenant)
        c.q("select email from people where tenant_id = %s and id = %s", tenant, person)
        project = c.q("select project_id, state from tasks where tenant_id = %s and id = %s", tenant, task)[0][0]
        c.q(
            "select role from grants where tenant_id = %s and person_id = %s and project_id = %s",
            tenant,
            person,
            project,
        )

    requests(r, "psycopg2", repeat("/api/tasks/:id", api, 90), between=(1, 9))


def eager(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def page(c: Client) -> None:
            found = c.q(
                "select id, title, author_id from threads where board_id = %s order by id limit 15",
                random.randint(1, 60),
            )
            authors, keys = sorted({row[2] for row in found}), [row[0] for row in found]
            if driver == "psycopg":
                c.q("select id, login from members where id = any(%s)", authors)
                posts = c.q("select id, thread_id, author_id from posts where thread_id = any(%s)", keys)
                c.q(
                    "select post_id, count(*) from votes where post_id = any(%s) group by post_id",
                    [row[0] for row in posts],
                )
            else:
                c.q(f"select id, login from members where id in ({', '.join(['%s'] * len(authors))})", *authors)
                posts = c.q(
                    f"select id, thread_id, author_id from posts where thread_id in ({', '.join(['%s'] * len(keys))})",
                    *keys,
                )
                for start in range(0, len(posts), 30):
                    chunk = [row[0] for row in posts[start : start + 30]]
                    c.q(
                        f"select subject_id, count(*) from remarks where subject_type = 'post' and subject_id in ({', '.join(['%s'] * len(chunk))}) group by subject_id",
                        *chunk,
                    )

        requests(r, driver, repeat("/boards/:id", page, 40))

    return run


raw("dataloader_any_arrays", "psycopg", "negative", "GraphQL dataloader, = any", noise=True)(eager("psycopg"))
raw("prefetch_in_chunks_pg", "psycopg2", "negative", "prefetch by IN lists in chunks")(eager("psycopg2"))
raw("prefetch_in_chunks_my", "pymysql", "negative", "prefetch by IN lists in chunks", noise=True)(eager("pymysql"))


@raw("autocomplete_typing", "psycopg-client", "negative", "autocomplete", noise=True)
def autocomplete(r: Recorder) -> None:
    with pooled(r, "psycopg-client", 3) as pool:

        def typing() -> None:
            word = "member" + str(random.randint(100, 499))
            for end in range(2, len(word) + 1):
                with r.request("/suggest"):
                    pool.q(
                        "select id, login from members where login like %s order by karma desc limit 8",
                        word[:end] + "%",
                    )
                pause(60, 220)

        serve([typing] * 16, 5)


@raw("pooled_point_lookups", "psycopg", "negative", "point lookups from a pool")
def points(r: Recorder) -> None:
    with pooled(r, "psycopg", 4) as pool:

        def one() -> None:
            with r.request("/devices/:serial"):
                pool.q("select id, site_id, firmware from devices where serial = %s", f"SN{random.randint(1, 400)}")

        serve([one] * 220, 4, (1, 8))


@raw("session_refresh_my", "pymysql", "negative", "session refresh per request", noise=True)
def refresh(r: Recorder) -> None:
    def hit(c: Client) -> None:
        token = f"tok{random.randint(1, 500)}"
        c.q("select member_id, seen from web_sessions where token = %s", token)
        c.q("update web_sessions set seen = now() where token = %s", token)

    requests(r, "pymysql", repeat("/heartbeat", hit, 110), between=(1, 8))


@raw("session_refresh_tx_pg", "psycopg2", "negative", "session refresh per request, tx")
def refresh_tx(r: Recorder) -> None:
    def hit(c: Client) -> None:
        token = f"tok{random.randint(1, 500)}"
        member = c.q("select member_id from web_sessions where token = %s for update", token)[0][0]
        c.q("update web_sessions set seen = now() where token = %s", token)
        c.q("select login, karma from members where id = %s", member)

    requests(r, "psycopg2", repeat("/heartbeat", hit, 90), tx=True)


def statement_pool(driver: str) -> Any:
    def run(r: Recorder) -> None:
        with pooled(r, driver, 3) as pool:

            def invoice() -> None:
                with r.request("/invoices/:id"):
                    number = random.randint(1, 2000)
                    pool.q(
                        'select "customerId", "status" from "Invoice" where "id" = %s'
                        if driver != "pymysql"
                        else "select customerId, status from Invoice where id = %s",
                        number,
                    )
                    pool.q(
                        'select "productId", "quantity" from "InvoiceLine" where "invoiceId" = %s'
                        if driver != "pymysql"
                        else "select productId, quantity from InvoiceLine where invoiceId = %s",
                        number,
                    )

            def patient() -> None:
                with r.request("/patients/:id"):
                    pool.q("select name, doctor_id from patients where id = %s", random.randint(1, 800))

            def boards() -> None:
                with r.request("/boards"):
                    pool.q("select id, title from boards where parent_id = %s order by title", random.randint(1, 14))

            def shipments() -> None:
                with r.request("/shipments"):
                    pool.q(
                        "select shp_no, stat_cd from shpmt_hdr where wh_cd = %s order by shp_no desc limit 15",
                        f"W{random.randint(1, 20)}",
                    )

            def lines() -> None:
                with r.request("/shipments/:no"):
                    pool.q("select ln_no, itm_cd, qty from shpmt_ln where shp_no = %s", random.randint(1, 2500))

            serve(
                [random.choice((invoice, invoice, patient, boards, shipments, lines)) for _ in range(230)], 6, (1, 10)
            )

    return run


raw("statement_pool_pg", "psycopg2", "negative", "statement-level pooling of unrelated clients", noise=True)(
    statement_pool("psycopg2")
)
raw("statement_pool_my", "pymysql", "negative", "statement-level pooling of unrelated clients")(
    statement_pool("pymysql")
)


@raw("offset_pages", "psycopg", "negative", "OFFSET pagination with a count")
def offsets(r: Recorder) -> None:
    def pages(c: Client) -> None:
        board = random.randint(1, 60)
        for page in range(random.randint(2, 6)):
            with r.request("/posts?page"):
                c.q("select count(*) from posts p join threads t on t.id = p.thread_id where t.board_id = %s", board)
                c.q(
                    "select p.id, p.body from posts p join threads t on t.id = p.thread_id where t.board_id = %s order by p.id limit %s offset %s",
                    board,
                    20,
                    20 * page,
                )
            pause(10, 50)

    requests(r, "psycopg", repeat("/posts", pages, 20))


@raw("polling_and_health", "psycopg2", "negative", "polling and health checks", noise=True)
def polling(r: Recorder) -> None:
    with client(r, "psycopg2", "worker") as c, client(r, "psycopg2", "probe") as probe:
        seen = 0
        for _ in range(40):
            probe.q("SELECT 1")
            rows = c.q("select id, topic from outbox where id > %s and state = 'new' order by id limit 5", seen)
            seen = rows[-1][0] if rows else seen
            time.sleep(0.1 + random.uniform(-0.004, 0.004))


@raw("wizard_steps", "psycopg", "negative", "different statements, one each", noise=True)
def wizard(r: Recorder) -> None:
    def page(c: Client) -> None:
        customer = random.randint(1, 300)
        c.q('select "fullName", "vatNumber" from "Customer" where "id" = %s', customer)
        c.q('select count(*) from "Invoice" where "customerId" = %s', customer)
        c.q('select max("issuedAt") from "Invoice" where "customerId" = %s and "status" = %s', customer, "sent")
        c.q(
            'select coalesce(sum(p."amount"), 0) from "Payment" p join "Invoice" i on i."id" = p."invoiceId" where i."customerId" = %s',
            customer,
        )
        c.q("insert into audit_trail (actor_id, action) values (%s, %s)", customer, "open account")

    requests(r, "psycopg", repeat("/account", page, 50), tx=True)


@raw("list_with_join", "psycopg2", "negative", "the same eager list again and again")
def joined(r: Recorder) -> None:
    def page(c: Client) -> None:
        c.q(
            "select v.id, p.name, d.name from visits v join patients p on p.id = v.patient_id join doctors d on d.id = v.doctor_id where v.doctor_id = %s order by v.day desc limit 25",
            random.randint(1, 60),
        )

    requests(r, "psycopg2", repeat("/visits", page, 120), between=(1, 8))
