"""The suite: queries that make PostgreSQL print every kind of node, every property and every hostile text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from tests.plans.lab.schema import WEIRD_TABLE

#: Settings that make the planner go parallel on small tables.
PARALLEL = {
    "max_parallel_workers_per_gather": "2",
    "parallel_setup_cost": "0",
    "parallel_tuple_cost": "0",
    "min_parallel_table_scan_size": "0",
    "min_parallel_index_scan_size": "0",
}
_OFF = {name: {f"enable_{name}": "off"} for name in (
    "seqscan", "indexscan", "indexonlyscan", "bitmapscan", "hashjoin", "mergejoin", "nestloop", "hashagg", "sort",
    "material", "tidscan",
)}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One statement, the settings it runs under and the majors that know it."""

    name: str
    sql: str
    settings: Mapping[str, str] = field(default_factory=dict)
    since: int = 10
    before: tuple[str, ...] = ()
    """Statements of the same transaction that come first."""

    @property
    def writes(self) -> bool:
        """It changes rows: blocks and times then differ from run to run."""
        return any(word in self.sql for word in ("INSERT", "UPDATE", "DELETE", "MERGE"))


def suite(major: int) -> list[Case]:
    """All cases that a major knows."""
    cases = [case for case in _all() if case.since <= major]
    assert len({case.name for case in cases}) == len(cases)
    return cases


def _all() -> Iterator[Case]:
    for part in (
        _scans,
        _joins,
        _subqueries,
        _aggregates,
        _orders,
        _parallel,
        _partitions,
        _writes,
        _foreign,
        _functions,
    ):
        yield from part()
    from tests.plans.lab import hostile

    yield from hostile.cases()


def _but(*names: str) -> dict[str, str]:
    return {key: value for name in names for key, value in _OFF[name].items()}


def _scans() -> Iterator[Case]:
    yield Case("seq", "SELECT * FROM customer")
    yield Case("seq filter", "SELECT id FROM orders WHERE amount > 1400 AND status IN ('new', 'paid')")
    yield Case("seq none found", "SELECT * FROM orders WHERE amount < 0")
    yield Case("seq empty table", "SELECT * FROM empty_table WHERE v = 'x'")
    yield Case("seq alias", "SELECT c.id FROM customer AS c WHERE NOT c.vip")
    yield Case("result one time false", "SELECT * FROM customer WHERE false")
    yield Case("result", "SELECT 1, 'text'")
    yield Case("result one time", "SELECT * FROM customer WHERE now() > '2000-01-01' AND current_setting('port') = '0'")
    yield Case("index", "SELECT * FROM orders WHERE customer_id = 7", _but("seqscan", "bitmapscan"))
    yield Case("index backward", "SELECT * FROM orders ORDER BY id DESC LIMIT 5")
    yield Case("index filter", "SELECT * FROM orders WHERE id < 300 AND amount > 1000", _but("seqscan", "bitmapscan"))
    yield Case(
        "index two columns",
        "SELECT * FROM orders WHERE status = 'new' AND placed > '2025-06-01'",
        _but("seqscan", "bitmapscan"),
    )
    yield Case("index any", "SELECT * FROM customer WHERE id = ANY ('{1,5,9}')", _but("seqscan", "bitmapscan"))
    yield Case(
        "index row compare",
        "SELECT * FROM orders WHERE (status, placed) > ('paid', '2025-05-01') ORDER BY status, placed LIMIT 9",
        _but("seqscan", "bitmapscan"),
    )
    yield Case("index expression", "SELECT id FROM customer WHERE lower(email) = 'c5@example.org'", _but("seqscan"))
    yield Case("index only", "SELECT id FROM customer WHERE id BETWEEN 5 AND 90", _but("seqscan", "bitmapscan"))
    yield Case(
        "index only heap fetches",
        "SELECT id FROM counter WHERE id < 100",
        _but("seqscan", "bitmapscan"),
        before=("UPDATE counter SET hits = hits + 1 WHERE id < 50",),
    )
    yield Case(
        "index partial", "SELECT id FROM orders WHERE status <> 'done' AND placed < '2025-01-05'", _but("seqscan")
    )
    yield Case("bitmap", "SELECT * FROM orders WHERE customer_id IN (1, 2, 3)", _but("seqscan", "indexscan"))
    yield Case("bitmap or", "SELECT * FROM orders WHERE customer_id = 3 OR id < 20", _but("seqscan", "indexscan"))
    yield Case(
        "bitmap and",
        "SELECT * FROM orders WHERE customer_id < 20 AND status = 'done' AND placed < '2025-03-01'",
        _but("seqscan", "indexscan"),
    )
    yield Case("bitmap gin", "SELECT id FROM orders WHERE tags @> '{t3}'", _but("seqscan"))
    yield Case("bitmap gin json", """SELECT id FROM orders WHERE data @> '{"k": "v3"}'""", _but("seqscan"))
    yield Case("bitmap brin recheck", "SELECT id FROM orders WHERE amount BETWEEN 10 AND 20", _but("seqscan"))
    yield Case(
        "bitmap lossy",
        "SELECT count(*) FROM event WHERE payload < 'z' AND day < '2025-03-01'",
        {**_but("seqscan", "indexscan"), "work_mem": "64kB"},
    )
    yield Case("bitmap none", "SELECT * FROM orders WHERE customer_id = -1", _but("seqscan", "indexscan"))
    yield Case("index hash", "SELECT id FROM customer WHERE region = 'north'", _but("seqscan"))
    yield Case(
        "index order by",
        "SELECT id FROM place WHERE spot <@ box '(0,0),(50,50)' ORDER BY spot <-> point '(3,4)' LIMIT 5",
        _but("seqscan", "bitmapscan", "sort"),
    )
    yield Case(
        "current of",
        "UPDATE counter SET hits = 2 WHERE CURRENT OF cursor_of_counter",
        before=("DECLARE cursor_of_counter CURSOR FOR SELECT * FROM counter FOR UPDATE", "FETCH cursor_of_counter"),
    )
    yield Case("tid", "SELECT * FROM customer WHERE ctid = '(0,1)'")
    yield Case("tid any", 'SELECT * FROM customer WHERE ctid = ANY (\'{"(0,1)","(0,2)"}\')')
    yield Case("tid range", "SELECT * FROM customer WHERE ctid > '(0,1)' AND ctid < '(1,1)'", since=14)
    yield Case("tid join", "SELECT a.id FROM customer a JOIN customer b ON a.ctid = b.ctid WHERE b.id < 3")
    yield Case("sample bernoulli", "SELECT count(*) FROM orders TABLESAMPLE bernoulli (10) REPEATABLE (42)")
    yield Case("sample system", "SELECT count(*) FROM orders TABLESAMPLE system (50)")
    yield Case("sample rows", "SELECT count(*) FROM orders TABLESAMPLE system_rows (100)")
    yield Case("values", "SELECT * FROM (VALUES (1, 'a'), (2, 'b'), (3, NULL)) v(a, b) WHERE a > 1")
    yield Case("inheritance", "SELECT * FROM parent_table WHERE id < 10")
    yield Case("materialized view", "SELECT * FROM region_totals ORDER BY n DESC")
    yield Case("view", "SELECT * FROM order_totals WHERE id < 50")
    yield Case(
        "mixed case",
        'SELECT "a""b", "select" FROM "Mixed Case" WHERE "col with, comma" > \'y,9\' ORDER BY "col with, comma", "select"',
    )
    yield Case("schema and dot", 'SELECT t.v FROM "my schema"."my.table" t WHERE t.id > 90')
    yield Case(
        "odd table", f'SELECT * FROM {WEIRD_TABLE} WHERE "Filter: (x = 1)" = 3 AND "->  Seq Scan on z" <> \'w3\''
    )
    yield Case("odd index", f'SELECT id FROM {WEIRD_TABLE} WHERE "Filter: (x = 1)" = 3', _but("seqscan", "bitmapscan"))
    yield Case("odd alias", 'SELECT "x on y".id FROM customer AS "x on y" WHERE "x on y".name LIKE \'name 1%\'')


