-- engine: postgresql
-- style: tables the catalog does not have: nothing certain may be said of them
CREATE TABLE known_one (id int PRIMARY KEY, a int NOT NULL);
-- ~ SUB002 - IDX001: nothing known
SELECT x FROM mystery WHERE y = 5 AND x NOT IN (SELECT z FROM other_mystery);
-- - JOI004: is k unique? unknown
SELECT m.x FROM mystery m LEFT JOIN other_mystery o ON o.k = m.k WHERE m.y = 6;
-- - AGG003: unknown keys
SELECT DISTINCT id FROM mystery;
-- + WRI001: known from the text alone
DELETE FROM mystery;
-- ~ JOI001: from the text
SELECT k.a FROM known_one k, mystery m WHERE k.id = 5;
-- + PAG006: from the text
SELECT x FROM mystery ORDER BY random() LIMIT 1;
