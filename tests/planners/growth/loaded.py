"""A shop that is really loaded at any size: what growth forecasts are held against.

Grown, it has more customers, orders, lines, events and readings, at the same rate: the history ends at the same instant
and begins earlier. Products and settings do not grow. One column (`orders.state`) changes its distribution with size on
purpose, as columns do: open orders are those of the last weeks.
"""

from __future__ import annotations

import psycopg

NOW = "2025-11-01 00:00:00+00"
DAYS = 200
GROWING = ("customers", "orders", "lines", "events", "readings", "sessions", "visits")
#: Days of one partition of visits.
SLICE = 25

SCHEMA = """
CREATE TABLE products (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sku text UNIQUE, family int, price numeric(8,2));
CREATE TABLE settings (name text PRIMARY KEY, value text);
CREATE TABLE customers (id bigserial PRIMARY KEY, email text UNIQUE, country text, born date, joined timestamptz);
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id bigint REFERENCES customers,
  created_at timestamptz NOT NULL DEFAULT now(), paid_on date, state text, total numeric(10,2), channel smallint);
CREATE TABLE lines (id bigserial PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders, product_id int REFERENCES products,
  quantity int, amount numeric(10,2));
CREATE TABLE events (id bigserial PRIMARY KEY, order_id bigint, at timestamptz, kind text, payload jsonb);
CREATE TABLE sessions (token uuid PRIMARY KEY, customer_id bigint REFERENCES customers, opened timestamptz, agent text);
CREATE TABLE visits (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL, customer_id bigint, page text,
  PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE INDEX visits_at ON visits (at);
CREATE INDEX visits_customer ON visits (customer_id);
CREATE TABLE readings (sensor int, at timestamptz, value float8) PARTITION BY LIST (sensor);
CREATE TABLE readings_1 PARTITION OF readings FOR VALUES IN (1, 2, 3);
CREATE TABLE readings_2 PARTITION OF readings FOR VALUES IN (4, 5, 6);
"""
INDEXES = """
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_created ON orders (created_at);
CREATE INDEX orders_state ON orders (state) WHERE state <> 'done';
CREATE INDEX lines_order ON lines (order_id);
CREATE INDEX lines_product ON lines (product_id);
CREATE INDEX events_order ON events (order_id);
CREATE INDEX events_at ON events (at);
CREATE INDEX events_kind ON events (kind, at);
CREATE INDEX sessions_customer ON sessions (customer_id);
CREATE INDEX readings_at ON readings (at);
CREATE INDEX customers_country ON customers (country);
CREATE STATISTICS orders_channel (ndistinct, dependencies) ON channel, state FROM orders;
"""


