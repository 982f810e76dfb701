-- engine: sqlite
-- style: mobile app
CREATE TABLE contact (_id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, phone TEXT, mail TEXT COLLATE NOCASE, updated INTEGER NOT NULL, photo BLOB);
CREATE INDEX contact_name ON contact(name);
CREATE INDEX contact_phone ON contact(phone);
CREATE INDEX contact_mail ON contact(mail);
CREATE INDEX contact_updated ON contact(updated);
CREATE TABLE message (_id INTEGER PRIMARY KEY, contact_id INTEGER NOT NULL REFERENCES contact(_id) ON DELETE CASCADE, body TEXT, sent INTEGER NOT NULL, read_at INTEGER);
CREATE INDEX message_sent ON message(sent);
CREATE TABLE label (name TEXT NOT NULL, message_id INTEGER REFERENCES message(_id), PRIMARY KEY (message_id, name)) WITHOUT ROWID;
CREATE TABLE log (line TEXT);
-- @ + IDX003 message: contact_id
-- @ - IDX003 label: primary key leads with message_id
-- @ ~ SCH001 log: rowid only
-- + SAR001 ~ SAR008 IDX011: lower(name)
SELECT _id FROM contact WHERE lower(name) = 'bob';
-- - SAR008: NOCASE column
SELECT _id FROM contact WHERE mail = 'Bob@Example.org';
-- + SAR002 ~ SAR001: date() over an epoch column
SELECT _id FROM message WHERE date(sent, 'unixepoch') = '2024-01-01';
-- + SAR006: ifnull around the indexed phone
SELECT _id FROM contact WHERE ifnull(phone, '') = '123';
-- + SAR004: arithmetic
SELECT _id FROM contact WHERE updated / 1000 > 1700000000;
-- - SAR004: on the value
SELECT _id FROM contact WHERE updated > 1700000000 * 1000;
-- + IDX002: messages of named contacts: contact_id has no index
SELECT c.name, m.body FROM contact c JOIN message m ON m.contact_id = c._id WHERE c.name = 'Bob';
-- + SEL001: with the photo
SELECT * FROM contact WHERE updated > 1700000000000;
-- - SEL001: one row by key
SELECT * FROM contact WHERE _id = 5;
-- + PAG006
SELECT _id FROM contact ORDER BY random() LIMIT 1;
-- + WRI001
UPDATE message SET read_at = 0;
-- - WRI001
UPDATE message SET read_at = 1 WHERE _id = 4;
-- + SAR007: contains
SELECT _id FROM contact WHERE phone LIKE '%123%';
-- + JOI001 ~ IDX004: name is second in its key
SELECT c.name, l.name FROM contact c, label l WHERE c.updated > 5 AND l.name = 'x';
-- - JOI001: single rows
SELECT (SELECT count(*) FROM contact) AS c, (SELECT count(*) FROM message) AS m;
