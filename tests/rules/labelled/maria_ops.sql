-- engine: mariadb
-- style: hand-written operations
CREATE TABLE host (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, fqdn varchar(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL, rack varchar(10), bios varchar(40), seen datetime NOT NULL, KEY fqdn (fqdn), KEY rack_seen (rack, seen), KEY bios (bios)) ENGINE=InnoDB;
CREATE TABLE alert (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, host_fqdn varchar(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, host_id int unsigned NOT NULL, level tinyint NOT NULL, raised datetime NOT NULL, cleared datetime DEFAULT NULL, text varchar(500), KEY host_raised (host_id, raised), KEY fqdn_raised (host_fqdn, raised), KEY raised (raised)) ENGINE=InnoDB;
CREATE TABLE metric (host_id int unsigned NOT NULL, name varchar(50) NOT NULL, at datetime NOT NULL, value double, KEY host_name_at (host_id, name, at)) ENGINE=InnoDB;
-- @ + SCH001 metric: no key
-- @ - IDX016 alert: none is a prefix
-- + JOI009: collations differ
SELECT h.id, a.text FROM host h JOIN alert a ON a.host_fqdn = h.fqdn WHERE h.rack = 'R1' AND a.level > 3;
-- - JOI009: equal types
SELECT h.fqdn, a.text FROM host h JOIN alert a ON a.host_id = h.id WHERE h.rack = 'R2' AND a.raised > '2024-01-01';
-- + SAR002 ~ SAR001: DATE()
SELECT COUNT(*) FROM alert WHERE DATE(raised) = '2024-06-01';
-- + SAR003 ~ SAR001 IDX001: YEAR()
SELECT id FROM alert WHERE YEAR(raised) = 2024 AND level = 5;
-- ~ SAR003 SAR001: a month of any year has no range: no rewrite
SELECT id FROM alert WHERE MONTH(raised) = 12;
-- + SAR001: function on the indexed column
SELECT id FROM host WHERE SUBSTRING(bios, 1, 4) = 'DELL';
-- - SAR001: function on the constant
SELECT id FROM host WHERE bios = CONCAT('DELL', '-1');
-- - SAR001: the function stands in the list
SELECT UPPER(fqdn) FROM host WHERE rack = 'R3';
-- + SAR004: date arithmetic on the column
SELECT id FROM alert WHERE raised + INTERVAL 1 DAY > NOW();
-- - SAR004: on the other side
SELECT id FROM alert WHERE raised > NOW() - INTERVAL 1 DAY;
-- + SAR005: text against a number
SELECT id FROM host WHERE bios = 12345;
-- + IDX004: at without name
SELECT name, value FROM metric WHERE at > '2024-06-01' AND name = 'cpu';
-- - IDX004: prefix used
SELECT value FROM metric WHERE host_id = 4 AND name = 'cpu' AND at > '2024-06-01';
-- + JOI001 ~ IDX001: forgotten condition
SELECT h.fqdn, a.id FROM host h, alert a WHERE h.rack = 'R5' AND a.level = 9;
-- - JOI001: by USING
SELECT h.rack, m.value FROM host h JOIN (SELECT host_id AS id, value FROM metric WHERE name = 'load') m USING (id) WHERE h.rack = 'R6';
-- + WRI001: all metrics
DELETE FROM metric;
-- - WRI001: in portions
DELETE FROM metric WHERE host_id = 7 AND name = 'cpu' LIMIT 1000;
-- + JOI002: right side in WHERE
SELECT h.fqdn FROM host h LEFT JOIN alert a ON a.host_id = h.id WHERE a.level > 5 AND h.rack = 'R7';
-- + JOI003: cleared is NULL for open alerts too
SELECT h.fqdn FROM host h LEFT JOIN alert a ON a.host_id = h.id WHERE a.cleared IS NULL AND h.rack = 'R8';
-- - JOI003: key
SELECT h.fqdn FROM host h LEFT JOIN alert a ON a.host_id = h.id AND a.cleared IS NULL WHERE a.id IS NULL AND h.rack = 'R9';
