"""Workloads over hours: jobs, polling, collisions, herds, and what only looks periodic."""

from benchmarks.insights.log import Log
from benchmarks.insights.world import World

MINUTE = 60.0


def cron_five_minutes(log: Log) -> None:
    """Every five minutes a minute of work, for an hour and a half."""
    log.traffic(5400, 0.5)
    for run in range(18):
        at = run * 300 + log.random.uniform(0.1, 0.6)
        for shop in range(30):
            at = log.run(
                at + 0.01,
                700 + run,
                log.around(2000),
                "UPDATE ranking SET score = 1 WHERE shop = {}",
                shop,
                user="cron",
            )


def each_minute(log: Log) -> None:
    """Every minute 40 s: soon it will not be done in time."""
    log.traffic(1800, 1)
    for run in range(30):
        log.run(
            run * MINUTE + log.random.uniform(0.05, 0.4),
            700,
            log.around(40000, 0.05),
            "REFRESH MATERIALIZED VIEW totals",
            user="cron",
        )


def loop_with_sleep(log: Log) -> None:
    """Work of 20 s, sleep of 10 s, and again."""
    log.traffic(1500, 1)
    at = 3.0
    while at < 1480:
        at = log.run(
            at,
            700,
            log.around(20000, 0.04),
            "SELECT rebuild, count(*) FROM index_queue GROUP BY rebuild",
            user="indexer",
        )
        at += 10


def hourly(log: Log) -> None:
    """Every hour, ten minutes."""
    log.traffic(8 * 3600, 0.1)
    for run in range(8):
        at = run * 3600 + 120 + log.random.uniform(0.5, 2)
        for day in range(60):
            at = log.run(
                at + 0.02,
                700 + run,
                log.around(10000),
                "INSERT INTO fact SELECT * FROM staging WHERE day = {}",
                day,
                user="etl",
                rows=0,
            )


def heavy_at_random(log: Log) -> None:
    """Reports that people start when they like."""
    log.traffic(3600, 0.5)
    for number, at in enumerate(log.arrivals(1 / 120, 3600)):
        log.run(at, 700 + number % 5, log.around(20000), "SELECT region, sum(total) FROM sale GROUP BY region")


def back_off(log: Log) -> None:
    """A statement tried again after 1, 2, 4, ... seconds, several times."""
    log.traffic(3000, 0.5)
    for start in log.arrivals(1 / 200, 2800):
        at, wait = start, 1.0
        for _ in range(7):
            at = log.run(at, 700, log.around(30), "SELECT state FROM transfer WHERE id = {}", 17)
            at, wait = at + wait * log.random.uniform(0.8, 1.2), wait * 2


def small_cron(log: Log) -> None:
    """Every five minutes, one second: nobody needs to know."""
    log.traffic(5400, 0.5)
    for run in range(18):
        log.run(
            run * 300 + log.random.uniform(0.1, 0.6),
            700 + run,
            log.around(900),
            "DELETE FROM session WHERE expires < {}",
            run,
            user="cron",
        )


def never_ending_worker(log: Log) -> None:
    """A worker that takes the next piece as soon as one is done: no schedule to move."""
    log.traffic(900, 1)
    at = 1.0
    while at < 880:
        at = log.run(
            at + 0.01,
            700,
            log.around(5000, 0.04),
            "UPDATE picture SET hash = digest WHERE piece = {}",
            int(at),
            user="worker",
        )


def people_all_day(log: Log) -> None:
    """Fifty people look at the same list, each when he likes."""
    for person in range(50):
        for at in log.arrivals(1 / 40, 1200):
            log.run(
                at, 200 + person, log.around(15), "SELECT id, title FROM ticket WHERE team = {}", person % 3, rows=9
            )


def poll_each_second(log: Log) -> None:
    """A worker asks each second."""
    log.traffic(400)
    for second in range(400):
        log.run(
            second + log.random.uniform(0.2, 0.23),
            700,
            log.around(0.6),
            "SELECT id FROM task WHERE state = 'new' ORDER BY id LIMIT 1",
            user="worker",
            rows=0,
        )


def skip_locked(log: Log) -> None:
    """A worker asks twice a second, with SKIP LOCKED; nine times in ten there is nothing."""
    log.traffic(300)
    at = 0.5
    while at < 300:
        found = log.random.random() < 0.1
        at = log.run(
            at,
            700,
            log.around(0.7),
            "SELECT id FROM outbox WHERE sent = 0 ORDER BY id LIMIT 10 FOR UPDATE SKIP LOCKED",
            user="worker",
            rows=int(found),
        )
        at += 0.5


def four_workers(log: Log) -> None:
    """Four workers, each every five seconds."""
    log.traffic(600)
    for worker in range(4):
        at = worker * 1.3
        while at < 600:
            at = log.run(
                at, 700 + worker, log.around(0.8), "SELECT id FROM mail WHERE state = 'queued' LIMIT 20", user="worker"
            )
            at += 5


