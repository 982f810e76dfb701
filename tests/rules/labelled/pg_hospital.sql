-- engine: postgresql
-- style: keys of several columns
CREATE TABLE ward (hospital int NOT NULL, ward int NOT NULL, name text NOT NULL, PRIMARY KEY (hospital, ward));
CREATE TABLE bed (hospital int NOT NULL, ward int NOT NULL, bed int NOT NULL, free boolean NOT NULL, PRIMARY KEY (hospital, ward, bed), FOREIGN KEY (hospital, ward) REFERENCES ward);
CREATE TABLE stay (id bigint PRIMARY KEY, patient int NOT NULL, hospital int, ward int, from_day date NOT NULL, to_day date, FOREIGN KEY (hospital, ward) REFERENCES ward (hospital, ward));
CREATE INDEX stay_ward_hospital ON stay (ward, hospital, from_day);
CREATE TABLE nurse (id int PRIMARY KEY, hospital int NOT NULL, ward int NOT NULL, mentor int REFERENCES nurse, FOREIGN KEY (hospital, ward) REFERENCES ward);
CREATE INDEX nurse_ward ON nurse (ward);
-- @ - IDX003 bed: primary key leads with it
-- @ - IDX003 stay: the columns lead in another order
-- @ + IDX003 nurse: hospital, ward not led by both; mentor not at all
-- + JOI005: ward adds nothing and both columns are NOT NULL
SELECT b.bed FROM bed b JOIN ward w ON w.hospital = b.hospital AND w.ward = b.ward WHERE b.free;
-- - JOI005 JOI007: only half of the key
SELECT b.bed FROM bed b JOIN ward w ON w.hospital = b.hospital WHERE b.ward = 4;
-- ~ JOI005: nullable foreign key: the join filters NULLs
SELECT s.id FROM stay s JOIN ward w ON w.hospital = s.hospital AND w.ward = s.ward WHERE s.patient = 5;
-- + JOI004: whole key on the right
SELECT s.id, s.patient FROM stay s LEFT JOIN ward w ON w.hospital = s.hospital AND w.ward = s.ward WHERE s.from_day > '2024-01-01';
-- - JOI004: half a key repeats rows
SELECT s.id, s.patient FROM stay s LEFT JOIN ward w ON w.ward = s.ward WHERE s.from_day > '2024-01-02';
-- - AGG003: half a key
SELECT DISTINCT hospital, ward FROM bed WHERE free;
-- + AGG003: whole key
SELECT DISTINCT hospital, ward, name FROM ward WHERE name LIKE 'A%';
-- - JOI006: another row
SELECT a.name FROM ward a JOIN ward b ON a.hospital = b.hospital AND b.ward = 3 WHERE a.ward = 5;
-- + JOI006: whole key
SELECT a.name, b.name FROM ward a JOIN ward b ON a.hospital = b.hospital AND a.ward = b.ward WHERE a.hospital = 5;
-- + JOI004 - JOI006: another row, but never used
SELECT a.id FROM nurse a LEFT JOIN nurse m ON m.id = a.mentor WHERE a.ward = 7;
