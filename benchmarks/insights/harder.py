"""Near misses: workloads that look like a fault, and faults that hide among what is none."""

from benchmarks.insights.log import Log
from benchmarks.insights.sessions import connection
from benchmarks.insights.world import World


def tenant_settings(log: Log) -> None:
    """Each request reads the settings of its tenant, of fifty; they are written once in five minutes."""
    for number, at in enumerate(log.arrivals(20, 300)):
        session = 200 + number % 20
        at = log.run(
            at, session, log.around(2), "SELECT k, v FROM tenant_setting WHERE tenant = {}", log.random.randrange(50)
        )
        log.run(at + 0.001, session, log.around(3), "INSERT INTO hit (at, page) VALUES (now(), {})", number)
    log.run(150, 300, 2, "UPDATE tenant_setting SET v = {} WHERE tenant = {}", "x", 7)


def session_row(log: Log) -> None:
    """Each request reads its user's session, and writes it at its end."""
    for number, at in enumerate(log.arrivals(12, 200)):
        session, key = 200 + number % 20, f"s{log.random.randrange(60)}"
        at = log.run(at, session, log.around(3), "SELECT data FROM web_session WHERE id = {}", key)
        log.run(at + 0.02, session, log.around(3), "UPDATE web_session SET data = {} WHERE id = {}", "x", key)


def ticker(log: Log) -> None:
    """A price that changes twice a second, asked as often."""
    log.traffic(200)
    for at in log.arrivals(2.5, 200):
        log.run(
            at, 200 + log.random.randrange(20), log.around(8), "SELECT bid, ask FROM quote WHERE symbol = {}", "ACME"
        )
    for tick in range(400):
        log.run(tick * 0.5 + 0.1, 300, 2, "UPDATE quote SET bid = {} WHERE symbol = {}", tick, "ACME")


def drawn_in_a_quarter_second(log: Log) -> None:
    """A request is one read-only transaction that draws its page in 250 ms: nobody waits for it."""
    for number, at in enumerate(log.arrivals(3, 200)):
        session = 200 + number % 20
        at = log.run(at, session, 0.1, "BEGIN")
        at = log.run(at + 0.001, session, 3, "SELECT * FROM article WHERE id = {}", number)
        log.run(at + log.around(250) / 1000, session, 0.1, "ROLLBACK")


def works_on_what_it_locked(log: Log) -> None:
    """A queue worker holds its row while it does the work: ten seconds of idle transaction each time."""
    log.traffic(300)
    for worker in range(3):
        at = 1.0 + worker
        while at < 285:
            at = log.run(at, 700 + worker, 0.1, "BEGIN", user="worker")
            at = log.run(
                at + 0.001,
                700 + worker,
                1,
                "SELECT id FROM render_job WHERE state = 'new' LIMIT 1 FOR UPDATE SKIP LOCKED",
                user="worker",
            )
            at = log.run(
                at + log.around(10_000) / 1000,
                700 + worker,
                1,
                "UPDATE render_job SET state = 'done' WHERE id = {}",
                int(at),
                user="worker",
            )
            at = log.run(at + 0.001, 700 + worker, 1, "COMMIT", user="worker") + 0.01


def half_of_it_sampled(log: Log) -> None:
    """Every other statement is in the log: pauses are full of what is not."""
    whole = Log(log.random)
    for number, at in enumerate(whole.arrivals(4, 200)):
        session = 200 + number % 20
        at = whole.run(at, session, 0.1, "BEGIN")
        for _ in range(6):
            at = whole.run(at + 0.001, session, whole.around(60), "UPDATE meter SET v = {} WHERE id = {}", 4, number)
        whole.run(at + 0.001, session, 0.3, "COMMIT")
    log.entries += [entry for entry in whole.entries if log.random.random() < 0.5]


def own_temporary_table(log: Log) -> None:
    """A report fills a temporary table for 40 s: nobody can wait for it."""
    log.traffic(200)
    at = log.run(60, 700, 0.1, "BEGIN", user="report")
    at = log.run(at, 700, 2, "CREATE TEMPORARY TABLE picked (id int, total int) ON COMMIT DROP", user="report")
    for month in range(12):
        at = log.run(
            at + 0.001,
            700,
            log.around(3300),
            "INSERT INTO picked SELECT id, sum(total) FROM sale WHERE month = {} GROUP BY id",
            month,
            user="report",
        )
    at = log.run(at + 0.001, 700, 30, "SELECT id, total FROM picked ORDER BY total DESC LIMIT 100", user="report")
    log.run(at + 0.001, 700, 1, "COMMIT", user="report")


def savepoints(log: Log) -> None:
    """A job of 18 s in one transaction with savepoints."""
    log.traffic(120)
    at = log.run(30, 700, 0.1, "BEGIN", user="batch")
    for piece in range(60):
        at = log.run(at, 700, 0.1, "SAVEPOINT s1", user="batch")
        at = log.run(
            at + 0.001,
            700,
            log.around(300),
            "UPDATE pension SET amount = amount + 1 WHERE cohort = {}",
            piece,
            user="batch",
        )
        at = log.run(at, 700, 0.1, "RELEASE SAVEPOINT s1", user="batch")
    log.run(at + 0.001, 700, 5, "COMMIT", user="batch")


