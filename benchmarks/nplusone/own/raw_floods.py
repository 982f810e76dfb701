"""Writes on raw drivers that only look like loops: floods of requests, batches, retries."""

import random
import threading
from typing import Any

import psycopg

from benchmarks.nplusone.own.raw import Client, Finding, Recorder, client, raw, requests
from benchmarks.nplusone.own.raw_lazy import repeat
from benchmarks.nplusone.own.recorder import pause


def flood(driver: str, tx: bool) -> Any:
    def run(r: Recorder) -> None:
        def vote(c: Client) -> None:
            if driver == "pymysql":
                c.q("insert into audit_trail (actor_id, action) values (%s, 'vote')", random.randint(1, 500))
            else:
                c.q(
                    "insert into votes (post_id, member_id, value) values (%s, %s, 1)",
                    random.randint(1, 8000),
                    random.randint(1, 500),
                )

        requests(r, driver, repeat("/vote", vote, 170), tx=tx, between=(0.5, 6))

    return run


raw("flood_inserts_autocommit_pg", "psycopg2", "negative", "one write per request")(flood("psycopg2", False))
raw("flood_inserts_tx_pg", "psycopg", "negative", "one write per request, tx", noise=True)(flood("psycopg", True))
raw("flood_inserts_autocommit_my", "pymysql", "negative", "one write per request", noise=True)(flood("pymysql", False))


def flood_updates(driver: str, tx: bool) -> Any:
    def run(r: Recorder) -> None:
        def seen(c: Client) -> None:
            c.q("update members set last_seen = now() where id = %s", random.randint(1, 500))

        requests(r, driver, repeat("/ping", seen, 180), tx=tx, between=(0.5, 8))

    return run


raw("flood_updates_tx_my", "pymysql", "negative", "one write per request, tx")(flood_updates("pymysql", True))
raw("flood_updates_autocommit_pg", "psycopg-client", "negative", "one write per request")(
    flood_updates("psycopg-client", False)
)


@raw(
    "transfer_between_bins",
    "psycopg2",
    "negative",
    "two of a kind per request",
    noise=True,
    note="two reads FOR UPDATE and two updates in every transaction",
)
def transfer(r: Recorder) -> None:
    def move(c: Client) -> None:
        left, right = sorted(random.sample(range(1, 51), 2))
        c.q("select level from stock_levels where id = %s for update", left)
        c.q("select level from stock_levels where id = %s for update", right)
        c.q("update stock_levels set level = level - 1 where id = %s", left)
        c.q("update stock_levels set level = level + 1 where id = %s", right)
        c.q("insert into audit_trail (actor_id, action) values (%s, 'move')", random.randint(1, 500))

    requests(r, "psycopg2", repeat("/transfer", move, 60), tx=True)


@raw("bulk_copy_and_values", "psycopg", "negative", "bulk insert: COPY and VALUES")
def bulk(r: Recorder) -> None:
    with client(r, "psycopg", "loader") as c:
        for n in range(25):
            with r.request("job:load"), c.tx():
                values = [(i, f"load {n}") for i in range(30)]
                c.q(
                    "insert into audit_trail (actor_id, action) values " + ", ".join(["(%s, %s)"] * 30),
                    *[v for row in values for v in row],
                )
                text = "copy votes (post_id, member_id, value) from stdin"
                r.sent(text)
                with c.raw.cursor() as cursor, cursor.copy(text) as copy:
                    for i in range(50):
                        copy.write_row((1 + i, 1 + n, 1))
            pause(3, 12)


@raw("bulk_values_my", "pymysql", "negative", "bulk insert: executemany")
def bulk_my(r: Recorder) -> None:
    with client(r, "pymysql") as c:
        for n in range(40):
            with r.request("job:load"):
                text = "insert into audit_trail (actor_id, action) values (%s, %s)"
                r.sent(text)
                with c.raw.cursor() as cursor:
                    cursor.executemany(text, [(i, f"load {n}") for i in range(40)])
            pause(2, 9)


@raw(
    "executemany_pipeline",
    "psycopg",
    "positive",
    "executemany in a pipeline",
    Finding("F1", "insert_per_row", "COPY or multi-row INSERT", optional=True),
    note="psycopg 3 sends it in one round trip; the server still runs N statements",
)
def pipeline(r: Recorder) -> None:
    with client(r, "psycopg", "loader") as c:
        for _ in range(5):
            with r.request("/import"), c.tx(), r.mark("F1.child"):
                text = "insert into trk_evt (shp_no, evt_cd, evt_ts) values (%s, %s, now())"
                for _ in range(40):
                    r.sent(text)
                with c.raw.cursor() as cursor:
                    cursor.executemany(text, [(random.randint(1, 2500), "E1") for _ in range(40)])
            pause(10, 40)


@raw("import_in_batches", "psycopg-client", "negative", "import in batches", noise=True)
def batches(r: Recorder) -> None:
    with client(r, "psycopg-client", "import") as c:
        for _ in range(30):
            with r.request("job:import"), c.tx():
                keys = random.sample(range(1, 800), 25)
                known = c.q("select id, doctor_id from patients where id in (" + ", ".join(["%s"] * 25) + ")", *keys)
                c.q(
                    "insert into visits (patient_id, doctor_id, day, status) values "
                    + ", ".join(["(%s, %s, '2026-11-01', 'planned')"] * len(known)),
                    *[v for row in known for v in row],
                )
                c.q("update app_settings set value = %s where name = 'setting1'", str(keys[-1]))
            pause(3, 15)


@raw(
    "retry_serialization",
    "psycopg2",
    "negative",
    "retries after serialization failures",
    note="the same transaction again after an error",
)
def retries(r: Recorder) -> None:
    def worker() -> None:
        with client(r, "psycopg2") as c:
            for _ in range(14):
                with r.request("/reserve"):
                    for _ in range(6):
                        try:
                            with c.tx():
                                c.q("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
                                level = c.q("select level from stock_levels where id = 3")[0][0]
                                pause(2, 8)
                                c.q("update stock_levels set level = %s where id = 3", level - 1)
                            break
                        except Exception as failure:
                            if getattr(failure, "pgcode", "") != "40001":
                                raise
                            pause(5, 20)
                pause(5, 25)

    threads = [threading.Thread(target=worker) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@raw("retry_lock_timeout", "psycopg", "negative", "retries after lock timeouts", noise=True)
def lock_timeout(r: Recorder) -> None:
    with client(r, "psycopg") as holder, client(r, "psycopg") as c:
        for _ in range(6):
            holder.q("BEGIN")
            holder.q("update stock_levels set level = level + 1 where id = 9")
            with r.request("/adjust"):
                for attempt in range(7):
                    if attempt == 5:
                        holder.q("COMMIT")
                    try:
                        with c.tx():
                            c.q("SET LOCAL lock_timeout = '15ms'")
                            c.q("update stock_levels set level = %s where id = %s", 50, 9)
                        break
                    except psycopg.errors.LockNotAvailable:
                        pause(5, 15)
            pause(10, 30)
