-- engine: postgresql
-- style: search forms
CREATE TABLE ticket (id bigint PRIMARY KEY, number text NOT NULL UNIQUE, email text, phone text, state text NOT NULL, opened timestamp NOT NULL, agent_id int);
CREATE INDEX ticket_email ON ticket (email);
CREATE INDEX ticket_phone ON ticket (phone);
CREATE INDEX ticket_agent ON ticket (agent_id, opened);
CREATE TABLE message (id bigint PRIMARY KEY, ticket_id bigint NOT NULL REFERENCES ticket, author text NOT NULL, sent timestamp NOT NULL, body text);
CREATE INDEX message_ticket ON message (ticket_id);
CREATE INDEX message_author ON message (author);
-- + SAR009: arms in two tables
SELECT t.id FROM ticket t JOIN message m ON m.ticket_id = t.id WHERE t.email = 'a@b' OR m.author = 'a@b';
-- - SAR009: same column
SELECT id FROM ticket WHERE email = 'a@b' OR email = 'c@d';
-- - SAR009: both arms are indexed: PostgreSQL combines bitmaps
SELECT id FROM ticket WHERE email = 'a@b' OR phone = '123';
-- + SAR009 ~ IDX001: one arm has no index
SELECT number FROM ticket WHERE email = 'a@b' OR state = 'new';
-- - SAR009: an AND narrows by an index first
SELECT id FROM ticket WHERE agent_id = 5 AND opened >= '2024-01-01' AND (state = 'new' OR email IS NULL);
-- + SAR007: starts with an underscore or percent
SELECT id FROM ticket WHERE email LIKE '%@example.org';
-- - SAR007: the pattern is a parameter
SELECT id, phone FROM ticket WHERE email LIKE $1;
-- + PAG001 ~ PAG002 IDX001: page by offset, deep
SELECT id, number FROM ticket WHERE state = 'closed' ORDER BY opened LIMIT 50 OFFSET 100000;
-- - PAG001: small offset
SELECT id, number FROM ticket WHERE agent_id = 5 ORDER BY opened LIMIT 50 OFFSET 50;
-- - PAG006: a random number shown
SELECT id, random() AS r FROM ticket WHERE agent_id = 5;
