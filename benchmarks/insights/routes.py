"""Workloads with tags: dear and chatty routes, and those that are neither."""

from collections.abc import Callable

from benchmarks.insights.log import Log
from benchmarks.insights.world import World

Tag = Callable[[Log, str], str]


def trace(log: Log, route: str) -> str:
    """A comment as sqlcommenter writes it."""
    return f" /*framework='express',route='%2F{route}',traceparent='00-{log.random.getrandbits(128):032x}-{log.random.getrandbits(64):016x}-01'*/"


def marginalia(_: Log, route: str) -> str:
    """A comment as Rails writes it, without a request."""
    return f" /*application:Shop,controller:{route},action:show*/"


def request(log: Log, at: float, session: int, route: str, sqls: list[str], ms: float = 0.6, tag: Tag = trace) -> None:
    """One request: its statements one after the other, with one comment."""
    comment = tag(log, route)
    for sql in sqls:
        at = log.run(at + 0.0008, session, log.around(ms), sql.format(log.random.randrange(10**6)) + comment)


def small_routes(
    log: Log, seconds: float, names: tuple[str, ...], per_second: float = 1.0, ms: float = 1.0, tag: Tag = trace
) -> None:
    """Routes of three different statements each."""
    for place, name in enumerate(names):
        for number, at in enumerate(log.arrivals(per_second, seconds)):
            sqls = [
                f"SELECT a FROM {name}_one WHERE id = {{}}",
                f"SELECT b FROM {name}_two WHERE id = {{}}",
                f"UPDATE {name}_three SET c = 1 WHERE id = {{}}",
            ]
            request(log, at, 400 + 20 * place + number % 15, name, sqls, ms, tag)


def every_row_asked(log: Log) -> None:
    """Sixty statements a request: a list and a lookup for each of its rows."""
    small_routes(log, 200, ("home", "search", "login"))
    for number, at in enumerate(log.arrivals(0.25, 200)):
        request(
            log,
            at,
            200 + number % 10,
            "orders",
            ["SELECT id FROM orders WHERE shop = {} LIMIT 59"] + ["SELECT name FROM customer WHERE id = {}"] * 59,
        )


def setting_asked_again(log: Log) -> None:
    """A page that asks for the same setting before each of its parts."""
    small_routes(log, 200, ("home", "search", "login"))
    for number, at in enumerate(log.arrivals(0.4, 200)):
        parts = [
            sql
            for part in range(8)
            for sql in ["SELECT value FROM setting WHERE name = 'locale'"] * 3
            + [f"SELECT x FROM part{part} WHERE page = {{}}"]
        ]
        request(log, at, 200 + number % 10, "page", parts)


def rails_without_trace(log: Log) -> None:
    """Tags without a trace id: 45 statements in each request."""
    small_routes(log, 200, ("home", "search", "login"), tag=marginalia)
    for number, at in enumerate(log.arrivals(0.25, 200)):
        sqls = ["SELECT id FROM items WHERE shelf = {} LIMIT 44"] + ["SELECT url FROM picture WHERE item_id = {}"] * 44
        request(log, at, 200 + number % 10, "items", sqls, tag=marginalia)


def api_by_row(log: Log) -> None:
    """An API of 120 statements a call."""
    small_routes(log, 100, ("home", "search", "login"))
    for number, at in enumerate(log.arrivals(0.3, 100)):
        sqls = ["SELECT id FROM shipment WHERE state = {} LIMIT 60"] + [
            "SELECT w FROM parcel WHERE shipment_id = {}",
            "SELECT n FROM stop WHERE parcel_id = {}",
        ] * 60
        request(log, at, 200 + number % 10, "api%2Fshipments", sqls)


def many_small_loops(log: Log) -> None:
    """Eight different loops of five: no single one is the fault."""
    small_routes(log, 200, ("home", "search", "login"))
    for number, at in enumerate(log.arrivals(0.3, 200)):
        parts = [f"SELECT x FROM kind{part} WHERE id = {{}}" for part in range(8) for _ in range(5)]
        log.random.shuffle(parts)
        request(log, at, 200 + number % 10, "product", parts)


def sixty_once_a_day(log: Log) -> None:
    """The export of the night: sixty statements, once."""
    small_routes(log, 200, ("home", "search", "login", "cart"))
    request(
        log,
        60,
        900,
        "export",
        ["SELECT id FROM orders WHERE shop = {} LIMIT 59"] + ["SELECT name FROM customer WHERE id = {}"] * 59,
    )


def twelve_different(log: Log) -> None:
    """A page with a dozen different things, often."""
    small_routes(log, 100, ("home", "search", "login"))
    for number, at in enumerate(log.arrivals(3, 100)):
        request(
            log,
            at,
            200 + number % 20,
            "profile",
            [f"SELECT x FROM thing{part} WHERE owner = {{}}" for part in range(12)],
            0.2,
        )


