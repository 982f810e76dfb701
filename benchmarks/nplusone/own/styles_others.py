"""More spellings: Eloquent, Doctrine, GORM, EF Core, Ecto; row security settings and look-alikes without a library."""

import random

from benchmarks.nplusone.own.raw import Client, Finding, Recorder, client, pooled, raw, requests, serve
from benchmarks.nplusone.own.raw_lazy import repeat
from benchmarks.nplusone.own.recorder import pause

ONE = Finding("F1", "n_plus_one")


@raw(
    "style_eloquent_accessors",
    "pymysql",
    "positive",
    "to-one and count, IS NOT NULL",
    ONE,
    Finding("F2", "count_per_row", "withCount"),
    stack="eloquent-style",
    noise=True,
)
def eloquent(r: Recorder) -> None:
    def page(c: Client) -> None:
        board = random.randint(1, 60)
        c.q("select count(*) as aggregate from `threads` where `board_id` = %s", board)
        with r.mark("F1.parent", "F2.parent"):
            found = c.q("select * from `threads` where `board_id` = %s order by `id` desc limit 10 offset 0", board)
        for row in found:
            with r.mark("F1.child"):
                c.q("select * from `members` where `members`.`id` = %s limit 1", row[2])
            with r.mark("F2.child"):
                c.q(
                    "select count(*) as aggregate from `posts` where `posts`.`thread_id` = %s and `posts`.`thread_id` is not null",
                    row[0],
                )
            pause()

    requests(r, "pymysql", repeat("threads.index", page, 9))


@raw("style_eloquent_with", "pymysql", "negative", "with() and auth per request", stack="eloquent-style")
def eloquent_with(r: Recorder) -> None:
    def page(c: Client) -> None:
        c.q("select * from `members` where `id` = %s limit 1", random.randint(1, 500))
        found = c.q(
            "select * from `threads` where `board_id` = %s order by `id` desc limit 10 offset 0", random.randint(1, 60)
        )
        c.q(f"select * from `members` where `members`.`id` in ({', '.join(str(row[2]) for row in found)})")
        c.q(f"select * from `posts` where `posts`.`thread_id` in ({', '.join(str(row[0]) for row in found)})")

    requests(r, "pymysql", repeat("threads.index", page, 40))


