"""Jobs and machines: queues, exports, cron, migrations, caches."""

import random
from typing import Any

from benchmarks.nplusone.own.raw import Finding, Recorder, client, pooled, raw, serve
from benchmarks.nplusone.own.recorder import pause


def consumer(driver: str) -> Any:
    def run(r: Recorder) -> None:
        with pooled(r, driver, 3) as pool:

            def job() -> None:
                with r.request("worker"), pool.take() as c, c.tx():
                    found = c.q(
                        "select id, body from outbox where state = 'new' order by id limit 1 for update skip locked"
                    )
                    pause(0.5, 4)
                    if found:
                        c.q("update outbox set state = 'done' where id = %s", found[0][0])
                        c.q("insert into audit_trail (actor_id, action) values (%s, 'sent')", found[0][0])

            serve([job] * 70, 3, (1, 6))

    return run


raw("queue_skip_locked_pg", "psycopg", "negative", "queue consumer", noise=True)(consumer("psycopg"))
raw("queue_skip_locked_my", "pymysql", "negative", "queue consumer")(consumer("pymysql"))


def keyset(driver: str) -> Any:
    def run(r: Recorder) -> None:
        with client(r, driver, "export") as c, r.request("job:export"):
            last = 0
            for _ in range(35):
                found = c.q("select id, patient_id, day, status from visits where id > %s order by id limit 100", last)
                last = found[-1][0]
                pause(3, 15)

    return run


raw("keyset_export_pg", "psycopg-client", "negative", "keyset pagination")(keyset("psycopg-client"))
raw("keyset_export_my", "pymysql", "negative", "keyset pagination", noise=True)(keyset("pymysql"))


@raw("dataframe_fetch", "psycopg2", "negative", "DataFrame chunks from a server cursor")
def frame(r: Recorder) -> None:
    with client(r, "psycopg2", "notebook") as c, c.tx(), r.request("notebook"):
        c.q("declare frame_cur cursor for select device_id, at, celsius from readings order by id")
        while c.q("fetch forward 400 from frame_cur"):
            pause(2, 20)
        c.q("close frame_cur")


@raw("partition_loop", "psycopg", "negative", "one statement per partition", noise=True)
def partitions(r: Recorder) -> None:
    with client(r, "psycopg", "cron") as c:
        for _ in range(6):
            with r.request("job:rollup"):
                for month in range(1, 13):
                    c.q(f"select sensor, avg(value) from metric_{month:02d} group by sensor order by sensor")
                    pause()
            pause(20, 50)


@raw(
    "twelve_months",
    "psycopg2",
    "positive",
    "one query a month",
    Finding("F1", "aggregate_per_row", "GROUP BY month", optional=True),
    note="one GROUP BY would do; debatable",
)
def months(r: Recorder) -> None:
    with client(r, "psycopg2", "reports") as c:
        for _ in range(5):
            with r.request("/report/year"):
                for month in range(1, 12):
                    with r.mark("F1.child"):
                        c.q(
                            "select count(*), sum(fee) from visits where day >= %s and day < %s",
                            f"2026-{month:02d}-01",
                            f"2026-{month + 1:02d}-01",
                        )
                    pause(0.5, 3)
            pause(20, 60)


@raw(
    "cron_tenants_each_connection",
    "psycopg2",
    "negative",
    "heavy aggregate per tenant, own connection each",
    note="the tenants come from a configuration file",
)
def cron(r: Recorder) -> None:
    for tenant in random.sample(range(1, 41), 30):
        with client(r, "psycopg2", "cron") as c, r.request("job:tenant"), c.tx():
            c.q("select p.id, count(*) filter (where t.state = 'open'), avg(t.rank) from projects p join tasks t on t.tenant_id = p.tenant_id and t.project_id = p.id "
                "where p.tenant_id = %s group by p.id order by 2 desc", tenant)  # fmt: skip
            c.q("insert into audit_trail (actor_id, action) values (%s, 'tenant report')", tenant)
        pause(5, 20)


