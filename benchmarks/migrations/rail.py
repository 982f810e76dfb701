"""A railway's booking site, written by hand rather than by a mapper: partitions, arrays, documents, full text, window
functions. Nothing of the product was tuned on it."""

from __future__ import annotations

import itertools
import random

CHANGES = (
    "ALTER TABLE scan ALTER COLUMN gate TYPE bigint; DROP INDEX scan_booking; CREATE INDEX scan_gate ON scan (gate);",
    "ALTER TABLE passenger RENAME COLUMN tier TO level; ALTER TABLE passenger RENAME COLUMN level TO tier;"
    "DROP INDEX passenger_email_lower; ALTER TABLE passenger ALTER COLUMN email TYPE varchar(320);",
    "DROP INDEX trip_route; CREATE INDEX trip_route_only ON trip (route_id);ALTER TABLE trip ADD COLUMN platform text;",
    "ALTER TABLE booking ALTER COLUMN seat TYPE text; ALTER TABLE booking DROP COLUMN cancelled_at;",
    "CREATE TABLE refund_new (LIKE refund INCLUDING DEFAULTS); INSERT INTO refund_new SELECT * FROM refund;"
    "ALTER TABLE refund RENAME TO refund_old; ALTER TABLE refund_new RENAME TO refund;"
    "CREATE INDEX refund_made ON refund (created);",
    "DROP INDEX booking_tags; ALTER TABLE booking ALTER COLUMN tags SET STATISTICS 200;"
    "ALTER TABLE booking ADD COLUMN channel text NOT NULL DEFAULT 'web';",
    "ALTER TABLE passenger DROP COLUMN extra; CREATE INDEX passenger_born ON passenger (born);"
    "COMMENT ON TABLE passenger IS 'people';",
    "DO $$ DECLARE one record; BEGIN FOR one IN SELECT indexname FROM pg_indexes WHERE tablename = 'booking' AND indexname"
    " LIKE 'booking_p%' AND indexname <> 'booking_pkey' LOOP EXECUTE format('DROP INDEX %I', one.indexname); END LOOP; END"
    " $$; CREATE INDEX booking_of ON booking USING hash (passenger_id);",
    "DROP STATISTICS booking_state_class; ALTER TABLE search_log DROP COLUMN words;",
    "ALTER TABLE booking DROP CONSTRAINT booking_passenger_id_fkey; DROP INDEX booking_open;"
    "CREATE INDEX booking_open_created ON booking (created) WHERE state IN ('held', 'open');",
    "ALTER TABLE passenger ADD COLUMN region text; UPDATE passenger SET region = 'EU'; ALTER TABLE passenger ALTER COLUMN"
    " region SET NOT NULL; CREATE INDEX passenger_region ON passenger (region); DROP INDEX passenger_name;",
    "ALTER TABLE search_log ALTER COLUMN asked_at TYPE timestamp; DROP INDEX search_log_words;",
    "CREATE INDEX booking_trip_wide ON booking (trip_id) INCLUDE (state, price); DROP INDEX booking_trip;"
    "ALTER INDEX booking_trip_wide RENAME TO booking_trip; ALTER TABLE route ALTER COLUMN km TYPE numeric;",
)


