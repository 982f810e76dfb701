"""Workloads of transactions: idle, long, chatty, and those that only look so."""

from benchmarks.insights.log import Log
from benchmarks.insights.world import World


def payment_inside(log: Log) -> None:
    """A payment service is called between the first write and COMMIT."""
    log.traffic(300)
    for number, at in enumerate(log.arrivals(0.12, 300)):
        session = 200 + number % 8
        at = log.run(at, session, 0.1, "BEGIN", user="checkout")
        at = log.run(
            at + 0.001,
            session,
            2,
            "UPDATE stock SET free = free - 1 WHERE item = {}",
            log.random.randrange(10**5),
            user="checkout",
        )
        at = log.run(
            at + log.around(1500) / 1000,
            session,
            2,
            "INSERT INTO payment (ordered, amount) VALUES ({}, {})",
            number,
            5,
            user="checkout",
        )
        log.run(at + 0.001, session, 1, "COMMIT", user="checkout")


def seat_held(log: Log) -> None:
    """A seat is locked while the page is drawn: 400 ms."""
    log.traffic(300)
    for number, at in enumerate(log.arrivals(0.5, 300)):
        session = 200 + number % 8
        at = log.run(at, session, 0.1, "START TRANSACTION", user="tickets")
        at = log.run(
            at + 0.001,
            session,
            2,
            "SELECT id FROM seat WHERE id = {} FOR UPDATE",
            log.random.randrange(10**5),
            user="tickets",
        )
        at = log.run(
            at + log.around(400) / 1000,
            session,
            2,
            "UPDATE seat SET holder = {} WHERE id = {}",
            number,
            7,
            user="tickets",
            rows=0,
        )
        log.run(at + 0.001, session, 1, "COMMIT", user="tickets")


def page_in_one_transaction(log: Log) -> None:
    """Every request is one transaction, read-only, and drawing the page takes three seconds."""
    for number, at in enumerate(log.arrivals(0.4, 300)):
        session = 200 + number % 8
        at = log.run(at, session, 0.1, "BEGIN")
        at = log.run(at + 0.001, session, 3, "SELECT * FROM article WHERE id = {}", log.random.randrange(10**5))
        log.run(at + log.around(3000) / 1000, session, 0.1, "COMMIT")


def forgotten_console(log: Log) -> None:
    """Someone types BEGIN and an UPDATE, and goes for lunch."""
    log.traffic(900)
    log.run(30, 900, 0.1, "BEGIN", user="anna")
    log.run(41, 900, 3, "UPDATE tariff SET price = {} WHERE id = {}", 9, 4, user="anna")
    log.run(701, 900, 0.5, "COMMIT", user="anna")


def idle_among_many(log: Log) -> None:
    """One kind in a hundred transactions of the same user calls out for three seconds."""
    for number, at in enumerate(log.arrivals(7, 300)):
        session = 200 + number % 25
        at = log.run(at, session, 0.1, "BEGIN")
        at = log.run(
            at + 0.001, session, log.around(2), "UPDATE cart SET n = {} WHERE id = {}", 3, log.random.randrange(10**6)
        )
        log.run(at + 0.001, session, 0.8, "COMMIT")
    for number, at in enumerate(log.arrivals(0.07, 300)):
        session = 300 + number
        at = log.run(at, session, 0.1, "BEGIN")
        at = log.run(at + 0.001, session, 2, "UPDATE voucher SET used = true WHERE code = {}", f"v{number}")
        at = log.run(
            at + log.around(3000) / 1000, session, 2, "INSERT INTO voucher_use (code) VALUES ({})", f"v{number}"
        )
        log.run(at + 0.001, session, 1, "COMMIT")


def busy_report(log: Log) -> None:
    """A report holds a transaction for half a minute, and works all the time."""
    log.traffic(300)
    for start in (20.0, 90.0, 160.0, 230.0):
        at = log.run(start, 700, 0.1, "BEGIN", user="report")
        for month in range(10):
            at = log.run(
                at + 0.002,
                700,
                log.around(3000),
                "SELECT shop, sum(total) FROM sale WHERE month = {} GROUP BY shop",
                month,
                user="report",
            )
        log.run(at + 0.001, 700, 0.1, "COMMIT", user="report")


