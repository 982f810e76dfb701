-- engine: mysql
-- style: CRM
CREATE TABLE accounts (id char(36) NOT NULL, name varchar(150) DEFAULT NULL, deleted tinyint(1) DEFAULT '0', assigned_user_id char(36) DEFAULT NULL, date_entered datetime DEFAULT NULL, PRIMARY KEY (id), KEY idx_accnt_id_del (id,deleted), KEY idx_accnt_name_del (name,deleted), KEY idx_accnt_assigned_del (deleted,assigned_user_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE contacts (id char(36) NOT NULL, first_name varchar(100), last_name varchar(100), account_id char(36) DEFAULT NULL, do_not_call tinyint(1) DEFAULT '0', birthdate date DEFAULT NULL, PRIMARY KEY (id), KEY idx_cont_last_first (last_name,first_name), KEY idx_cont_account (account_id), KEY idx_birth (birthdate)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE email_rel (bean_id char(36) NOT NULL, email varchar(255) DEFAULT NULL, is_primary tinyint(1) DEFAULT '0', KEY idx_bean (bean_id), KEY idx_email (email)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
-- @ + SCH001 email_rel: no key
-- @ ~ IDX016 idx_accnt_id_del: the primary key is first in it
-- + IDX004: first_name is second
SELECT id FROM contacts WHERE first_name = 'Ann';
-- - IDX004: last_name leads
SELECT id FROM contacts WHERE last_name = 'Lee' AND first_name LIKE 'A%';
-- + SAR001 ~ SAR007: concat of two names, none indexed so
SELECT id FROM contacts WHERE CONCAT(first_name, ' ', last_name) = 'Ann Lee';
-- + SAR009: two tables
SELECT c.id FROM contacts c LEFT JOIN email_rel e ON e.bean_id = c.id WHERE c.last_name = 'Lee' OR e.email = 'ann@x';
-- ~ SAR003 SAR001: birthday list: month and day of any year
SELECT id FROM contacts WHERE MONTH(birthdate) = 5 AND DAYOFMONTH(birthdate) = 4;
-- + JOI003: email may be NULL in a row
SELECT c.id FROM contacts c LEFT JOIN email_rel e ON e.bean_id = c.id WHERE e.email IS NULL;
-- - JOI003: the NOT NULL column of the join
SELECT c.last_name FROM contacts c LEFT JOIN email_rel e ON e.bean_id = c.id WHERE e.bean_id IS NULL;
-- + AGG001: counts contacts
SELECT a.id FROM accounts a WHERE a.deleted = 0 AND (SELECT COUNT(*) FROM contacts c WHERE c.account_id = a.id) > 0;
-- - JOI002: NOT EXISTS as anti-join with IS NULL on key
SELECT a.name FROM accounts a LEFT JOIN contacts c ON c.account_id = a.id WHERE a.deleted = 0 AND c.id IS NULL;
-- + SAR006: IFNULL deleted
SELECT id FROM accounts WHERE IFNULL(name, '') = 'ACME';
-- - PAG001: page two
SELECT id, name FROM accounts WHERE deleted = 0 AND assigned_user_id = 'u' ORDER BY name LIMIT 20, 20;
-- + PAG001 ~ PAG002: MySQL's comma form
SELECT id, name FROM accounts ORDER BY date_entered LIMIT 200000, 20;