def due_before_now(log: Log) -> None:
    """Delayed jobs: the worker asks every two seconds for what is due before the present time, given as a value."""
    log.traffic(400)
    at = 0.4
    while at < 400:
        log.run(
            at,
            700,
            log.around(0.8),
            "SELECT * FROM delayed_jobs WHERE run_at <= {} AND locked_at IS NULL ORDER BY priority LIMIT 5",
            f"2026-11-02 10:00:{at:09.6f}",
            user="worker",
            rows=0,
        )
        at += 2 + log.random.uniform(0, 0.03)


def health_check(log: Log) -> None:
    """A load balancer asks SELECT 1, and an exporter reads the server's counters."""
    log.traffic(600)
    for second in range(0, 600, 2):
        log.run(second + 0.2, 700, 0.1, "SELECT 1", user="lb")
    for second in range(0, 600, 15):
        log.run(second + 0.4, 701, 3, "SELECT datname, xact_commit, blks_hit FROM pg_stat_database", user="exporter")
        log.run(second + 0.5, 701, 3, "SELECT pid, state, wait_event FROM pg_stat_activity", user="exporter")


def always_work(log: Log) -> None:
    """A worker that asks each second and always finds ten rows."""
    log.traffic(400)
    for second in range(400):
        at = log.run(
            second + 0.2, 700, log.around(2), "SELECT id FROM reading WHERE done = 0 LIMIT 10", user="worker", rows=10
        )
        log.run(
            at + 0.01,
            700,
            log.around(3),
            "UPDATE reading SET done = 1 WHERE id BETWEEN {} AND {}",
            second * 10,
            second * 10 + 9,
            user="worker",
            rows=0,
        )