def once_the_other_way(log: Log) -> None:
    """Everybody keeps the order; someone at a console did not, once."""
    log.traffic(200, 2)
    one, other = "UPDATE shelf SET n = 1 WHERE id = {}", "UPDATE box SET n = 1 WHERE id = {}"
    for number, at in enumerate([*log.arrivals(2, 200), 201.0]):
        session, pair = 200 + number % 10, (other, one) if at > 200 else (one, other)
        at = log.run(at, session, 0.1, "BEGIN")
        for sql in pair:
            at = log.run(at + 0.001, session, 1, sql, log.random.randrange(90))
        log.run(at + 0.001, session, 1, "COMMIT")


def late_scheduler(log: Log) -> None:
    """Every ten minutes two of work, up to eight seconds late, one run missing."""
    log.traffic(3 * 3600, 0.3)
    for run in range(18):
        if run != 7:
            log.run(
                run * 600 + log.random.uniform(0.2, 8),
                700 + run,
                log.around(120_000, 0.1),
                "DELETE FROM trace WHERE day < {}",
                run,
                user="cron",
            )


def think_time(log: Log) -> None:
    """One clerk who opens the next case about every half minute."""
    at = 2.0
    while at < 1800:
        at = log.run(
            at, 300, log.around(4000), "SELECT * FROM dossier WHERE state = 'open' ORDER BY due LIMIT 1"
        ) + 30 * log.random.uniform(0.6, 1.5)


def browsers_refresh(log: Log) -> None:
    """Thirty browsers ask for the same list every ten seconds, over a pool of ten."""
    for _ in range(30):
        at = log.random.uniform(0, 10)
        while at < 300:
            log.run(
                at,
                200 + log.random.randrange(10),
                log.around(25),
                "SELECT id, state FROM build ORDER BY id DESC LIMIT 20",
            )
            at += 10 + log.random.uniform(0, 0.2)


def heartbeat(log: Log) -> None:
    """A worker says every five seconds that it lives."""
    log.traffic(400)
    for beat in range(80):
        log.run(beat * 5 + 0.2, 700, 1, "UPDATE worker SET seen = NOW() WHERE id = {}", 5, user="worker", rows=0)


def steady_with_a_bump(log: Log) -> None:
    """Five at a time, seven for a while."""
    for worker in range(7):
        at, until = (log.random.random(), 900.0) if worker < 5 else (400.0, 430.0)
        while at < until:
            at = (
                log.run(
                    at,
                    300 + worker,
                    log.around(700),
                    "SELECT area, avg(v) FROM measure WHERE id > {} GROUP BY area",
                    log.random.randrange(10**6),
                )
                + 0.01
            )


def nightly_parallel(log: Log) -> None:
    """Eight processes rebuild for five minutes of an hour."""
    log.traffic(3600, 1)
    for process in range(8):
        at = 1200.0 + process
        while at < 1500:
            at = log.run(
                at,
                700 + process,
                log.around(9000),
                "INSERT INTO summary SELECT shop, sum(total) FROM sale WHERE shop = {} GROUP BY shop",
                log.random.randrange(999),
                user="etl",
                rows=0,
            )


def one_of_two_connects(log: Log) -> None:
    """The web keeps its pool, the old pages connect each time."""
    for number in range(8):
        connection(log, number * 0.1, 500 + number, 400, 195, "web")
    for number, at in enumerate(log.arrivals(3, 190)):
        connection(log, at, 1000 + number, 3, 0.05, "legacy")


def pooler_renews(log: Log) -> None:
    """A pooler opens a new connection now and then."""
    for number in range(60):
        connection(log, number * 10.0, 1000 + number, 40, 90, "bouncer")


def two_screens(log: Log) -> None:
    """A report of ten slow seconds asked twice an hour: neither cache nor replica is worth it."""
    log.traffic(3600, 1)
    for at in (600, 2400):
        log.run(at, 300, 10_000, "SELECT shop, sum(total) FROM sale GROUP BY shop")


WORLDS = (
    World(tenant_settings, must=(("STR001", "tenant_setting"),)),
    World(session_row, engine="mysql"),
    World(ticker, bound=True),
    World(drawn_in_a_quarter_second),
    World(works_on_what_it_locked, must=(("STR003", "worker"),), may=(("STR004", ""), ("STR022", ""))),
    World(half_of_it_sampled),
    World(own_temporary_table),
    World(savepoints, must=(("STR004", "pension"),)),
    World(once_the_other_way),
    World(late_scheduler, must=(("STR022", "trace"),)),
    World(think_time, engine="mysql"),
    World(browsers_refresh, must=(("STR001", "build"),)),
    World(heartbeat, engine="mysql"),
    World(steady_with_a_bump, may=(("STR002", ""),)),
    World(nightly_parallel, must=(("STR024", "summary"),), engine="mysql"),
    World(one_of_two_connects, must=(("TXN003", "legacy"),)),
    World(pooler_renews),
    World(two_screens),
)
