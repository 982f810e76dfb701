-- engine: postgresql 18
-- style: a job queue and its log
CREATE TABLE jobs (id bigint PRIMARY KEY, queue text NOT NULL, state text NOT NULL, run_at timestamptz NOT NULL, attempts int NOT NULL, locked_by text, payload text NOT NULL);
CREATE TABLE workers (id int PRIMARY KEY, name text NOT NULL, seen timestamptz NOT NULL);
CREATE TABLE job_log (id bigint PRIMARY KEY, job_id bigint NOT NULL, worker_id int NOT NULL, level int NOT NULL, at timestamptz NOT NULL, message text NOT NULL);
INSERT INTO jobs SELECT i, (ARRAY['mail','export','sync','index'])[1 + i % 4], CASE WHEN i > 299000 THEN 'ready' WHEN i % 2000 = 0 THEN 'failed' ELSE 'done' END, timestamptz '2026-01-01' + i * interval '10 seconds', i % 3, NULL, repeat('x', 60) FROM generate_series(1, 300000) i;
INSERT INTO workers SELECT i, 'w' || i, '2026-02-01' FROM generate_series(1, 20) i;
INSERT INTO job_log SELECT i, 1 + i % 300000, 1 + i % 20, i % 100, timestamptz '2026-01-01' + i * interval '7 seconds', 'log ' || md5(i::text) FROM generate_series(1, 500000) i;
CREATE INDEX jobs_run ON jobs (run_at);
CREATE INDEX log_worker_at ON job_log (worker_id, at);
VACUUM ANALYZE;

-- + PLN020|IDX007@jobs ~ IDX008: the next job, by reading all done ones
-- fix: CREATE INDEX ON jobs (run_at) WHERE state = 'ready'
-- set: enable_indexscan=off
SELECT id FROM jobs WHERE state = 'ready' AND queue = 'mail' ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED;
-- + IDX008@jobs: the same by walking over all done ones
-- fix: CREATE INDEX ON jobs (state, run_at)
-- set: enable_seqscan=off; enable_sort=off
SELECT id FROM jobs WHERE state = 'ready' AND queue = 'mail' ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED;
-- + PLN020@jobs: the failed ones
-- fix: CREATE INDEX ON jobs (state)
SELECT id, attempts FROM jobs WHERE state = 'failed';
-- + PLN020@job_log: the log of a job
-- fix: CREATE INDEX ON job_log (job_id)
SELECT at, message FROM job_log WHERE job_id = 5000 ORDER BY at;
-- none - PLN020 IDX006: a worker's last lines
SELECT at, message FROM job_log WHERE worker_id = 7 ORDER BY at DESC LIMIT 100;
-- none - PLN014: the index begins with the worker, and nobody asks for one: a skip scan of twenty steps
-- set: enable_seqscan=off; enable_bitmapscan=off
SELECT count(*) FROM job_log WHERE at >= '2026-01-20' AND at < '2026-01-20 01:00';
-- none - PLN020: a table of twenty rows
SELECT * FROM workers WHERE name = 'w7';
-- none - PLN016: a write to one job
UPDATE jobs SET state = 'done' WHERE id = 299500;
-- + PLN020@jobs: a sweep that looks for the stuck ones
-- fix: CREATE INDEX ON jobs (locked_by)
UPDATE jobs SET locked_by = NULL, attempts = attempts + 1 WHERE locked_by = 'w3' AND state = 'ready';
-- none - PLN020: cleaning up: nearly all are deleted
DELETE FROM jobs WHERE state = 'done' AND run_at < '2026-02-01';
-- none - PLN020: a job by its key
SELECT 1 FROM jobs WHERE id = 5 AND state = 'done';
-- ~ PLN033@jobs: the status page
SELECT queue, state, count(*) FROM jobs GROUP BY queue, state;
-- none - IDX005: the worker's lines are read to find a fifth of them, one in each block (8.1 ms, and 8.2 with the index)
-- fix: CREATE INDEX ON job_log (worker_id, level)
-- set: enable_seqscan=off
SELECT id, message FROM job_log WHERE worker_id = 7 AND level = 66 AND at > '2026-01-01';
-- none - IDX005: a tenth of a few rows
SELECT id FROM job_log WHERE worker_id = 7 AND at > '2026-02-10' AND level < 50;
-- ~ IDX005@job_log - PLN020: a rare level among few lines; 3 ms
-- fix: CREATE INDEX ON job_log (level, at)
SELECT id FROM job_log WHERE level = 66 AND at < '2026-01-03' UNION ALL SELECT id FROM jobs WHERE id = 7;
-- none - PLN024 PLN020: a CTE that is read once, small sort
WITH recent AS (SELECT * FROM jobs WHERE run_at > '2026-02-04 16:00') SELECT queue, count(*) FROM recent GROUP BY queue ORDER BY 2;
