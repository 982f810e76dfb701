"""Workloads of locks and connections: orders in which tables are locked, and how long sessions live."""

from benchmarks.insights.log import Log
from benchmarks.insights.world import World


def steps(
    log: Log, at: float, session: int, sqls: tuple[str, ...], key: int | None = None, begin: str = "BEGIN"
) -> None:
    """A transaction of these statements, one value each."""
    at = log.run(at, session, 0.1, begin)
    for sql in sqls:
        at = log.run(at + 0.001, session, log.around(1), sql, log.random.randrange(200) if key is None else key, rows=0)
    log.run(at + 0.001, session, 0.7, "COMMIT")


TAKE, PAY = "UPDATE depot SET n = n - 1 WHERE id = {}", "UPDATE wallet SET sum = sum - 5 WHERE id = {}"


def opposite_tables(log: Log) -> None:
    """Buying takes depot, then wallet; giving back does it the other way round."""
    log.traffic(300, 2)
    for number, at in enumerate(log.arrivals(1, 300)):
        steps(log, at, 200 + number % 10, (TAKE, PAY))
    for number, at in enumerate(log.arrivals(0.1, 300)):
        steps(log, at, 220 + number % 10, (PAY, TAKE))


def opposite_locks(log: Log) -> None:
    """The same with SELECT FOR UPDATE first."""
    log.traffic(300, 2)
    lock_one, lock_two = "SELECT n FROM room WHERE id = {} FOR UPDATE", "SELECT n FROM guest WHERE id = {} FOR UPDATE"
    for number, at in enumerate(log.arrivals(0.6, 300)):
        order = (lock_one, lock_two) if number % 4 else (lock_two, lock_one)
        steps(log, at, 200 + number % 10, order, begin="START TRANSACTION")


def opposite_rows(log: Log) -> None:
    """Transfers between accounts, in the order of the request."""
    log.traffic(300, 2)
    for number, at in enumerate(log.arrivals(2, 300)):
        session = 200 + number % 10
        one, other = log.random.sample(range(15), 2)
        at = log.run(at, session, 0.1, "BEGIN")
        at = log.run(at + 0.001, session, 1, "UPDATE purse SET sum = sum - {} WHERE id = {}", 5, one)
        at = log.run(at + 0.001, session, 1, "UPDATE purse SET sum = sum + {} WHERE id = {}", 5, other)
        log.run(at + 0.001, session, 0.7, "COMMIT")


def circle_of_three(log: Log) -> None:
    """Three kinds of transactions that make a circle of three tables."""
    log.traffic(300, 2)
    sql = {table: "UPDATE " + table + " SET v = 1 WHERE id = {}" for table in ("plan", "task", "worker")}
    for number, at in enumerate(log.arrivals(1, 300)):
        pair = (("plan", "task"), ("task", "worker"), ("worker", "plan"))[number % 3]
        steps(log, at, 200 + number % 10, tuple(sql[table] for table in pair))


def one_order(log: Log) -> None:
    """All transactions agree."""
    log.traffic(300, 2)
    for number, at in enumerate(log.arrivals(2, 300)):
        steps(log, at, 200 + number % 10, (TAKE, PAY))


def inserts_both_ways(log: Log) -> None:
    """Plain INSERTs in either order: nobody waits for a row that was not there."""
    one, other = "INSERT INTO audit (what) VALUES ({})", "INSERT INTO letter (what) VALUES ({})"
    for number, at in enumerate(log.arrivals(2, 300)):
        steps(log, at, 200 + number % 10, (one, other) if number % 2 else (other, one))


def commits_between(log: Log) -> None:
    """Either order, but each its own transaction."""
    for number, at in enumerate(log.arrivals(2, 300)):
        session = 200 + number % 10
        for sql in (TAKE, PAY) if number % 2 else (PAY, TAKE):
            steps(log, at, session, (sql,))
            at += 0.02


def sorted_rows(log: Log) -> None:
    """Transfers that take the smaller number first."""
    for number, at in enumerate(log.arrivals(2, 300)):
        session = 200 + number % 10
        one, other = sorted(log.random.sample(range(15), 2))
        at = log.run(at, session, 0.1, "BEGIN")
        at = log.run(at + 0.001, session, 1, "UPDATE purse SET sum = sum - {} WHERE id = {}", 5, one)
        at = log.run(at + 0.001, session, 1, "UPDATE purse SET sum = sum + {} WHERE id = {}", 5, other)
        log.run(at + 0.001, session, 0.7, "COMMIT")


