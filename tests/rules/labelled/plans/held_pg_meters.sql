-- engine: postgresql 17
-- style: held back: meters, readings by quarter, alarms
CREATE TABLE meters (id int PRIMARY KEY, serial text NOT NULL, area text NOT NULL, model text NOT NULL);
CREATE TABLE readings (meter_id int NOT NULL, at timestamptz NOT NULL, kwh float NOT NULL, flag int NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE readings_q1 PARTITION OF readings FOR VALUES FROM ('2025-01-01') TO ('2025-04-01');
CREATE TABLE readings_q2 PARTITION OF readings FOR VALUES FROM ('2025-04-01') TO ('2025-07-01');
CREATE TABLE readings_q3 PARTITION OF readings FOR VALUES FROM ('2025-07-01') TO ('2025-10-01');
CREATE TABLE readings_q4 PARTITION OF readings FOR VALUES FROM ('2025-10-01') TO ('2026-01-01');
CREATE TABLE alarms (id bigint PRIMARY KEY, meter_id int NOT NULL, raised timestamptz NOT NULL, cleared timestamptz, kind text NOT NULL, source jsonb NOT NULL);
INSERT INTO meters SELECT i, 'SN' || md5(i::text), 'area' || i % 25, 'model' || i % 6 FROM generate_series(1, 80000) i;
INSERT INTO readings SELECT 1 + (i::bigint * 7919) % 80000, timestamptz '2025-01-01' + i * interval '60 seconds', (i % 700) / 10.0, CASE WHEN i % 4000 = 0 THEN 3 ELSE 0 END FROM generate_series(1, 520000) i;
INSERT INTO alarms SELECT i, 1 + i % 80000, timestamptz '2025-01-01' + i * interval '3 minutes', CASE WHEN i % 700 <> 0 THEN timestamptz '2025-01-02' + i * interval '3 minutes' END, (ARRAY['volt','temp','tamper'])[1 + i % 3], jsonb_build_object('dev', i % 4000, 'v', i % 9) FROM generate_series(1, 170000) i;
CREATE INDEX ON readings (at);
CREATE INDEX alarms_raised ON alarms (raised);
CREATE INDEX alarms_kind ON alarms (kind);
VACUUM ANALYZE;

-- + PLN020|IDX001: readings of a meter lie in all quarters, without an index
-- fix: CREATE INDEX ON readings (meter_id)
SELECT at, kwh FROM readings WHERE meter_id = 777;
-- + PLN011|SAR002|PLN022 ~ PLN022 PLN011: the day by a cast
SELECT avg(kwh) FROM readings WHERE at::date = '2025-08-08';
-- none - PLN011: one day of one quarter
SELECT avg(kwh) FROM readings WHERE at >= '2025-08-08' AND at < '2025-08-09';
-- + IDX008|PLN020: the newest flagged of all, by walking back; there are 130
-- fix: CREATE INDEX ON readings (flag, at)
-- set: enable_sort=off; enable_seqscan=off
SELECT meter_id, at FROM readings WHERE flag = 3 AND kwh > 69 ORDER BY at DESC LIMIT 5;
-- + PLN020|IDX001|SAR009|IDX013@alarms: alarms that are open
-- fix: CREATE INDEX ON alarms (raised) WHERE cleared IS NULL
SELECT id, meter_id FROM alarms WHERE cleared IS NULL;
-- + PLN020|IDX012@alarms: inside a document
-- fix: CREATE INDEX ON alarms USING gin (source)
SELECT id FROM alarms WHERE source @> '{"dev": 77}';
-- none - PLN020: a third of the alarms
SELECT count(*) FROM alarms WHERE kind = 'volt' AND raised > '2025-01-05';
-- + PLN020|IDX001@meters: by serial number
-- fix: CREATE INDEX ON meters (serial)
SELECT id FROM meters WHERE serial = 'SNnone';
-- none - IDX008 IDX007: the newest alarms
SELECT id, kind FROM alarms ORDER BY raised DESC LIMIT 20;
-- + PLN026: one group a meter, in little memory
-- set: work_mem='256kB'; enable_sort=off; enable_indexscan=off
SELECT meter_id, max(kwh) FROM readings GROUP BY meter_id;
-- ~ PLN033 - PLN026: the same, and it fits
-- set: work_mem='64MB'
SELECT meter_id, max(kwh) FROM readings GROUP BY meter_id;
-- + PLN013 ~ PLN033: no workers to be had
-- set: max_parallel_workers_per_gather=2; parallel_setup_cost=0; max_parallel_workers=0; min_parallel_table_scan_size=0
SELECT count(*) FROM alarms WHERE kind <> 'volt' AND meter_id % 3 = 1;
-- none - PLN012 JOI012: alarms of an area's meters of a day, by hash
SELECT m.area, count(*) FROM alarms a JOIN meters m ON m.id = a.meter_id WHERE a.raised >= '2025-03-01' AND a.raised < '2025-03-03' GROUP BY m.area;