def _joins() -> Iterator[Case]:
    methods = {
        "hash": ("mergejoin", "nestloop"),
        "merge": ("hashjoin", "nestloop"),
        "nested": ("hashjoin", "mergejoin"),
    }
    kinds = {
        "inner": "SELECT c.name, o.amount FROM customer c JOIN orders o ON o.customer_id = c.id WHERE c.vip",
        "left": "SELECT c.name, o.amount FROM customer c LEFT JOIN orders o ON o.customer_id = c.id AND o.amount > 900 WHERE c.id < 60",
        "right": "SELECT o.id, c.name FROM (SELECT * FROM customer WHERE vip) c RIGHT JOIN orders o ON o.customer_id = c.id",
        "semi": "SELECT id FROM customer c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.amount > 1420)",
        "anti": "SELECT id FROM customer c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.amount > 100)",
        "empty inner": "SELECT c.id FROM customer c JOIN empty_table e ON e.id = c.id",
        "empty outer": "SELECT c.id FROM empty_table e LEFT JOIN customer c ON e.id = c.id",
        "filter": "SELECT c.id FROM customer c JOIN product p ON p.id = c.id AND p.sku || c.name <> 'SKU-3name 3' AND length(c.name) > p.price",
    }
    for (method, without), (kind, sql) in product(methods.items(), kinds.items()):
        yield Case(f"{method} {kind}", sql, _but(*without))
    full = "SELECT a.id, b.id FROM customer a FULL JOIN product b ON a.id = b.id + 900"
    for method in ("hash", "merge"):
        yield Case(f"{method} both sides", full, _but(*methods[method]))
    yield Case("cross", "SELECT count(*) FROM product a, product b WHERE a.price + b.price > 190")
    yield Case("five tables", """SELECT c.region, sum(i.quantity * p.price) FROM customer c JOIN orders o ON o.customer_id = c.id
        JOIN item i ON i.order_id = o.id JOIN product p ON p.id = i.product_id LEFT JOIN product q ON q.id = p.parent_id
        WHERE c.vip GROUP BY c.region""")  # fmt: skip
    yield Case(
        "hash batches",
        "SELECT count(*) FROM item i JOIN orders o ON o.id = i.order_id WHERE o.status || i.line <> 'x'",
        {**_but("mergejoin", "nestloop"), "work_mem": "64kB"},
    )
    yield Case(
        "memoize",
        "SELECT count(p.price) FROM item i JOIN product p ON p.id = i.product_id WHERE i.order_id < 900",
        _but("hashjoin", "mergejoin", "seqscan"),
    )
    yield Case(
        "memoize evictions",
        "SELECT count(c.name) FROM orders o JOIN customer c ON c.id = o.customer_id",
        {**_but("hashjoin", "mergejoin", "seqscan"), "work_mem": "64kB"},
    )
    yield Case(
        "memoize lateral",
        "SELECT o.id, t.* FROM orders o, LATERAL (SELECT count(*) FROM item i WHERE i.product_id = o.id % 10) t WHERE o.id < 60",
    )
    yield Case(
        "lateral top",
        "SELECT c.id, t.amount FROM customer c CROSS JOIN LATERAL (SELECT amount FROM orders o WHERE o.customer_id = c.id ORDER BY amount DESC LIMIT 2) t WHERE c.id < 50",
    )
    yield Case(
        "lateral left",
        "SELECT c.id, t.n FROM customer c LEFT JOIN LATERAL (SELECT count(*) AS n FROM orders o WHERE o.customer_id = c.id HAVING count(*) > 5) t ON true WHERE c.id < 30",
    )
    yield Case(
        "self", "SELECT a.id FROM product a JOIN product b ON a.parent_id = b.id JOIN product c ON b.parent_id = c.id"
    )
    yield Case("join limit", "SELECT * FROM orders o JOIN item i ON i.order_id = o.id LIMIT 3")
    yield Case(
        "right semi", "SELECT * FROM product p WHERE id IN (SELECT product_id FROM item)", _but("mergejoin", "nestloop")
    )
    yield Case(
        "right anti",
        "SELECT * FROM product p WHERE NOT EXISTS (SELECT 1 FROM item i WHERE i.product_id = p.id AND quantity > 8)",
        _but("mergejoin", "nestloop"),
    )