def short_and_many(log: Log) -> None:
    """Short transactions with nothing but the network in their pauses."""
    for number, at in enumerate(log.arrivals(10, 200)):
        session = 200 + number % 20
        at = log.run(at, session, 0.1, "BEGIN")
        at = log.run(
            at + log.around(1.5) / 1000,
            session,
            0.4,
            "SELECT * FROM customer WHERE id = {}",
            log.random.randrange(10**6),
        )
        at = log.run(
            at + log.around(1.5) / 1000,
            session,
            0.6,
            "UPDATE customer SET seen = {} WHERE id = {}",
            number,
            log.random.randrange(10**6),
        )
        log.run(at + log.around(1.5) / 1000, session, 0.7, "COMMIT")


def only_slow_ones_logged(log: Log) -> None:
    """A threshold of 100 ms: what looks like pauses is full of statements that nobody sees."""
    for number, at in enumerate(log.arrivals(1, 300)):
        session = 200 + number % 20
        at = log.run(
            at,
            session,
            100 + log.around(80),
            "UPDATE invoice SET total = {} WHERE id = {}",
            number,
            log.random.randrange(10**6),
        )
        at = log.run(
            at + log.around(900) / 1000,
            session,
            100 + log.around(40),
            "SELECT sum(total) FROM invoice WHERE customer = {}",
            number,
        )


def idle_between_transactions(log: Log) -> None:
    """Pooled sessions that wait for work, each statement a transaction of its own."""
    for session in range(200, 215):
        at = log.random.random()
        while at < 280:
            at = log.run(
                at, session, log.around(4), "UPDATE meter SET value = {} WHERE id = {}", 5, log.random.randrange(10**6)
            )
            at += log.random.expovariate(0.25)


def batch_in_one(log: Log) -> None:
    """Two hundred updates in one transaction: 45 s of locks."""
    log.traffic(300)
    at = log.run(60, 700, 0.1, "BEGIN", user="batch")
    for shop in range(200):
        at = log.run(
            at + 0.001,
            700,
            log.around(225),
            "UPDATE price SET amount = amount * 1.02 WHERE shop = {}",
            shop,
            user="batch",
        )
    log.run(at + 0.001, 700, 40, "COMMIT", user="batch")


def purge_in_one(log: Log) -> None:
    """A purge by day, in pieces, but all in one transaction."""
    log.traffic(400)
    at = log.run(60, 700, 0.1, "START TRANSACTION", user="batch")
    for day in range(70):
        at = log.run(
            at + 0.001,
            700,
            log.around(1000),
            "DELETE FROM event WHERE day = {}",
            f"2026-08-{day % 30 + 1:02}",
            user="batch",
            rows=0,
        )
    log.run(at + 0.001, 700, 40, "COMMIT", user="batch")


def import_in_one(log: Log) -> None:
    """Five thousand rows, updated one by one, in 30 s."""
    log.traffic(200)
    at = log.run(60, 700, 0.1, "BEGIN", user="importer")
    for row in range(3000):
        at = log.run(
            at + 0.004,
            700,
            log.around(6),
            "UPDATE listing SET price = {} WHERE sku = {}",
            row % 97,
            f"s{row}",
            user="importer",
        )
    log.run(at + 0.001, 700, 10, "COMMIT", user="importer")


def waits_for_a_partner(log: Log) -> None:
    """Five statements with a slow call of another service between them."""
    log.traffic(300)
    for start in (40.0, 150.0):
        at = log.run(start, 700, 0.1, "BEGIN", user="sync")
        for step in ("claim", "contract", "person", "account"):
            at = log.run(
                at + 6,
                700,
                4,
                "UPDATE " + step + " SET synced = true WHERE id = {}",
                log.random.randrange(10**5),
                user="sync",
            )
        log.run(at + 0.001, 700, 1, "COMMIT", user="sync")


