-- engine: postgresql
-- style: type trouble
CREATE TABLE device (id integer PRIMARY KEY, serial varchar(40) NOT NULL UNIQUE, owner_ref text NOT NULL, firmware int NOT NULL);
CREATE INDEX device_owner ON device (owner_ref);
CREATE INDEX device_firmware ON device (firmware);
CREATE TABLE reading (id bigint PRIMARY KEY, device_id integer NOT NULL REFERENCES device, device_serial text NOT NULL, at timestamp NOT NULL, value double precision);
CREATE INDEX reading_device ON reading (device_id, at);
CREATE INDEX reading_serial ON reading (device_serial);
CREATE TABLE owner (id bigint PRIMARY KEY, code char(8) NOT NULL UNIQUE);
-- + SAR005: integer column compared with numeric: the column is converted
SELECT serial FROM device WHERE firmware = 3.0;
-- - SAR005: bigint constant against an integer column is the same operator family
SELECT serial, id FROM device WHERE firmware = 3::bigint;
-- - SAR005: untyped literal takes the column's type
SELECT serial, owner_ref FROM device WHERE firmware = '3';
-- - SAR005: varchar with text is binary-coercible
SELECT id FROM device WHERE serial = 'X1'::text;
-- - JOI009: varchar against text joins with its index
SELECT d.id, r.value FROM device d JOIN reading r ON r.device_serial = d.serial WHERE d.id = 5;
-- + JOI009 ~ SAR001 SAR005: bigint cast to text in the join
SELECT d.serial FROM owner o JOIN device d ON d.owner_ref = o.id::text WHERE o.code = 'AB';
-- + SAR005 ~ SAR001: cast of the indexed column
SELECT serial FROM device WHERE firmware::text = '3';
-- - SAR001: cast of the constant
SELECT serial FROM device WHERE owner_ref = 55::text;
-- + SAR012: 120 values
SELECT id FROM device WHERE id IN (1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63,64,65,66,67,68,69,70,71,72,73,74,75,76,77,78,79,80,81,82,83,84,85,86,87,88,89,90,91,92,93,94,95,96,97,98,99,100,101,102,103,104,105,106,107,108,109,110,111,112,113,114,115,116,117,118,119,120);
-- - SAR012: five values
SELECT serial FROM device WHERE id IN (1,2,3,4,5);
-- - SAR012: an array parameter
SELECT firmware FROM device WHERE id = ANY ('{1,2,3}'::int[]);