def load(connection: psycopg.Connection, factor: int) -> None:
    """Schema and rows; ANALYZEd. The connection is in autocommit mode."""
    connection.execute("SELECT setseed(0.42)")
    for statement in SCHEMA.split(";\n"):
        if statement.strip():
            connection.execute(statement.encode())
    customers, orders, lines, events = (count * factor for count in (2_000, 20_000, 50_000, 40_000))
    back = f"timestamptz '{NOW}' - {DAYS * factor} * interval '1 day'"
    span = f"{DAYS * factor} * interval '1 day'"
    for number in range(DAYS * factor // SLICE):
        ends = (f"(timestamptz '{NOW}' - interval '{SLICE * days} days')" for days in (number + 1, number))
        connection.execute(
            f"CREATE TABLE visits_{number} PARTITION OF visits FOR VALUES FROM ({next(ends)}) TO ({next(ends)})".encode()
        )
    rows = (
        "INSERT INTO products (sku, family, price) SELECT 'sku-' || n, n % 40, random() * 100 FROM generate_series(1, 800) n",
        "INSERT INTO settings SELECT 'name-' || n, md5(n::text) FROM generate_series(1, 60) n",
        f"""INSERT INTO customers (email, country, born, joined) SELECT md5(n::text) || '@example.org',
            (ARRAY['de','fr','us','us','us','gb','it','pl'])[1 + floor(random() ^ 2 * 8)::int],
            date '1950-01-01' + (random() * 18000)::int, {back} + {span} * (n::float8 / {customers})
            FROM generate_series(1, {customers}) n""",
        f"""INSERT INTO orders (customer_id, created_at, paid_on, state, total, channel)
            SELECT 1 + floor(random() ^ 1.6 * {customers})::bigint, at,
              CASE WHEN random() < 0.9 THEN (at + random() * interval '5 days')::date END,
              CASE WHEN at > timestamptz '{NOW}' - interval '6 days' AND random() < 0.6 THEN 'open'
                   WHEN random() < 0.03 THEN 'lost' ELSE 'done' END, random() * 300, floor(random() * 5)
            FROM (SELECT {back} + {span} * ((n - random()) / {orders}) AS at FROM generate_series(1, {orders}) n) s""",
        f"""INSERT INTO lines (order_id, product_id, quantity, amount)
            SELECT 1 + (n::float8 * {orders} / {lines + 1})::bigint % {orders}, 1 + floor(random() ^ 3 * 800)::int,
              1 + floor(random() * 4), random() * 90 FROM generate_series(1, {lines}) n""",
        f"""INSERT INTO events (order_id, at, kind, payload)
            SELECT 1 + ((n + floor(random() * 50))::float8 * {orders} / {events + 60})::bigint % {orders},
              {back} + {span} * ((n - random()) / {events}), (ARRAY['seen','seen','paid','sent','late'])[1 + floor(random() * 5)::int],
              jsonb_build_object('n', n, 'x', md5(n::text)) FROM generate_series(1, {events}) n""",
        f"""INSERT INTO sessions SELECT md5(n::text)::uuid, 1 + floor(random() * {customers})::bigint,
              {back} + {span} * ((n - random()) / {15_000 * factor}), 'agent ' || n % 30
            FROM generate_series(1, {15_000 * factor}) n""",
        f"""INSERT INTO visits (at, customer_id, page) SELECT {back} + {span} * ((n - 0.5) / {24_000 * factor}),
              1 + floor(random() * {customers})::bigint, 'page ' || n % 50 FROM generate_series(1, {24_000 * factor}) n""",
        f"""INSERT INTO readings SELECT 1 + n % 6, {back} + {span} * (n::float8 / {30_000 * factor}), random()
            FROM generate_series(1, {30_000 * factor}) n""",
    )
    for statement in rows:
        connection.execute(statement.encode())
    for statement in INDEXES.split(";\n"):
        if statement.strip():
            connection.execute(statement.encode())
    connection.execute("VACUUM ANALYZE")


#: Of all kinds; dates lie at the recent end, as those of a log do.
QUERIES = (
    "SELECT * FROM orders WHERE id = 4711",
    "SELECT * FROM orders WHERE customer_id = 77",
    "SELECT * FROM orders WHERE customer_id = 1",
    "SELECT * FROM orders WHERE customer_id = 77 ORDER BY created_at DESC LIMIT 10",
    "SELECT * FROM orders ORDER BY created_at DESC LIMIT 20",
    "SELECT * FROM orders WHERE created_at > '2025-10-25'",
    "SELECT count(*) FROM orders WHERE created_at > '2025-10-31 12:00'",
    "SELECT state, count(*) FROM orders GROUP BY state",
    "SELECT channel, state, sum(total) FROM orders GROUP BY channel, state",
    "SELECT customer_id, sum(total) FROM orders GROUP BY customer_id ORDER BY 2 DESC LIMIT 10",
    "SELECT * FROM orders WHERE state = 'open'",
    "SELECT * FROM orders WHERE state = 'lost' AND created_at > '2025-10-01'",
    "SELECT count(DISTINCT customer_id) FROM orders",
    "SELECT * FROM orders WHERE paid_on = '2025-10-20'",
    "SELECT paid_on, count(*) FROM orders GROUP BY paid_on",
    "SELECT date_trunc('month', created_at), sum(total) FROM orders GROUP BY 1 ORDER BY 1",
    "SELECT * FROM orders WHERE total > 295",
    "SELECT o.*, c.email FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.created_at > '2025-10-30'",
    "SELECT o.*, c.email FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.country = 'pl'",
    "SELECT c.country, sum(o.total) FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY c.country",
    "SELECT * FROM customers c WHERE NOT EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id)",
    "SELECT * FROM customers WHERE born > '1999-01-01'",
    "SELECT * FROM customers WHERE joined > '2025-10-01'",
    "SELECT * FROM customers WHERE email = 'a@example.org'",
    "SELECT * FROM customers WHERE country = 'it' ORDER BY id LIMIT 50",
    "SELECT l.*, p.sku FROM lines l JOIN products p ON p.id = l.product_id WHERE l.order_id = 4711",
    "SELECT p.family, sum(l.amount) FROM lines l JOIN products p ON p.id = l.product_id GROUP BY p.family",
    "SELECT * FROM lines WHERE product_id = 700",
    "SELECT * FROM lines WHERE product_id = 1",
    "SELECT l.* FROM lines l JOIN products p ON p.id = l.product_id WHERE p.sku = 'sku-700'",
    "SELECT o.id, sum(l.amount) FROM orders o JOIN lines l ON l.order_id = o.id WHERE o.created_at > '2025-10-31' "
    "GROUP BY o.id",
    "SELECT o.id, sum(l.amount) FROM orders o JOIN lines l ON l.order_id = o.id WHERE o.customer_id = 77 GROUP BY o.id",
    "SELECT c.id, sum(l.amount) FROM customers c JOIN orders o ON o.customer_id = c.id JOIN lines l ON l.order_id = o.id "
    "WHERE c.country = 'pl' GROUP BY c.id",
    "SELECT c.email, o.id, l.amount FROM customers c JOIN orders o ON o.customer_id = c.id JOIN lines l "
    "ON l.order_id = o.id JOIN products p ON p.id = l.product_id WHERE p.family = 7 AND o.created_at > '2025-10-20'",
    "SELECT * FROM lines ORDER BY amount DESC LIMIT 10",
    "SELECT order_id, count(*) FROM lines GROUP BY order_id HAVING count(*) > 5",
    "SELECT * FROM events WHERE order_id = 4711 ORDER BY at",
    "SELECT kind, count(*) FROM events WHERE at > '2025-10-25' GROUP BY kind",
    "SELECT * FROM events WHERE kind = 'late' ORDER BY at DESC LIMIT 20",
    "SELECT * FROM events WHERE kind = 'late' AND at BETWEEN '2025-10-01' AND '2025-10-03'",
    "SELECT o.id FROM orders o JOIN events e ON e.order_id = o.id WHERE e.kind = 'late' AND e.at > '2025-10-28'",
    "SELECT o.id FROM orders o WHERE EXISTS (SELECT FROM events e WHERE e.order_id = o.id AND e.kind = 'late')",
    "SELECT DISTINCT order_id FROM events WHERE kind = 'paid'",
    "SELECT * FROM sessions WHERE token = '00000000-0000-0000-0000-000000000001'",
    "SELECT * FROM sessions WHERE customer_id = 77",
    "SELECT agent, count(*) FROM sessions GROUP BY agent",
    "SELECT s.* FROM sessions s JOIN customers c ON c.id = s.customer_id WHERE c.country = 'gb'",
    "SELECT * FROM readings WHERE at > '2025-10-31 20:00'",
    "SELECT sensor, avg(value) FROM readings WHERE at > '2025-10-20' GROUP BY sensor",
    "SELECT * FROM readings WHERE sensor = 2 ORDER BY at DESC LIMIT 5",
    "SELECT sensor, max(at) FROM readings GROUP BY sensor",
    "SELECT * FROM visits WHERE at > '2025-10-28'",
    "SELECT page, count(*) FROM visits GROUP BY page",
    "SELECT * FROM visits WHERE customer_id = 77",
    "SELECT * FROM visits WHERE customer_id = 77 AND at > '2025-09-01'",
    "SELECT * FROM visits ORDER BY at DESC LIMIT 10",
    "SELECT count(*) FROM visits v JOIN customers c ON c.id = v.customer_id WHERE c.country = 'pl' AND v.at > '2025-10-01'",
    "SELECT * FROM settings WHERE name = 'name-7'",
    "SELECT * FROM products WHERE family = 7",
    "SELECT c.id, (SELECT max(o.created_at) FROM orders o WHERE o.customer_id = c.id) FROM customers c WHERE c.country = 'fr'",
)
