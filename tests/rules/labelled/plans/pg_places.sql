-- engine: postgresql 15
-- style: places, visits and an access log; JIT and planning
CREATE TABLE places (id int PRIMARY KEY, name text NOT NULL, lat float NOT NULL, lon float NOT NULL, city text NOT NULL, zip text NOT NULL, kind text NOT NULL, tags text[] NOT NULL);
CREATE TABLE visits (id bigint PRIMARY KEY, place_id int NOT NULL, user_id int NOT NULL, at timestamptz NOT NULL, rating int, device text NOT NULL);
CREATE TABLE access_log (at timestamptz NOT NULL, ip inet NOT NULL, status int NOT NULL, path text NOT NULL, bytes int NOT NULL, ms int NOT NULL);
CREATE TABLE zips (zip text PRIMARY KEY, city text NOT NULL);
INSERT INTO places SELECT i, 'Place ' || i, 45 + (i * 17 % 10000) / 1000.0, 5 + (i * 31 % 10000) / 1000.0, 'city' || i % 400, lpad((i % 400 * 11)::text, 5, '0'), (ARRAY['cafe','bar','shop','museum'])[1 + i % 4], ARRAY['t' || i % 50, 't' || i % 70] FROM generate_series(1, 120000) i;
INSERT INTO visits SELECT i, 1 + (i * 7) % 120000, 1 + (i * 11) % 30000, timestamptz '2025-01-01' + i * interval '40 seconds', CASE WHEN i % 4 = 0 THEN 1 + i % 5 END, CASE WHEN i % 3000 = 0 THEN 'kiosk' ELSE 'phone' END FROM generate_series(1, 500000) i;
INSERT INTO access_log SELECT timestamptz '2026-01-01' + i * interval '1 second', ('10.0.' || i % 200 || '.' || i % 250)::inet, CASE WHEN i % 2500 = 0 THEN 500 WHEN i % 40 = 0 THEN 404 ELSE 200 END, '/p/' || i % 3000, i % 50000, i % 900 FROM generate_series(1, 500000) i;
INSERT INTO zips SELECT DISTINCT zip, city FROM places;
CREATE INDEX places_city ON places (city);
CREATE INDEX places_zip ON places (zip);
CREATE INDEX visits_place ON visits (place_id);
CREATE INDEX visits_user ON visits (user_id);
CREATE INDEX visits_at ON visits (at);
CREATE INDEX access_at ON access_log (at);
VACUUM ANALYZE;

-- + PLN020@places: a bounding box without an index: 1 % of the rows
-- fix: CREATE INDEX ON places (lat, lon)
SELECT id, name FROM places WHERE lat BETWEEN 48.1 AND 48.2 AND lon BETWEEN 8.0 AND 9.0;
-- + PLN020@access_log: server errors are rare
-- fix: CREATE INDEX ON access_log (status)
SELECT at, path FROM access_log WHERE status = 500;
-- none - PLN020: most are answered well
SELECT avg(ms) FROM access_log WHERE status = 200;
-- none - PLN020: requests of an hour
SELECT path, count(*) FROM access_log WHERE at BETWEEN '2026-01-02 10:00' AND '2026-01-02 11:00' GROUP BY path ORDER BY 2 DESC LIMIT 10;
-- + PLN020@access_log: by address
-- fix: CREATE INDEX ON access_log (ip)
SELECT at, path FROM access_log WHERE ip = '10.0.7.7';
-- + PLN020@visits: kiosks are few
-- fix: CREATE INDEX ON visits (device)
SELECT id, at FROM visits WHERE device = 'kiosk' AND rating IS NOT NULL;
-- none - PLN021 IDX005 PLN020: a user's visits
SELECT id, at, rating FROM visits WHERE user_id = 44 AND rating >= 3;
-- ~ PLN002@places PLN001 JOI012: city and zip go together; 3 ms, and no other plan would be quicker
-- set: enable_bitmapscan=off
SELECT p.name, v.at FROM places p JOIN visits v ON v.place_id = p.id WHERE p.city = 'city7' AND p.zip = '00077';
-- + PLN007: compilation for a short query
-- set: jit=on; jit_above_cost=10; jit_inline_above_cost=10; jit_optimize_above_cost=10
SELECT count(*) FILTER (WHERE rating > 3), avg(rating), max(at) FROM visits WHERE at < '2025-01-20';
-- none - PLN007 PLN033: compilation is little beside a long query
-- set: jit=on; jit_above_cost=10; jit_inline_above_cost=500000; jit_optimize_above_cost=500000
SELECT v.device, p.kind, count(*), avg(v.rating), sum(length(p.name)) FROM visits v JOIN places p ON p.id = v.place_id JOIN visits w ON w.user_id = v.user_id GROUP BY 1, 2;
-- none - PLN008: an ordinary plan
SELECT name FROM places WHERE id = 7;
-- + IDX006|IDX007@visits: all visits of a range sorted by user, for a page
-- fix: CREATE INDEX ON visits (rating, at)
-- set: enable_indexscan=off
SELECT id, at FROM visits WHERE rating = 5 ORDER BY at DESC LIMIT 10;
-- + PLN012 ~ PLN001 JOI012: pairs of places near each other
SELECT count(*) FROM places a JOIN places b ON abs(a.lat - b.lat) < 0.001 AND abs(a.lon - b.lon) < 0.001 WHERE a.id <= 1000 AND b.id <= 1000;
-- none - PLN012: few pairs
SELECT count(*) FROM zips a, zips b WHERE a.city < b.city AND a.zip < '00100' AND b.zip < '00100';
-- + PLN020|IDX012@places: tags without a gin index
-- fix: CREATE INDEX ON places USING gin (tags)
SELECT id, name FROM places WHERE tags @> ARRAY['t7', 't17'];
-- + PLN001|JOI012 ~ JOI012 PLN001 PLN002 PLN022: rows of a function are misjudged and the join above is a loop
-- set: enable_hashjoin=on
SELECT count(*) FROM places p JOIN visits v ON v.place_id = p.id WHERE substr(p.name, 1, 5) = 'Place' AND p.kind = 'cafe';
-- none - PLN020 PLN001: only estimated: an index is used
-- form: plain
SELECT id, at FROM visits WHERE user_id = 44;
-- + PLN020@access_log: only estimated: all is read for few rows
-- form: plain
SELECT at, path FROM access_log WHERE status = 500;
-- none - PLN020: only estimated: most rows come
-- form: plain
SELECT avg(ms) FROM access_log WHERE status = 200;
-- + PLN020@access_log: in JSON
-- form: json
SELECT at, path FROM access_log WHERE status = 500 AND bytes > 10;
-- + PLN020@access_log: without buffers
-- form: nobuffers
SELECT at, path FROM access_log WHERE status = 500 AND ms > 1;
-- none - PLN027 JOI012 PLN001: a nested loop that the settings forced; as many rows as estimated
-- set: work_mem='64kB'; enable_hashjoin=off; enable_mergejoin=off
SELECT count(p.name) FROM visits v JOIN places p ON p.id = v.place_id WHERE v.at < '2025-05-01';
-- none - PLN027: the cache holds all
-- set: enable_hashjoin=off; enable_mergejoin=off
SELECT count(z.city) FROM places p JOIN zips z ON z.zip = p.zip WHERE p.id < 20000;
