-- engine: sqlite
-- style: a healthy application: nothing to say
CREATE TABLE track (id INTEGER PRIMARY KEY, album_id INTEGER NOT NULL REFERENCES album(id), n INTEGER NOT NULL, name TEXT NOT NULL COLLATE NOCASE, ms INTEGER NOT NULL);
CREATE TABLE album (id INTEGER PRIMARY KEY, artist TEXT NOT NULL, title TEXT NOT NULL, year INTEGER);
CREATE UNIQUE INDEX track_album ON track(album_id, n);
CREATE INDEX track_name ON track(name);
CREATE INDEX album_artist ON album(artist, year);
-- @ - IDX003 SCH001 IDX016: nothing
-- - IDX001
SELECT name FROM track WHERE album_id = 4 ORDER BY n;
-- - SAR008
SELECT id FROM track WHERE name = 'intro';
-- - SAR007: prefix over a NOCASE column
SELECT id FROM track WHERE name LIKE 'intro%';
-- - JOI001 JOI007
SELECT a.title, count(*) FROM album a JOIN track t ON t.album_id = a.id WHERE a.artist = 'x' GROUP BY a.id;
-- - IDX001: all
SELECT artist, count(*) FROM album GROUP BY artist;
