-- index: freight plain CREATE INDEX ON customer (city)
SELECT count(*) FROM customer WHERE city = 'City 300';
SELECT city, count(*) FROM customer WHERE city >= 'City 9' GROUP BY city
-- index: freight plain CREATE INDEX ON customer (credit DESC NULLS LAST)
SELECT id, credit FROM customer ORDER BY credit DESC NULLS LAST LIMIT 20;
SELECT count(*) FROM customer WHERE credit BETWEEN 18000 AND 19000
-- index: freight plain CREATE INDEX ON ledger (amount)
SELECT * FROM ledger WHERE amount > 7900;
SELECT max(amount) FROM ledger
-- index: freight plain CREATE INDEX ON ledger (booked)
SELECT kind, sum(amount) FROM ledger WHERE booked BETWEEN '2025-05-01' AND '2025-05-03' GROUP BY kind
-- index: freight plain CREATE INDEX ON ledger (memo)
SELECT * FROM ledger WHERE memo = 'memo 4000';
SELECT count(*) FROM ledger WHERE memo IS NOT NULL AND memo < 'memo 11'
-- index: freight plain CREATE INDEX ON rating (stars)
SELECT count(*) FROM rating WHERE stars = 2;
SELECT stars, count(*) FROM rating GROUP BY stars
-- index: freight plain CREATE INDEX ON ticket (assignee)
SELECT id, subject FROM ticket WHERE assignee = 290;
SELECT assignee, count(*) FROM ticket WHERE assignee > 250 GROUP BY assignee
-- index: freight plain CREATE INDEX ON ticket (subject)
SELECT id FROM ticket WHERE subject = 'Refund wrong 9b8d1234';
SELECT id FROM ticket ORDER BY subject LIMIT 10
-- index: freight plain CREATE INDEX ON ticket (subject text_pattern_ops)
SELECT count(*) FROM ticket WHERE subject LIKE 'Damage broken 1%'
-- index: freight plain CREATE INDEX ON assignment (day)
SELECT count(*) FROM assignment WHERE day = '2025-06-15';
SELECT courier_id, count(*) FROM assignment WHERE day >= '2026-02-01' GROUP BY courier_id
-- index: freight plain CREATE INDEX ON document (made)
SELECT id, kind FROM document WHERE made > '2026-01-31' ORDER BY made
-- index: freight plain CREATE INDEX ON route (depot_to)
SELECT count(*) FROM route WHERE depot_to = 17
-- index: freight plain CREATE INDEX ON session (seen)
SELECT count(*) FROM session WHERE seen > '2026-01-25'
-- index: freight plain CREATE INDEX ON outbox (attempts)
SELECT count(*) FROM outbox WHERE attempts = 5
-- index: freight plain CREATE INDEX ON customer (last_ip)
SELECT id FROM customer WHERE last_ip = '10.3.77.12'
-- index: freight plain CREATE INDEX ON scan (temperature)
SELECT * FROM scan WHERE temperature > 39.5
-- index: freight multi CREATE INDEX ON ticket (customer_id, opened DESC)
SELECT id, subject FROM ticket WHERE customer_id = 15 ORDER BY opened DESC LIMIT 5;
SELECT DISTINCT ON (customer_id) customer_id, opened FROM ticket WHERE customer_id < 300 ORDER BY customer_id, opened DESC
-- index: freight multi CREATE INDEX ON scan (depot_id, at DESC)
SELECT * FROM scan WHERE depot_id = 900 ORDER BY at DESC LIMIT 10;
SELECT count(*) FROM scan WHERE depot_id BETWEEN 2000 AND 2010 AND at > '2025-12-01'
-- index: freight multi CREATE INDEX ON scan (kind, ok, depot_id)
SELECT count(*) FROM scan WHERE kind = 'x' AND NOT ok
-- index: freight multi CREATE INDEX ON customer (segment, country, created)
SELECT id FROM customer WHERE segment = 'key' AND country = 'AB' ORDER BY created LIMIT 10;
SELECT count(*) FROM customer WHERE segment IN ('key', 'business') AND country = 'AC'
-- index: freight multi CREATE INDEX ON customer (zip, city)
SELECT count(*) FROM customer WHERE zip = '00074';
SELECT zip, city, count(*) FROM customer WHERE zip < '01' GROUP BY zip, city
-- index: freight multi CREATE INDEX ON ledger (kind, booked, account)
SELECT account, amount FROM ledger WHERE kind = 'correction' AND booked > '2026-01-20'
-- index: freight multi CREATE INDEX ON courier (salary, hired)
SELECT id FROM courier WHERE salary > 80000 ORDER BY salary LIMIT 10
-- index: freight include CREATE INDEX ON ledger (kind, booked) INCLUDE (amount)
SELECT sum(amount) FROM ledger WHERE kind = 'fee' AND booked >= '2025-11-01' AND booked < '2025-12-01'
-- index: freight include CREATE INDEX ON rating (given) INCLUDE (stars)
SELECT avg(stars) FROM rating WHERE given >= '2025-07-01' AND given < '2025-07-08'
-- index: freight include CREATE INDEX ON document (parcel_id) INCLUDE (id, made)
SELECT id, made FROM document WHERE parcel_id BETWEEN 1000 AND 1200
-- index: freight partial CREATE INDEX ON ledger (account) WHERE kind = 'refund'
SELECT sum(amount) FROM ledger WHERE kind = 'refund' AND account = 3
-- index: freight partial CREATE INDEX ON ticket (assignee, opened) WHERE closed IS NULL
SELECT id FROM ticket WHERE closed IS NULL AND assignee = 12 ORDER BY opened LIMIT 10
-- index: freight partial CREATE INDEX ON scan (at) WHERE temperature IS NOT NULL
SELECT avg(temperature) FROM scan WHERE temperature IS NOT NULL AND at > '2026-01-10'
-- index: freight partial CREATE INDEX ON customer (created) WHERE segment = 'key'
SELECT id FROM customer WHERE segment = 'key' AND created > '2025-12-01' ORDER BY created
-- index: freight expression CREATE INDEX ON customer (lower(city))
SELECT count(*) FROM customer WHERE lower(city) = 'city 11'
-- index: freight expression CREATE INDEX ON customer ((prefs ->> 'lang'), created)
SELECT count(*) FROM customer WHERE prefs ->> 'lang' = 'ar' AND created > '2025-11-01'
-- index: freight expression CREATE INDEX ON ledger (months(booked), account)
SELECT sum(amount) FROM ledger WHERE months(booked) = 24305 AND account = 1
-- index: freight expression CREATE INDEX ON scan ((at AT TIME ZONE 'UTC'))
SELECT count(*) FROM scan WHERE at AT TIME ZONE 'UTC' >= '2025-03-03' AND at AT TIME ZONE 'UTC' < '2025-03-04'
-- index: freight unique CREATE UNIQUE INDEX ON document (id, parcel_id)
SELECT count(*) FROM document WHERE id < 3000
-- index: freight unique CREATE UNIQUE INDEX ON customer (name, id)
SELECT id FROM customer WHERE name = 'Cfcd20 D82c8d'
-- index: freight gin CREATE INDEX ON courier USING gin (skills)
SELECT count(*) FROM courier WHERE skills @> ARRAY['night']
-- index: freight gin CREATE INDEX ON parcel_later USING gin (attributes)
SELECT id FROM parcel WHERE attributes @> '{"class": "c39"}' AND created >= '2026-01-01'
-- index: freight gin CREATE INDEX ON customer USING gin (prefs)
SELECT count(*) FROM customer WHERE prefs @> '{"theme": "t7", "lang": "pt"}'
-- index: freight gin CREATE INDEX ON document USING gin (content jsonb_path_ops)
SELECT id FROM document WHERE content @> '{"country": "CX", "checked": true}'
-- index: freight trigram CREATE INDEX ON ticket USING gin (subject gin_trgm_ops)
SELECT id FROM ticket WHERE subject ILIKE '%9b8d%'
-- index: freight trigram CREATE INDEX ON customer USING gin (name gin_trgm_ops)
SELECT id FROM customer WHERE name LIKE '%fcd20%'
-- index: freight trigram CREATE INDEX ON ticket USING gin (body gin_trgm_ops)
SELECT id FROM ticket WHERE body LIKE '%volcano w3999%'
-- index: freight brin CREATE INDEX ON ledger USING brin (booked)
SELECT sum(amount) FROM ledger WHERE booked BETWEEN '2025-09-01' AND '2025-09-02'
-- index: freight brin CREATE INDEX ON assignment USING brin (day) WITH (pages_per_range = 16)
SELECT count(*) FROM assignment WHERE day = '2025-06-15'
-- index: freight brin CREATE INDEX ON parcel USING brin (created)
SELECT avg(price) FROM parcel WHERE created >= '2025-02-10' AND created < '2025-02-12'
-- index: freight hash CREATE INDEX ON ticket USING hash (subject)
SELECT id FROM ticket WHERE subject = 'Refund wrong 9b8d1234'
-- index: freight hash CREATE INDEX ON session USING hash (ip)
SELECT id FROM session WHERE ip = '2001:db8::1f'
-- index: freight partitioned CREATE INDEX ON parcel (depot_to, created)
SELECT count(*) FROM parcel WHERE depot_to = 1200 AND created >= '2025-05-01' AND created < '2025-06-01';
SELECT id FROM parcel WHERE depot_to = 7 ORDER BY created DESC LIMIT 5
-- index: freight partitioned CREATE INDEX ON parcel (price)
SELECT id, price FROM parcel WHERE price > 238 ORDER BY price DESC
-- index: freight partitioned CREATE INDEX ON parcel (depot_from) WHERE state = 'returned'
SELECT count(*) FROM parcel WHERE state = 'returned' AND depot_from = 3
-- index: freight partitioned CREATE INDEX ON telemetry (at)
SELECT count(*) FROM telemetry WHERE at >= '2025-06-01' AND at < '2025-06-02'
-- index: oscar plain CREATE INDEX ON order_order (status)
SELECT id, number FROM order_order WHERE status = 'Cancelled' ORDER BY id LIMIT 20
-- index: oscar multi CREATE INDEX ON order_order (user_id, date_placed DESC)
SELECT id, number, total_incl_tax, status, date_placed FROM order_order WHERE user_id = 3 ORDER BY date_placed DESC LIMIT 25
-- index: oscar partial CREATE INDEX ON order_line (partner_id) WHERE status = 'Pending'
SELECT count(*) FROM order_line WHERE status = 'Pending' AND partner_id = 2
-- index: oscar expression CREATE INDEX ON auth_user (upper(email))
SELECT id, password, email FROM auth_user WHERE UPPER(email) = UPPER('User77@mail.example') AND is_active
-- index: oscar multi CREATE INDEX ON basket_basket (status, date_created)
SELECT id FROM basket_basket WHERE status = 'Open' AND date_created < '2025-01-20'
-- index: oscar include CREATE INDEX ON partner_stockrecord (product_id) INCLUDE (price, num_in_stock)
SELECT product_id, min(price) FROM partner_stockrecord WHERE product_id BETWEEN 100 AND 140 GROUP BY product_id
-- index: oscar multi CREATE INDEX ON communication_notification (recipient_id, location, date_read)
SELECT count(*) FROM communication_notification WHERE recipient_id = 8 AND date_read IS NULL AND location = 'Inbox'