def _subqueries() -> Iterator[Case]:
    yield Case("initplan", "SELECT * FROM orders WHERE amount > (SELECT avg(amount) * 1.9 FROM orders)")
    yield Case(
        "initplan two", "SELECT (SELECT max(id) FROM customer), (SELECT min(amount) FROM orders), count(*) FROM product"
    )
    yield Case(
        "initplan exists", "SELECT id FROM customer WHERE EXISTS (SELECT 1 FROM product WHERE price > 1000) OR id < 3"
    )
    yield Case(
        "initplan nested",
        "SELECT id FROM product WHERE id = (SELECT max(id) FROM customer WHERE id < (SELECT min(id) + 9 FROM orders WHERE id > 3))",
    )
    yield Case("initplan never", "SELECT id FROM empty_table WHERE id > (SELECT count(*) FROM orders)")
    yield Case(
        "subplan",
        "SELECT id, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) FROM customer c WHERE c.id < 40",
    )
    yield Case(
        "subplan filter",
        "SELECT id FROM customer c WHERE (SELECT sum(amount) FROM orders o WHERE o.customer_id = c.id) > 5500",
    )
    yield Case(
        "subplan hashed", "SELECT id FROM customer WHERE id NOT IN (SELECT customer_id FROM orders WHERE amount > 300)"
    )
    yield Case(
        "subplan hashed two",
        "SELECT id FROM customer WHERE id NOT IN (SELECT customer_id FROM orders WHERE amount > 300) AND id NOT IN (SELECT parent_id FROM product WHERE parent_id > 0)",
    )
    yield Case(
        "subplan hashed or",
        "SELECT id FROM customer WHERE vip OR id IN (SELECT customer_id FROM orders WHERE amount > 1400)",
    )
    yield Case(
        "subplan all",
        "SELECT id FROM product p WHERE price >= ALL (SELECT price FROM product q WHERE q.parent_id = p.parent_id)",
    )
    yield Case(
        "subplan any",
        "SELECT id FROM product p WHERE price < ANY (SELECT q.price FROM product q WHERE q.parent_id = p.id) OR id = 1",
    )
    yield Case(
        "subplan row",
        "SELECT id FROM product p WHERE (id, price) NOT IN (SELECT parent_id, price FROM product WHERE parent_id IS NOT NULL)",
    )
    yield Case(
        "subplan array",
        "SELECT id, ARRAY(SELECT sku FROM product q WHERE q.parent_id = p.id ORDER BY sku) FROM product p WHERE id < 20",
    )
    yield Case(
        "subplan in subplan",
        "SELECT id, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id AND o.amount > (SELECT avg(price) FROM product p WHERE p.parent_id = c.id)) FROM customer c WHERE id < 20",
    )
    yield Case(
        "alternative subplan",
        "SELECT id FROM customer c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND amount > 1400) OR id < 10",
    )
    yield Case(
        "subquery scan",
        "SELECT * FROM (SELECT id, row_number() OVER (ORDER BY amount) AS r FROM orders) t WHERE r % 100 = 0 AND id > 1",
    )
    yield Case(
        "cte once", "WITH r AS (SELECT * FROM orders WHERE amount > 1000) SELECT count(*) FROM r WHERE status = 'new'"
    )
    yield Case(
        "cte twice",
        "WITH r AS (SELECT customer_id, sum(amount) AS s FROM orders GROUP BY 1) SELECT count(*) FROM r a JOIN r b ON a.customer_id = b.customer_id + 1 WHERE a.s > b.s",
    )
    yield Case(
        "cte materialized", "WITH r AS MATERIALIZED (SELECT * FROM customer) SELECT * FROM r WHERE id = 5", since=12
    )
    yield Case(
        "cte not materialized",
        "WITH r AS NOT MATERIALIZED (SELECT * FROM customer) SELECT a.id FROM r a JOIN r b USING (id) WHERE a.id = 5",
        since=12,
    )
    yield Case(
        "cte chain",
        "WITH a AS (SELECT id, amount FROM orders WHERE id < 400 OFFSET 0), b AS (SELECT * FROM a WHERE amount > 10 OFFSET 0) SELECT (SELECT count(*) FROM a), (SELECT sum(amount) FROM b), count(*) FROM b",
    )
    yield Case(
        "cte recursive",
        "WITH RECURSIVE t(id, depth) AS (SELECT id, 0 FROM product WHERE parent_id IS NULL UNION ALL SELECT p.id, depth + 1 FROM product p JOIN t ON p.parent_id = t.id) SELECT depth, count(*) FROM t GROUP BY 1 ORDER BY 1",
    )
    yield Case(
        "cte recursive union",
        "WITH RECURSIVE t(n) AS (VALUES (1) UNION SELECT n % 50 + 1 FROM t) SELECT count(*) FROM t",
    )
    yield Case(
        "cte odd name",
        'WITH "CTE x  (cost=1.00..2.00 rows=3 width=4)" AS (SELECT id FROM customer OFFSET 3) SELECT count(*) FROM "CTE x  (cost=1.00..2.00 rows=3 width=4)" a, "CTE x  (cost=1.00..2.00 rows=3 width=4)" b WHERE a.id = b.id',
    )
    yield Case(
        "cte never",
        "WITH r AS (SELECT * FROM orders OFFSET 0) SELECT * FROM customer WHERE id < 5 AND (id > 0 OR id IN (SELECT id FROM r))",
    )
    yield Case(
        "cte in subquery",
        "SELECT * FROM product p WHERE id < 30 AND price > (WITH m AS (SELECT price FROM product WHERE parent_id = p.id OFFSET 0) SELECT coalesce(max(price), 0) FROM m)",
    )
    yield Case(
        "cte spill",
        "WITH r AS (SELECT id, repeat(status, 20) AS s FROM orders OFFSET 0) SELECT count(*) FROM r a JOIN r b ON a.id = b.id",
        {"work_mem": "64kB"},
    )
    yield Case(
        "cte write", "WITH gone AS (DELETE FROM counter WHERE id < 20 RETURNING id, label) SELECT count(*) FROM gone"
    )
    yield Case(
        "cte write two",
        "WITH up AS (UPDATE counter SET hits = 1 WHERE id < 9 RETURNING id), ins AS (INSERT INTO audit (what) SELECT id::text FROM up RETURNING 1) SELECT (SELECT count(*) FROM up), (SELECT count(*) FROM ins)",
    )


