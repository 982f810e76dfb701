-- engine: postgresql 16
-- style: events by day in monthly partitions, and measurements
CREATE TABLE events (id bigint NOT NULL, at timestamptz NOT NULL, user_id int NOT NULL, kind text NOT NULL, payload jsonb) PARTITION BY RANGE (at);
CREATE TABLE events_01 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE events_02 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE TABLE events_03 PARTITION OF events FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
CREATE TABLE events_04 PARTITION OF events FOR VALUES FROM ('2026-04-01') TO ('2026-05-01');
CREATE TABLE events_05 PARTITION OF events FOR VALUES FROM ('2026-05-01') TO ('2026-06-01');
CREATE TABLE events_06 PARTITION OF events FOR VALUES FROM ('2026-06-01') TO ('2026-07-01');
CREATE TABLE sensors (id int PRIMARY KEY, site text NOT NULL, kind text NOT NULL);
CREATE TABLE measures (sensor_id int NOT NULL, at timestamptz NOT NULL, value float NOT NULL, quality int NOT NULL);
INSERT INTO events SELECT i, timestamptz '2026-01-01' + i * interval '26 seconds', 1 + (i * 17) % 20000, CASE WHEN i % 5000 = 0 THEN 'error' WHEN i % 3 = 0 THEN 'view' ELSE 'click' END, jsonb_build_object('path', '/p/' || i % 900, 'n', i % 10) FROM generate_series(1, 590000) i;
INSERT INTO sensors SELECT i, 'site' || i % 30, (ARRAY['temp','hum','co2'])[1 + i % 3] FROM generate_series(1, 600) i;
INSERT INTO measures SELECT 1 + i % 600, timestamptz '2026-01-01' + (i / 600) * interval '10 minutes', (i * 31 % 1000) / 10.0, CASE WHEN i % 2000 = 0 THEN 9 ELSE 0 END FROM generate_series(0, 599999) i;
CREATE INDEX ON events (at);
CREATE INDEX measures_sensor_at ON measures (sensor_id, at);
CREATE INDEX measures_at ON measures (at);
VACUUM ANALYZE;

-- + PLN011|SAR002@events ~ PLN022: the day by a cast: no partition is left out
SELECT count(*) FROM events WHERE at::date = '2026-03-05';
-- none - PLN011: the bare key
SELECT count(*) FROM events WHERE at >= '2026-03-05' AND at < '2026-03-06';
-- + PLN020@events - PLN011: a user's events lie in all partitions, and there is no index
-- fix: CREATE INDEX ON events (user_id)
SELECT at, kind FROM events WHERE user_id = 777;
-- none - PLN020: the newest events, the other partitions are never executed
SELECT id, kind FROM events ORDER BY at DESC LIMIT 30;
-- + IDX008|IDX005@events ~ PLN020: the newest of a user, by walking back through the time index
-- fix: CREATE INDEX ON events (user_id, at)
-- set: enable_sort=off; enable_seqscan=off
SELECT id, at, kind FROM events WHERE user_id = 777 ORDER BY at DESC LIMIT 50;
-- + PLN020@events: errors are rare
-- fix: CREATE INDEX ON events (kind)
SELECT id, at FROM events WHERE kind = 'error';
-- none - PLN020: a third of all
SELECT count(*) FROM events WHERE kind = 'view';
-- + PLN020|IDX012 ~ PLN020 PLN022: rare, in one partition, inside jsonb
SELECT id FROM events WHERE at >= '2026-06-01' AND payload @> '{"path": "/p/7", "n": 7}';
-- none - PLN020 IDX005: a sensor's week by its index
SELECT avg(value) FROM measures WHERE sensor_id = 42 AND at >= '2026-01-02' AND at < '2026-01-04';
-- + PLN020@measures: bad quality is rare
-- fix: CREATE INDEX ON measures (quality)
SELECT sensor_id, at FROM measures WHERE quality = 9;
-- none - PLN033 PLN020: a day of all sensors, by the time index
SELECT sensor_id, avg(value) FROM measures WHERE at >= '2026-01-05' AND at < '2026-01-06' GROUP BY sensor_id;
-- ~ PLN033@measures - PLN020 PLN022: the chart over all times: a summary table would serve it
SELECT date_trunc('day', at) AS day, avg(value) FROM measures GROUP BY 1;
-- + PLN026: groups do not fit
-- set: work_mem='256kB'; enable_sort=off; enable_incremental_sort=off; enable_indexscan=off
SELECT sensor_id, date_trunc('hour', at), avg(value) FROM measures GROUP BY 1, 2;
-- none - PLN026: they do
-- set: work_mem='64MB'
SELECT user_id, count(*) FROM events GROUP BY user_id;
-- none - PLN005: a bitmap that became lossy, and just forty rows were checked in vain
-- set: work_mem='64kB'; enable_seqscan=off; enable_indexscan=off
SELECT count(*) FROM measures WHERE at >= '2026-01-02' AND at < '2026-01-06' AND quality = 0;
-- none - PLN005: the bitmap fits
-- set: enable_seqscan=off; enable_indexscan=off
SELECT count(*) FROM measures WHERE at >= '2026-01-02' AND at < '2026-01-03' AND quality = 0;
-- none - PLN013 PLN020: parallel, all launched, most rows are kept
-- set: max_parallel_workers_per_gather=2; parallel_setup_cost=0; min_parallel_table_scan_size=0
SELECT avg(value) FROM measures WHERE value > 20;
-- + PLN013 ~ PLN033: no worker is to be had
-- set: max_parallel_workers_per_gather=2; parallel_setup_cost=0; min_parallel_table_scan_size=0; max_parallel_workers=0
SELECT avg(value) FROM measures WHERE value > 20;
-- + PLN020@measures: parallel, and nearly all is thrown away
-- set: max_parallel_workers_per_gather=2; parallel_setup_cost=0; min_parallel_table_scan_size=0
SELECT sensor_id, at FROM measures WHERE quality = 9;
-- none - PLN007 PLN008: quick, by the index
SELECT value FROM measures WHERE sensor_id = 3 ORDER BY at DESC LIMIT 1;
