-- engine: mysql
-- style: a healthy application: nothing to say
CREATE TABLE device (id bigint unsigned NOT NULL AUTO_INCREMENT, tenant_id int unsigned NOT NULL, token binary(16) NOT NULL, name varchar(80) NOT NULL, last_seen datetime(3) DEFAULT NULL, PRIMARY KEY (id), UNIQUE KEY token (token), KEY tenant_seen (tenant_id, last_seen)) ENGINE=InnoDB;
CREATE TABLE sample (device_id bigint unsigned NOT NULL, at datetime(3) NOT NULL, v double NOT NULL, PRIMARY KEY (device_id, at)) ENGINE=InnoDB;
-- @ - SCH001 IDX016 IDX003: nothing
-- - IDX001
SELECT id, name FROM device WHERE token = UNHEX('00');
-- - IDX001: key range
SELECT at, v FROM sample WHERE device_id = 4 AND at >= '2024-01-01' AND at < '2024-01-02' ORDER BY at;
-- - IDX001
SELECT id FROM device WHERE tenant_id = 5 ORDER BY last_seen DESC LIMIT 10;
-- - JOI001
SELECT d.name, s.v FROM device d JOIN sample s ON s.device_id = d.id AND s.at = d.last_seen WHERE d.tenant_id = 6;
-- - WRI001
INSERT INTO sample (device_id, at, v) VALUES (1, NOW(3), 2.5) ON DUPLICATE KEY UPDATE v = VALUES(v);
-- - WRI001
DELETE FROM sample WHERE device_id = 7 AND at < NOW() - INTERVAL 30 DAY LIMIT 5000;
-- - SUB002
SELECT id FROM device d WHERE d.tenant_id = 8 AND NOT EXISTS (SELECT 1 FROM sample s WHERE s.device_id = d.id);
