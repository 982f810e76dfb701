-- engine: postgresql
-- style: hand-written reporting
CREATE TABLE region (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE store (id int PRIMARY KEY, region_id int NOT NULL REFERENCES region, name text NOT NULL, closed_on date);
CREATE INDEX store_region ON store (region_id);
CREATE TABLE sale (id bigint PRIMARY KEY, store_id int NOT NULL REFERENCES store, sold_at timestamp NOT NULL, amount numeric NOT NULL, cashier text, voucher text);
CREATE INDEX sale_store_time ON sale (store_id, sold_at);
CREATE INDEX sale_time ON sale (sold_at);
CREATE INDEX sale_voucher ON sale (voucher);
CREATE TABLE target (store_id int NOT NULL REFERENCES store, month date NOT NULL, amount numeric NOT NULL, PRIMARY KEY (store_id, month));
CREATE TABLE parameter (name text PRIMARY KEY, value text NOT NULL);
-- + JOI001 ~ IDX004: no condition between store and target; month is second in its key
SELECT s.name, t.amount FROM store s, target t WHERE s.region_id = 4 AND t.month = '2024-01-01';
-- - JOI001: two single-row subqueries
SELECT a.n, b.n FROM (SELECT count(*) AS n FROM store) a, (SELECT count(*) AS n FROM region) b;
-- - JOI001: CROSS JOIN on purpose with a one-row lookup
SELECT s.name, p.value FROM store s CROSS JOIN parameter p WHERE p.name = 'currency' AND s.region_id = 1;
-- - JOI001: LATERAL is correlated
SELECT s.name, l.amount FROM store s CROSS JOIN LATERAL (SELECT amount FROM sale WHERE sale.store_id = s.id ORDER BY sold_at DESC LIMIT 1) l WHERE s.region_id = 2;
-- - JOI001: unnest of the row's own array
SELECT x.v FROM store s, unnest(string_to_array(s.name, ' ')) AS x(v) WHERE s.region_id = 3;
-- - JOI001: condition through a range
SELECT s.id, t.amount FROM sale s JOIN target t ON s.store_id = t.store_id AND s.sold_at >= t.month AND s.sold_at < t.month + interval '1 month' WHERE s.store_id = 8;
-- - JOI001: every month for every store: generate_series on purpose
SELECT s.id, m FROM store s CROSS JOIN generate_series('2024-01-01'::date, '2024-12-01'::date, interval '1 month') AS m WHERE s.region_id = 9;
-- + AGG002: HAVING about the key
SELECT store_id, sum(amount) FROM sale WHERE sold_at >= '2024-01-01' AND sold_at < '2024-02-01' GROUP BY store_id HAVING store_id IN (3, 5);
-- - AGG002: HAVING about an aggregate
SELECT store_id, sum(amount) FROM sale WHERE sold_at >= '2024-01-01' AND sold_at < '2024-02-01' GROUP BY store_id HAVING sum(amount) > 1000;
-- - AGG001 AGG002: count in HAVING with a threshold
SELECT cashier, count(*) FROM sale WHERE store_id = 5 AND sold_at >= '2024-01-01' GROUP BY cashier HAVING count(*) > 10;
-- + AGG007: disjoint by a constant, each branch with its key
SELECT id, 'open' AS state FROM store WHERE closed_on IS NULL UNION SELECT id, 'closed' AS state FROM store WHERE closed_on IS NOT NULL;
-- - AGG007: branches overlap
SELECT store_id FROM sale WHERE sold_at >= '2024-01-01' UNION SELECT store_id FROM target WHERE month >= '2024-01-01';
-- - AGG007: already UNION ALL
SELECT id FROM store WHERE region_id = 1 UNION ALL SELECT id FROM store WHERE region_id = 2;
-- + SAR006: the index on voucher is hidden
SELECT id FROM sale WHERE coalesce(voucher, '') = 'XMAS';
-- - SAR006: coalesce only in the list
SELECT id, coalesce(voucher, '-') FROM sale WHERE store_id = 3 AND sold_at >= '2024-03-01' AND sold_at < '2024-03-02';
-- + SAR002 ~ SAR001: truncated to the day
SELECT sum(amount) FROM sale WHERE date_trunc('day', sold_at) = '2024-03-03';
-- - SAR002: group by day is fine
SELECT date_trunc('day', sold_at), sum(amount) FROM sale WHERE sold_at >= '2024-03-01' AND sold_at < '2024-04-01' GROUP BY 1;
-- + WRI001: a whole table
DELETE FROM target;
-- - WRI001: by key
DELETE FROM target WHERE store_id = 5 AND month < '2020-01-01';
