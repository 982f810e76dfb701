-- engine: postgresql 15
-- style: a web shop; one table of half a million orders, many of them old
CREATE TABLE customers (id int PRIMARY KEY, email text NOT NULL, name text NOT NULL, country text NOT NULL, joined date NOT NULL, vip boolean NOT NULL);
CREATE TABLE products (id int PRIMARY KEY, sku varchar(20) NOT NULL UNIQUE, title text NOT NULL, category_id int NOT NULL, price numeric(10,2) NOT NULL, active boolean NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id int NOT NULL, status text NOT NULL, created_at timestamptz NOT NULL, total numeric(10,2) NOT NULL, coupon text, shipped_at timestamptz);
CREATE TABLE order_items (id bigint PRIMARY KEY, order_id bigint NOT NULL, product_id int NOT NULL, qty int NOT NULL, price numeric(10,2) NOT NULL);
CREATE TABLE countries (code text PRIMARY KEY, name text NOT NULL, vat numeric NOT NULL);
INSERT INTO customers SELECT i, 'u' || i || '@example.org', 'Name ' || i % 5000, (ARRAY['DE','FR','IT','PL','US','GB'])[1 + i % 6], date '2020-01-01' + i % 2000, i % 50 = 0 FROM generate_series(1, 40000) i;
INSERT INTO products SELECT i, 'SKU-' || lpad(i::text, 6, '0'), 'Thing ' || md5(i::text), i % 40, 5 + i % 300, i % 10 <> 0 FROM generate_series(1, 8000) i;
INSERT INTO orders SELECT i, 1 + (i::bigint * 7919) % 40000, CASE WHEN i % 1000 = 0 THEN 'pending' WHEN i % 10 = 0 THEN 'returned' ELSE 'done' END, timestamptz '2023-01-01' + i * interval '3 minutes', (i * 13) % 900 + 5, CASE WHEN i % 400 = 0 THEN 'C' || i % 77 END, CASE WHEN i % 1000 <> 0 THEN timestamptz '2023-01-02' + i * interval '3 minutes' END FROM generate_series(1, 400000) i;
INSERT INTO order_items SELECT i, 1 + i % 400000, 1 + (i * 31) % 8000, 1 + i % 4, 5 + i % 300 FROM generate_series(1, 900000) i;
INSERT INTO countries SELECT c, 'Country ' || c, 0.2 FROM unnest(ARRAY['DE','FR','IT','PL','US','GB']) c;
CREATE INDEX orders_created_at ON orders (created_at);
CREATE INDEX orders_status ON orders (status);
CREATE INDEX order_items_order ON order_items (order_id);
VACUUM ANALYZE;

-- + PLN020@orders: orders of a customer, no index
-- fix: CREATE INDEX ON orders (customer_id)
SELECT id, total FROM orders WHERE customer_id = 4711;
-- + IDX007|PLN020@orders: the last orders of a customer, no index for either
-- fix: CREATE INDEX ON orders (customer_id, created_at)
-- set: enable_indexscan=off
SELECT id, total, created_at FROM orders WHERE customer_id = 4711 ORDER BY created_at DESC LIMIT 20;
-- + IDX008@orders: walks the index on created_at backwards through nearly all orders
-- fix: CREATE INDEX ON orders (customer_id, created_at)
-- set: enable_seqscan=off; enable_sort=off
SELECT id, total, created_at FROM orders WHERE customer_id = 4711 ORDER BY created_at DESC LIMIT 20;
-- none - PLN020 IDX008: the newest rows by the index, stops early
SELECT id, total, created_at FROM orders ORDER BY created_at DESC LIMIT 20;
-- none - PLN020 IDX005: the index finds the few pending ones
SELECT id FROM orders WHERE status = 'pending';
-- none - PLN020: nine rows in ten are asked for
SELECT count(*) FROM orders WHERE status = 'done';
-- none - PLN020: half of the table; an index would be slower
SELECT sum(total) FROM orders WHERE total > 450;
-- none - PLN020 PLN033: a tiny table
SELECT * FROM countries WHERE vat > 0.1 AND code = 'DE';
-- + PLN022|SAR002@orders: a cast hides the indexed column
SELECT count(*), sum(total) FROM orders WHERE created_at::date = '2024-03-05';
-- none - PLN022: a range on the bare column
SELECT count(*), sum(total) FROM orders WHERE created_at >= '2024-03-05' AND created_at < '2024-03-06';
-- + PLN022|SAR001|IDX011@customers ~ PLN020: lower(email) without an expression index
-- fix: CREATE INDEX ON customers (lower(email))
SELECT id, name FROM customers WHERE lower(email) = 'u3777@example.org';
-- ~ PLN023@products SAR007: search within titles; 5 ms are little
SELECT id, title FROM products WHERE title ILIKE '%abcde%';
-- + PLN029|PAG001: page 15,000
SELECT id, total FROM orders ORDER BY created_at LIMIT 20 OFFSET 300000;
-- none - PLN029: page 3
SELECT id, total FROM orders ORDER BY created_at LIMIT 20 OFFSET 40;
-- + SUB001|PLN020@order_items: order_items has no index on product_id, and the subquery runs for each of ten products
-- fix: CREATE INDEX ON order_items (product_id)
SELECT p.id, (SELECT sum(i.qty) FROM order_items i WHERE i.product_id = p.id) FROM products p WHERE p.id BETWEEN 100 AND 110;
-- none - SUB001: the subquery is an index lookup for each of twenty rows
SELECT o.id, (SELECT count(*) FROM order_items i WHERE i.order_id = o.id) FROM orders o ORDER BY o.created_at DESC LIMIT 20;
-- + PLN020@order_items: items of one product
-- fix: CREATE INDEX ON order_items (product_id)
SELECT o.id, o.created_at, i.qty FROM order_items i JOIN orders o ON o.id = i.order_id WHERE i.product_id = 77;
-- none - PLN001 PLN025 PLN033 JOI012: the report reads all that it must
SELECT c.country, count(*), sum(o.total) FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY c.country;
-- + PLN024: everything is sorted, on disk
-- set: work_mem='1MB'
SELECT id, total FROM orders ORDER BY total, id;
-- none - PLN024: the same, and it fits
-- set: work_mem='100MB'
SELECT id, total FROM orders ORDER BY total, id;
-- + PLN025 ~ PLN024: the hash table of orders is cut into batches
-- set: work_mem='256kB'; enable_mergejoin=off; enable_nestloop=off
SELECT count(*) FROM order_items i JOIN orders o ON o.id = i.order_id WHERE o.coupon IS NULL AND i.qty > 1;
-- none - PLN025: the hash table is small
SELECT count(*) FROM order_items i JOIN products p ON p.id = i.product_id WHERE p.active;
-- + PLN030: NOT IN whose subquery does not fit
-- set: work_mem='64kB'
SELECT count(*) FROM customers WHERE id < 800 AND id NOT IN (SELECT customer_id FROM orders WHERE id < 60000);
-- none - PLN030: the hashed form
SELECT count(*) FROM customers WHERE id NOT IN (SELECT customer_id FROM orders WHERE id < 60000);
-- none - PLN020: never executed branch
SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.created_at > '2030-01-01' AND c.vip;
-- none - PLN020 IDX005: found by key
SELECT * FROM orders WHERE id = 399999 AND status = 'returned';
