-- engine: postgresql
-- style: CTEs and nesting
CREATE TABLE tag (id int PRIMARY KEY, name text NOT NULL UNIQUE, parent int REFERENCES tag);
CREATE TABLE photo (id bigint PRIMARY KEY, owner int NOT NULL, taken timestamp, score int NOT NULL, exif jsonb, bytes bytea NOT NULL);
CREATE INDEX photo_owner ON photo (owner, taken);
CREATE INDEX photo_score ON photo (score);
CREATE TABLE photo_tag (photo bigint NOT NULL REFERENCES photo, tag int NOT NULL REFERENCES tag, PRIMARY KEY (photo, tag));
CREATE INDEX photo_tag_tag ON photo_tag (tag);
-- @ + IDX003 tag: parent
-- - JOI001: a CTE of one row
WITH top AS (SELECT max(score) AS s FROM photo) SELECT p.id FROM photo p, top WHERE p.score = top.s AND p.owner = 4;
-- - JOI001: one row by aggregate, compared in the list only
SELECT p.id, p.score - avg.a FROM photo p CROSS JOIN (SELECT avg(score) AS a FROM photo) avg WHERE p.owner = 5;
-- + PAG002 PAG001: bytes for thrown rows
SELECT id, taken, bytes FROM photo WHERE owner = 5 ORDER BY taken DESC LIMIT 20 OFFSET 20000;
-- + SEL001: bytes
SELECT * FROM photo WHERE owner = 6;
-- - SEL001: star in EXISTS
SELECT id FROM photo p WHERE owner = 6 AND EXISTS (SELECT * FROM photo_tag t WHERE t.photo = p.id AND t.tag = 3);
-- - SEL001: count(*)
SELECT count(*) FROM photo WHERE owner = 8;
-- - SEL001: star of a CTE with chosen columns
WITH x AS (SELECT id, score FROM photo WHERE owner = 9) SELECT * FROM x;
-- + JOI007: tags multiply
SELECT DISTINCT p.id, p.taken FROM photo p JOIN photo_tag t ON t.photo = p.id WHERE t.tag IN (3, 4, 5);
-- - JOI007: one tag fixed: (photo, tag) is the key, so no row repeats
SELECT p.id, p.taken FROM photo p JOIN photo_tag t ON t.photo = p.id WHERE t.tag = 3;
-- + AGG003: the tag is fixed, the key of photo_tag gives at most one row each
SELECT DISTINCT p.id, p.score FROM photo p JOIN photo_tag t ON t.photo = p.id WHERE t.tag = 7;
-- + SUB002: parent may be NULL
SELECT name FROM tag WHERE id NOT IN (SELECT parent FROM tag);
-- - SUB002: NOT NULL through a key
SELECT name FROM tag WHERE id NOT IN (SELECT tag FROM photo_tag WHERE photo = 5);
-- - IDX001: range on the indexed score
SELECT id FROM photo WHERE score > 90 ORDER BY score DESC LIMIT 5;
-- + PAG006 ~ SEL001: random rows
SELECT id, owner FROM photo ORDER BY random() LIMIT 12;
-- - PAG006: TABLESAMPLE
SELECT id FROM photo TABLESAMPLE SYSTEM (1) LIMIT 12;