def schema(scale: float) -> list[str]:
    """Statements that make and fill it."""

    def n(count: int) -> int:
        return max(60, round(count * scale))

    people, trips, bookings, scans, searches = n(60_000), n(90_000), n(300_000), n(400_000), n(120_000)
    months = [f"2026-{month:02}-01" for month in range(1, 8)]
    return [
        "CREATE TABLE station (id serial PRIMARY KEY, code char(3) NOT NULL UNIQUE, name text NOT NULL, tags text[] NOT"
        " NULL, place jsonb NOT NULL)",
        "CREATE INDEX station_name ON station (name text_pattern_ops)",
        "CREATE TABLE route (id serial PRIMARY KEY, origin integer NOT NULL REFERENCES station, target integer NOT NULL"
        " REFERENCES station, operator smallint NOT NULL, km integer NOT NULL)",
        "CREATE INDEX route_ends ON route (origin, target)",
        "CREATE INDEX route_target ON route (target)",
        "CREATE TABLE trip (id bigint NOT NULL, route_id integer NOT NULL REFERENCES route, departs timestamptz NOT NULL,"
        " seats smallint NOT NULL, state text NOT NULL, PRIMARY KEY (id, departs)) PARTITION BY RANGE (departs)",
        *(
            f"CREATE TABLE trip_{start[5:7]} PARTITION OF trip FOR VALUES FROM ('{start}') TO ('{end}')"
            for start, end in itertools.pairwise(months)
        ),
        "CREATE INDEX trip_route ON trip (route_id, departs)",
        "CREATE INDEX trip_late ON trip (departs) WHERE state = 'late'",
        "CREATE TABLE passenger (id bigserial PRIMARY KEY, email text NOT NULL, name text NOT NULL, born date, tier text NOT"
        " NULL, extra jsonb NOT NULL, vouchers text[] NOT NULL)",
        "CREATE UNIQUE INDEX passenger_email_lower ON passenger (lower(email))",
        "CREATE INDEX passenger_name ON passenger (name text_pattern_ops)",
        "CREATE INDEX passenger_extra ON passenger USING gin (extra)",
        "CREATE INDEX passenger_vouchers ON passenger USING gin (vouchers)",
        "CREATE INDEX passenger_gold ON passenger (id) WHERE tier = 'gold'",
        "CREATE TABLE booking (id bigserial PRIMARY KEY, passenger_id bigint NOT NULL REFERENCES passenger, trip_id bigint NOT"
        " NULL, departs timestamptz NOT NULL, class char(1) NOT NULL, seat smallint, price numeric(9,2) NOT NULL, state text"
        " NOT NULL, created timestamptz NOT NULL, cancelled_at timestamptz, tags text[] NOT NULL)",
        "CREATE INDEX booking_passenger ON booking (passenger_id, created DESC)",
        "CREATE INDEX booking_price ON booking (price DESC) WHERE state <> 'void'",
        "CREATE INDEX booking_trip ON booking (trip_id) INCLUDE (state)",
        "CREATE INDEX booking_open ON booking (created) WHERE state = 'open'",
        "CREATE INDEX booking_cancelled ON booking (cancelled_at) WHERE cancelled_at IS NOT NULL",
        "CREATE INDEX booking_day ON booking (date_trunc('day', created AT TIME ZONE 'UTC'))",
        "CREATE INDEX booking_tags ON booking USING gin (tags)",
        "CREATE STATISTICS booking_state_class (ndistinct, dependencies, mcv) ON state, class FROM booking",
        "CREATE TABLE refund (id bigserial PRIMARY KEY, booking_id bigint NOT NULL REFERENCES booking, amount numeric(9,2) NOT"
        " NULL, reason text NOT NULL, created timestamptz NOT NULL)",
        "CREATE INDEX refund_booking ON refund (booking_id)",
        "CREATE INDEX refund_reason ON refund (reason, created)",
        "CREATE TABLE scan (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, booking_id bigint NOT NULL, gate integer NOT"
        " NULL, at timestamptz NOT NULL)",
        "CREATE INDEX scan_booking ON scan (booking_id, at)",
        "CREATE INDEX scan_at ON scan USING brin (at) WITH (pages_per_range = 16)",
        "CREATE TABLE search_log (id bigserial PRIMARY KEY, origin integer NOT NULL, target integer NOT NULL, asked_at"
        " timestamptz NOT NULL, words tsvector NOT NULL)",
        "CREATE INDEX search_log_words ON search_log USING gin (words)",
        "CREATE INDEX search_log_asked ON search_log (asked_at)",
        "CREATE VIEW open_booking AS SELECT id, passenger_id, trip_id, price, created FROM booking WHERE state = 'open'",
        "SELECT setseed(0.29)",
        "INSERT INTO station (code, name, tags, place) SELECT upper(substr(md5(g::text), 1, 1)) || lpad(to_hex(g), 2, '0'),"
        " 'Station ' || substr(md5(g::text), 1, 6), ARRAY['k' || g % 5, 'z' || g % 11], jsonb_build_object('lat', g % 90,"
        " 'country', 'c' || g % 12) FROM generate_series(1, 250) g ON CONFLICT DO NOTHING",
        "INSERT INTO route (origin, target, operator, km) SELECT a.id, b.id, 1 + (a.id * 7 + b.id) % 9, 20 + (a.id * b.id) %"
        " 900 FROM station a JOIN station b ON b.id <> a.id AND (a.id + b.id * 3) % 16 = 0",
        f"INSERT INTO trip SELECT g, r.ids[1 + floor(random() ^ 2 * (r.many - 1))::int], timestamptz '2026-01-01' + g * interval"
        f" '180 days' / {trips + 1}, 200 + g % 300, CASE WHEN random() < 0.02 THEN 'late' WHEN random() < 0.01 THEN"
        f" 'cancelled' ELSE 'planned' END FROM generate_series(1, {trips}) g, (SELECT array_agg(id ORDER BY id) ids, count(*)"
        f" many FROM route) r",
        f"INSERT INTO passenger (email, name, born, tier, extra, vouchers) SELECT 'P' || g || '@rail.example', substr(md5("
        f"g::text), 1, 8) || ' ' || g % 700, CASE WHEN random() < 0.8 THEN date '1940-01-01' + floor(random() * 25000)::int"
        f" END, CASE WHEN g % 97 = 0 THEN 'gold' WHEN g % 11 = 0 THEN 'silver' ELSE 'plain' END, jsonb_build_object('lang',"
        f" 'l' || g % 9, 'card', g % 4000), CASE WHEN g % 20 = 0 THEN ARRAY['v' || g % 50, 'w' || g % 7] ELSE '{{}}' END FROM"
        f" generate_series(1, {people}) g",
        f"INSERT INTO booking (passenger_id, trip_id, departs, class, seat, price, state, created, cancelled_at, tags) SELECT 1"
        f" + floor(random() ^ 2 * {people - 1}), 1 + floor(random() * {trips}), timestamptz '2026-01-01' + g * interval '180"
        f" days' / {bookings + 1}, CASE WHEN random() < 0.1 THEN '1' ELSE '2' END, CASE WHEN random() < 0.7 THEN g % 90 END,"
        f" 9 + random() ^ 3 * 300, CASE WHEN random() < 0.02 THEN 'open' WHEN random() < 0.06 THEN 'void' ELSE 'paid' END,"
        f" timestamptz '2025-12-20' + g * interval '180 days' / {bookings}, CASE WHEN random() < 0.03 THEN timestamptz"
        f" '2026-02-01' + g * interval '9 sec' END, CASE WHEN g % 8 = 0 THEN ARRAY['bike', 't' || g % 300] WHEN g % 5 = 0 THEN"
        f" ARRAY['t' || g % 40] ELSE '{{}}' END FROM generate_series(1, {bookings}) g",
        "INSERT INTO refund (booking_id, amount, reason, created) SELECT id, price / 2, (ARRAY['late', 'ill', 'strike',"
        " 'other'])[1 + id % 4], created + interval '3 days' FROM booking WHERE id % 13 = 0",
        f"INSERT INTO scan (booking_id, gate, at) SELECT 1 + floor(random() * {bookings}), g % 400, timestamptz '2026-01-01' +"
        f" g * interval '180 days' / {scans} FROM generate_series(1, {scans}) g",
        f"INSERT INTO search_log (origin, target, asked_at, words) SELECT 1 + g % 240, 1 + floor(random() ^ 2 * 240),"
        f" timestamptz '2026-01-01' + g * interval '2 min', to_tsvector('simple', 'train w' || g % 800 || ' to w' ||"
        f" floor(random() ^ 3 * 2000)) FROM generate_series(1, {searches}) g",
    ]


