-- engine: mariadb
-- style: a web shop on MariaDB
CREATE TABLE customers (id int PRIMARY KEY, email varchar(80) NOT NULL, country char(2) NOT NULL, joined date NOT NULL);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, status varchar(12) NOT NULL, created_at datetime NOT NULL, total decimal(10,2) NOT NULL, note varchar(40));
CREATE TABLE order_items (id int PRIMARY KEY, order_id int NOT NULL, product_id int NOT NULL, qty int NOT NULL);
CREATE TABLE products (id int PRIMARY KEY, sku varchar(20) NOT NULL UNIQUE, title varchar(60) NOT NULL, category_id int NOT NULL, price decimal(8,2) NOT NULL);
CREATE TABLE countries (code char(2) PRIMARY KEY, name varchar(40) NOT NULL);
INSERT INTO customers SELECT seq, concat('u', seq, '@example.org'), elt(1 + seq % 5, 'DE','FR','IT','PL','US'), date '2020-01-01' + interval seq % 2000 day FROM seq_1_to_30000;
INSERT INTO orders SELECT seq, 1 + (seq * 7919) % 30000, CASE WHEN seq % 1000 = 0 THEN 'pending' WHEN seq % 10 = 0 THEN 'returned' ELSE 'done' END, timestamp '2023-01-01 00:00:00' + interval seq * 3 minute, seq % 900, NULL FROM seq_1_to_200000;
INSERT INTO order_items SELECT seq, 1 + seq % 200000, 1 + (seq * 31) % 5000, 1 + seq % 4 FROM seq_1_to_300000;
INSERT INTO products SELECT seq, concat('SKU', lpad(seq, 6, '0')), concat('Thing ', md5(seq)), seq % 40, seq % 300 FROM seq_1_to_5000;
INSERT INTO countries VALUES ('DE', 'Germany'), ('FR', 'France'), ('IT', 'Italy'), ('PL', 'Poland'), ('US', 'United States');
CREATE INDEX orders_created_at ON orders (created_at);
CREATE INDEX orders_status ON orders (status);
CREATE INDEX items_order ON order_items (order_id);
ANALYZE TABLE customers, orders, order_items, products, countries;

-- + PLN034|IDX001@orders: the orders of a customer
-- fix: CREATE INDEX o_c ON orders (customer_id)
SELECT id, total FROM orders WHERE customer_id = 4711;
-- + PLN034|IDX001@orders: the last orders of a customer, by walking the index on created_at
-- fix: CREATE INDEX o_cc ON orders (customer_id, created_at)
SELECT id, total FROM orders WHERE customer_id = 4711 ORDER BY created_at DESC LIMIT 20;
-- none - PLN034 PLN035: the newest orders
SELECT id, total FROM orders ORDER BY created_at DESC LIMIT 20;
-- none - PLN034: the pending ones by their index
SELECT id FROM orders WHERE status = 'pending';
-- none - PLN034: nine tenths
SELECT sum(total) FROM orders WHERE total > 90;
-- none - PLN034: five rows
SELECT * FROM countries WHERE name = 'Italy';
-- ~ PLN034@customers: by mail address, in 30,000 rows
-- fix: CREATE INDEX c_e ON customers (email)
SELECT id FROM customers WHERE email = 'u777@example.org';
-- + PLN036|PLN034@order_items: products joined with no index on product_id
-- fix: CREATE INDEX i_p ON order_items (product_id)
SELECT p.title, i.qty FROM products p JOIN order_items i ON i.product_id = p.id WHERE p.id BETWEEN 10 AND 12;
-- + PLN034|PLN039@order_items: the subquery reads all items for each product
-- fix: CREATE INDEX i_p ON order_items (product_id)
SELECT p.id, (SELECT sum(i.qty) FROM order_items i WHERE i.product_id = p.id) FROM products p WHERE p.id BETWEEN 10 AND 14;
-- none - PLN039: by the index, for twenty rows
SELECT o.id, (SELECT count(*) FROM order_items i WHERE i.order_id = o.id) FROM orders o ORDER BY o.created_at DESC LIMIT 20;
-- + PLN035@orders: the dearest ten of all
-- fix: CREATE INDEX o_t ON orders (total)
SELECT id, total FROM orders ORDER BY total DESC LIMIT 10;
-- none - PLN034 PLN035: the report reads all
SELECT status, count(*), sum(total) FROM orders GROUP BY status;
-- none - PLN034 PLN036: joins by keys
SELECT o.id, c.email FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.created_at >= '2024-01-01' AND o.created_at < '2024-01-02';
-- none - PLN035: a small sort of few rows
SELECT id, total FROM orders WHERE status = 'pending' ORDER BY total DESC LIMIT 5;
-- + PLN034|SAR002@orders: a function hides created_at
SELECT count(*) FROM orders WHERE date_format(created_at, '%Y-%m-%d') = '2023-06-05';
-- none - PLN034: by key
SELECT * FROM orders WHERE id = 5 AND status = 'done';
-- ~ PLN034@products - PLN017: a search in the titles; 5,000 rows are little
SELECT id FROM products WHERE title LIKE '%abcd%';
-- none - PLN034: the whole export
SELECT id, email FROM customers;
