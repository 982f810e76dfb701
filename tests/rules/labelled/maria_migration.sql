-- engine: mariadb
-- style: migrations
CREATE TABLE member (id int NOT NULL PRIMARY KEY, nick varchar(60) NOT NULL, score int NOT NULL, joined date NOT NULL, KEY joined (joined)) ENGINE=InnoDB;
CREATE TABLE tmp_load (a text, b text) ENGINE=InnoDB;
-- @ ~ SCH001 tmp_load: staging, though InnoDB makes a hidden key
-- + LCK003: a type change copies the table
ALTER TABLE member MODIFY score bigint NOT NULL;
-- - LCK003: online index build in InnoDB
CREATE INDEX member_score ON member (score);
-- - LCK003: instant add of a column
ALTER TABLE member ADD COLUMN note varchar(100) DEFAULT NULL;
-- + IDX001: nick has no index
SELECT id FROM member WHERE nick = 'bob';
-- - IDX001 PAG001: list of all
SELECT id, nick FROM member;
-- - IDX001: range on the indexed date
SELECT nick FROM member WHERE joined >= '2024-01-01' AND joined < '2024-02-01';
