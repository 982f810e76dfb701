SELECT * FROM customers WHERE id = 77
SELECT * FROM customers WHERE lower(email) = 'u500@example.org'
SELECT * FROM customers WHERE name LIKE 'Ab%'
SELECT * FROM customers WHERE name ILIKE '%bcd%'
SELECT id FROM customers WHERE initial(name) = 'C' AND born > '1990-01-01' ORDER BY born DESC LIMIT 5
SELECT count(*) FROM customers WHERE tier = 'pro' AND born BETWEEN '1970-01-01' AND '1971-01-01'
SELECT * FROM customers WHERE tags @> ARRAY['t3', 't4']
SELECT * FROM customers WHERE 't7' = ANY (tags) AND country = 'US'
SELECT * FROM customers WHERE profile @> '{"lang": "l3"}'
SELECT country, tier, count(*) FROM customers GROUP BY country, tier
SELECT * FROM customers WHERE country = 'US' AND tier = 'free'
SELECT * FROM customers WHERE country = 'DE' AND tier = 'pro'
SELECT * FROM customers WHERE tier > 'basic' AND score < 20
SELECT * FROM customers WHERE state = 's7' AND zip = 75
SELECT zip, state, count(*) FROM customers GROUP BY zip, state
SELECT profile ->> 'lang', country, count(*) FROM customers GROUP BY 1, 2
SELECT * FROM customers WHERE profile ->> 'lang' = 'l3' AND country = 'FR'
SELECT extract(year FROM born), count(*) FROM customers GROUP BY 1
SELECT * FROM customers WHERE extract(year FROM born) = 1977
SELECT * FROM customers WHERE born > '2008-01-01'
SELECT * FROM customers WHERE born > '2030-01-01'
SELECT * FROM customers WHERE (home).city = 'c7'
SELECT * FROM customers WHERE key = 'c4ca4238-a0b9-2382-0dcc-509a6f75849b'
SELECT * FROM customers WHERE score IS NULL ORDER BY name LIMIT 20
SELECT max(born), min(born) FROM customers
SELECT * FROM products WHERE sku = 'SKU-000100'
SELECT * FROM products WHERE category = 'cat50' AND price < 30 ORDER BY price
SELECT category, price, weight FROM products WHERE category = 'cat50' AND price BETWEEN 10 AND 20
SELECT * FROM products WHERE category = 'cat99'
SELECT * FROM products WHERE attrs @> '{"color": "c3"}'
SELECT * FROM products WHERE attrs ? 'color' AND weight < 5
SELECT * FROM products WHERE prices && priced(10, 12)
SELECT * FROM products WHERE launched < '2015-02-01'
SELECT * FROM products WHERE id > 2995
SELECT * FROM products WHERE id > 3050
SELECT * FROM orders WHERE id = 5000
SELECT * FROM orders WHERE placed BETWEEN '2025-02-10' AND '2025-02-11'
SELECT * FROM orders WHERE placed > '2025-03-20'
SELECT * FROM orders WHERE customer_id = 55 ORDER BY placed DESC LIMIT 10
SELECT * FROM orders WHERE status = 'open' AND placed > '2025-03-15'
SELECT status, count(*) FROM orders GROUP BY status
SELECT status, customer_id, count(*) FROM orders GROUP BY status, customer_id
SELECT * FROM open_orders WHERE name = 'C4c'
SELECT count(*) FROM orders_5 WHERE customer_id < 100
SELECT c.country, sum(l.qty * l.price) FROM customers c JOIN orders o ON o.customer_id = c.id JOIN order_lines l ON l.order_id = o.id WHERE o.placed < '2025-01-05' GROUP BY c.country
SELECT p.category, count(*) FROM order_lines l JOIN products p ON p.id = l.product_id GROUP BY p.category ORDER BY 2 DESC LIMIT 5
SELECT * FROM order_lines WHERE product_id = 17 AND qty > 3
SELECT * FROM order_lines WHERE order_id = 100
SELECT * FROM order_lines l WHERE EXISTS (SELECT FROM orders o WHERE o.id = l.order_id AND o.status = 'open')
SELECT * FROM customers c WHERE NOT EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id)
SELECT o.* FROM orders o JOIN LATERAL (SELECT * FROM order_lines l WHERE l.order_id = o.id ORDER BY price DESC LIMIT 1) x ON true WHERE o.customer_id = 99
SELECT date_trunc('hour', at), count(*) FROM events WHERE at BETWEEN '2025-01-02' AND '2025-01-03' GROUP BY 1
SELECT * FROM events WHERE at > '2025-01-07 20:00'
SELECT * FROM events WHERE device = 17 AND kind = 'k3'
SELECT kind, avg(device) FROM events GROUP BY kind
SELECT * FROM bookings WHERE room = 7 AND during && tstzrange('2025-02-01', '2025-02-03')
SELECT * FROM bookings WHERE during @> timestamptz '2025-02-01 05:00'
SELECT * FROM documents WHERE found @@ to_tsquery('english', 'word7 & word8')
SELECT * FROM documents WHERE to_tsvector('simple', body) @@ 'word9'::tsquery
SELECT * FROM documents ORDER BY at <-> point(5, 5) LIMIT 3
SELECT * FROM documents WHERE at <@ box '(10,10),(1,1)'
SELECT * FROM readings WHERE at > '2025-05-01'
SELECT sensor, avg(value) FROM readings GROUP BY sensor
SELECT * FROM readings WHERE at BETWEEN '2024-06-01' AND '2024-06-02' AND sensor = 3
SELECT * FROM regions WHERE region = 'eu' AND code = 7
SELECT * FROM regions WHERE code BETWEEN 100 AND 200
SELECT * FROM regions WHERE span @> 50 OR region IS NULL
SELECT * FROM bloated WHERE id BETWEEN 100 AND 5000
SELECT count(*) FROM bloated
SELECT * FROM grown WHERE id > 13000
SELECT * FROM grown WHERE at > '2024-05-01'
SELECT * FROM grown g JOIN bloated b USING (id)
SELECT * FROM shrunk WHERE id = 5
SELECT * FROM shrunk WHERE v > 3
SELECT * FROM never WHERE id > 100
SELECT * FROM never n JOIN tiny t ON t.id = n.id
SELECT * FROM nothing WHERE v = 'x'
SELECT * FROM tiny WHERE id = 2
SELECT * FROM daily WHERE day = '2025-02-01'
SELECT d.day, sum(n) FROM daily d GROUP BY d.day ORDER BY d.day
WITH recent AS MATERIALIZED (SELECT * FROM orders WHERE placed > '2025-03-01') SELECT r.status, c.tier, count(*) FROM recent r JOIN customers c ON c.id = r.customer_id GROUP BY 1, 2
SELECT c.id, rank() OVER (PARTITION BY country ORDER BY score DESC) FROM customers c WHERE score > 90
SELECT country FROM customers UNION SELECT category FROM products
INSERT INTO tiny SELECT id, name FROM customers WHERE id < 100
UPDATE orders SET status = 'done' WHERE status = 'open' AND placed < '2025-02-01'
DELETE FROM order_lines WHERE order_id < 500
SELECT * FROM customers a JOIN customers b ON a.zip = b.zip AND a.state = b.state WHERE a.id < 50
SELECT * FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.country = 'PL' AND c.tier = 'team' AND o.total > 900
SELECT DISTINCT customer_id FROM orders WHERE total < 5
SELECT * FROM order_lines ORDER BY order_id, line_no LIMIT 10 OFFSET 50000
