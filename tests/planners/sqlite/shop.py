"""A loaded SQLite database of some variety: skew, correlated columns, joins, partial and expression indexes."""

import random
import sqlite3

DDL = """
CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL);
CREATE TABLE customer (id INTEGER PRIMARY KEY, mail TEXT UNIQUE NOT NULL, city_id INT REFERENCES city, tier TEXT NOT NULL DEFAULT 'free',
  born TEXT, active INT NOT NULL);
CREATE TABLE product (sku TEXT PRIMARY KEY, kind TEXT NOT NULL, price REAL, stock INT) WITHOUT ROWID;
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INT NOT NULL REFERENCES customer, status TEXT NOT NULL, placed TEXT NOT NULL, total REAL);
CREATE TABLE item (order_id INT NOT NULL, line INT NOT NULL, sku TEXT NOT NULL, qty INT, PRIMARY KEY (order_id, line));
CREATE TABLE event (id INTEGER PRIMARY KEY, customer_id INT, kind TEXT, at INT, body TEXT);
CREATE TABLE flat (a INT, b INT, c TEXT);
CREATE INDEX city_country ON city (country);
CREATE INDEX customer_city ON customer (city_id);
CREATE INDEX customer_tier ON customer (tier, active);
CREATE INDEX customer_lower ON customer (lower(mail));
CREATE INDEX product_kind ON product (kind, price);
CREATE INDEX orders_customer ON orders (customer_id, placed);
CREATE INDEX orders_status ON orders (status);
CREATE INDEX orders_open ON orders (placed) WHERE status = 'open';
CREATE INDEX orders_placed ON orders (placed DESC);
CREATE INDEX item_sku ON item (sku);
CREATE INDEX event_customer ON event (customer_id, kind, at);
CREATE INDEX event_kind ON event (kind);
CREATE INDEX event_at ON event (at);
CREATE VIEW open_orders AS SELECT * FROM orders WHERE status = 'open';
"""

QUERIES = [
    "SELECT * FROM customer WHERE id = 7",
    "SELECT * FROM customer WHERE mail = 'u5@x.example'",
    "SELECT * FROM customer WHERE lower(mail) = 'u5@x.example'",
    "SELECT * FROM customer WHERE tier = 'free' AND active = 1",
    "SELECT * FROM customer WHERE tier = 'gold' AND active = 0",
    "SELECT * FROM customer WHERE city_id = 1 AND tier = 'gold'",
    "SELECT * FROM customer WHERE city_id = 70 AND tier = 'free'",
    "SELECT * FROM orders WHERE status = 'open' ORDER BY placed",
    "SELECT * FROM orders WHERE status = 'done' ORDER BY placed DESC LIMIT 10",
    "SELECT * FROM orders WHERE status = 'lost' ORDER BY placed DESC LIMIT 10",
    "SELECT * FROM orders WHERE status = 'done' AND placed > '2024-06-01'",
    "SELECT * FROM orders WHERE status = 'lost' AND placed > '2023-02-01'",
    "SELECT * FROM orders WHERE placed BETWEEN '2024-01-01' AND '2024-01-03' AND status = 'done'",
    "SELECT * FROM orders WHERE customer_id = 1 AND placed > '2024-11-01'",
    "SELECT * FROM orders WHERE customer_id = 3 AND status = 'lost'",
    "SELECT * FROM orders WHERE customer_id IN (1, 2, 3) ORDER BY placed",
    "SELECT count(*) FROM orders",
    "SELECT status, count(*) FROM orders GROUP BY status",
    "SELECT customer_id, max(placed) FROM orders GROUP BY customer_id",
    "SELECT DISTINCT customer_id FROM orders WHERE total > 50",
    "SELECT o.* FROM orders o JOIN customer c ON c.id = o.customer_id WHERE c.tier = 'gold' AND o.status = 'lost'",
    "SELECT o.* FROM orders o JOIN customer c ON c.id = o.customer_id WHERE c.mail = 'u9@x.example'",
    "SELECT c.mail FROM customer c JOIN city t ON t.id = c.city_id WHERE t.country = 'FR' AND c.tier = 'gold'",
    "SELECT c.mail FROM customer c JOIN city t ON t.id = c.city_id WHERE t.country = 'LI' AND c.tier = 'free'",
    "SELECT * FROM city t JOIN customer c ON c.city_id = t.id JOIN orders o ON o.customer_id = c.id WHERE t.name = 'c5' AND o.status = 'open'",
    "SELECT * FROM item i JOIN orders o ON o.id = i.order_id WHERE i.sku = 'p1'",
    "SELECT * FROM item i JOIN orders o ON o.id = i.order_id WHERE i.sku = 'p399' AND o.status = 'lost'",
    "SELECT p.kind, sum(i.qty) FROM item i JOIN product p ON p.sku = i.sku GROUP BY p.kind",
    "SELECT p.sku FROM product p WHERE p.kind = 'k1' AND p.price > 90 ORDER BY p.price",
    "SELECT p.sku FROM product p WHERE NOT EXISTS (SELECT 1 FROM item i WHERE i.sku = p.sku)",
    "SELECT * FROM customer c WHERE c.id IN (SELECT customer_id FROM orders WHERE status = 'lost')",
    "SELECT * FROM customer c WHERE EXISTS (SELECT 1 FROM event e WHERE e.customer_id = c.id AND e.kind = 'error')",
    "SELECT * FROM event WHERE kind = 'view' AND at > 99000",
    "SELECT * FROM event WHERE kind = 'error' AND at > 1000",
    "SELECT * FROM event WHERE kind = 'view' AND at < 500",
    "SELECT * FROM event WHERE customer_id = 5 ORDER BY at DESC LIMIT 5",
    "SELECT * FROM event WHERE customer_id = 5 OR at = 77",
    "SELECT * FROM event WHERE kind IN ('error', 'rare') AND customer_id < 20",
    "SELECT e.* FROM event e JOIN orders o ON o.customer_id = e.customer_id WHERE e.kind = 'rare' AND o.status = 'open'",
    "SELECT * FROM flat f JOIN event e ON e.at = f.a WHERE f.c = 'x'",
    "SELECT * FROM flat f JOIN flat g ON f.a = g.b",
    "SELECT * FROM open_orders WHERE placed > '2024-12-01' ORDER BY placed",
    "WITH top AS (SELECT customer_id, sum(total) s FROM orders GROUP BY 1 ORDER BY 2 DESC LIMIT 5) SELECT * FROM top JOIN customer c ON c.id = top.customer_id",
    "SELECT * FROM orders WHERE status = 'open' UNION ALL SELECT * FROM orders WHERE status = 'lost'",
    "SELECT * FROM customer LEFT JOIN orders ON orders.customer_id = customer.id WHERE customer.city_id = 3 AND orders.id IS NULL",
    "UPDATE orders SET status = 'done' WHERE status = 'open' AND placed < '2023-02-01'",
    "DELETE FROM event WHERE at < 100 AND kind = 'view'",
    "SELECT (SELECT count(*) FROM item i WHERE i.order_id = o.id) FROM orders o WHERE o.placed > '2024-12-15'",
    "SELECT * FROM city WHERE country LIKE 'F%'",
    "SELECT * FROM item WHERE order_id = 9 AND line > 1",
]