def one_long_update(log: Log) -> None:
    """BEGIN, one statement of half a minute, COMMIT: a slow statement."""
    log.traffic(200)
    at = log.run(60, 700, 0.1, "BEGIN", user="batch")
    at = log.run(at + 0.001, 700, 31000, "UPDATE ledger SET closed = true WHERE year = {}", 2025, user="batch")
    log.run(at + 0.001, 700, 20, "COMMIT", user="batch")


def batch_in_pieces(log: Log) -> None:
    """Two minutes of work that commits each half second."""
    log.traffic(300)
    at = 60.0
    for piece in range(200):
        at = log.run(at + 0.001, 700, 0.1, "BEGIN", user="batch")
        at = log.run(
            at + 0.001, 700, log.around(20), "SELECT max(id) FROM archive_mark WHERE piece = {}", piece, user="batch"
        )
        at = log.run(at + 0.001, 700, log.around(520), "DELETE FROM event WHERE id < {}", piece * 1000, user="batch")
        at = log.run(
            at + 0.001,
            700,
            log.around(4),
            "UPDATE archive_mark SET id = {} WHERE piece = {}",
            piece * 1000,
            piece,
            user="batch",
        )
        at = log.run(at + 0.001, 700, 3, "COMMIT", user="batch")


def reads_long_writes_last(log: Log) -> None:
    """25 s of reading, one short write at the end."""
    log.traffic(200)
    at = log.run(60, 700, 0.1, "BEGIN", user="report")
    for month in range(12):
        at = log.run(
            at + 0.001, 700, log.around(2100), "SELECT sum(total) FROM sale WHERE month = {}", month, user="report"
        )
    at = log.run(at + 0.001, 700, 3, "INSERT INTO closing (total) VALUES ({})", 5, user="report")
    log.run(at + 0.001, 700, 2, "COMMIT", user="report")