def _aggregates() -> Iterator[Case]:
    yield Case("plain", "SELECT count(*), sum(amount), max(placed) FROM orders")
    yield Case("plain having", "SELECT sum(amount) FROM orders HAVING count(*) > 10000")
    yield Case("hashed", "SELECT status, count(*) FROM orders GROUP BY status")
    yield Case(
        "hashed having",
        "SELECT customer_id, sum(amount) FROM orders GROUP BY customer_id HAVING sum(amount) > 6000 AND count(*) < 100",
    )
    yield Case("sorted", "SELECT status, count(*) FROM orders GROUP BY status", _but("hashagg"))
    yield Case(
        "hashed spill",
        "SELECT id, count(*) FROM (SELECT id, note || name AS x, region FROM customer) c GROUP BY id, x, region",
        {"work_mem": "64kB", **_but("sort")},
    )
    yield Case(
        "hashed spill large",
        "SELECT order_id, line, max(quantity) FROM item GROUP BY order_id, line, product_id",
        {"work_mem": "64kB", **_but("sort")},
    )
    yield Case("group only", "SELECT status FROM orders GROUP BY status HAVING status > 'm'", _but("hashagg"))
    yield Case("distinct hashed", "SELECT DISTINCT region, vip FROM customer")
    yield Case(
        "distinct unique", "SELECT DISTINCT customer_id FROM orders ORDER BY customer_id LIMIT 20", _but("hashagg")
    )
    yield Case(
        "distinct on", "SELECT DISTINCT ON (status) status, placed, amount FROM orders ORDER BY status, placed DESC"
    )
    yield Case(
        "distinct aggregate",
        "SELECT status, count(DISTINCT customer_id), string_agg(DISTINCT 'x,' || customer_id, ', ') FROM orders WHERE id < 300 GROUP BY status",
    )
    yield Case(
        "filter aggregate",
        "SELECT count(*) FILTER (WHERE status = 'new, (a)'), sum(amount) FILTER (WHERE amount > 10) FROM orders",
    )
    yield Case(
        "grouping sets",
        "SELECT status, customer_id % 3 AS m, count(*) FROM orders GROUP BY GROUPING SETS ((status, customer_id % 3), (status), ())",
    )
    yield Case(
        "grouping sets two sorts",
        "SELECT status, customer_id, date_trunc('month', placed), count(*) FROM orders GROUP BY GROUPING SETS ((status, customer_id), (date_trunc('month', placed)), (customer_id))",
        _but("hashagg"),
    )
    yield Case("rollup", "SELECT region, vip, count(*) FROM customer GROUP BY ROLLUP (region, vip)", _but("hashagg"))
    yield Case("cube", "SELECT region, vip, id % 2 AS odd, count(*) FROM customer GROUP BY CUBE (region, vip, id % 2)")
    yield Case(
        "ordered set",
        "SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY amount), mode() WITHIN GROUP (ORDER BY status) FROM orders",
    )
    yield Case(
        "group expression",
        "SELECT date_trunc('month', placed), CASE WHEN amount > 500 THEN 'big, (really)' ELSE 'small' END, count(*) FROM orders GROUP BY 1, 2 ORDER BY 1, 2",
    )
    yield Case("min index", "SELECT min(id), max(id) FROM orders")
    yield Case(
        "window", "SELECT id, rank() OVER (PARTITION BY customer_id ORDER BY amount DESC) FROM orders WHERE id < 500"
    )
    yield Case(
        "window several",
        "SELECT id, sum(amount) OVER w, row_number() OVER (ORDER BY placed), avg(amount) OVER (w ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM orders WHERE id < 500 WINDOW w AS (PARTITION BY status ORDER BY id)",
    )
    yield Case(
        "window run condition",
        "SELECT * FROM (SELECT id, row_number() OVER (ORDER BY placed) AS r FROM orders) t WHERE r <= 10",
    )
    yield Case(
        "window run condition partition",
        "SELECT * FROM (SELECT id, row_number() OVER (PARTITION BY status ORDER BY placed) AS r, rank() OVER (ORDER BY amount) AS k FROM orders) t WHERE r <= 2",
    )
    yield Case(
        "window spill",
        "SELECT id, count(*) OVER () FROM (SELECT id, repeat(status, 30) AS s FROM orders) t",
        {"work_mem": "64kB"},
    )
    for name, operator in {
        "union all": "UNION ALL",
        "union": "UNION",
        "intersect": "INTERSECT",
        "except": "EXCEPT",
        "intersect all": "INTERSECT ALL",
        "except all": "EXCEPT ALL",
    }.items():
        sql = f"SELECT id, region FROM customer {operator} SELECT id, sku FROM product"
        yield Case(f"set {name}", sql)
        yield Case(f"set {name} sorted", sql, _but("hashagg"))
    yield Case(
        "set nested",
        "(SELECT id FROM customer UNION SELECT id FROM product) EXCEPT (SELECT id FROM orders INTERSECT SELECT order_id FROM item) ORDER BY 1",
    )


