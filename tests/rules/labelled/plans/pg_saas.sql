-- engine: postgresql 15
-- style: tenants in shared tables, one of them large
CREATE TABLE tenants (id int PRIMARY KEY, name text NOT NULL, plan text NOT NULL);
CREATE TABLE users (id int PRIMARY KEY, tenant_id int NOT NULL, email text NOT NULL, role text NOT NULL, last_seen timestamptz, deleted_at timestamptz);
CREATE TABLE documents (id bigint PRIMARY KEY, tenant_id int NOT NULL, owner_id int NOT NULL, state text NOT NULL, title text NOT NULL, updated_at timestamptz NOT NULL, size int NOT NULL);
CREATE TABLE comments (id bigint PRIMARY KEY, document_id bigint NOT NULL REFERENCES documents ON DELETE CASCADE, author_id int NOT NULL, body text NOT NULL, created_at timestamptz NOT NULL);
CREATE TABLE audit (id bigint PRIMARY KEY, tenant_id int NOT NULL, user_id int NOT NULL, action text NOT NULL, at timestamptz NOT NULL);
CREATE TABLE geo (id int PRIMARY KEY, city text NOT NULL, region text NOT NULL, country text NOT NULL, pop int NOT NULL);
INSERT INTO tenants SELECT i, 'Tenant ' || i, (ARRAY['free','pro','max'])[1 + i % 3] FROM generate_series(1, 500) i;
INSERT INTO users SELECT i, 1 + i % 500, 'user' || i || '@t.example', CASE WHEN i % 20 = 0 THEN 'admin' ELSE 'member' END, timestamptz '2026-01-01' - i * interval '1 minute', CASE WHEN i % 9 = 0 THEN timestamptz '2026-01-01' END FROM generate_series(1, 60000) i;
INSERT INTO documents SELECT i, CASE WHEN i % 2 = 0 THEN 1 ELSE 1 + (i * 7) % 500 END, 1 + i % 60000, CASE WHEN i % 300 = 0 THEN 'draft' WHEN i % 7 = 0 THEN 'archived' ELSE 'live' END, 'Document ' || md5(i::text), timestamptz '2025-01-01' + (i * 37 % 300000) * interval '1 minute', i % 9000 FROM generate_series(1, 300000) i;
INSERT INTO comments SELECT i, 1 + i % 300000, 1 + i % 60000, 'text ' || md5(i::text), timestamptz '2025-01-01' + i * interval '1 minute' FROM generate_series(1, 400000) i;
INSERT INTO audit SELECT i, 1 + i % 500, 1 + (i * 13) % 60000, (ARRAY['view','edit','share','login'])[1 + i % 4], timestamptz '2025-06-01' + i * interval '20 seconds' FROM generate_series(1, 600000) i;
INSERT INTO geo SELECT i, 'city' || i % 1000, 'region' || i % 100, 'country' || i % 10, i FROM generate_series(1, 200000) i;
CREATE INDEX users_tenant ON users (tenant_id);
CREATE INDEX documents_tenant ON documents (tenant_id);
CREATE INDEX documents_updated ON documents (updated_at);
CREATE INDEX audit_tenant_at ON audit (tenant_id, at);
CREATE INDEX audit_action ON audit (action);
CREATE INDEX audit_user ON audit (user_id);
CREATE INDEX geo_pop ON geo (pop);
VACUUM ANALYZE;