_SHAPES = (
    "SELECT id, name FROM station WHERE code = 'A{two}'",
    "SELECT id, name FROM station WHERE name LIKE 'Station a{two}%' ORDER BY name",
    "SELECT id, name FROM station WHERE tags @> ARRAY['k{digit}']",
    "SELECT r.id, t.name FROM route r JOIN station t ON t.id = r.target WHERE r.origin = {station}",
    "SELECT r.id FROM route r WHERE r.target = {station} AND r.operator = {digit}",
    "SELECT t.id, t.departs, t.seats FROM trip t WHERE t.route_id = {route} AND t.departs >= '2026-0{month}-05' AND"
    " t.departs < '2026-0{month}-12' ORDER BY t.departs",
    "SELECT id, route_id, departs FROM trip WHERE state = 'late' AND departs > '2026-0{month}-20' ORDER BY departs LIMIT 50",
    "SELECT * FROM trip WHERE id = {trip}",
    "SELECT t.state, count(*) FROM trip t JOIN route r ON r.id = t.route_id WHERE r.origin = {station} GROUP BY t.state",
    "SELECT id, name FROM passenger WHERE lower(email) = lower('p{person}@rail.example')",
    "SELECT id, name FROM passenger WHERE name LIKE '{two}%' ORDER BY name LIMIT 15",
    "SELECT id FROM passenger WHERE extra @> '{{\"card\": {card}}}'",
    "SELECT id, email FROM passenger WHERE vouchers && ARRAY['v{two}', 'w{digit}']",
    "SELECT count(*) FROM passenger WHERE tier = 'gold' AND id > {person}",
    "SELECT count(*) FROM passenger WHERE born BETWEEN '19{two}-01-01' AND '19{two}-03-01'",
    "SELECT b.id, b.state, t.departs FROM booking b JOIN trip t ON t.id = b.trip_id WHERE b.passenger_id = {person} ORDER BY"
    " b.created DESC LIMIT 10",
    "SELECT state, count(*) FROM booking WHERE trip_id = {trip} GROUP BY state",
    "SELECT sum(price) FROM booking WHERE trip_id = {trip} AND state = 'paid'",
    "SELECT * FROM open_booking WHERE created < '2026-0{month}-03' ORDER BY created LIMIT 100",
    "SELECT id, price FROM booking WHERE state <> 'void' ORDER BY price DESC LIMIT 20",
    "SELECT id FROM booking WHERE cancelled_at >= '2026-02-0{digit}' AND cancelled_at < '2026-02-1{digit}'",
    "SELECT count(*), sum(price) FROM booking WHERE date_trunc('day', created AT TIME ZONE 'UTC') = '2026-0{month}-1{digit}'",
    "SELECT id FROM booking WHERE tags @> ARRAY['bike', 't{two}']",
    "SELECT class, count(*) FROM booking WHERE state = 'open' AND class = '1' GROUP BY class",
    "WITH mine AS (SELECT id, price FROM booking WHERE passenger_id = {person}) SELECT m.id, sum(r.amount) FROM mine m LEFT"
    " JOIN refund r ON r.booking_id = m.id GROUP BY m.id",
    "SELECT reason, count(*), sum(amount) FROM refund WHERE reason = 'strike' AND created >= '2026-0{month}-01' GROUP BY 1",
    "SELECT id, amount FROM refund WHERE booking_id IN ({trip}, {person}, {card})",
    "SELECT at, gate FROM scan WHERE booking_id = {trip} ORDER BY at",
    "SELECT gate, count(*) FROM scan WHERE at >= '2026-0{month}-07' AND at < '2026-0{month}-08' GROUP BY gate ORDER BY 2 DESC",
    "SELECT passenger_id, id, row_number() OVER (PARTITION BY passenger_id ORDER BY created DESC) FROM booking WHERE"
    " passenger_id IN ({person}, {card}, {trip})",
    "SELECT id, asked_at FROM search_log WHERE words @@ to_tsquery('simple', 'w{card} & train') ORDER BY asked_at DESC LIMIT 5",
    "SELECT target, count(*) FROM search_log WHERE asked_at >= '2026-0{month}-01' AND asked_at < '2026-0{month}-04' GROUP BY"
    " target ORDER BY 2 DESC LIMIT 10",
    "SELECT p.id, p.name FROM passenger p WHERE p.tier = 'silver' AND EXISTS (SELECT 1 FROM booking b WHERE b.passenger_id ="
    " p.id AND b.state = 'open' AND b.created >= '2026-0{month}-10')",
    "SELECT DISTINCT ON (passenger_id) passenger_id, id, created FROM booking WHERE trip_id = {trip} ORDER BY passenger_id,"
    " created DESC",
    "UPDATE booking SET state = 'paid' WHERE id = {trip} AND state = 'open'",
    "UPDATE trip SET state = 'late' WHERE id = {trip} AND departs = '2026-0{month}-11 10:00+00'",
    "INSERT INTO scan (booking_id, gate, at) VALUES ({trip}, {digit}, '2026-06-20 10:00+00')",
    "DELETE FROM refund WHERE booking_id = {card} AND reason = 'other'",
    "SELECT date_trunc('month', created), class, sum(price), avg(sum(price)) OVER (PARTITION BY class) FROM booking WHERE"
    " created >= '2026-0{month}-01' GROUP BY 1, 2",
    "SELECT b.id FROM booking b JOIN passenger p ON p.id = b.passenger_id WHERE p.name LIKE '{two}%' AND b.state = 'open'",
    "SELECT id FROM passenger WHERE email = 'P{person}@rail.example' UNION ALL SELECT passenger_id FROM booking WHERE id ="
    " {trip}",
)


def calls(scale: float, draw: random.Random, count: int) -> list[list[str]]:
    """Transactions of one statement each; values are skewed as the data are."""
    people, trips = max(60, round(60_000 * scale)), max(60, round(90_000 * scale))
    return [
        [
            draw.choice(_SHAPES).format(
                person=1 + int(draw.random() ** 2 * (people - 1)),
                trip=1 + int(draw.random() * (trips - 1)),
                route=1 + int(draw.random() ** 2 * 3800),
                station=1 + draw.randrange(200),
                card=1 + draw.randrange(3999),
                two=draw.randrange(40, 99),
                digit=1 + draw.randrange(7),
                month=1 + draw.randrange(5),
            )
        ]
        for _ in range(count)
    ]
