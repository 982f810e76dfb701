-- engine: postgresql
-- style: case-insensitive names
CREATE EXTENSION IF NOT EXISTS citext;
CREATE TABLE person (id int PRIMARY KEY, mail citext NOT NULL UNIQUE, nick text NOT NULL, city text, note text);
CREATE INDEX person_nick ON person (nick);
CREATE INDEX person_city_upper ON person (upper(city));
CREATE TABLE friendship (a int NOT NULL REFERENCES person, b int NOT NULL REFERENCES person, since date NOT NULL, PRIMARY KEY (a, b));
CREATE INDEX friendship_b ON friendship (b);
-- @ - IDX003 friendship: both led
-- - SAR008: citext compares without case
SELECT id FROM person WHERE mail = 'BOB@x.y';
-- + SAR008 ~ SAR001 IDX011: ILIKE without wildcards
SELECT id FROM person WHERE nick ILIKE 'bob';
-- + SAR007 ~ SAR008: ILIKE with leading wildcard
SELECT id, city FROM person WHERE nick ILIKE '%bob%';
-- - SAR008 SAR001 IDX011: upper(city) is indexed
SELECT id FROM person WHERE upper(city) = 'ROME';
-- + SAR008 ~ SAR001 IDX011: lower(city) is not what is indexed
SELECT id, nick FROM person WHERE lower(city) = 'rome';
-- - SAR008: lower only in the list
SELECT lower(nick) FROM person WHERE id = 5;
-- - JOI001 JOI006: two aliases of friendship
SELECT f2.b FROM friendship f1 JOIN friendship f2 ON f2.a = f1.b WHERE f1.a = 3;
-- + JOI001: the second alias stands alone
SELECT f1.b, f2.b FROM friendship f1, friendship f2 WHERE f1.a = 3 AND f2.a > 4;
-- + SAR006: COALESCE around nick in a join filter
SELECT id FROM person WHERE coalesce(nick, 'x') = 'bob';
-- - SAR006: default never met, no index on note
SELECT id FROM person WHERE id = 6 AND coalesce(note, '') <> '';
-- + SAR001 ~ IDX011: length of nick
SELECT id FROM person WHERE length(nick) = 3;