WHAT_IF = [
    "ON orders (status, placed)",
    "ON orders (total)",
    "ON item (sku, order_id)",
    "ON event (kind, at)",
    "ON event (kind, customer_id)",
    "ON customer (tier, city_id)",
    "ON flat (a)",
    "ON flat (b, a)",
    "ON city (name)",
    "ON orders (customer_id, status)",
]


def load(path, connect=sqlite3.connect):
    """Makes the database, analysed by the library that ``connect`` belongs to."""
    random.seed(11)
    choice, rnd = random.choices, random.random
    db = sqlite3.connect(path)
    db.executescript(DDL)
    many = db.executemany
    many(
        "INSERT INTO city VALUES (?,?,?)",
        [(i, f"c{i}", "LI" if i < 2 else "FR" if i < 60 else "DE") for i in range(200)],
    )
    many(
        "INSERT INTO customer VALUES (?,?,?,?,?,?)",
        [
            (
                i,
                f"u{i}@x.example",
                int(rnd() ** 3 * 200),
                choice(["free", "plus", "gold"], [90, 9, 1])[0],
                f"19{i % 90 + 10}",
                int(rnd() < 0.97),
            )
            for i in range(4000)
        ],
    )
    many("INSERT INTO product VALUES (?,?,?,?)", [(f"p{i}", f"k{i % 7}", rnd() * 100, i) for i in range(400)])
    many(
        "INSERT INTO orders VALUES (?,?,?,?,?)",
        [
            (
                i,
                int(rnd() ** 4 * 4000),
                choice(["done", "open", "lost"], [950, 45, 5])[0],
                f"{2023 + i // 10000}-{i // 834 % 12 + 1:02}-{i // 30 % 28 + 1:02}",
                rnd() * 100,
            )
            for i in range(20000)
        ],
    )
    many(
        "INSERT INTO item VALUES (?,?,?,?)", [(i // 3, i % 3, f"p{int(rnd() ** 3 * 400)}", i % 9) for i in range(45000)]
    )
    many(
        "INSERT INTO event VALUES (?,?,?,?,?)",
        [
            (
                i,
                int(rnd() ** 2 * 4000),
                choice(["view", "click", "error", "rare"], [900, 90, 9, 1])[0],
                i * 5 // 2,
                "b" * 30,
            )
            for i in range(40000)
        ],
    )
    many("INSERT INTO flat VALUES (?,?,?)", [(i % 500, i % 20, "xyz"[i % 3]) for i in range(3000)])
    db.commit()
    db.close()
    analysed = connect(str(path))
    analysed.execute("ANALYZE")
    analysed.close()