def _orders() -> Iterator[Case]:
    yield Case("sort", 'SELECT * FROM product ORDER BY price DESC NULLS LAST, sku COLLATE "C"')
    yield Case("sort disk", "SELECT * FROM orders ORDER BY amount, status", {"work_mem": "64kB"})
    yield Case("sort top", "SELECT * FROM orders ORDER BY amount DESC LIMIT 10")
    yield Case(
        "sort expression",
        "SELECT id FROM product ORDER BY (price * 2) USING >, coalesce(parent_id, 0), sku || ', DESC'",
    )
    yield Case(
        "sort subselect",
        "SELECT id FROM customer c WHERE id < 50 ORDER BY (SELECT count(*) FROM orders o WHERE o.customer_id = c.id), id",
    )
    yield Case(
        "sort never",
        "SELECT * FROM (SELECT * FROM orders ORDER BY amount OFFSET 0) o JOIN empty_table e ON e.id = o.id",
        _but("hashjoin", "mergejoin"),
    )
    yield Case("incremental", "SELECT * FROM orders ORDER BY id / 1, id LIMIT 5")
    yield Case(
        "incremental sort",
        "SELECT * FROM orders WHERE status IN ('new', 'paid', 'sent') ORDER BY status, placed, amount",
        {**_but("seqscan", "bitmapscan"), "enable_sort": "off"},
    )
    yield Case(
        "incremental sort limit",
        "SELECT status, placed, amount FROM orders ORDER BY status, placed, amount LIMIT 300",
        _but("seqscan", "bitmapscan"),
    )
    yield Case(
        "incremental sort groups",
        "SELECT customer_id, amount FROM orders ORDER BY customer_id, amount LIMIT 900",
        _but("seqscan", "bitmapscan"),
    )
    yield Case(
        "incremental sort loops",
        "SELECT c.id, t.* FROM customer c, LATERAL (SELECT customer_id, amount FROM orders o WHERE customer_id BETWEEN c.id AND c.id + 30 ORDER BY customer_id, amount LIMIT 50) t WHERE c.id < 9",
        {**_but("seqscan", "bitmapscan"), "enable_sort": "off"},
    )
    yield Case("limit offset", "SELECT * FROM orders ORDER BY id LIMIT 10 OFFSET 700")
    yield Case("limit zero", "SELECT * FROM orders ORDER BY amount LIMIT 0")
    yield Case("limit ties", "SELECT * FROM orders ORDER BY status FETCH FIRST 3 ROWS WITH TIES", since=13)
    yield Case("limit subquery", "SELECT * FROM orders ORDER BY id LIMIT (SELECT count(*) / 100 FROM customer)")
    yield Case("lock", "SELECT * FROM counter WHERE id < 5 FOR UPDATE")
    yield Case(
        "lock join", "SELECT * FROM counter c JOIN product p ON p.id = c.id WHERE c.id < 5 FOR UPDATE OF c SKIP LOCKED"
    )
    yield Case(
        "materialize",
        "SELECT count(*) FROM product a JOIN product b ON a.price < b.price - 95",
        _but("hashjoin", "mergejoin"),
    )
    yield Case("merge append", "SELECT * FROM event ORDER BY day LIMIT 20", _but("seqscan", "bitmapscan", "sort"))
    yield Case(
        "merge append union",
        "SELECT id FROM (SELECT id FROM customer UNION ALL SELECT order_id FROM item) t ORDER BY id LIMIT 40",
        _but("seqscan", "bitmapscan", "sort"),
    )
    yield Case(
        "union all ordered",
        "(SELECT id FROM customer ORDER BY id LIMIT 30) UNION ALL (SELECT id FROM product ORDER BY price LIMIT 5)",
    )