def dump(log: Log) -> None:
    """pg_dump: two minutes, weak locks on all tables, nothing written."""
    log.traffic(300)
    at = log.run(60, 700, 0.1, "BEGIN", user="backup")
    at = log.run(at, 700, 0.1, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", user="backup")
    tables = ("product", "customer", "orders", "line", "visit", "review")
    at = log.run(
        at,
        700,
        0.4,
        "LOCK TABLE " + ", ".join("public." + table for table in tables) + " IN ACCESS SHARE MODE",
        user="backup",
    )
    for table in tables:
        at = log.run(at + 0.05, 700, log.around(20000), "COPY public." + table + " (id, body) TO stdout", user="backup")
    log.run(at + 0.01, 700, 0.1, "COMMIT", user="backup")


def order_lines(log: Log) -> None:
    """An order writes its fifty lines one by one."""
    log.traffic(300)
    for number, at in enumerate(log.arrivals(0.2, 300)):
        session = 200 + number % 8
        at = log.run(at, session, 0.1, "BEGIN")
        at = log.run(at + 0.001, session, 1, "INSERT INTO orders (id, customer) VALUES ({}, {})", number, 4)
        for line in range(50):
            at = log.run(
                at + 0.001,
                session,
                log.around(0.5),
                "INSERT INTO line (ordered, item, n) VALUES ({}, {}, {})",
                number,
                line,
                1,
            )
        log.run(at + 0.001, session, 1, "COMMIT")


def look_and_update(log: Log) -> None:
    """A sync reads and writes row by row."""
    log.traffic(300)
    for number, at in enumerate(log.arrivals(0.2, 300)):
        session = 200 + number % 8
        at = log.run(at, session, 0.1, "START TRANSACTION")
        for item in range(30):
            at = log.run(
                at + 0.001, session, log.around(0.5), "SELECT price FROM tariff WHERE sku = {}", f"{number}-{item}"
            )
            at = log.run(
                at + 0.001,
                session,
                log.around(0.7),
                "UPDATE tariff SET price = {} WHERE sku = {}",
                item,
                f"{number}-{item}",
                rows=0,
            )
        log.run(at + 0.001, session, 1, "COMMIT")


def unit_of_work(log: Log) -> None:
    """An ORM flushes eighty changed objects one by one."""
    log.traffic(300)
    for number, at in enumerate(log.arrivals(0.1, 300)):
        session = 200 + number % 8
        at = log.run(at, session, 0.1, "BEGIN")
        at = log.run(at + 0.002, session, 6, "SELECT id, rank FROM playlist_entry WHERE playlist = {}", number, rows=80)
        for entry in range(80):
            at = log.run(
                at + 0.001,
                session,
                log.around(0.6),
                "UPDATE playlist_entry SET rank = {} WHERE id = {}",
                entry,
                number * 100 + entry,
            )
        log.run(at + 0.001, session, 1, "COMMIT")


def import_once(log: Log) -> None:
    """One import at start-up, row by row."""
    log.traffic(200)
    at = log.run(10, 700, 0.1, "BEGIN", user="setup")
    for row in range(3000):
        at = log.run(
            at + 0.0004,
            700,
            log.around(0.4),
            "INSERT INTO country (id, name) VALUES ({}, {})",
            row,
            f"c{row}",
            user="setup",
        )
    log.run(at, 700, 1, "COMMIT", user="setup")


def page_of_many_things(log: Log) -> None:
    """Thirty-five different questions fill a page with as many things."""
    for number, at in enumerate(log.arrivals(0.5, 200)):
        session = 200 + number % 8
        at = log.run(at, session, 0.1, "BEGIN")
        for box in range(35):
            at = log.run(
                at + 0.001,
                session,
                log.around(0.9),
                f"SELECT c{box} FROM box{box} WHERE customer = {{}}",
                log.random.randrange(10**6),
            )
        log.run(at + 0.001, session, 0.1, "COMMIT")


def batched_lines(log: Log) -> None:
    """The order writes its lines in one statement."""
    for number, at in enumerate(log.arrivals(2, 200)):
        session = 200 + number % 8
        at = log.run(at, session, 0.1, "BEGIN")
        at = log.run(at + 0.001, session, 1, "INSERT INTO orders (id, customer) VALUES ({}, {})", number, 4)
        at = log.run(
            at + 0.001,
            session,
            6,
            "INSERT INTO line (ordered, item) VALUES " + ", ".join(f"({number}, {item})" for item in range(60)),
        )
        log.run(at + 0.001, session, 1, "COMMIT")


def handful(log: Log) -> None:
    """Eight statements, five of them alike: a form with five rows."""
    for number, at in enumerate(log.arrivals(2, 200)):
        session = 200 + number % 8
        at = log.run(at, session, 0.1, "BEGIN")
        for row in range(5):
            at = log.run(at + 0.001, session, 1, "UPDATE form_row SET v = {} WHERE id = {}", row, number * 10 + row)
        log.run(at + 0.001, session, 1, "COMMIT")


IDLE, LONG, CHATTY = "STR003", "STR004", "STR005"
WORLDS = (
    World(payment_inside, must=((IDLE, "checkout"),)),
    World(seat_held, must=((IDLE, "tickets"),), engine="mysql"),
    World(page_in_one_transaction, must=((IDLE, ""),)),
    World(forgotten_console, must=((IDLE, "anna"),), may=((LONG, ""),)),
    World(idle_among_many, must=((IDLE, ""),)),
    World(busy_report),
    World(short_and_many, bound=True),
    World(only_slow_ones_logged),
    World(idle_between_transactions, engine="mysql"),
    World(batch_in_one, must=((LONG, "price"),)),
    World(purge_in_one, must=((LONG, "event"),), engine="mysql"),
    World(import_in_one, must=((LONG, "listing"),), bound=True),
    World(waits_for_a_partner, must=((LONG, ""), (IDLE, "sync"))),
    World(one_long_update),
    World(batch_in_pieces),
    World(reads_long_writes_last),
    World(dump),
    World(order_lines, must=((CHATTY, ""),)),
    World(look_and_update, must=((CHATTY, ""),), engine="mysql"),
    World(unit_of_work, must=((CHATTY, ""),), bound=True),
    World(import_once),
    World(page_of_many_things),
    World(batched_lines, engine="mysql"),
    World(handful),
)
