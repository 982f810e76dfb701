-- One statement a line, over the tables of schema.sql.
SELECT * FROM orders WHERE note LIKE '%z%'
SELECT c.name, o.total FROM customer c JOIN orders o ON o.customer_id=c.id WHERE c.city='c3'
SELECT c.city, SUM(o.total) s FROM customer c JOIN orders o ON o.customer_id=c.id GROUP BY c.city ORDER BY s DESC
SELECT * FROM nokey n JOIN nokey m ON n.b=m.a WHERE n.c<'v2'
SELECT * FROM (SELECT customer_id, COUNT(*) n FROM orders GROUP BY customer_id) d JOIN customer c ON c.id=d.customer_id WHERE d.n>3
SELECT *, (SELECT MAX(total) FROM orders o WHERE o.customer_id=c.id) FROM customer c WHERE vip=1
SELECT * FROM customer WHERE id IN (SELECT customer_id FROM orders WHERE total>98)
SELECT * FROM customer WHERE id NOT IN (SELECT customer_id FROM orders WHERE total>5)
SELECT id FROM customer UNION SELECT id FROM product
SELECT id FROM customer UNION ALL SELECT id FROM product ORDER BY 1 LIMIT 3
SELECT a, ROW_NUMBER() OVER (PARTITION BY b ORDER BY a) FROM nokey
SELECT a, RANK() OVER (ORDER BY a), SUM(b) OVER (PARTITION BY b) FROM nokey
SELECT * FROM product WHERE cat=3 OR price=7
SELECT * FROM product WHERE cat=3 AND price=7
SELECT * FROM orders ORDER BY total LIMIT 5
SELECT * FROM orders ORDER BY placed DESC LIMIT 5
SELECT DISTINCT city FROM customer
SELECT DISTINCT status, customer_id FROM orders ORDER BY status
SELECT COUNT(*) FROM orders
SELECT MAX(id) FROM orders
SELECT 1
SELECT * FROM customer WHERE id=5 AND 1=0
SELECT * FROM customer WHERE id=5
SELECT * FROM customer WHERE id=999999
SELECT * FROM parted WHERE y<2005 AND v=3
SELECT * FROM orders o LEFT JOIN item i ON i.order_id=o.id WHERE i.id IS NULL
WITH RECURSIVE r AS (SELECT 1 n UNION ALL SELECT n+1 FROM r WHERE n<10) SELECT * FROM r
WITH t AS (SELECT customer_id, SUM(total) s FROM orders GROUP BY customer_id) SELECT * FROM t a JOIN t b ON a.s=b.s WHERE a.customer_id<10
SELECT * FROM customer c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id=c.id AND o.status='new')
SELECT * FROM customer c, orders o WHERE o.placed > c.id AND c.id<10
SELECT id FROM customer INTERSECT SELECT customer_id FROM orders
SELECT id FROM customer EXCEPT SELECT customer_id FROM orders
SELECT * FROM empty1 e JOIN nokey n ON n.a=e.a
SELECT city, COUNT(*) FROM customer GROUP BY city HAVING COUNT(*) > (SELECT AVG(stock) FROM product)
SELECT * FROM customer WHERE city IN (SELECT c FROM nokey WHERE a<10)
SELECT sql_big_result status, COUNT(DISTINCT customer_id) FROM orders GROUP BY status
SELECT * FROM item i STRAIGHT_JOIN product p STRAIGHT_JOIN orders o WHERE i.product_id=p.id AND o.id=i.order_id AND p.stock=3 ORDER BY o.total
SELECT * FROM customer c JOIN (SELECT DISTINCT customer_id FROM orders WHERE total=5) x ON x.customer_id=c.id
SELECT (SELECT COUNT(*) FROM (SELECT DISTINCT b FROM nokey) q) FROM customer LIMIT 3
SELECT * FROM orders WHERE id BETWEEN 5 AND 500 AND status='new' ORDER BY total
UPDATE orders SET note='y' WHERE total=5
DELETE FROM orders WHERE total=51
DELETE o FROM orders o JOIN customer c ON c.id=o.customer_id WHERE c.city='c9'
UPDATE orders o JOIN customer c ON c.id=o.customer_id SET o.note='q' WHERE c.city='c8'
INSERT INTO nokey SELECT id, cat, sku FROM product WHERE stock=3
INSERT INTO nokey VALUES (1,2,'x')
SELECT c.id FROM customer c WHERE c.id = (SELECT o.customer_id FROM orders o WHERE o.id = c.id + 3)
SELECT * FROM customer c LEFT JOIN orders o ON o.customer_id = c.id AND o.status = 'paid' WHERE c.vip = 1
SELECT * FROM customer WHERE name IN (SELECT sku FROM product UNION SELECT c FROM nokey)
SELECT d.cat, e.n FROM (SELECT cat, MAX(price) m FROM product GROUP BY cat) d JOIN (SELECT cat, COUNT(*) n FROM product GROUP BY cat) e USING (cat)
SELECT p.id, (SELECT MAX(i.qty) FROM item i WHERE i.product_id = p.id) FROM product p WHERE p.cat = 1
SELECT * FROM nokey n JOIN product p ON p.sku = n.c
SELECT * FROM orders WHERE status IN ('new', 'paid') AND customer_id < 20
SELECT * FROM orders WHERE note = 'it''s "quoted", \\ and -> (cost=1)' ORDER BY id DESC LIMIT 3
SELECT * FROM customer c JOIN orders o ON o.customer_id = c.id JOIN item i ON i.order_id = o.id JOIN product p ON p.id = i.product_id WHERE c.city = 'c1' AND p.cat = 2
SELECT c.city, COUNT(*) FROM customer c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.total > 98) GROUP BY c.city WITH ROLLUP
SELECT a.id FROM customer a JOIN customer b ON a.city = b.city AND a.id < b.id WHERE b.vip = 1
SELECT (SELECT COUNT(*) FROM product), (SELECT COUNT(*) FROM item WHERE order_id = 5) FROM empty1
SELECT * FROM (SELECT 1 AS x UNION ALL SELECT id FROM product WHERE cat = 3) u WHERE x > 2
SELECT * FROM parted p JOIN product q ON q.id = p.v WHERE p.y BETWEEN 2001 AND 2003
SELECT status, COUNT(*), LAG(COUNT(*)) OVER (ORDER BY status) FROM orders GROUP BY status
DELETE FROM nokey
UPDATE customer SET name = 'x' WHERE id = 17
SELECT * FROM customer WHERE id IN (1, 2, 3) FOR UPDATE