-- + IDX005@documents: half of the table through the tenant's index, to keep few drafts
-- fix: CREATE INDEX ON documents (tenant_id, state)
-- set: enable_seqscan=off
SELECT id, title FROM documents WHERE tenant_id = 1 AND state = 'draft' AND size < 2000;
-- + PLN020@documents: the same by reading all
-- fix: CREATE INDEX ON documents (tenant_id, state)
-- set: enable_indexscan=off; enable_bitmapscan=off
SELECT id, title FROM documents WHERE tenant_id = 1 AND state = 'draft' AND size < 2000;
-- none - IDX005: a small tenant, few rows thrown away
SELECT id, title FROM documents WHERE tenant_id = 8 AND state = 'draft';
-- none - IDX006 IDX007: the tenant's newest audit rows by its index
SELECT * FROM audit WHERE tenant_id = 77 ORDER BY at DESC LIMIT 50;
-- + IDX007|IDX006@documents: the newest of the large tenant: 150,000 rows sorted for 20
-- fix: CREATE INDEX ON documents (tenant_id, updated_at)
-- set: enable_indexscan=off
SELECT id, title, updated_at FROM documents WHERE tenant_id = 1 ORDER BY updated_at DESC LIMIT 20;
-- none - IDX008: the index on updated_at finds the large tenant's rows at once
SELECT id, title, updated_at FROM documents WHERE tenant_id = 1 ORDER BY updated_at DESC LIMIT 20;
-- + IDX008|IDX005@documents: the drafts of one tenant by walking the index on updated_at
-- fix: CREATE INDEX ON documents (tenant_id, state, updated_at)
-- set: enable_sort=off; enable_seqscan=off
SELECT id, title, updated_at FROM documents WHERE tenant_id = 9 AND state = 'draft' ORDER BY updated_at DESC LIMIT 20;
-- + PLN016: deleting documents checks comments, which has no index on document_id
-- fix: CREATE INDEX ON comments (document_id)
DELETE FROM documents WHERE id BETWEEN 1000 AND 1010;
-- none - PLN016: no foreign key points to audit
DELETE FROM audit WHERE id BETWEEN 1000 AND 1500;
-- + PLN020@comments ~ SUB001: comments of a document
-- fix: CREATE INDEX ON comments (document_id)
SELECT id, body FROM comments WHERE document_id = 4242 ORDER BY created_at;
-- + PLN020@geo PLN002@geo ~ PLN001: no index on any of them; and the city decides the region and the country
-- set: enable_indexscan=off
SELECT g.id, d.title FROM geo g JOIN documents d ON d.id = g.id WHERE g.city = 'city7' AND g.region = 'region7' AND g.country = 'country7';
-- + PLN021@audit - PLN002 PLN001: all edits are looked up to find those of one tenant; the estimate is right
SELECT count(*) FROM audit WHERE tenant_id = 5 AND action = 'edit';
-- none - PLN020: a count over all
SELECT count(*) FROM audit;
-- none - PLN033: the dashboard of one tenant: few rows
SELECT action, count(*) FROM audit WHERE tenant_id = 12 AND at > '2025-09-01' GROUP BY action;
-- ~ PLN033@audit - PLN020 PLN026: a summary of all audit rows, each time; worth a word at most
SELECT tenant_id, action, count(*) FROM audit GROUP BY tenant_id, action;
-- none - PLN003 JOI012: loaded after ANALYZE, but the size of the file is known and the estimates hold
-- before: CREATE TEMP TABLE batch (id int, uid int); ANALYZE batch; INSERT INTO batch SELECT i, 1 + i % 60000 FROM generate_series(1, 50000) i
-- form: nobuffers
SELECT count(*) FROM batch b JOIN users u ON u.id = b.uid JOIN documents d ON d.id = b.id WHERE u.role = 'admin';
-- ~ PLN020@users: users by mail; 5 ms are little
SELECT id FROM users WHERE email = 'user777@t.example';
-- none - PLN020: a table of 500 rows
SELECT id FROM tenants WHERE name = 'Tenant 77';
-- none - JOI012 PLN012: a nested loop over one tenant's users
SELECT u.email, count(a.id) FROM users u JOIN audit a ON a.user_id = u.id WHERE u.tenant_id = 3 AND u.role = 'admin' GROUP BY u.email;
-- + IDX005@audit: a range of users is read, and the action thrown out afterwards (10.5 ms, 1.8 with the index)
-- fix: CREATE INDEX ON audit (user_id, action)
-- set: enable_seqscan=off; enable_indexscan=off
SELECT count(*) FROM audit WHERE user_id BETWEEN 100 AND 3000 AND at > '2025-06-01' AND action = 'share';
