-- engine: sqlite
-- style: a mobile application's store
CREATE TABLE notes (id INTEGER PRIMARY KEY, folder_id INT NOT NULL, title TEXT NOT NULL, body TEXT, updated INT NOT NULL, pinned INT NOT NULL);
CREATE TABLE folders (id INTEGER PRIMARY KEY, name TEXT NOT NULL, parent_id INT);
CREATE TABLE tags (note_id INT NOT NULL, tag TEXT NOT NULL);
CREATE TABLE changes (id INTEGER PRIMARY KEY, note_id INT NOT NULL, at INT NOT NULL, device TEXT NOT NULL);
CREATE TABLE devices (name TEXT PRIMARY KEY, seen INT);
CREATE INDEX notes_folder ON notes (folder_id, updated);
CREATE INDEX tags_tag ON tags (tag);

-- none - CFG006: SQLite turns the join round
SELECT n.title, c.at FROM notes n JOIN changes c ON c.note_id = n.id;
-- none - CFG006: by the rowid
SELECT c.at, n.title FROM changes c JOIN notes n ON n.id = c.note_id;
-- + CFG006@tags: the tags of notes
SELECT n.title, t.tag FROM notes n LEFT JOIN tags t ON t.note_id = n.id WHERE n.folder_id = 3;
-- none - CFG006: a folder's notes in order
SELECT id, title FROM notes WHERE folder_id = 3 ORDER BY updated DESC LIMIT 20;
-- none - CFG006: an index on a subquery's result cannot be made
SELECT f.name, x.n FROM folders f JOIN (SELECT folder_id, count(*) AS n FROM notes GROUP BY folder_id) x ON x.folder_id = f.id;
-- none - CFG006: a scan
SELECT count(*) FROM notes WHERE pinned = 1;
-- none - CFG006: a CTE
WITH latest AS (SELECT note_id, max(at) AS at FROM changes GROUP BY note_id) SELECT n.title, l.at FROM notes n JOIN latest l ON l.note_id = n.id;
-- none - CFG006: turned round, with a device
SELECT n.id, c.at FROM notes n JOIN changes c ON c.note_id = n.id AND c.device = 'phone' WHERE n.pinned = 1;
-- none - CFG006: the text key of devices
SELECT c.id, d.seen FROM changes c JOIN devices d ON d.name = c.device;
-- + CFG006@folders: children of folders
SELECT f.name, g.name FROM folders f LEFT JOIN folders g ON g.parent_id = f.id;
