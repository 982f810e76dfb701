-- engine: postgresql
-- style: job queue
CREATE TABLE jobs (id bigserial PRIMARY KEY, queue text NOT NULL, priority int NOT NULL DEFAULT 0, run_at timestamptz NOT NULL, locked_by text, payload jsonb NOT NULL, attempts int NOT NULL DEFAULT 0);
CREATE INDEX jobs_ready ON jobs (queue, priority, run_at) WHERE locked_by IS NULL;
CREATE INDEX jobs_locked ON jobs (locked_by);
CREATE TABLE job_errors (job_id bigint NOT NULL REFERENCES jobs ON DELETE CASCADE, at timestamptz NOT NULL, message text NOT NULL);
-- @ + IDX003 job_errors: deleting a job reads them all
-- @ + SCH001 job_errors: no key
-- - IDX001 IDX004 PAG006: the partial index is made for it
SELECT id, payload FROM jobs WHERE queue = 'mail' AND locked_by IS NULL AND run_at <= now() ORDER BY priority, run_at LIMIT 1 FOR UPDATE SKIP LOCKED;
-- - WRI001: subquery narrows
UPDATE jobs SET locked_by = 'w1' WHERE id = (SELECT id FROM jobs WHERE queue = 'mail' AND locked_by IS NULL ORDER BY priority LIMIT 1 FOR UPDATE SKIP LOCKED);
-- - SUB004: the subquery has LIMIT and locks
UPDATE jobs SET attempts = attempts + 1 WHERE id IN (SELECT id FROM jobs WHERE queue = 'x' AND locked_by IS NULL ORDER BY run_at LIMIT 10 FOR UPDATE);
-- + WRI001: unlocks all
UPDATE jobs SET locked_by = NULL, attempts = 0;
-- - WRI001: a temporary table emptied is not a table of the schema: TRUNCATE is as meant
TRUNCATE job_errors;
-- - WRI001: DELETE with USING
DELETE FROM job_errors e USING jobs j WHERE j.id = e.job_id AND j.queue = 'old';
-- + IDX012: key of a jsonb by containment
SELECT id FROM jobs WHERE payload @> '{"user": 3}';
-- + IDX011 ~ SAR001 IDX012: jsonb field by expression
SELECT id FROM jobs WHERE payload->>'user' = '3';
