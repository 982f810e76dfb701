-- engine: postgresql
-- style: event warehouse
CREATE TABLE event (id bigint PRIMARY KEY, account int NOT NULL, kind text NOT NULL, at timestamp NOT NULL, at_tz timestamptz NOT NULL, day date NOT NULL, props jsonb, ip inet);
CREATE INDEX event_account_at ON event (account, at);
CREATE INDEX event_at_tz ON event (at_tz);
CREATE INDEX event_day ON event (day);
CREATE INDEX event_at_date ON event ((at::date));
CREATE INDEX event_props_user ON event ((props->>'user'));
CREATE INDEX event_kind_at ON event (kind, at DESC);
-- - SAR002 SAR001 IDX011: the expression at::date has its own index
SELECT count(*) FROM event WHERE at::date = '2024-01-01';
-- - IDX011 SAR001: expression index
SELECT id FROM event WHERE props->>'user' = '5';
-- + IDX011 ~ IDX012 SAR001: another field has none
SELECT id, kind FROM event WHERE props->>'session' = 'x';
-- - SAR002: cast of a date column to date changes nothing
SELECT id FROM event WHERE day = '2024-01-01'::date;
-- + SAR002 ~ SAR001: date() of timestamptz, zone must be said
SELECT id FROM event WHERE date(at_tz) = '2024-01-02';
-- + SAR003 ~ SAR001: date_part year
SELECT count(*) FROM event WHERE date_part('year', day) = 2024;
-- ~ SAR003 SAR001: hour of day has no range
SELECT count(*) FROM event WHERE account = 5 AND extract(hour FROM at) = 12;
-- - IDX004 IDX001: both by equality and order
SELECT id FROM event WHERE kind = 'click' ORDER BY at DESC LIMIT 10;
-- - SAR004: interval on the value
SELECT id FROM event WHERE account = 3 AND at >= now() - interval '7 days';
-- + SAR004: the column minus now
SELECT id FROM event WHERE at_tz - interval '1 hour' > now();
-- + JOI013: DISTINCT ON would do, window numbers all
WITH r AS (SELECT account, kind, at, row_number() OVER (PARTITION BY account ORDER BY at DESC) AS rn FROM event) SELECT account, kind, at FROM r WHERE rn = 1;
-- - JOI013: a sum over the window
SELECT account, sum(1) OVER (PARTITION BY account ORDER BY at) FROM event WHERE account = 4;
-- - PAG001: OFFSET in a subquery as a fence
SELECT id FROM (SELECT id FROM event WHERE account = 6 OFFSET 0) x;
-- - AGG002: HAVING over two aggregates
SELECT account, max(at) FROM event WHERE day = '2024-01-03' GROUP BY account HAVING max(at) > min(at);
-- + AGG002: HAVING over key and aggregate joined by AND
SELECT account, count(*) FROM event WHERE day = '2024-01-04' GROUP BY account HAVING account > 10 AND count(*) > 3;
-- - AGG002: HAVING with OR of key and aggregate cannot move
SELECT account, count(*) FROM event WHERE day = '2024-01-05' GROUP BY account HAVING account = 10 OR count(*) > 3;
