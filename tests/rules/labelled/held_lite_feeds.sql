-- engine: sqlite
-- style: held back: written after the pages were mended
CREATE TABLE feed (id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE, title TEXT);
CREATE TABLE entry (id INTEGER PRIMARY KEY, feed_id INTEGER NOT NULL REFERENCES feed(id), guid TEXT NOT NULL, published TEXT NOT NULL, html TEXT, seen INTEGER NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX entry_guid ON entry(feed_id, guid);
CREATE INDEX entry_published ON entry(published);
-- + SAR002 ~ SAR001
SELECT id FROM entry WHERE date(published) = '2024-02-02';
-- + IDX004 ~ IDX001
SELECT id FROM entry WHERE guid = 'g';
-- - IDX004
SELECT id FROM entry WHERE feed_id = 4 AND guid = 'h';
-- + JOI005
SELECT e.guid FROM entry e JOIN feed f ON f.id = e.feed_id WHERE e.published > '2024-01-01';
-- + JOI001 ~ IDX001: no condition
SELECT e.id FROM entry e, feed f WHERE e.published > '2024' AND f.title = 'x';
-- + JOI002
SELECT f.url FROM feed f LEFT JOIN entry e ON e.feed_id = f.id WHERE e.guid = 'z';
-- + JOI003
SELECT f.url FROM feed f LEFT JOIN entry e ON e.feed_id = f.id WHERE e.html IS NULL;
-- + SUB004 ~ IDX001: its own key
SELECT url FROM feed WHERE id IN (SELECT id FROM feed WHERE title = 'x');
-- + AGG003 ~ IDX001: url is unique
SELECT DISTINCT url FROM feed WHERE title = 'y';
-- - AGG003
SELECT DISTINCT title FROM feed;
