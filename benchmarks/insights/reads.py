"""Workloads of reads: what a cache or a replica would take over, and what it would not."""

from benchmarks.insights.log import Log
from benchmarks.insights.world import World

CODES = ("USD", "GBP", "CHF", "JPY", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "CAD", "AUD")


def category_menu(log: Log) -> None:
    """Everybody reads the same menu; an editor changes it every 40 s."""
    log.traffic(300)
    for at in log.arrivals(8, 300):
        log.run(
            at,
            200 + log.random.randrange(30),
            log.around(8),
            "SELECT id, name FROM category WHERE shown ORDER BY name",
            rows=40,
        )
    for at in range(20, 300, 40):
        log.run(at + 0.31, 300, 4, "UPDATE category SET name = {} WHERE id = {}", f"n{at}", at)


def exchange_rates(log: Log) -> None:
    """Twelve values, asked by all, renewed once a minute."""
    log.traffic(240)
    for at in log.arrivals(12, 240):
        code = log.random.choice(CODES)
        log.run(
            at, 200 + log.random.randrange(20), log.around(3), "SELECT rate FROM exchange_rate WHERE code = {}", code
        )
    for at in range(5, 240, 60):
        for number, code in enumerate(CODES):
            log.run(at + number * 0.01, 300, 2, "UPDATE exchange_rate SET rate = {} WHERE code = {}", at / 7, code)


def translations(log: Log) -> None:
    """A table of texts that nobody writes, by language and page."""
    log.traffic(200)
    for at in log.arrivals(10, 200):
        lang = log.random.choice(("en", "de", "fr", "pl", "es"))
        log.run(
            at,
            200 + log.random.randrange(20),
            log.around(6),
            "SELECT k, v FROM translation WHERE lang = {} AND page = {}",
            lang,
            log.random.randrange(6),
        )


def dashboard_totals(log: Log) -> None:
    """Twenty screens show the same dear sum; orders come once in a minute or two."""
    log.traffic(600, 2)
    for at in log.arrivals(2, 600):
        log.run(
            at,
            200 + log.random.randrange(20),
            log.around(120),
            "SELECT region, sum(total) FROM orders GROUP BY region",
            rows=8,
        )
    for at in log.arrivals(1 / 80, 600):
        log.run(at, 300, 3, "INSERT INTO orders (region, total) VALUES ({}, {})", 3, 5)


def cart_of_each(log: Log) -> None:
    """Every user has a cart, and looks at it once or twice."""
    log.traffic(200)
    for at in log.arrivals(10, 200):
        log.run(
            at,
            200 + log.random.randrange(20),
            log.around(9),
            "SELECT item_id, n FROM cart WHERE customer_id = {}",
            log.random.randrange(50000),
        )


def stock_that_changes(log: Log) -> None:
    """The best sellers are read often, and sold as often."""
    log.traffic(200)
    for at in log.arrivals(8, 200):
        log.run(
            at,
            200 + log.random.randrange(20),
            log.around(7),
            "SELECT stock FROM article WHERE id = {}",
            log.random.randrange(8),
        )
    for at in log.arrivals(12, 200):
        log.run(
            at,
            240 + log.random.randrange(20),
            log.around(4),
            "UPDATE article SET stock = stock - 1 WHERE id = {}",
            log.random.randrange(8),
        )


def asked_twice_by_one_request(log: Log) -> None:
    """A request asks for its user four times, others for other users."""
    log.traffic(200)
    for number, at in enumerate(log.arrivals(3, 200)):
        session, user = 200 + number % 20, log.random.randrange(10**6)
        at = log.run(at, session, 0.1, "BEGIN")
        for _ in range(4):
            at = log.run(at + 0.002, session, log.around(6), "SELECT name FROM account WHERE id = {}", user)
        log.run(at + 0.002, session, 0.1, "COMMIT")


def depends_on_the_moment(log: Log) -> None:
    """Clock, session, locks, sequences: never the same answer."""
    log.traffic(200)
    for at in log.arrivals(4, 200):
        session = 200 + log.random.randrange(20)
        log.run(at, session, log.around(9), "SELECT id FROM offer WHERE ends_at > now() ORDER BY ends_at LIMIT 5")
        log.run(at + 0.02, session, log.around(9), "SELECT id FROM message WHERE reader = current_user")
        log.run(at + 0.04, session, log.around(9), "SELECT nextval('ticket_seq')")
        log.run(at + 0.06, session, log.around(9), "SELECT free FROM seat_counter WHERE id = 1 FOR UPDATE")


def search_for_all(log: Log) -> None:
    """Searches fill a core; other sessions write other tables."""
    log.traffic(240)
    for at in log.arrivals(9, 240):
        log.run(
            at,
            200 + log.random.randrange(20),
            log.around(90),
            "SELECT id, title FROM document WHERE body LIKE {} LIMIT 20",
            f"%w{log.random.randrange(10**6)}%",
        )


