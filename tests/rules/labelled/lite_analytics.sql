-- engine: sqlite
-- style: local analytics
CREATE TABLE visit (id INTEGER PRIMARY KEY, url TEXT NOT NULL, visitor TEXT NOT NULL, at TEXT NOT NULL, ms INTEGER);
CREATE INDEX visit_url_at ON visit (url, at);
CREATE INDEX visit_at ON visit (at);
CREATE TABLE page (url TEXT PRIMARY KEY NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE visitor (id INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE, country TEXT);
-- + IDX001: visitor
SELECT count(*) FROM visit WHERE visitor = 'abc';
-- - IDX001: url leads
SELECT count(*) FROM visit WHERE url = '/x' AND at > '2024-01-01';
-- + SAR002 ~ SAR001: date(at)
SELECT count(*) FROM visit WHERE date(at) = '2024-01-05';
-- + SAR001: substr
SELECT id FROM visit WHERE substr(url, 1, 5) = '/blog';
-- - SAR001: function of a constant
SELECT id FROM visit WHERE at > date('now', '-7 days');
-- + AGG002
SELECT url, count(*) FROM visit GROUP BY url HAVING url LIKE '/blog%';
-- - AGG002: HAVING with the aggregate
SELECT url, count(*) FROM visit WHERE at > '2024-02-01' GROUP BY url HAVING count(*) > 100;
-- + AGG007: keys of disjoint branches
SELECT id FROM visit WHERE at < '2024-01-01' UNION SELECT id FROM visit WHERE at >= '2024-01-01';
-- - AGG007: not keys
SELECT url FROM visit WHERE at < '2024-01-01' UNION SELECT url FROM page;
-- + JOI006
SELECT a.title, b.body FROM page a JOIN page b ON a.url = b.url WHERE a.url = '/x';
-- - JOI006: next visits of the same visitor
SELECT a.id, b.id FROM visit a JOIN visit b ON a.url = b.url AND b.at > a.at WHERE a.id = 4;
-- + JOI013
SELECT url, at FROM (SELECT url, at, row_number() OVER (PARTITION BY url ORDER BY at DESC) AS rn FROM visit) WHERE rn = 1;
-- + SUB004
SELECT title FROM page WHERE url IN (SELECT url FROM page WHERE title = 'x');
-- + JOI003: country NULL of a known visitor
SELECT v.id FROM visit v LEFT JOIN visitor r ON r.token = v.visitor WHERE r.country IS NULL AND v.at > '2024-02-03';
-- - JOI003: the key
SELECT v.id FROM visit v LEFT JOIN visitor r ON r.token = v.visitor WHERE r.id IS NULL AND v.at > '2024-02-04';
-- + SAR009: an arm without index
SELECT id FROM visit WHERE url = '/x' OR visitor = 'y';
-- - SAR009: one column
SELECT id FROM visit WHERE url = '/x' OR url = '/y';
-- + SAR005: a text column cast
SELECT id FROM visit WHERE CAST(url AS INTEGER) = 5;
