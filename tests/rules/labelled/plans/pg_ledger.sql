-- engine: postgresql 14
-- style: accounts, entries, balances; triggers and foreign keys
CREATE TABLE accounts (id int PRIMARY KEY, owner text NOT NULL, kind text NOT NULL, balance numeric NOT NULL DEFAULT 0, bank_code text NOT NULL, branch text NOT NULL);
CREATE TABLE transfers (id bigint PRIMARY KEY, reference text NOT NULL, booked_on date NOT NULL, state text NOT NULL);
CREATE TABLE entries (id bigint PRIMARY KEY, transfer_id bigint NOT NULL REFERENCES transfers, account_id int NOT NULL REFERENCES accounts, amount numeric NOT NULL, booked_on date NOT NULL, note text);
CREATE TABLE history (account_id int, at timestamptz, balance numeric);
CREATE TABLE rates (currency text, day date, rate numeric, PRIMARY KEY (currency, day));
INSERT INTO accounts SELECT i, 'Owner ' || i, (ARRAY['cash','loan','card'])[1 + i % 3], 0, 'BANK' || i % 200, 'BR' || i % 200 FROM generate_series(1, 50000) i;
INSERT INTO transfers SELECT i, 'REF' || md5(i::text), date '2024-01-01' + i % 700, CASE WHEN i % 3000 = 0 THEN 'open' ELSE 'booked' END FROM generate_series(1, 250100) i;
INSERT INTO entries SELECT i, 1 + i / 2 % 250000, 1 + (i * 101) % 50000, (i % 1000) - 500, date '2024-01-01' + (i / 2) % 700, NULL FROM generate_series(1, 500000) i;
INSERT INTO rates SELECT c, date '2024-01-01' + d, 1.1 FROM unnest(ARRAY['EUR','USD','CHF']) c, generate_series(0, 700) d;
CREATE INDEX entries_account ON entries (account_id);
CREATE INDEX entries_booked ON entries (booked_on);
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM count(*) FROM history WHERE account_id = NEW.id; INSERT INTO history VALUES (NEW.id, now(), NEW.balance); RETURN NEW; END';
INSERT INTO history SELECT i % 50000, now(), 1 FROM generate_series(1, 100000) i;
CREATE TRIGGER keep_history AFTER UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION keep();
VACUUM ANALYZE;

-- + PLN020@entries: the entries of a transfer: the foreign key has no index
-- fix: CREATE INDEX ON entries (transfer_id)
SELECT account_id, amount FROM entries WHERE transfer_id = 4444;
-- none - PLN020 IDX005: an account's entries
SELECT sum(amount) FROM entries WHERE account_id = 4444;
-- + PLN016: the trigger reads history for each account
UPDATE accounts SET balance = balance + 1 WHERE id BETWEEN 100 AND 120;
-- + PLN016: deleting transfers checks entries
-- fix: CREATE INDEX ON entries (transfer_id)
DELETE FROM transfers WHERE id BETWEEN 250010 AND 250030;
-- none - PLN016: the parents of new entries are found by key
INSERT INTO entries SELECT 900000 + i, 5 + i, 7 + i, 10, '2026-01-01', NULL FROM generate_series(1, 3000) i;
-- + PLN020@transfers: by reference, no index
-- fix: CREATE INDEX ON transfers (reference)
SELECT id, state FROM transfers WHERE reference = 'REFx';
-- + PLN020@transfers: the open ones are few
-- fix: CREATE INDEX ON transfers (state)
SELECT id FROM transfers WHERE state = 'open' ORDER BY booked_on;
-- none - PLN020: nearly all transfers are booked
SELECT count(*) FROM transfers WHERE state = 'booked';
-- ~ PLN033@entries - PLN020 PLN024 PLN001: the trial balance reads all
SELECT account_id, sum(amount) FROM entries GROUP BY account_id;
-- + SUB001|PLN020@entries: the subquery reads all entries for each of thirty accounts
SELECT a.id, (SELECT count(*) FROM entries e WHERE e.note IS NULL AND e.transfer_id = a.id) FROM accounts a WHERE a.id <= 30;
-- + PLN012|PLN020 ~ JOI012 PLN001: a join on a range tries all pairs
-- set: enable_hashjoin=off; enable_mergejoin=off; enable_indexscan=off; enable_bitmapscan=off
SELECT count(*) FROM transfers t JOIN rates r ON t.booked_on + 1 = r.day AND r.currency = 'EUR' WHERE t.id <= 1500;
-- none - PLN012: a lookup for each of few rows
SELECT t.id, r.rate FROM transfers t JOIN rates r ON r.day = t.booked_on AND r.currency = 'EUR' WHERE t.id BETWEEN 10 AND 60;
-- + PLN022|SAR004@entries ~ PLN020: arithmetic on the column
SELECT count(*) FROM entries WHERE account_id + 0 = 77;
-- + PLN022|SAR003@entries ~ PLN020: extract hides booked_on; a month of 23
SELECT sum(amount) FROM entries WHERE extract(year FROM booked_on) = 2025 AND extract(month FROM booked_on) = 11;
-- + PLN002|PLN020@accounts ~ PLN020@accounts PLN002@accounts PLN001: no index on either, and bank code and branch go together
SELECT a.owner, e.amount FROM accounts a JOIN entries e ON e.account_id = a.id WHERE a.bank_code = 'BANK17' AND a.branch = 'BR17';
-- none - PLN024 IDX006: a small sort
SELECT id, amount FROM entries WHERE account_id = 99 ORDER BY booked_on DESC;
-- none - PLN020 PLN023: the prefix of a key; little to read
SELECT * FROM rates WHERE currency LIKE 'E%' AND day = '2025-01-01';
-- + PLN031: after a checkpoint each page is written whole
-- form: wal
-- cold
-- before: CHECKPOINT
UPDATE entries SET note = 'x' WHERE id % 20 = 0;