@raw(
    "cron_tenants_from_list",
    "psycopg",
    "positive",
    "heavy aggregate per listed tenant",
    Finding("F1", "aggregate_per_row", "GROUP BY", optional=True),
    noise=True,
    note="one report per tenant by design; debatable",
)
def listed(r: Recorder) -> None:
    with client(r, "psycopg", "cron") as c, r.request("job:tenants"):
        with r.mark("F1.parent"):
            tenants = c.q("select id, name from tenants where plan = %s order by id", "pro")
        for tenant, _ in tenants:
            with r.mark("F1.child"):
                c.q(
                    "select assignee_id, count(*), min(rank) from tasks where tenant_id = %s and not deleted group by assignee_id order by 2 desc",
                    tenant,
                )
            pause(4, 25)


@raw(
    "cache_warmup_random",
    "psycopg2",
    "negative",
    "cache warm-up by keys from an access log",
    noise=True,
    note="four workers, keys from outside the database",
)
def warmup(r: Recorder) -> None:
    with pooled(r, "psycopg2", 4) as pool:

        def one() -> None:
            with r.request("warm"), pool.take() as c:
                c.q("select itm_dsc, uom, wgt from itm_mst where itm_cd = %s", f"ITM{random.randint(1, 600)}")

        serve([one] * 180, 4, (4, 20))


@raw(
    "loop_without_parent",
    "psycopg",
    "hard",
    "a loop over keys from a file",
    Finding("F1", "n_plus_one", "IN", optional=True),
    note="a loop in code, but the log cannot tell it from point lookups",
)
def keys_from_file(r: Recorder) -> None:
    with client(r, "psycopg", "script") as c, r.request("script"):
        for key in random.sample(range(1, 600), 120):
            with r.mark("F1.child"):
                c.q("select itm_dsc, uom from itm_mst where itm_cd = %s", f"ITM{key}")
            pause(0.5, 3)


def migration(driver: str) -> Any:
    def run(r: Recorder) -> None:
        with client(r, driver, "migrate") as c:
            if driver == "pymysql":
                tables = [
                    row[0]
                    for row in c.q(
                        "select table_name from information_schema.tables where table_schema = 'worlds' order by 1"
                    )
                ]
                for table in tables:
                    c.q(
                        "select column_name, data_type, is_nullable from information_schema.columns where table_schema = 'worlds' and table_name = %s",
                        table,
                    )
                    c.q(
                        "select constraint_name, column_name, referenced_table_name from information_schema.key_column_usage where table_schema = 'worlds' and table_name = %s",
                        table,
                    )
                    c.q(f"show create table `{table}`")
            else:
                tables = c.q(
                    "select c.oid, c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind = 'r' order by 2"
                )
                for oid, _ in tables:
                    c.q(
                        "select a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull from pg_catalog.pg_attribute a where a.attrelid = %s and a.attnum > 0 order by a.attnum",
                        oid,
                    )
                    c.q(
                        "select conname, pg_catalog.pg_get_constraintdef(oid) from pg_catalog.pg_constraint where conrelid = %s",
                        oid,
                    )
            for step in range(6):
                with c.tx():
                    c.q(f"create table step_{step} (id int primary key, done int)")
                    c.q("insert into audit_trail (actor_id, action) values (%s, %s)", 0, f"migration {step}")
                    c.q(f"drop table step_{step}")

    return run


raw("migrate_reflect_pg", "psycopg2", "negative", "schema reflection and migrations", noise=True)(migration("psycopg2"))
raw("migrate_reflect_my", "pymysql", "negative", "schema reflection and migrations")(migration("pymysql"))


@raw("listen_sensors", "psycopg-client", "negative", "many devices write and read their own row", noise=True)
def devices(r: Recorder) -> None:
    with client(r, "psycopg-client", "setup") as c:
        keys = [row[0] for row in c.q("select id from devices order by serial limit 80")]
    with pooled(r, "psycopg-client", 4) as pool:

        def report() -> None:
            with r.request("/ingest"), pool.take() as c, c.tx():
                device = random.choice(keys)
                c.q("select site_id, firmware from devices where id = %s", device)
                c.q(
                    "insert into readings (device_id, at, celsius) values (%s, now(), %s)",
                    device,
                    random.randint(1, 30),
                )

        serve([report] * 90, 4, (1, 9))


@raw("bulk_delete_by_range", "pymysql", "negative", "purge in ranges")
def ranges(r: Recorder) -> None:
    with client(r, "pymysql", "cron") as c:
        low = 1
        for _ in range(40):
            with r.request("job:purge"):
                c.q("delete from audit_trail where id between %s and %s", low, low + 499)
                low += 500
            pause(4, 16)