def _parallel() -> Iterator[Case]:
    queries = {
        "seq": "SELECT * FROM orders WHERE amount > 1400",
        "count": "SELECT count(*) FROM item",
        "group": "SELECT status, sum(amount) FROM orders GROUP BY status",
        "group sorted": "SELECT customer_id, sum(amount) FROM orders GROUP BY customer_id ORDER BY 1",
        "order": "SELECT * FROM orders ORDER BY amount, id",
        "join": "SELECT count(*) FROM item i JOIN orders o ON o.id = i.order_id JOIN product p ON p.id = i.product_id WHERE o.amount > 700",
        "index": "SELECT count(*) FROM orders WHERE id BETWEEN 100 AND 4000 AND status <> 'x'",
        "partitions": "SELECT kind, count(*) FROM event GROUP BY kind",
        "union": "SELECT count(*) FROM (SELECT id FROM customer UNION ALL SELECT order_id FROM item) t",
        "initplan": "SELECT count(*) FROM item WHERE quantity > (SELECT avg(quantity) FROM item)",
        "subplan": "SELECT count(*) FROM customer c WHERE c.id NOT IN (SELECT customer_id FROM orders WHERE amount > 1300)",
        "top": "SELECT * FROM orders ORDER BY amount DESC LIMIT 7",
        "limit": "SELECT * FROM item LIMIT 10",
        "cte": "WITH r AS (SELECT order_id, count(*) AS n FROM item GROUP BY 1) SELECT count(*) FROM r a JOIN r b ON a.order_id = b.order_id + 1",
        "empty": "SELECT * FROM empty_table WHERE v > 'x'",
        "distinct": "SELECT DISTINCT product_id FROM item",
        "group partial sorted": "SELECT customer_id, status, count(*) FROM orders GROUP BY 1, 2 ORDER BY 1, 2",
        "incremental": "SELECT o.customer_id, o.amount, i.line FROM orders o JOIN item i ON i.order_id = o.id ORDER BY 1, 2 LIMIT 100",
    }
    for name, sql in queries.items():
        yield Case(f"parallel {name}", sql, PARALLEL)
    yield Case("parallel spill", queries["order"], {**PARALLEL, "work_mem": "64kB"})
    yield Case(
        "parallel hash batches", queries["join"], {**PARALLEL, "work_mem": "64kB", **_but("mergejoin", "nestloop")}
    )
    yield Case(
        "parallel bitmap",
        "SELECT count(amount) FROM orders WHERE customer_id < 400",
        {**PARALLEL, **_but("seqscan", "indexscan")},
    )
    yield Case("parallel index scan", queries["index"], {**PARALLEL, **_but("seqscan", "bitmapscan")})
    yield Case("parallel merge", queries["join"], {**PARALLEL, **_but("hashjoin", "nestloop")})
    yield Case("parallel nested", queries["join"], {**PARALLEL, **_but("hashjoin", "mergejoin")})
    yield Case("parallel group no hash", queries["group"], {**PARALLEL, **_but("hashagg")})
    yield Case("parallel leader off", queries["group"], {**PARALLEL, "parallel_leader_participation": "off"}, since=11)
    yield Case("parallel no workers", queries["count"], {**PARALLEL, "max_parallel_workers": "0"})
    yield Case("parallel full", "SELECT count(*) FROM orders a FULL JOIN item b ON a.id = b.order_id", PARALLEL)
    yield Case(
        "parallel memoize",
        "SELECT count(p.price) FROM item i JOIN product p ON p.id = i.product_id",
        {**PARALLEL, **_but("hashjoin", "mergejoin")},
    )
    yield Case(
        "single copy", "SELECT id, count(*) FROM orders GROUP BY id HAVING count(*) > 1", {"force_parallel_mode": "on"}
    )
    yield Case(
        "jit",
        "SELECT sum(amount), count(*) FILTER (WHERE status = 'new') FROM orders WHERE amount > 5",
        {"jit": "on", "jit_above_cost": "0", "jit_inline_above_cost": "0", "jit_optimize_above_cost": "0"},
        since=11,
    )
    yield Case(
        "jit parallel",
        "SELECT sum(amount) FROM orders WHERE amount > 5",
        {**PARALLEL, "jit": "on", "jit_above_cost": "0"},
        since=11,
    )


