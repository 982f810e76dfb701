"""More that is fine: comparisons of two, waits for a state, flags, leader locks, migrations, heartbeats, rate limits."""

import random
from typing import Any

from benchmarks.nplusone.held.alchemy import alchemy
from benchmarks.nplusone.held.alchemy_quiet import eager, insert_refresh
from benchmarks.nplusone.held.django_models import dj
from benchmarks.nplusone.held.django_quiet import detail, sign_in
from benchmarks.nplusone.held.quiet_jobs import lockstep, queue, saga
from benchmarks.nplusone.held.quiet_pages import tenants, two_phase, validated, widgets
from benchmarks.nplusone.held.reads import pages
from benchmarks.nplusone.own.raw import Client, client, raw, requests
from benchmarks.nplusone.own.recorder import Recorder, pause, serve


def compare_two(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def page(c: Client) -> None:
            for n in random.sample(range(1, 700), 2):
                c.q("select title, price, category from goods where sku = %s", f"SKU-{n}")
                c.q("select depot, qty from stock where sku = %s", f"SKU-{n}")

        pages(r, driver, "/compare", page, 24)

    return run


raw("compare_two_pg", "psycopg-client", "negative", "two of a kind side by side", noise=True)(
    compare_two("psycopg-client")
)
raw("compare_two_my", "pymysql", "negative", "two of a kind side by side")(compare_two("pymysql"))


def waits(driver: str) -> Any:
    def run(r: Recorder) -> None:
        def work() -> None:
            job = random.randint(1, 800)
            with client(r, driver) as c:
                for _ in range(22):
                    with r.request("/jobs/:id/state"):
                        c.q("select state, tries from jobs where job_id = %s", job)
                    pause(25, 60)

        serve([work] * 4, 4)

    return run


raw("wait_for_a_state_pg", "psycopg2", "negative", "a browser polls one row", noise=True)(waits("psycopg2"))
raw("wait_for_a_state_my", "pymysql", "negative", "a browser polls one row")(waits("pymysql"))


@raw("flag_per_request", "psycopg", "negative", "one flag and one row per request, keep-alive", noise=True)
def flag(r: Recorder) -> None:
    def page(c: Client) -> None:
        c.q("select enabled from app_flags where flag = 'flag3'")
        c.q("select title, year from albums where album_id = %s", random.randint(1, 600))

    requests(r, "psycopg", [("/albums/:id", page)] * 65, 2, between=(0.3, 3))


@raw("leader_election", "psycopg2", "negative", "leader lock and heartbeats of several nodes")
def leader(r: Recorder) -> None:
    def node() -> None:
        me = random.randint(1, 30)
        with client(r, "psycopg2", "node") as c:
            for _ in range(18):
                with r.request("tick"):
                    (got,) = c.q("select pg_try_advisory_lock(4711)")[0]
                    c.q(
                        "insert into app_flags (flag, enabled) values (%s, true) on conflict (flag) do update set enabled = excluded.enabled",
                        f"flag{me}",
                    )
                    if got:
                        c.q("select pg_advisory_unlock(4711)")
                pause(30, 50)

    serve([node] * 3)


@raw("migration_tool", "psycopg", "negative", "migrations, a transaction each", noise=True)
def migrations(r: Recorder) -> None:
    with client(r, "psycopg", "migrate") as c, r.request("migrate"):
        c.q(
            "create table if not exists schema_versions (version int primary key, at timestamptz not null default now())"
        )
        c.q("select version from schema_versions order by version")
        for n, text in enumerate((
            "alter table artists add column if not exists born int", "create index if not exists albums_year on albums (year)",
            "alter table shows alter column venue set default 'hall'", "update artists set country = 'UK' where country = 'GB'",
            "create table if not exists venues (name text primary key)", "insert into venues select distinct venue from shows on conflict do nothing",
            "drop index if exists albums_year", "alter table artists drop column if exists born", "analyze artists",
        )):  # fmt: skip
            with c.tx():
                c.q(text)
                c.q(
                    "insert into schema_versions (version) values (%s) on conflict do nothing",
                    random.randint(1, 10**6) * 10 + n,
                )
            pause(2, 10)


@raw("rate_limited_api", "pymysql", "negative", "a counter and one row per call", noise=True)
def limited(r: Recorder) -> None:
    def call(c: Client) -> None:
        who = random.randint(1, 40)
        c.q("update accounts_user set version = version + 1 where id = %s", who)
        c.q("select version from accounts_user where id = %s", who)
        c.q("select title, seconds from tracks where isrc = %s", f"ISRC{random.randint(1, 4000)}")

    requests(r, "pymysql", [("/v1/tracks", call)] * 45, 3, between=(0.5, 5))


@raw("report_of_five_breakdowns", "pymysql", "negative", "one report, five different groupings", noise=True)
def breakdowns(r: Recorder) -> None:
    def page(c: Client) -> None:
        period = f"2026-0{random.randint(1, 6)}"
        for column in ("dept_id", "grade", "tax_code", "grade > 4", "left(surname, 7)"):
            c.q(f"select s.{column} as part, count(*), sum(p.gross) from payslips p join staff s on s.staff_id = p.staff_id where p.period = %s group by 1"
                if "(" not in column else "select left(s.surname, 7) as part, count(*) from staff s join payslips p on p.staff_id = s.staff_id where p.period = %s group by 1", period)  # fmt: skip

    pages(r, "pymysql", "/reports/breakdowns", page, 12)


@raw("batches_with_any", "psycopg-client", "negative", "nested data by = any, a batch per level", noise=True)
def batches(r: Recorder) -> None:
    def page(c: Client) -> None:
        found = c.q("select ward_id, title from wards where building = %s", random.choice("ABC"))
        beds = c.q("select bed_id, ward_id, label from beds where ward_id = any(%s)", [w for w, _ in found])
        stays = c.q(
            "select distinct on (bed_id) bed_id, stay_id from stays where bed_id = any(%s) order by bed_id, since desc",
            [b[0] for b in beds],
        )
        c.q("select stay_id, count(*) from vitals where stay_id = any(%s) group by stay_id", [s[1] for s in stays][:20])

    pages(r, "psycopg-client", "/buildings/:id", page, 14)


@raw("payments_each_its_own_request", "psycopg", "negative", "lock, update, log; one account per request", noise=True)
def payments(r: Recorder) -> None:
    def one(c: Client) -> None:
        account = random.randint(1, 80)
        c.q("select amount from balances where account_id = %s and period = '2026-05' for update", account)
        c.q(
            "update balances set amount = amount + %s where account_id = %s and period = '2026-05'",
            random.randint(1, 90),
            account,
        )
        c.q("insert into change_log (what, object_id) values ('paid in', %s)", account)

    requests(r, "psycopg", [("/payments", one)] * 45, 3, tx=True, between=(0.2, 4))


# The same habits on other drivers.
raw("dashboard_ten_widgets_psycopg2", "psycopg2", "negative", "ten widgets by one user")(widgets("psycopg2"))
raw(
    "slug_then_row_client_binding", "psycopg-client", "negative", "id by slug, then the row, at a high rate", noise=True
)(two_phase("psycopg-client"))
raw("validated_connections_psycopg", "psycopg", "negative", "SELECT 1 before each statement")(validated("psycopg"))
raw("queue_claim_process_ack_psycopg", "psycopg", "negative", "claim, process, acknowledge")(queue("psycopg"))
raw("saga_ten_writes_client_binding", "psycopg-client", "negative", "ten writes on ten tables")(saga("psycopg-client"))
raw("wait_for_a_state_client_binding", "psycopg-client", "negative", "a browser polls one row")(waits("psycopg-client"))
raw("compare_two_psycopg2", "psycopg2", "negative", "two of a kind side by side")(compare_two("psycopg2"))
raw("one_big_tenant_client_binding", "psycopg-client", "negative", "every statement names the one tenant")(
    tenants("psycopg-client")
)
raw("keyset_lockstep_psycopg2", "psycopg2", "negative", "two tables by keyset in lockstep")(lockstep("psycopg2"))
dj("dj_pupil_detail_client_binding", "default", "negative", "detail page with a session")(detail("default"))
dj("dj_sign_in_bound", "bound", "negative", "sign-in: user, groups, permissions, session")(sign_in("bound"))
alchemy("sa_insert_commit_refresh_psycopg2", "psycopg2", "negative", "insert, commit, refresh, once per request")(
    insert_refresh("psycopg2")
)
alchemy("sa_eager_chain_psycopg", "psycopg", "negative", "eager loading of three levels")(eager("psycopg"))
