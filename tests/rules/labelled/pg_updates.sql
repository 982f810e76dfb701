-- engine: postgresql
-- style: writes
CREATE TABLE stock (warehouse int NOT NULL, article int NOT NULL, amount int NOT NULL, reserved int NOT NULL, PRIMARY KEY (warehouse, article));
CREATE TABLE article (id int PRIMARY KEY, code text NOT NULL, weight numeric, retired boolean NOT NULL);
CREATE UNIQUE INDEX article_code ON article (code);
CREATE TABLE moves (id bigint PRIMARY KEY, warehouse int NOT NULL, article int NOT NULL, at timestamp NOT NULL, amount int NOT NULL, FOREIGN KEY (warehouse, article) REFERENCES stock);
CREATE INDEX moves_stock_at ON moves (warehouse, article, at);
-- - WRI001 IDX001: by key
UPDATE stock SET amount = amount - 1 WHERE warehouse = 1 AND article = 2;
-- + WRI001: no WHERE
UPDATE stock SET reserved = 0;
-- - WRI001: joined
UPDATE stock s SET reserved = 0 FROM article a WHERE a.id = s.article AND a.retired;
-- + IDX004 ~ IDX001: article is second
UPDATE moves SET amount = 0 WHERE article = 7 AND at < '2020-01-01';
-- - IDX004: warehouse and article lead
SELECT sum(amount) FROM moves WHERE article = 5 AND warehouse = 3;
-- + IDX004 ~ IDX001: article is second in the key
DELETE FROM stock WHERE article = 9;
-- - SAR001: function of a value
UPDATE article SET retired = true WHERE code = upper('a1');
-- + SAR008 ~ SAR001 IDX011: upper of the unique code
UPDATE article SET retired = true WHERE upper(code) = 'A1';
-- - WRI001: insert select
INSERT INTO moves SELECT 1, warehouse, article, now(), 0 FROM stock WHERE warehouse = 5;
-- + LCK003: NOT NULL scans under a lock
ALTER TABLE article ALTER COLUMN weight SET NOT NULL;
-- - LCK003: constraint added NOT VALID
ALTER TABLE article ADD CONSTRAINT weight_positive CHECK (weight > 0) NOT VALID;
