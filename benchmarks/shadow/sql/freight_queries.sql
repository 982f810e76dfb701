-- name: point by primary key
SELECT * FROM customer WHERE id = 4242
-- name: point by citext
SELECT id, name FROM customer WHERE email = 'USER77@mail.example'
-- name: point by uuid
SELECT * FROM customer WHERE uid = md5('1234')::uuid
-- name: point by hash index
SELECT * FROM ledger WHERE ref = md5('l5000')::uuid
-- name: hash index that misses often
SELECT count(*) FROM customer WHERE phone = '+12345678901'
-- name: range of a descending index
SELECT id, created FROM customer WHERE created > '2026-01-20' ORDER BY created DESC NULLS LAST LIMIT 25
-- name: range beyond the end
SELECT * FROM audit WHERE at > '2030-01-01'
-- name: range beyond the end of an index
SELECT id FROM customer WHERE created > '2031-01-01'
-- name: partition pruned to one
SELECT count(*), sum(price) FROM parcel WHERE created >= '2025-05-10' AND created < '2025-05-12'
-- name: partition pruned to a sub-partition
SELECT id, weight FROM parcel WHERE created >= '2025-08-01' AND created < '2025-08-03' AND service = 'express'
-- name: partitions all by customer
SELECT id, code, state FROM parcel WHERE customer_id = 17 ORDER BY created DESC LIMIT 20
-- name: partitions all by code
SELECT * FROM parcel WHERE code = 'AB000012345'
-- name: partition with lost parcels
SELECT id, created FROM parcel WHERE state = 'lost' AND created > '2025-11-15'
-- name: partitionwise by month
SELECT date_trunc('month', created) AS month, service, count(*), avg(price) FROM parcel GROUP BY 1, 2 ORDER BY 1, 2
-- name: partition range and enum comparison
SELECT count(*) FROM parcel WHERE state >= 'returned' AND created >= '2025-06-01'
-- name: partitions of two levels by hash and range
SELECT at, speed FROM telemetry WHERE vehicle_id = 12 AND fleet = 'north' AND at >= '2025-10-01' ORDER BY at
-- name: partitions by list only
SELECT avg(fuel), max(speed) FROM telemetry WHERE fleet IN ('south', 'unknown') AND at < '2025-03-01'
-- name: BRIN on appended rows
SELECT count(*) FROM scan WHERE at BETWEEN '2025-09-01' AND '2025-09-04'
-- name: BRIN on scattered rows
SELECT avg(stars) FROM rating WHERE given >= '2025-12-24' AND given < '2025-12-26'
-- name: partial index implied
SELECT depot_id, count(*) FROM scan WHERE NOT ok AND depot_id < 20 GROUP BY depot_id
-- name: index without deduplication
SELECT * FROM scan WHERE device = '08:00:2b:10:20:00' AND kind = 'd' LIMIT 100
-- name: expression index
SELECT id, salary FROM courier WHERE lower(name) LIKE 'anna%' ORDER BY hired LIMIT 10
-- name: expression index with a cast
SELECT count(*) FROM customer WHERE (prefs #>> '{limits,day}')::int > 90 AND segment <> 'private'
-- name: expression index of plpgsql under inheritance
SELECT id, plate, km FROM vehicle WHERE plate_key(plate) = 'N000123'
-- name: inheritance whole
SELECT count(*), max(km) FROM vehicle WHERE bought >= '2020-06-01' AND depot_id < 100
-- name: inheritance only the parent
SELECT * FROM ONLY vehicle WHERE km > 250000
-- name: inheritance of the second level
SELECT electric, avg(volume) FROM van WHERE depot_id = 3 GROUP BY electric
-- name: covering index
SELECT country, city, zip, segment FROM customer WHERE country = 'AC' AND city = 'City 5'
-- name: correlated columns of a tuple
SELECT count(*) FROM customer WHERE country = 'AB' AND city = 'City 1' AND zip = '00037'
-- name: correlated columns grouped
SELECT country, city, zip, count(*) FROM customer GROUP BY country, city, zip HAVING count(*) > 100
-- name: mcv of combinations
SELECT count(*) FROM customer WHERE country = 'AA' AND city = 'City 0' AND segment = 'key'
-- name: statistics on an expression
SELECT count(*) FROM customer WHERE prefs ->> 'lang' = 'zh' AND locale = 'zh_CN'
-- name: statistics on an expression grouped
SELECT amount < 0, kind, count(*) FROM ledger WHERE amount < 0 AND kind = 'payment' GROUP BY 1, 2
-- name: statistics of one expression
SELECT * FROM ledger WHERE abs(amount) / 10 < 0.3
-- name: generated column
SELECT kind, sum(amount) FROM ledger WHERE month = 24306 GROUP BY kind
-- name: array containment
SELECT id FROM customer WHERE tags @> ARRAY['tag40', 'tag3']
-- name: array overlap
SELECT count(*) FROM customer WHERE tags && ARRAY['tag55', 'tag58', 'tag59']
-- name: array of enums
SELECT code FROM depot WHERE services @> ARRAY['freight']::service[] AND capacity > 20000
-- name: element in array column
SELECT count(*) FROM courier WHERE 'adr' = ANY (skills) AND active
-- name: GIN of two kinds
SELECT id, subject FROM ticket WHERE priority = 5 AND labels @> ARRAY['l20']
-- name: jsonb containment
SELECT id FROM customer WHERE prefs @> '{"lang": "ar", "news": true}'
-- name: jsonb path
SELECT count(*) FROM customer WHERE prefs @? '$.limits.day ? (@ > 98)'
-- name: jsonb nested containment
SELECT id, kind FROM document WHERE content @> '{"lines": [{"sku": "s1900"}]}'
-- name: jsonb expression under a partial index
SELECT id FROM document WHERE (content ->> 'checked')::boolean AND content ->> 'country' = 'CX'
-- name: jsonb of one partition
SELECT count(*) FROM parcel_q2 WHERE attributes @> '{"class": "c30"}'
-- name: full text
SELECT id, subject FROM ticket WHERE search @@ to_tsquery('english', 'volcano & police') ORDER BY opened DESC LIMIT 10
-- name: full text ranked
SELECT id, ts_rank(search, q) FROM ticket, plainto_tsquery('english', 'signature neighbour') q WHERE search @@ q ORDER BY 2 DESC LIMIT 20
-- name: trigram like
SELECT id, name FROM courier WHERE name ILIKE '%fatima a%'
-- name: trigram similarity by GiST
SELECT id, subject FROM ticket WHERE subject % 'Refund wrong 9b8d' LIMIT 5
-- name: nearest by GiST
SELECT code FROM depot ORDER BY place <-> point(10, 50) LIMIT 5
-- name: box and circle
SELECT count(*) FROM depot WHERE place <@ box(point(0, 40), point(20, 55))
-- name: range contains
SELECT count(*) FROM depot WHERE open_hours @> 18
-- name: range overlap with exclusion constraint
SELECT price FROM tariff WHERE service = 'express' AND zone = 12 AND valid && daterange('2021-05-01', '2021-06-01')
-- name: range bounds statistics
SELECT count(*) FROM kinds WHERE days && daterange('2025-03-01', '2025-03-08')
-- name: range strictly left
SELECT count(*) FROM kinds WHERE stamps << tsrange('2025-02-01', '2025-02-02') AND big && int8range(100, 400)
-- name: box in SP-GiST
SELECT count(*) FROM kinds WHERE box && box(point(10, 10), point(15, 15))
-- name: money and interval
SELECT id FROM kinds WHERE money > 80000::money AND span > interval '50 hours' ORDER BY money, span DESC LIMIT 15
-- name: text in POSIX collation
SELECT count(*) FROM kinds WHERE path >= '/srv/10/' AND path < '/srv/12'
-- name: prefix in POSIX collation
SELECT count(*) FROM kinds WHERE path LIKE '/srv/17/%'
-- name: array of enums contained
SELECT count(*) FROM kinds WHERE states <@ ARRAY['announced', 'accepted']::parcel_state[]
-- name: mac, bits, name and char
SELECT count(*) FROM kinds WHERE mac > '08:00:2b:01:02:80:00:00' AND single = 'C' AND code = 'n17' AND bits < B'000001000000'
-- name: inet contained
SELECT count(*) FROM customer WHERE last_ip <<= '10.3.0.0/16'
-- name: inet v6 range
SELECT * FROM session WHERE ip BETWEEN '2001:db8::10' AND '2001:db8::20'
-- name: network contains
SELECT code FROM depot WHERE network >>= '10.7.3.9'::inet
-- name: OR of indexes
SELECT id FROM customer WHERE id = 77 OR email = 'user8@mail.example' OR uid = md5('9')::uuid
-- name: OR tree with correlated columns
SELECT count(*) FROM customer WHERE (country = 'AB' AND city = 'City 41') OR (country = 'AC' AND (zip = '00074' OR segment = 'key'))
-- name: IN list of many
SELECT id, price FROM parcel WHERE id IN (5, 17, 900, 12345, 40000, 69000, 69999, 8, 9, 10) AND created >= '2025-01-01'
-- name: NOT IN list
SELECT count(*) FROM ledger WHERE kind NOT IN ('invoice', 'payment') AND account IN (3, 4, 5, 999)
-- name: IN subquery
SELECT count(*) FROM parcel WHERE customer_id IN (SELECT id FROM customer WHERE segment = 'key' AND country = 'AA')
-- name: NOT IN subquery
SELECT count(*) FROM courier WHERE id NOT IN (SELECT courier_id FROM assignment WHERE day > '2026-01-15')
-- name: semi join
SELECT c.id, c.name FROM customer c WHERE EXISTS (SELECT 1 FROM ticket t WHERE t.customer_id = c.id AND t.closed IS NULL AND t.priority = 4)
-- name: anti join
SELECT d.code FROM depot d WHERE NOT EXISTS (SELECT FROM parcel p WHERE p.depot_from = d.id AND p.created >= '2025-12-01')
-- name: anti join on a key
SELECT count(*) FROM document d LEFT JOIN rating r USING (parcel_id) WHERE r.parcel_id IS NULL
-- name: three joins with a limit
SELECT p.code, c.name, d.code FROM parcel p JOIN customer c ON c.id = p.customer_id JOIN depot d ON d.id = p.depot_to WHERE p.state = 'customs' AND d.country = 'AC' ORDER BY p.created LIMIT 50
-- name: five joins
SELECT co.name, count(*), sum(p.price) FROM assignment a JOIN courier co ON co.id = a.courier_id JOIN depot d ON d.id = co.depot_id JOIN country cy ON cy.code = d.country JOIN parcel p ON p.id = a.parcel_id WHERE cy.region = 'EU' AND a.day BETWEEN '2025-04-01' AND '2025-04-07' GROUP BY co.id, co.name ORDER BY 3 DESC LIMIT 10
-- name: seven joins
SELECT c.segment, t.priority, count(*) FROM ticket t JOIN customer c ON c.id = t.customer_id JOIN parcel p ON p.id = t.parcel_id JOIN depot f ON f.id = p.depot_from JOIN depot g ON g.id = p.depot_to JOIN country a ON a.code = f.country JOIN country b ON b.code = g.country LEFT JOIN rating r ON r.parcel_id = p.id WHERE a.region <> b.region AND t.opened >= '2025-07-01' AND coalesce(r.stars, 3) < 4 GROUP BY 1, 2
-- name: self join of routes
SELECT x.depot_from, y.depot_to, min(x.km + y.km) FROM route x JOIN route y ON y.depot_from = x.depot_to WHERE x.depot_from = 5 AND y.depot_to = 90 GROUP BY 1, 2
-- name: full join
SELECT count(*) FROM rating r FULL JOIN document d ON d.parcel_id = r.parcel_id
-- name: right join with a range
SELECT d.id, count(s.parcel_id) FROM scan s RIGHT JOIN depot d ON d.id = s.depot_id AND s.at >= '2026-01-25' GROUP BY d.id
-- name: join on a non-equality
SELECT count(*) FROM tariff t JOIN depot d ON d.capacity BETWEEN lower(t.weights) AND upper(t.weights) WHERE t.zone = 3 AND t.service = 'letter'
-- name: cross join lateral top three
SELECT c.id, x.* FROM customer c CROSS JOIN LATERAL (SELECT p.id, p.price FROM parcel p WHERE p.customer_id = c.id ORDER BY p.created DESC LIMIT 3) x WHERE c.segment = 'key' AND c.country = 'AD'
-- name: left lateral aggregate
SELECT t.id, s.n FROM ticket t LEFT JOIN LATERAL (SELECT count(*) AS n FROM scan s WHERE s.parcel_id = t.parcel_id AND s.at < t.opened) s ON true WHERE t.priority = 5 AND t.closed IS NULL
-- name: CTE used twice
WITH busy AS (SELECT depot_id, count(*) AS n FROM scan WHERE at >= '2025-12-01' GROUP BY depot_id) SELECT a.depot_id FROM busy a JOIN busy b ON b.depot_id = a.depot_id + 1 WHERE a.n > b.n * 2
-- name: CTE materialised
WITH heavy AS MATERIALIZED (SELECT id, customer_id FROM parcel WHERE weight > 400) SELECT c.segment, count(*) FROM heavy h JOIN customer c ON c.id = h.customer_id GROUP BY 1
-- name: CTE not materialised
WITH heavy AS NOT MATERIALIZED (SELECT id, customer_id FROM parcel WHERE weight > 400) SELECT count(*) FROM heavy a JOIN heavy b ON a.customer_id = b.customer_id
-- name: recursive CTE
WITH RECURSIVE reach AS (SELECT depot_to, 1 AS hops FROM route WHERE depot_from = 11 UNION SELECT r.depot_to, reach.hops + 1 FROM route r JOIN reach ON r.depot_from = reach.depot_to WHERE reach.hops < 3) SELECT count(DISTINCT depot_to) FROM reach
-- name: data-modifying CTE
WITH gone AS (DELETE FROM outbox WHERE sent < '2025-02-01' RETURNING id, topic) SELECT topic, count(*) FROM gone GROUP BY topic
-- name: window rank
SELECT * FROM (SELECT customer_id, id, rank() OVER (PARTITION BY customer_id ORDER BY price DESC) AS place FROM parcel WHERE created >= '2025-09-01' AND created < '2025-09-08') x WHERE place <= 2
-- name: windows of two orders
SELECT account, booked, sum(amount) OVER (PARTITION BY account ORDER BY booked, id), lag(amount) OVER (PARTITION BY kind ORDER BY id) FROM ledger WHERE account BETWEEN 100 AND 140
-- name: run condition
SELECT * FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM outbox) x WHERE n <= 10
-- name: union of tables
SELECT id, closed FROM archive.parcel WHERE closed > '2024-08-01' UNION SELECT id, created::date FROM parcel WHERE state = 'lost' AND created < '2025-02-01'
-- name: union all ordered
SELECT made AS at, topic FROM outbox WHERE sent IS NULL UNION ALL SELECT at, what FROM audit WHERE who = 'user7' ORDER BY at DESC LIMIT 30
-- name: intersect
SELECT customer_id FROM ticket WHERE priority = 5 INTERSECT SELECT customer_id FROM parcel WHERE state = 'lost'
-- name: except
SELECT id FROM courier WHERE active EXCEPT SELECT courier_id FROM assignment WHERE done IS NULL
-- name: distinct
SELECT DISTINCT country, city FROM customer
-- name: distinct on
SELECT DISTINCT ON (customer_id) customer_id, seen, ip FROM session WHERE customer_id < 4000 ORDER BY customer_id, seen DESC
-- name: count distinct
SELECT kind, count(DISTINCT account) FROM ledger GROUP BY kind
-- name: grouping sets
SELECT service, state, date_trunc('quarter', created), count(*) FROM parcel GROUP BY GROUPING SETS ((service, state), (date_trunc('quarter', created)), ())
-- name: rollup and filter
SELECT country, segment, count(*) FILTER (WHERE credit < 0), avg(credit) FROM customer GROUP BY ROLLUP (country, segment)
-- name: cube having
SELECT fleet, codes[1], count(*) FROM telemetry GROUP BY CUBE (fleet, codes[1]) HAVING count(*) > 1000
-- name: ordered-set aggregate
SELECT kind, percentile_cont(0.95) WITHIN GROUP (ORDER BY amount) FROM ledger WHERE month IN (24301, 24302) GROUP BY kind
-- name: min and max by index
SELECT min(at), max(at) FROM audit
-- name: min and max of partitions
SELECT max(created) FROM parcel WHERE state = 'returned'
-- name: parallel scan
SELECT kind, count(*), avg(temperature) FROM scan WHERE duration > interval '10 minutes' GROUP BY kind
-- name: parallel join
SELECT s.kind, count(*) FROM scan s JOIN rating r ON r.parcel_id = s.parcel_id WHERE r.stars = 1 GROUP BY s.kind
-- name: parallel append of partitions
SELECT service, count(*), sum(weight) FROM parcel WHERE price > 150 GROUP BY service
-- name: parallel workers of a table
SELECT courier_id, count(*) FROM assignment WHERE done GROUP BY courier_id ORDER BY 2 DESC LIMIT 10
-- name: sort of everything
SELECT * FROM ledger ORDER BY amount DESC
-- name: incremental sort
SELECT id, account, booked, kind FROM ledger WHERE account < 400 ORDER BY account, kind LIMIT 100
-- name: top of a join
SELECT p.id, p.price FROM parcel p JOIN customer c ON c.id = p.customer_id WHERE c.segment = 'business' ORDER BY p.price DESC LIMIT 10
-- name: offset far
SELECT id FROM customer ORDER BY created DESC NULLS LAST OFFSET 5000 LIMIT 20
-- name: correlated subquery in the list
SELECT c.id, (SELECT max(p.created) FROM parcel p WHERE p.customer_id = c.id) FROM customer c WHERE c.country = 'AN' AND c.segment = 'key'
-- name: correlated subquery in the condition
SELECT count(*) FROM ledger l WHERE l.amount > (SELECT 2 * avg(amount) FROM ledger k WHERE k.account = l.account) AND l.account BETWEEN 10 AND 20
-- name: scalar subquery as a bound
SELECT count(*) FROM scan WHERE at > (SELECT max(at) - interval '1 day' FROM scan)
-- name: row comparison
SELECT id FROM ticket WHERE (opened, id) > ('2026-01-01', 90000) ORDER BY opened, id LIMIT 20
-- name: keyset on a partial index
SELECT id, subject FROM ticket WHERE closed IS NULL AND priority = 3 AND opened < '2025-06-01' ORDER BY priority DESC, opened LIMIT 50
-- name: nulls
SELECT count(*) FROM customer WHERE credit IS NULL AND last_ip IS NULL AND tags IS NOT NULL
-- name: negations
SELECT count(*) FROM parcel WHERE NOT (state = 'delivered' OR price < 10) AND delivered IS DISTINCT FROM created
-- name: like in the middle
SELECT count(*) FROM ledger WHERE memo LIKE '%44%'
-- name: regular expression
SELECT count(*) FROM customer WHERE name ~ '^A[bc]' AND city ~* 'ty 1[0-9]$'
-- name: case and coalesce
SELECT sum(CASE WHEN coalesce(credit, 0) > 1000 THEN 1 ELSE 0 END) FROM customer WHERE coalesce(segment, 'x') = 'shop'
-- name: stale table that grew
SELECT * FROM outbox WHERE topic = 'ledger' AND made > '2025-12-01' ORDER BY made LIMIT 100
-- name: stale table joined
SELECT o.topic, count(*) FROM outbox o JOIN ticket t ON t.id = o.id GROUP BY o.topic
-- name: stale table half deleted
SELECT count(*) FROM session WHERE customer_id BETWEEN 10 AND 60 AND seen > '2025-05-01'
-- name: table never analysed
SELECT who, count(*) FROM audit WHERE what = 'delete' AND at > '2025-12-01' GROUP BY who
-- name: table never analysed joined
SELECT a.who, c.name FROM audit a JOIN customer c ON c.id = a.id WHERE a.before IS NULL AND a.at < '2025-01-03'
-- name: bloated queue
SELECT id FROM queue WHERE state = 'waiting' AND run_at < '2025-02-01' ORDER BY run_at LIMIT 10 FOR UPDATE SKIP LOCKED
-- name: empty table
SELECT * FROM future f JOIN depot d ON d.id = f.id WHERE f.starts > '2026-01-01'
-- name: emptied table
SELECT name, count(*) FROM emptied WHERE made > '2025-06-01' GROUP BY name
-- name: unlogged table
SELECT * FROM cache_entry WHERE key = md5('5') AND expires > '2025-03-01'
-- name: materialised view
SELECT day, sum(revenue) FROM daily_volume WHERE service = 'express' AND day >= '2025-12-01' GROUP BY day
-- name: security barrier view
SELECT id, customer_name FROM open_parcel WHERE customer_id = 321
-- name: view with a group
SELECT * FROM depot_load WHERE country = 'AD' ORDER BY weight DESC LIMIT 5
-- name: same name in another schema
SELECT a.state, count(*) FROM archive.parcel a LEFT JOIN parcel p ON p.id = a.id WHERE a.closed BETWEEN '2023-01-01' AND '2023-02-01' GROUP BY a.state
-- name: constraint excludes
SELECT * FROM archive.parcel WHERE closed > '2025-06-01'
-- name: odd names
SELECT "select", "Größe" FROM "Odd names"."Item ""7"" är" WHERE "a b" = 'x y 7' AND "Größe" * 2 > 300 AND NOT "ctid?"
-- name: sample
SELECT count(*) FROM parcel TABLESAMPLE SYSTEM (2) WHERE state = 'moving'
-- name: by tid
SELECT id FROM customer WHERE ctid = '(10,3)'
-- name: values list
SELECT v.n, c.name FROM (VALUES (1), (20), (300), (4000)) v (n) JOIN customer c ON c.id = v.n
-- name: series
SELECT day, count(p.id) FROM generate_series('2025-12-01'::timestamptz, '2025-12-20', '1 day') day LEFT JOIN parcel p ON p.created >= day AND p.created < day + interval '1 day' GROUP BY day
-- name: unnest
SELECT tag, count(*) FROM customer c, unnest(c.tags) tag WHERE c.segment = 'shop' GROUP BY tag ORDER BY 2 DESC
-- name: elements of json
SELECT l ->> 'sku', sum((l ->> 'qty')::int) FROM document d, jsonb_array_elements(d.content -> 'lines') l WHERE d.kind = 'invoice' AND d.made >= '2025-11-01' GROUP BY 1
-- name: foreign key to a joined update
UPDATE parcel p SET state = 'returned' FROM ticket t WHERE t.parcel_id = p.id AND t.subject LIKE 'Damage%' AND p.state = 'moving' AND p.created >= '2025-11-01'
-- name: update by key
UPDATE queue SET state = 'running', worker = 3 WHERE id = 777
-- name: update of a bloated table
UPDATE session SET seen = now() WHERE customer_id = 55
-- name: delete with a subquery
DELETE FROM assignment WHERE courier_id IN (SELECT id FROM courier WHERE NOT active AND hired < '2011-01-01')
-- name: delete of partitions
DELETE FROM telemetry WHERE at < '2025-01-15' AND fleet = 'south'
-- name: insert from select
INSERT INTO archive.parcel SELECT id, state, delivered::date, price FROM parcel WHERE delivered < '2025-01-08'
-- name: upsert
INSERT INTO rating (parcel_id, stars, given) VALUES (10, 4, now()) ON CONFLICT (parcel_id) DO UPDATE SET stars = excluded.stars
-- name: parameter of a skewed column, common ["1"]
SELECT count(*), sum(amount) FROM ledger WHERE account = $1::int
-- name: parameter of a skewed column, rare ["11999"]
SELECT count(*), sum(amount) FROM ledger WHERE account = $1::int
-- name: parameter generic generic
SELECT count(*), sum(amount) FROM ledger WHERE account = $1::int
-- name: parameters of partitions ["2025-08-10", "2025-08-11", "express"]
SELECT id FROM parcel WHERE created >= $1::timestamptz AND created < $2::timestamptz AND service = $3::service
-- name: parameters of partitions generic generic
SELECT id FROM parcel WHERE created >= $1::timestamptz AND created < $2::timestamptz AND service = $3::service
-- name: parameter like ["City 1%"]
SELECT count(*) FROM customer WHERE city LIKE $1::text
-- name: parameter like generic generic
SELECT count(*) FROM customer WHERE city LIKE $1::text
-- name: parameter array ["{paid,fee,correction}", "3"]
SELECT * FROM ledger WHERE kind = ANY ($1::text[]) AND account = $2::int ORDER BY booked DESC LIMIT 10
-- name: parameter limit generic generic
SELECT id FROM outbox WHERE topic = $1::text ORDER BY made LIMIT $2::int