def reports_read_only(log: Log) -> None:
    """Read-only transactions of many sums."""
    log.traffic(240)
    for number, at in enumerate(log.arrivals(1.5, 240)):
        session = 200 + number % 10
        at = log.run(at, session, 0.1, "START TRANSACTION READ ONLY")
        for table in ("sale", "refund", "delivery"):
            at = log.run(
                at + 0.001,
                session,
                log.around(150),
                "SELECT day, sum(total) FROM " + table + " WHERE shop = {} GROUP BY day",
                log.random.randrange(10**6),
                rows=30,
            )
        log.run(at, session, 0.1, "COMMIT")


def mostly_reads(log: Log) -> None:
    """Seven tenths of the time reads lists that others seldom change, the rest writes."""
    log.traffic(240)
    for at in log.arrivals(10, 240):
        log.run(
            at,
            200 + log.random.randrange(20),
            log.around(70),
            "SELECT id, price FROM product WHERE category = {} AND price < {} ORDER BY price LIMIT 50",
            log.random.randrange(900),
            log.random.randrange(9999),
        )
    for at in log.arrivals(10, 240):
        log.run(
            at,
            240 + log.random.randrange(20),
            log.around(25),
            "INSERT INTO click (product, day) VALUES ({}, {})",
            log.random.randrange(10**6),
            3,
        )


def analysts(log: Log) -> None:
    """Three people ask long questions all day on the server of the shop."""
    log.traffic(900, 2)
    for person in range(3):
        at = person * 2.0
        while at < 890:
            at = log.run(
                at,
                300 + person,
                log.around(4000),
                "SELECT segment, avg(total) FROM purchase WHERE day > {} GROUP BY segment",
                log.random.randrange(3000),
                user="bi",
            )
            at += log.random.expovariate(0.3)


def light_load(log: Log) -> None:
    """The same reads, but the server has nothing to do."""
    log.traffic(240)
    for at in log.arrivals(5, 240):
        log.run(
            at,
            200 + log.random.randrange(20),
            log.around(6),
            "SELECT id, title FROM document WHERE folder = {} LIMIT 20",
            log.random.randrange(10**6),
        )


def reads_of_writers(log: Log) -> None:
    """Each read stands in a transaction that then writes."""
    for number, at in enumerate(log.arrivals(8, 240)):
        session = 200 + number % 20
        at = log.run(at, session, 0.1, "BEGIN")
        at = log.run(
            at + 0.001,
            session,
            log.around(90),
            "SELECT sum(amount) FROM booking WHERE account = {}",
            log.random.randrange(10**6),
        )
        at = log.run(
            at + 0.001,
            session,
            log.around(5),
            "UPDATE account SET balance = {} WHERE id = {}",
            5,
            log.random.randrange(10**6),
            rows=0,
        )
        log.run(at + 0.001, session, 0.5, "COMMIT")


def reads_own_writes(log: Log) -> None:
    """Every save is followed by the list that shows it, in the same session."""
    for number, at in enumerate(log.arrivals(8, 240)):
        session, owner = 200 + number % 20, log.random.randrange(10**6)
        at = log.run(at, session, log.around(6), "INSERT INTO note (owner, body) VALUES ({}, {})", owner, "x", rows=0)
        log.run(at + 0.05, session, log.around(95), "SELECT id, body FROM note WHERE owner = {} ORDER BY id", owner)


def writes_fill_the_time(log: Log) -> None:
    """A logger: eight tenths of the time are INSERTs and UPDATEs."""
    log.traffic(240)
    for at in log.arrivals(14, 240):
        log.run(
            at,
            200 + log.random.randrange(20),
            log.around(70),
            "UPDATE device SET seen = {} WHERE id = {}",
            log.random.randrange(10**6),
            log.random.randrange(10**6),
            rows=0,
        )
    for at in log.arrivals(4, 240):
        log.run(
            at,
            230 + log.random.randrange(9),
            log.around(40),
            "SELECT seen FROM device WHERE id = {}",
            log.random.randrange(10**6),
        )


def must_be_the_primary(log: Log) -> None:
    """Locks, and functions of the application that may write."""
    for at in log.arrivals(6, 240):
        session = 200 + log.random.randrange(20)
        log.run(
            at,
            session,
            log.around(90),
            "SELECT id FROM task WHERE owner = {} FOR UPDATE SKIP LOCKED",
            log.random.randrange(10**6),
        )
        log.run(at + 0.4, session, log.around(90), "SELECT close_account({})", log.random.randrange(10**6))


CACHE, REPLICA = "STR001", "STR002"
WORLDS = (
    World(category_menu, must=((CACHE, "category"),)),
    World(exchange_rates, must=((CACHE, "exchange_rate"),), bound=True),
    World(translations, must=((CACHE, "translation"),), engine="mysql"),
    World(dashboard_totals, must=((CACHE, "orders"),), may=((REPLICA, ""),)),
    World(cart_of_each),
    World(stock_that_changes),
    World(asked_twice_by_one_request),
    World(depends_on_the_moment),
    World(search_for_all, must=((REPLICA, ""),)),
    World(reports_read_only, must=((REPLICA, ""),), engine="mysql"),
    World(mostly_reads, must=((REPLICA, ""),), bound=True),
    World(analysts, must=((REPLICA, ""),)),
    World(light_load),
    World(reads_of_writers),
    World(reads_own_writes, engine="mysql"),
    World(writes_fill_the_time),
    World(must_be_the_primary),
)