def _partitions() -> Iterator[Case]:
    yield Case("partition all", "SELECT count(*) FROM event")
    yield Case("partition one", "SELECT * FROM event WHERE day = '2025-05-05'")
    yield Case("partition none", "SELECT * FROM event WHERE day = '1999-05-05'")
    yield Case(
        "partition two",
        "SELECT kind, count(*) FROM event WHERE day BETWEEN '2025-03-20' AND '2025-04-10' GROUP BY kind",
    )
    yield Case("partition run time", "SELECT * FROM event WHERE day = (SELECT date '2025-02-03')")
    yield Case(
        "partition stable",
        "SELECT count(*) FROM event WHERE day > now() - interval '100 years' AND day < current_setting('lab.day')::date",
        before=("SET LOCAL lab.day = '2025-03-01'",),
    )
    yield Case(
        "partition param",
        "EXECUTE by_day('2025-08-08')",
        {"plan_cache_mode": "force_generic_plan"},
        since=12,
        before=("PREPARE by_day(date) AS SELECT count(*) FROM event WHERE day = $1",),
    )
    yield Case(
        "partition nested",
        "SELECT count(*) FROM (VALUES (date '2025-02-02'), ('2025-09-09')) v(d) JOIN event e ON e.day = v.d",
        _but("hashjoin", "mergejoin", "seqscan"),
    )
    yield Case(
        "partitionwise",
        "SELECT a.day, count(*) FROM event a JOIN event b ON a.day = b.day AND b.kind = 'buy' AND b.id < 100 GROUP BY a.day",
        {"enable_partitionwise_join": "on", "enable_partitionwise_aggregate": "on"},
        since=11,
    )
    yield Case(
        "partition update",
        "UPDATE event SET payload = 'q' WHERE day BETWEEN '2025-03-30' AND '2025-04-02' AND id < 400",
    )


def _writes() -> Iterator[Case]:
    yield Case("insert values", "INSERT INTO counter VALUES (1001, 1, 'a'), (1002, NULL, 'b')")
    yield Case(
        "insert select",
        "INSERT INTO counter SELECT id + 2000, 0, name FROM customer WHERE id < 20 RETURNING id, label || ', (x)'",
    )
    yield Case("insert conflict nothing", "INSERT INTO counter VALUES (1, 1), (2, 1), (3001, 1) ON CONFLICT DO NOTHING")
    yield Case(
        "insert conflict update",
        "INSERT INTO counter AS c VALUES (1, 1), (3002, 1) ON CONFLICT (id) DO UPDATE SET hits = c.hits + excluded.hits WHERE c.hits < 5 RETURNING *",
    )
    yield Case("insert foreign key", "INSERT INTO item SELECT id, 90, 1, 1 FROM orders WHERE id < 30")
    yield Case(
        "insert partitioned",
        "INSERT INTO event SELECT 9000 + g, date '2025-01-01' + g, 'x', 'y' FROM generate_series(1, 300, 50) g",
    )
    yield Case(
        "insert cte", "WITH s AS (SELECT id FROM product WHERE id < 5) INSERT INTO audit (what) SELECT 'p' || id FROM s"
    )
    yield Case("update", "UPDATE counter SET hits = hits + 1 WHERE id < 30")
    yield Case(
        "update from",
        "UPDATE counter c SET label = p.sku FROM product p WHERE p.id = c.id AND p.price > 90 RETURNING c.id, p.sku",
    )
    yield Case(
        "update subselect",
        "UPDATE counter SET hits = (SELECT count(*) FROM orders WHERE customer_id = counter.id) WHERE id < 8",
    )
    yield Case("update nothing", "UPDATE counter SET hits = 1 WHERE id < 0")
    yield Case("update inherited", "UPDATE parent_table SET v = 'n' WHERE id = 5")
    yield Case("delete", "DELETE FROM counter WHERE id BETWEEN 5 AND 12")
    yield Case("delete cascade", "DELETE FROM orders WHERE id IN (5, 6)")
    yield Case("delete using", "DELETE FROM counter c USING empty_table e WHERE e.id = c.id")
    yield Case("delete partitioned", "DELETE FROM event WHERE day = '2025-05-05' RETURNING id")
    yield Case(
        "merge update",
        "MERGE INTO counter c USING (SELECT id, sku FROM product WHERE id < 40) p ON p.id * 20 = c.id WHEN MATCHED AND c.id > 100 THEN UPDATE SET label = p.sku WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (p.id * 20, 0, p.sku)",
        since=15,
    )
    yield Case(
        "merge nothing",
        "MERGE INTO counter c USING product p ON p.id = c.id WHEN MATCHED AND c.hits > 5 THEN DO NOTHING WHEN NOT MATCHED THEN DO NOTHING",
        since=15,
    )
    yield Case(
        "merge returning",
        "MERGE INTO counter c USING (VALUES (1), (7777)) v(id) ON v.id = c.id WHEN MATCHED THEN UPDATE SET hits = 9 WHEN NOT MATCHED THEN INSERT VALUES (v.id, 1, 'm') RETURNING merge_action(), c.*",
        since=17,
    )
    yield Case(
        "merge by source",
        "MERGE INTO counter c USING (SELECT id FROM product WHERE id < 250) p ON p.id = c.id WHEN NOT MATCHED BY SOURCE AND c.id < 300 THEN DELETE WHEN MATCHED THEN DO NOTHING",
        since=17,
    )


