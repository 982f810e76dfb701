"""Pages and gateways that are fine: widgets, tenants, polls, facets, sign-ins, two-phase look-ups, validation."""

import random
from typing import Any

from benchmarks.nplusone.held.reads import pages
from benchmarks.nplusone.own.raw import Client, Recorder, client, pooled, raw, requests
from benchmarks.nplusone.own.recorder import pause, serve


def widgets(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def page(c: Client) -> None:
            u = random.randint(1, 300)
            c.q("select slug, email from accounts_user where id = %s", u)
            c.q("select count(*) from notices where user_id = %s", u)
            c.q(
                "select g.name from accounts_group g join accounts_user_groups x on x.group_id = g.id where x.user_id = %s",
                u,
            )
            c.q("select playlist_id, name from playlists where listener_id = %s", u)
            c.q("select track_id, at from plays where listener_id = %s order by at desc limit 5", u)
            c.q("select cart_id, updated from carts where account_no = %s", u)
            c.q("select count(*), max(at) from messages where author_id = %s", u)
            c.q("select ref, status from tickets where assignee_id = %s limit 5", u)
            c.q("select session_key, expires from sessions where user_id = %s", u)
            c.q("select period, gross from payslips where staff_id = %s order by period desc limit 1", u)
            pause()

        pages(r, driver, "/home", page, 14, tx=driver == "psycopg")

    return run


raw("dashboard_ten_widgets_pg", "psycopg", "negative", "ten widgets by one user", noise=True)(widgets("psycopg"))
raw("dashboard_ten_widgets_my", "pymysql", "negative", "ten widgets by one user")(widgets("pymysql"))


def tenants(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def page(c: Client) -> None:
            org = 7
            c.q("select name, plan from orgs where org_id = %s", org)
            c.q("select room_id, topic from chat_rooms where org_id = %s order by topic", org)
            c.q("select count(*) from messages m join chat_rooms r on r.room_id = m.room_id where r.org_id = %s", org)
            if random.random() < 0.3:
                c.q(
                    "select m.author_id, count(*) from messages m join chat_rooms r on r.room_id = m.room_id where r.org_id = %s group by m.author_id limit 9",
                    org,
                )

        pages(r, driver, "/org/:id", page, 45)

    return run


raw("one_big_tenant_pg", "psycopg2", "negative", "every statement names the one tenant", noise=True)(
    tenants("psycopg2")
)
raw("one_big_tenant_my", "pymysql", "negative", "every statement names the one tenant")(tenants("pymysql"))


@raw("chat_polling_since", "psycopg-client", "negative", "polls with a since id", noise=True)
def polling(r: Recorder) -> None:
    def work() -> None:
        room, last = random.randint(1, 200), 6000
        with client(r, "psycopg-client") as c:
            for _ in range(25):
                with r.request("/poll"):
                    got = c.q(
                        "select message_id, body from messages where room_id = %s and message_id > %s order by message_id limit 20",
                        room,
                        last,
                    )
                last = got[-1][0] if got else last
                pause(8, 30)

    serve([work] * 4, 4)


def two_phase(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def page(c: Client) -> None:
            (user,) = c.q("select id from accounts_user where slug = %s", f"u-{random.randint(1, 500)}")[0]
            c.q("select email, version, last_login from accounts_user where id = %s", user)

        requests(r, driver, [("/u/:slug", page)] * 70, 2, between=(0.1, 0.6))

    return run


raw("slug_then_row_pg", "psycopg", "negative", "id by slug, then the row, at a high rate", noise=True)(
    two_phase("psycopg")
)
raw("slug_then_row_my", "pymysql", "negative", "id by slug, then the row, at a high rate")(two_phase("pymysql"))


@raw("search_facets", "psycopg", "negative", "search with five different facets", noise=True)
def facets(r: Recorder) -> None:
    def page(c: Client) -> None:
        low = random.randint(1, 60)
        c.q("select sku, title, price from goods where price between %s and %s order by price limit 20", low, low + 20)
        c.q("select category, count(*) from goods where price between %s and %s group by category", low, low + 20)
        c.q(
            "select width_bucket(price, 0, 100, 5), count(*) from goods where price between %s and %s group by 1",
            low,
            low + 20,
        )
        c.q(
            "select s.depot, count(*) from goods g join stock s using (sku) where g.price between %s and %s group by s.depot",
            low,
            low + 20,
        )
        c.q(
            "select s.qty > 0, count(*) from goods g join stock s using (sku) where g.price between %s and %s group by 1",
            low,
            low + 20,
        )
        c.q("select left(title, 6), count(*) from goods where price between %s and %s group by 1", low, low + 20)

    pages(r, "psycopg", "/search", page, 16)


def validated(driver: str) -> Any:
    def run(r: Recorder) -> None:
        with pooled(r, driver, 2) as pool:

            def one() -> None:
                with r.request("/api/goods"), pool.take() as c:
                    c.q("SELECT 1")
                    c.q("select title, price from goods where sku = %s", f"SKU-{random.randint(1, 700)}")
                with r.request("/api/stock"), pool.take() as c:
                    c.q("SELECT 1")
                    c.q("select depot, qty from stock where sku = %s", f"SKU-{random.randint(1, 700)}")

            serve([one] * 45, 2, (0.5, 6))

    return run


raw("validated_connections_pg", "psycopg2", "negative", "SELECT 1 before each statement", noise=True)(
    validated("psycopg2")
)
raw("validated_connections_my", "pymysql", "negative", "SELECT 1 before each statement")(validated("pymysql"))


@raw("transaction_pooled_strangers", "psycopg2", "negative", "transaction pooling of short transactions", noise=True)
def pooled_transactions(r: Recorder) -> None:
    def lease(c: Client) -> None:
        c.q("select barcode, state from copies where barcode = %s", f"BC{random.randint(1, 2500)}")
        c.q("update copies set state = 'out' where barcode = %s", f"BC{random.randint(1, 2500)}")

    def mark(c: Client) -> None:
        c.q("select score from marks where id = %s", random.randint(1, 6000))

    def bed(c: Client) -> None:
        c.q("select label, state from beds where bed_id = %s", random.randint(1, 360))
        c.q("select stay_id, since from stays where bed_id = %s and until is null", random.randint(1, 360))

    todo = [random.choice((("/lease", lease), ("/mark", mark), ("/bed", bed))) for _ in range(75)]
    requests(r, "psycopg2", todo, 3, tx=True, between=(0.2, 3))


@raw("page_with_count_my", "pymysql", "negative", "pages with a count", noise=True)
def counted(r: Recorder) -> None:
    def page(c: Client) -> None:
        c.q("select count(*) from tickets where status = %s", "open")
        c.q(
            "select ticket_id, ref, requester_email from tickets where status = %s order by opened desc limit 20 offset %s",
            "open",
            20 * random.randint(0, 10),
        )

    pages(r, "pymysql", "/tickets", page, 35)


@raw("cache_stampede", "psycopg", "negative", "many sessions ask the same at once", noise=True)
def stampede(r: Recorder) -> None:
    def one() -> None:
        with r.request("/front"), client(r, "psycopg") as c:
            c.q("select sku, sum(qty) as sold from cart_lines group by sku order by sold desc limit 10")
            pause(1, 5)

    for _ in range(5):
        serve([one] * 12, 12, (0, 1))
        pause(60, 120)


@raw("cache_stampede_my", "pymysql", "negative", "many sessions ask the same at once")
def stampede_my(r: Recorder) -> None:
    def one() -> None:
        with r.request("/front"), client(r, "pymysql") as c:
            c.q(
                "select track_id, count(*) n from plays where listener_id < 30 group by track_id order by n desc limit 10"
            )

    for _ in range(5):
        serve([one] * 12, 12, (0, 1))
        pause(60, 120)


@raw("health_checks_only", "pymysql", "negative", "health checks of several statements")
def health(r: Recorder) -> None:
    def page(c: Client) -> None:
        c.q("SELECT 1")
        c.q("select version()")
        c.q("select count(*) from jobs where state = 'ready'")
        c.q("select max(at) from change_log")
        c.q("show global status like 'Threads_connected'")

    requests(r, "pymysql", [("/health", page)] * 30, 2, between=(10, 30))


@raw("bi_tool_metadata", "psycopg2", "negative", "metadata of a BI tool, one question per table", noise=True)
def bi(r: Recorder) -> None:
    with client(r, "psycopg2", "bi") as c:
        for _ in range(2):
            with r.request("sync"):
                c.q(
                    "select table_schema, table_name from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')"
                )
                tables = c.q(
                    "select c.oid, c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind = 'r' order by 2 limit 25"
                )
                for oid, _ in tables:
                    c.q(
                        "select a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) from pg_catalog.pg_attribute a where a.attrelid = %s and a.attnum > 0",
                        oid,
                    )
                c.q("select category, sum(qty) from goods join stock using (sku) group by category")
            pause(50, 100)