def reads_both_ways(log: Log) -> None:
    """Reads lock nothing, whatever their order."""
    one, other = "SELECT n FROM depot WHERE id = {}", "SELECT n FROM wallet WHERE id = {}"
    for number, at in enumerate(log.arrivals(2, 300)):
        steps(log, at, 200 + number % 10, (one, other) if number % 2 else (other, one))


def connection(log: Log, at: float, session: int, sqls: int, life: float, user: str = "cgi") -> None:
    """One connection with its statements."""
    log.say(at, session, "connection received: host=10.0.0.5 port=50000", user)
    log.say(at + 0.004, session, f"connection authorized: user={user} database=shop", user)
    for step in range(sqls):
        log.run(
            at + 0.005 + step * life / (sqls + 1),
            session,
            log.around(1),
            "SELECT v FROM page WHERE id = {}",
            log.random.randrange(10**6),
            user=user,
        )
    whole = f"{int(life // 3600)}:{int(life % 3600 // 60):02}:{life % 60:06.3f}"
    log.say(
        at + 0.01 + life,
        session,
        f"disconnection: session time: {whole} user={user} database=shop host=10.0.0.5 port=50000",
        user,
    )


def cgi(log: Log) -> None:
    """Five connections a second, two statements each."""
    for number, at in enumerate(log.arrivals(5, 120)):
        connection(log, at, 1000 + number, 2, 0.02)


def lambdas(log: Log) -> None:
    """A function as a service connects for each event, beside a pooled application."""
    log.traffic(300)
    for number, at in enumerate(log.arrivals(2, 300)):
        connection(log, at, 1000 + number, 1, 0.05, "lambda")


def php(log: Log) -> None:
    """Each page connects, asks seven questions, and leaves."""
    for number, at in enumerate(log.arrivals(4, 150)):
        connection(log, at, 1000 + number, 7, 0.09, "php")


def task_each(log: Log) -> None:
    """A task queue whose tasks connect for three statements each."""
    log.traffic(200)
    for number, at in enumerate(log.arrivals(1.5, 200)):
        connection(log, at, 1000 + number, 3, 0.4, "celery")


def pooled(log: Log) -> None:
    """Ten connections for all."""
    for session in range(10):
        connection(log, session * 0.1, 1000 + session, 300, 200, "web")


def script_now_and_then(log: Log) -> None:
    """A script each minute."""
    log.traffic(7200, 0.2)
    for minute in range(110):
        connection(log, minute * 60 + 1.2, 1000 + minute, 2, 0.05, "script")


def recycled(log: Log) -> None:
    """A pool that renews its connections every ten minutes."""
    for number in range(90):
        connection(log, (number % 30) * 0.2 + 600 * (number // 30), 1000 + number, 60, 590, "web")


def long_work(log: Log) -> None:
    """Workers that connect often, but with sixty statements each."""
    for number, at in enumerate(log.arrivals(1, 120)):
        connection(log, at, 1000 + number, 60, 2, "worker")


def a_test_suite(log: Log) -> None:
    """Somebody's tests: 25 connections within a few seconds, and that is all."""
    for number in range(25):
        connection(log, number * 0.2, 1000 + number, 2, 0.1, "test")


ORDER, CHURN = "STR021", "TXN003"
WORLDS = (
    World(opposite_tables, must=((ORDER, "depot"),)),
    World(opposite_locks, must=((ORDER, "room"),), engine="mysql"),
    World(opposite_rows, must=((ORDER, "purse"),)),
    World(circle_of_three, must=((ORDER, "plan"),), bound=True),
    World(one_order),
    World(inserts_both_ways, engine="mysql"),
    World(commits_between),
    World(sorted_rows, bound=True),
    World(reads_both_ways),
    World(cgi, must=((CHURN, "cgi"),)),
    World(lambdas, must=((CHURN, "lambda"),)),
    World(php, must=((CHURN, "php"),)),
    World(task_each, must=((CHURN, "celery"),)),
    World(pooled),
    World(script_now_and_then),
    World(recycled),
    World(long_work),
    World(a_test_suite),
)
