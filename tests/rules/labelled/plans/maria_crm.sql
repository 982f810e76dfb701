-- engine: mariadb
-- style: contacts, activities, a log
CREATE TABLE contacts (id int PRIMARY KEY, account_id int NOT NULL, email varchar(80) NOT NULL, city varchar(30) NOT NULL, state varchar(10) NOT NULL, score int NOT NULL, updated_at datetime NOT NULL);
CREATE TABLE accounts (id int PRIMARY KEY, name varchar(60) NOT NULL, owner_id int NOT NULL, region varchar(10) NOT NULL);
CREATE TABLE activities (id int PRIMARY KEY, contact_id int NOT NULL, kind varchar(10) NOT NULL, at datetime NOT NULL, done tinyint NOT NULL, owner_id int NOT NULL);
CREATE TABLE users (id int PRIMARY KEY, name varchar(40) NOT NULL, team_id int NOT NULL);
CREATE TABLE bounds (low int NOT NULL, high int NOT NULL, grade char(1) NOT NULL);
INSERT INTO contacts SELECT seq, 1 + seq % 4000, concat('c', seq, '@crm.example'), concat('city', seq % 500), elt(1 + seq % 4, 'lead', 'open', 'won', 'lost'), (seq * 17) % 1000, timestamp '2024-01-01 00:00:00' + interval seq minute FROM seq_1_to_120000;
INSERT INTO accounts SELECT seq, concat('Account ', seq), 1 + seq % 60, elt(1 + seq % 4, 'north', 'south', 'east', 'west') FROM seq_1_to_4000;
INSERT INTO activities SELECT seq, 1 + (seq * 13) % 120000, elt(1 + seq % 3, 'call', 'mail', 'visit'), timestamp '2024-01-01 00:00:00' + interval seq minute, seq % 200 <> 0, 1 + seq % 60 FROM seq_1_to_250000;
INSERT INTO users SELECT seq, concat('User ', seq), seq % 6 FROM seq_1_to_60;
INSERT INTO bounds VALUES (0, 200, 'E'), (201, 400, 'D'), (401, 600, 'C'), (601, 800, 'B'), (801, 1000, 'A');
CREATE INDEX contacts_account ON contacts (account_id);
CREATE INDEX contacts_city ON contacts (city);
CREATE INDEX contacts_score ON contacts (score);
CREATE INDEX activities_contact ON activities (contact_id);
CREATE INDEX activities_owner ON activities (owner_id);
CREATE INDEX activities_kind ON activities (kind);
ANALYZE TABLE contacts, accounts, activities, users, bounds;

-- + PLN034|IDX001@activities: what is not done yet
-- fix: CREATE INDEX a_d ON activities (done)
SELECT id, at FROM activities WHERE done = 0;
-- none - PLN034: the activities of a contact
SELECT id, kind FROM activities WHERE contact_id = 500;
-- + PLN034|IDX001@contacts: by mail
-- fix: CREATE INDEX c_e ON contacts (email)
SELECT id FROM contacts WHERE email = 'c5@crm.example';
-- + PLN035@contacts: the last touched
-- fix: CREATE INDEX c_u ON contacts (updated_at)
SELECT id, email FROM contacts ORDER BY updated_at DESC LIMIT 25;
-- none - PLN036 PLN034: a join of small tables
SELECT a.name, u.name FROM accounts a JOIN users u ON u.id = a.owner_id WHERE a.region = 'north';
-- none - PLN036 PLN038: grades by a table of five rows
SELECT c.id, b.grade FROM contacts c JOIN bounds b ON c.score BETWEEN b.low AND b.high WHERE c.account_id = 7;
-- none - PLN039: EXISTS over an index, for the contacts of one account
SELECT c.id FROM contacts c WHERE c.account_id = 7 AND EXISTS (SELECT 1 FROM activities a WHERE a.contact_id = c.id AND a.kind = 'call');
-- none - PLN034: a quarter of a table is read to be counted
SELECT count(*) FROM contacts WHERE state = 'won';
-- + PLN034|PLN039@activities: accounts without an open activity of their owner, by mail kind: reads activities for each
SELECT u.id, (SELECT count(*) FROM activities a WHERE a.owner_id + 0 = u.id AND a.kind = 'visit' AND a.done = 0) FROM users u WHERE u.team_id = 2;
-- none - PLN037: one index is enough
SELECT count(*) FROM activities WHERE owner_id = 7 AND at > '2024-06-01';
-- none - PLN037: two indexes intersected, in half a millisecond
SELECT id FROM contacts WHERE city = 'city7' AND score = 119;
-- + PLN034|SAR004@contacts: arithmetic on the column
SELECT id FROM contacts WHERE score * 2 = 1990 AND state = 'won';
-- none - PLN034 PLN035: grouped over all
SELECT owner_id, count(*) FROM activities GROUP BY owner_id ORDER BY 2 DESC LIMIT 5;
-- none - PLN035: by the primary key backwards
SELECT id FROM activities ORDER BY id DESC LIMIT 10;
-- + PLN036|PLN034|IDX002@activities: visits joined by a day, no index on at
SELECT c.id, a.id FROM contacts c JOIN activities a ON a.at = c.updated_at WHERE c.account_id = 7;
-- none - PLN034: never executed: the first table is empty for it
SELECT a.id FROM accounts x JOIN contacts c ON c.account_id = x.id JOIN activities a ON a.contact_id = c.id WHERE x.id = 999999;
