-- engine: sqlite
-- style: notes app
CREATE TABLE folder (id INTEGER PRIMARY KEY, name TEXT NOT NULL, parent INTEGER REFERENCES folder(id));
CREATE INDEX folder_parent ON folder(parent);
CREATE TABLE note (id INTEGER PRIMARY KEY, folder_id INTEGER NOT NULL REFERENCES folder(id), title TEXT NOT NULL, body TEXT NOT NULL, changed INTEGER NOT NULL, starred INTEGER NOT NULL DEFAULT 0);
CREATE INDEX note_folder ON note(folder_id, changed);
CREATE INDEX note_starred ON note(changed) WHERE starred = 1;
CREATE INDEX note_lower_title ON note(lower(title));
CREATE TABLE note_tag (note_id INTEGER NOT NULL REFERENCES note(id), tag TEXT NOT NULL, UNIQUE(note_id, tag));
-- @ - IDX003: all led
-- @ - SCH001 note_tag: unique over NOT NULL columns
-- @ - IDX016 note_starred: partial
-- - SAR008 SAR001 IDX011: expression index
SELECT id FROM note WHERE lower(title) = 'x';
-- - IDX001 IDX004: partial index
SELECT id, title FROM note WHERE starred = 1 ORDER BY changed DESC LIMIT 20;
-- + IDX004 ~ IDX001: tag is second
SELECT note_id FROM note_tag WHERE tag = 'work';
-- - IDX004: note_id leads
SELECT tag FROM note_tag WHERE note_id = 4;
-- - JOI003 JOI002: no notes in the folder
SELECT f.id FROM folder f LEFT JOIN note n ON n.folder_id = f.id WHERE n.id IS NULL;
-- + JOI002
SELECT f.name FROM folder f LEFT JOIN note n ON n.folder_id = f.id WHERE n.title = 'x';
-- + SUB002: parent NULL at the roots
SELECT id, name FROM folder WHERE id NOT IN (SELECT parent FROM folder);
-- - SUB002
SELECT name FROM folder WHERE id NOT IN (SELECT parent FROM folder WHERE parent IS NOT NULL);
-- + SAR005: integer column wrapped in a cast to text
SELECT title FROM note WHERE CAST(folder_id AS TEXT) = '4';
-- + SAR001: abs of the changed
SELECT title FROM note WHERE folder_id = 3 AND abs(changed) > 5;
-- + JOI005
SELECT n.title FROM note n JOIN folder f ON f.id = n.folder_id WHERE n.changed > 5;
-- - PAG006: order by a hash column is not random
SELECT title FROM note WHERE folder_id = 8 ORDER BY changed LIMIT 4;
-- + SAR012
SELECT title FROM note WHERE id IN (1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63,64,65,66,67,68,69,70,71,72,73,74,75,76,77,78,79,80,81,82,83,84,85,86,87,88,89,90,91,92,93,94,95,96,97,98,99,100,101,102,103,104,105,106,107,108,109,110,111,112,113,114,115,116,117,118,119,120,121,122,123,124,125,126,127,128,129,130);