@raw("style_doctrine_proxy", "pymysql", "positive", "proxy per row, identity map", ONE, stack="doctrine-style")
def doctrine(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent"):
            found = c.q(
                "SELECT p0_.id AS id_0, p0_.name AS name_1, p0_.doctor_id AS doctor_id_2 FROM patients p0_ WHERE p0_.born > %s ORDER BY p0_.born ASC LIMIT 18",
                f"19{random.randint(51, 72)}-05-01",
            )
        seen = set()
        for _, _, doctor in found:
            if doctor not in seen:
                seen.add(doctor)
                with r.mark("F1.child"):
                    c.q(
                        "SELECT t0.id AS id_1, t0.name AS name_2, t0.on_call AS on_call_3, t0.ward_id AS ward_id_4 FROM doctors t0 WHERE t0.id = %s",
                        doctor,
                    )
            pause(0.1, 0.6)

    requests(r, "pymysql", repeat("app_patient_index", page, 8))


@raw(
    "style_doctrine_flush",
    "pymysql",
    "positive",
    "flush: one UPDATE per entity",
    Finding("F1", "update_per_row", "DQL update"),
    stack="doctrine-style",
    noise=True,
)
def doctrine_flush(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent"):
            found = c.q(
                "SELECT i0_.id AS id_0, i0_.status AS status_1 FROM Invoice i0_ WHERE i0_.customerId IN (%s, %s) ORDER BY i0_.id",
                random.randint(1, 300),
                random.randint(1, 300),
            )
        pause(3, 8)
        for key, status in found:
            with r.mark("F1.child"):
                c.q("UPDATE Invoice SET status = %s WHERE id = %s", "paid" if status == "sent" else "sent", key)

    requests(r, "pymysql", repeat("app_invoice_settle", page, 9), tx=True)


@raw(
    "style_gorm_soft_delete",
    "psycopg",
    "positive",
    "first() per row, soft delete, tenant constant",
    ONE,
    stack="gorm-style",
    noise=True,
)
def gorm(r: Recorder) -> None:
    def page(c: Client) -> None:
        tenant = random.randint(1, 40)
        with r.mark("F1.parent"):
            found = c.q('SELECT * FROM "projects" WHERE tenant_id = %s ORDER BY name LIMIT 13', tenant)
        for row in found:
            with r.mark("F1.child"):
                c.q(
                    'SELECT * FROM "tasks" WHERE (tenant_id = %s AND project_id = %s) AND "tasks"."deleted" = false ORDER BY "tasks"."rank" LIMIT 1',
                    tenant,
                    row[1],
                )

    requests(r, "psycopg", repeat("/v1/projects", page, 9))


@raw(
    "style_ef_core_lazy_proxies",
    "psycopg",
    "positive",
    "lazy proxies, nested",
    ONE,
    Finding("F2", "n_plus_one_nested", parent_finding="F1"),
    stack="ef-core-style",
)
def ef_core(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent"):
            found = c.q(
                "SELECT t.id, t.author_id, t.title FROM threads AS t WHERE t.board_id = %s ORDER BY t.created DESC LIMIT %s",
                random.randint(1, 60),
                6,
            )
        for thread, _, _ in found:
            with r.mark("F1.child", "F2.parent"):
                posts = c.q("SELECT p.id, p.author_id, p.body, p.score FROM posts AS p WHERE p.thread_id = %s", thread)
            for post in posts:
                with r.mark("F2.child"):
                    c.q("SELECT m.id, m.karma, m.login FROM members AS m WHERE m.id = %s", post[1])

    requests(r, "psycopg", repeat("Threads/Index", page, 6), tx=False)


@raw("style_ecto_preload", "psycopg", "negative", "preload by arrays", stack="ecto-style", noise=True)
def ecto(r: Recorder) -> None:
    def page(c: Client) -> None:
        found = c.q(
            'SELECT t0."id", t0."title", t0."author_id" FROM "threads" AS t0 WHERE (t0."board_id" = %s) LIMIT 14',
            random.randint(1, 60),
        )
        c.q(
            'SELECT p0."id", p0."body", p0."thread_id", p0."thread_id" FROM "posts" AS p0 WHERE (p0."thread_id" = ANY(%s)) ORDER BY p0."thread_id"',
            [row[0] for row in found],
        )
        c.q(
            'SELECT m0."id", m0."login", m0."id" FROM "members" AS m0 WHERE (m0."id" = ANY(%s))',
            [row[2] for row in found],
        )

    requests(r, "psycopg", repeat("ThreadController.index", page, 45))


@raw(
    "tenant_setting_then_loop",
    "psycopg-client",
    "positive",
    "row security setting per request",
    Finding("F1", "latest_per_row", "LATERAL"),
    noise=True,
)
def row_security(r: Recorder) -> None:
    def page(c: Client) -> None:
        c.q("select set_config('app.tenant', %s, true)", str(random.randint(1, 40)))
        with r.mark("F1.parent"):
            found = c.q(
                "select shp_no, stat_cd from shpmt_hdr where wh_cd = %s and shp_dt > %s order by shp_no limit 12",
                f"W{random.randint(1, 20)}",
                "2026-03-10",
            )
        for number, _ in found:
            with r.mark("F1.child"):
                c.q(
                    "select evt_cd, evt_ts from trk_evt where shp_no = %s order by evt_ts desc fetch first 1 row only",
                    number,
                )
            pause(0.1, 0.6)

    requests(r, "psycopg-client", repeat("/shipments", page, 9), tx=True)


@raw("tenant_setting_detail", "psycopg-client", "negative", "row security setting per request, detail", noise=True)
def row_security_detail(r: Recorder) -> None:
    def page(c: Client) -> None:
        c.q("select set_config('app.tenant', %s, true)", str(random.randint(1, 40)))
        number = random.randint(1, 2500)
        c.q("select shp_no, cust_cd, wh_cd from shpmt_hdr where shp_no = %s", number)
        c.q("select ln_no, itm_cd, qty from shpmt_ln where shp_no = %s order by ln_no", number)
        c.q("select evt_cd, evt_ts from trk_evt where shp_no = %s order by evt_ts desc fetch first 1 row only", number)

    requests(r, "psycopg-client", repeat("/shipments/:no", page, 50), tx=True)


@raw("webhook_dedup_per_request", "psycopg2", "negative", "look-up then insert, one per request", noise=True)
def webhook(r: Recorder) -> None:
    with pooled(r, "psycopg2", 3) as pool:

        def hook() -> None:
            with r.request("/webhook"), pool.take() as c, c.tx():
                body = f"event {random.randint(1, 400)}"
                if not c.q("select id from outbox where topic = 'hook' and body = %s", body):
                    c.q("insert into outbox (topic, body) values ('hook', %s)", body)

        serve([hook] * 80, 3, (1, 9))


@raw("repeated_page_reload", "psycopg", "negative", "one user reloads one page", noise=True)
def reload_page(r: Recorder) -> None:
    with client(r, "psycopg") as c:
        for _ in range(45):
            with r.request("/patients/17"):
                c.q("select id, name, doctor_id from patients where id = %s", 17)
                c.q("select id, day, status from visits where patient_id = %s order by day desc", 17)
            pause(40, 120)