def _foreign() -> Iterator[Case]:
    yield Case("foreign", "SELECT * FROM remote_customer WHERE id < 10 AND name LIKE 'name%'")
    yield Case("foreign local filter", "SELECT id FROM remote_customer WHERE id < 30 AND volatile_one() = 1")
    yield Case(
        "foreign join",
        "SELECT c.name, o.amount FROM remote_customer c JOIN remote_orders o ON o.customer_id = c.id WHERE c.id < 5",
    )
    yield Case(
        "foreign aggregate",
        "SELECT customer_id, sum(amount) FROM remote_orders GROUP BY customer_id ORDER BY 1 LIMIT 5",
    )
    yield Case(
        "foreign union",
        "SELECT id FROM remote_customer WHERE id < 20 UNION ALL SELECT id FROM remote_orders WHERE id < 20",
    )
    yield Case(
        "foreign literal",
        "SELECT id FROM remote_customer WHERE name = E'it''s\\n  ->  Seq Scan on a  (cost=0.00..1.00 rows=1 width=4)'",
    )
    yield Case("foreign update", "UPDATE remote_counter SET hits = 4 WHERE id < 4")
    yield Case("foreign insert", "INSERT INTO remote_counter SELECT 6000 + g, g, 'r' FROM generate_series(1, 5) g")
    yield Case(
        "foreign delete", "DELETE FROM remote_counter WHERE id BETWEEN 400 AND 405 AND volatile_one() = 1 RETURNING id"
    )
    yield Case("file", "SELECT * FROM from_file WHERE id > 95")


def _functions() -> Iterator[Case]:
    yield Case("function", "SELECT * FROM generate_series(1, 50) AS g(n) WHERE n % 7 = 0")
    yield Case("function own", "SELECT a, b FROM numbers(30) WHERE a > 5")
    yield Case("function ordinality", "SELECT * FROM unnest(ARRAY['a, b', 'c']) WITH ORDINALITY AS u(v, n)")
    yield Case(
        "function rows from", "SELECT * FROM ROWS FROM (generate_series(1, 3), generate_series(1, 5)) AS r(a, b)"
    )
    yield Case("function lateral", "SELECT o.id, t FROM orders o, unnest(o.tags) t WHERE o.id < 20")
    yield Case("function json", 'SELECT key, value FROM jsonb_each_text(\'{"a": "b, c", "->  x": 2}\')')
    yield Case("project set", "SELECT id, generate_series(1, 3) FROM customer WHERE id < 9")
    yield Case("project set sorted", "SELECT unnest(tags), count(*) FROM orders GROUP BY 1 ORDER BY 2 DESC, 1")
    yield Case(
        "xmltable",
        "SELECT * FROM XMLTABLE('/r/i' PASSING '<r><i a=\"1\">x</i><i a=\"2\">&lt;/Plan&gt;</i></r>' COLUMNS a int PATH '@a', v text PATH '.')",
    )
    yield Case(
        "json table",
        "SELECT * FROM JSON_TABLE('[{\"a\": 1, \"b\": \"x, y\"}, {\"a\": 2}]', '$[*]' COLUMNS (a int PATH '$.a', b text PATH '$.b' DEFAULT '- Plan:' ON EMPTY))",
        since=17,
    )
    yield Case("row types", "SELECT c, ROW(c.id, 'a, b') FROM customer c WHERE id < 3")
    yield Case(
        "case",
        "SELECT CASE WHEN vip THEN 'v' WHEN note IS NULL THEN 'a, (b)' ELSE note END FROM customer WHERE COALESCE(NULLIF(email, ''), 'none') LIKE '%@%'",
    )
    yield Case(
        "types",
        "SELECT id FROM orders WHERE placed BETWEEN timestamptz '2025-01-01' AND date '2025-02-01' AND tags && ARRAY['t1', 't2']::text[] AND (data ->> 'n')::int > 5 AND data #>> '{k}' <> '{}' AND amount::float8 > 1e-3",
    )
    yield Case(
        "regex",
        r"SELECT id FROM customer WHERE name ~ '^name (1|2)\d*$' AND email !~~* '%\_%' AND note SIMILAR TO 'n*'",
    )
    yield Case("wide", "SELECT " + ", ".join(f"id + {n} AS c{n}" for n in range(60)) + " FROM customer WHERE id < 3")
    yield Case(
        "deep",
        "SELECT count(*) FROM " + "(SELECT * FROM " * 12 + "product" + "".join(f" OFFSET 0) t{n}" for n in range(12)),
    )
    yield Case("long in", f"SELECT id FROM orders WHERE id + 0 IN ({', '.join(str(n) for n in range(1, 400))})")