def thirty_different(log: Log) -> None:
    """A start page with thirty boxes, each asked once."""
    small_routes(log, 100, ("home", "search", "login"))
    for number, at in enumerate(log.arrivals(1, 100)):
        request(
            log,
            at,
            200 + number % 20,
            "start",
            [f"SELECT x FROM box{part} WHERE owner = {{}}" for part in range(30)],
            0.1,
        )


def eight_alike(log: Log) -> None:
    """Eight statements, six of them alike."""
    small_routes(log, 100, ("home", "search", "login"))
    for number, at in enumerate(log.arrivals(1, 100)):
        request(
            log,
            at,
            200 + number % 20,
            "tile",
            ["SELECT id FROM tile WHERE page = {}"] + ["SELECT url FROM image WHERE id = {}"] * 6,
            0.1,
        )


def one_dear_route(log: Log) -> None:
    """Six tenths of the time belong to one of five routes."""
    small_routes(log, 200, ("home", "login", "cart", "profile"), ms=6)
    for number, at in enumerate(log.arrivals(1, 200)):
        request(
            log,
            at,
            200 + number % 20,
            "search",
            ["SELECT id FROM document WHERE word = {} ORDER BY rank LIMIT 20"],
            130,
        )


def dear_in_rails(log: Log) -> None:
    """Nearly half of the time belongs to a report."""
    small_routes(log, 200, ("home", "login", "cart", "profile"), ms=8, tag=marginalia)
    for number, at in enumerate(log.arrivals(0.4, 200)):
        request(
            log,
            at,
            200 + number % 20,
            "reports",
            ["SELECT day, sum(total) FROM sale WHERE shop = {} GROUP BY day"],
            240,
            marginalia,
        )


def dear_by_number(log: Log) -> None:
    """No statement is slow, but one route is asked ten times as often."""
    small_routes(log, 100, ("home", "login", "profile"), per_second=2, ms=3)
    small_routes(log, 100, ("ping",), per_second=20, ms=3)


def dear_writes(log: Log) -> None:
    """The upload takes most of the time, and writes."""
    small_routes(log, 200, ("home", "login", "profile", "cart"), ms=5)
    for number, at in enumerate(log.arrivals(1, 200)):
        request(
            log,
            at,
            200 + number % 20,
            "upload",
            ["INSERT INTO picture (owner) VALUES ({})", "UPDATE quota SET used = used + 1 WHERE owner = {}"],
            70,
        )


def even_routes(log: Log) -> None:
    """Six routes, the same for each."""
    small_routes(log, 200, ("home", "login", "cart", "profile", "search", "help"), ms=8)


def two_routes(log: Log) -> None:
    """Of two routes one has most of the time: somebody must."""
    small_routes(log, 200, ("home",), ms=2)
    small_routes(log, 200, ("search",), ms=20)


def untagged(log: Log) -> None:
    """No tags at all."""
    log.traffic(200, 10, 10)


def three_requests(log: Log) -> None:
    """A log of two seconds of somebody's test: nothing to be concluded."""
    small_routes(log, 2, ("home", "login", "cart"), per_second=8, ms=0.5)
    for number, at in enumerate(log.arrivals(12, 2)):
        request(log, at, 200 + number, "search", ["SELECT id FROM document WHERE word = {}"], 4)


CHATTY, DEAR = "STR007", "STR006"
#: Where one loop makes most of the repeats, the page on that loop speaks instead.
LOOP = "STR007/NP1001/NP1003/NP1008"
WORLDS = (
    World(every_row_asked, must=((LOOP, "customer"),), may=((DEAR, ""),)),
    World(setting_asked_again, must=((LOOP, "setting"),), may=((DEAR, ""),)),
    World(rails_without_trace, must=((LOOP, "picture"),), may=((DEAR, ""),), engine="mysql"),
    World(api_by_row, must=((LOOP, "parcel"),), may=((DEAR, ""),)),
    World(many_small_loops, must=((CHATTY, "product"),), may=((DEAR, ""),)),
    World(sixty_once_a_day),
    World(twelve_different, may=((DEAR, ""),)),
    World(thirty_different, may=((DEAR, ""),)),
    World(eight_alike, may=((DEAR, ""),)),
    World(one_dear_route, must=((DEAR, "search"),)),
    World(dear_in_rails, must=((DEAR, "reports"),), engine="mysql"),
    World(dear_by_number, must=((DEAR, "ping"),)),
    World(dear_writes, must=((DEAR, "upload"),)),
    World(even_routes),
    World(two_routes),
    World(untagged),
    World(three_requests),
)
