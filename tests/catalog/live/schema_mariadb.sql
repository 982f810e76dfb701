-- A schema that has the forms that mysqldump can write.
CREATE TABLE customers (
  id bigint unsigned NOT NULL AUTO_INCREMENT,
  email varchar(190) NOT NULL,
  name varchar(100) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT 'it''s; \\ a "default"',
  kind enum('private','firm, or so','(odd)') NOT NULL DEFAULT 'private',
  flags set('a','b') DEFAULT NULL,
  born date DEFAULT NULL,
  bio text,
  meta json DEFAULT NULL,
  score decimal(10,2) unsigned NOT NULL DEFAULT 0.00,
  active tinyint(1) NOT NULL DEFAULT 1 COMMENT 'is it; active?',
  created_at datetime(6) NOT NULL DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6),
  full_key varchar(300) GENERATED ALWAYS AS (concat(email,'-',id)) VIRTUAL,
  PRIMARY KEY (id),
  UNIQUE KEY uq_email (email),
  KEY k_name (name(20),kind),
  FULLTEXT KEY ft_bio (bio),
  KEY k_created (created_at DESC)
) ENGINE=InnoDB AUTO_INCREMENT=42 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='it''s';

CREATE TABLE orders (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  customer_id bigint unsigned NOT NULL,
  total double DEFAULT NULL,
  place point NOT NULL,
  hidden int,
  CONSTRAINT fk_customer FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE ON UPDATE RESTRICT,
  SPATIAL KEY sp_place (place),
  KEY k_hidden (hidden) IGNORED,
  CONSTRAINT positive_total CHECK (total >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE events (
  id bigint NOT NULL,
  at date NOT NULL,
  payload longblob,
  PRIMARY KEY (id, at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3
PARTITION BY RANGE (year(at)) (PARTITION p0 VALUES LESS THAN (2025), PARTITION p1 VALUES LESS THAN MAXVALUE);

CREATE TABLE logs (
  `select` varchar(10) NOT NULL,
  `odd name` char(3) DEFAULT NULL,
  KEY `by select` (`select`)
) ENGINE=MyISAM DEFAULT CHARSET=latin1;

CREATE VIEW rich AS SELECT id, name FROM customers WHERE score > 100;
DELIMITER //
CREATE TRIGGER touch BEFORE UPDATE ON orders FOR EACH ROW BEGIN
  IF NEW.total > 1 THEN SET NEW.hidden = 1; END IF;
END//
DELIMITER ;
INSERT INTO logs VALUES ('a;\'b', NULL), ("x'y", 'CREA');