def two_jobs(
    log: Log,
    seconds: float,
    one: tuple[float, float, float],
    other: tuple[float, float, float],
    factor: float,
    alone: float = 1.0,
) -> None:
    """Two jobs (period, offset, length in seconds) and traffic that is `factor` times slower where both run."""
    spans = []
    for which, (period, offset, length) in enumerate((one, other)):
        for run in range(int((seconds - offset) // period)):
            at = run * period + offset + log.random.uniform(0.1, 0.5)
            spans.append((which, at, at + length))
            sql = ("UPDATE report SET total = {}", "DELETE FROM history WHERE day < {}")[which]
            log.run(at, 800 + which, length * 1000, sql, run, user="batch", rows=0)
    both = [
        (max(a, c), min(b, d), factor)
        for w, a, b in spans
        for v, c, d in spans
        if w == 0 and v == 1 and max(a, c) < min(b, d)
    ]
    singly = [(a, b, alone) for w, a, b in spans if w == 0]
    log.traffic(seconds, 1.5, 8, tuple(singly + both))


def at_the_full_hour(log: Log) -> None:
    """Two jobs every ten minutes at :00, and everybody waits."""
    two_jobs(log, 7200, (600, 0, 50), (600, 0, 60), 4)


def thirty_and_ten(log: Log) -> None:
    """They meet every half hour."""
    two_jobs(log, 3 * 3600, (600, 0, 40), (1800, 5, 60), 3)


def five_and_fifteen(log: Log) -> None:
    """They meet every quarter of an hour."""
    two_jobs(log, 2 * 3600, (300, 0, 20), (900, 0, 45), 6)


def slow_loops(log: Log) -> None:
    """Two jobs of equal period that start a little apart."""
    two_jobs(log, 5400, (360, 10, 50), (360, 30, 70), 2.5, 1.1)


def together_and_nobody_slower(log: Log) -> None:
    """They overlap; the server bears it."""
    two_jobs(log, 7200, (600, 0, 50), (600, 0, 60), 1)


def apart(log: Log) -> None:
    """Different minutes."""
    two_jobs(log, 7200, (600, 0, 50), (600, 300, 60), 4)


def one_is_enough(log: Log) -> None:
    """One of the two makes everything slow, with the other or without."""
    two_jobs(log, 7200, (600, 0, 50), (1200, 5, 40), 4, 4)


def slow_at_other_times(log: Log) -> None:
    """They overlap, and the traffic is slow now and then, whoever runs."""
    two_jobs(log, 3600, (600, 0, 50), (600, 0, 60), 1)
    log.traffic(3600, 1.5, 8, tuple((at, at + 30, 4.0) for at in log.arrivals(1 / 150, 3600)))


def herd(log: Log) -> None:
    """Twenty screens ask for the same dear sum when it has left the cache."""
    log.traffic(1200)
    for second in range(10):
        for screen in range(20):
            log.run(
                600 + second + log.random.uniform(0, 0.1),
                300 + screen,
                log.around(900, 0.1),
                "SELECT region, sum(total) FROM orders GROUP BY region",
            )


def pile_up(log: Log) -> None:
    """Twelve sessions stand behind one row for half a minute."""
    log.traffic(900)
    for session in range(12):
        log.run(
            400 + session * 0.2,
            300 + session,
            30000 - session * 200,
            "UPDATE counter SET n = n + 1 WHERE name = {}",
            "visits",
            rows=0,
        )


def storm_at_noon(log: Log) -> None:
    """Fifteen scheduled reports start in the same second."""
    log.traffic(3600, 1)
    for report in range(15):
        log.run(
            1800 + log.random.uniform(0, 0.5),
            300 + report,
            log.around(45000),
            "SELECT customer, sum(total) FROM invoice WHERE branch = {} GROUP BY customer",
            report,
        )


def slow_disk(log: Log) -> None:
    """For a minute everything takes a thousand times as long, and fifty run at once."""
    log.traffic(1800, 15, 2, ((900, 960, 1500.0),))


def always_busy(log: Log) -> None:
    """Six at a time, all day."""
    for worker in range(6):
        at = log.random.random()
        while at < 900:
            at = (
                log.run(
                    at,
                    300 + worker,
                    log.around(800),
                    "SELECT area, avg(v) FROM measure WHERE id > {} GROUP BY area",
                    log.random.randrange(10**6),
                )
                + 0.01
            )


def noon(log: Log) -> None:
    """More and more users until noon, then fewer: four at a time at most."""
    for minute in range(60):
        rate = 2 + 10 * (1 - abs(minute - 30) / 30)
        for at in log.arrivals(rate, MINUTE, minute * MINUTE):
            log.run(
                at,
                300 + log.random.randrange(40),
                log.around(300),
                "SELECT id, title FROM ticket WHERE owner = {}",
                log.random.randrange(10**6),
            )


def fast_bursts(log: Log) -> None:
    """Bursts of fast statements that fill little time."""
    log.traffic(600)
    for start in range(0, 600, 50):
        for number in range(300):
            log.run(
                start + 1 + number * 0.003,
                300 + number % 8,
                log.around(1),
                "SELECT price FROM price WHERE sku = {}",
                f"{start}-{number}",
            )


def random_load(log: Log) -> None:
    """One at a time in the mean, as chance has it."""
    for at in log.arrivals(5, 900):
        log.run(
            at,
            300 + log.random.randrange(30),
            log.around(200, 0.6),
            "SELECT id, title FROM ticket WHERE owner = {}",
            log.random.randrange(10**6),
        )


def test_of_threads(log: Log) -> None:
    """Two seconds of somebody's test with eight threads after one that waits."""
    log.run(0, 300, 2, "SELECT id FROM task WHERE id = {}", 1)
    for thread in range(8):
        for step in range(3):
            log.run(
                1.2 + step * 0.26,
                310 + thread,
                log.around(240, 0.05),
                "SELECT count(*) FROM measure WHERE area = {}",
                thread * 10 + step,
            )


JOB, POLL, COLLIDE, BUSY = "STR022", "NP1006", "STR023", "STR024"
PAIR = ((JOB, ""),)
WORLDS = (
    World(cron_five_minutes, must=((JOB, "ranking"),)),
    World(each_minute, must=((JOB, "totals"),)),
    World(loop_with_sleep, must=((JOB, "index_queue"),), may=(("STR002", ""),)),
    World(hourly, must=((JOB, "fact"),), engine="mysql"),
    World(heavy_at_random),
    World(back_off),
    World(small_cron),
    World(never_ending_worker),
    World(people_all_day, may=(("STR001", ""),)),
    World(poll_each_second, must=((POLL, "task"),)),
    World(skip_locked, must=((POLL, "outbox"),), engine="mysql"),
    World(four_workers, must=((POLL, "mail"),)),
    World(due_before_now, must=((POLL, "delayed_jobs"),), bound=True),
    World(health_check),
    World(always_work, engine="mysql"),
    World(at_the_full_hour, must=((COLLIDE, ""),), may=PAIR),
    World(thirty_and_ten, must=((COLLIDE, ""),), may=PAIR),
    World(five_and_fifteen, must=((COLLIDE, ""),), may=PAIR, engine="mysql"),
    World(slow_loops, must=((COLLIDE, ""),), may=PAIR),
    World(together_and_nobody_slower, may=PAIR),
    World(apart, may=PAIR),
    World(one_is_enough, may=PAIR),
    World(slow_at_other_times, may=PAIR),
    World(herd, must=((BUSY, "orders"),), may=(("STR001", ""),)),
    World(pile_up, must=((BUSY, "counter"),), engine="mysql"),
    World(storm_at_noon, must=((BUSY, "invoice"),), may=(("STR002", ""),)),
    World(slow_disk, must=((BUSY, ""),), may=(("STR002", ""),)),
    World(always_busy, may=(("STR002", ""),)),
    World(noon, may=(("STR002", ""),)),
    World(fast_bursts),
    World(random_load, may=(("STR002", ""),)),
    World(test_of_threads),
)
