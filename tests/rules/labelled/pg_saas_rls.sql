-- engine: postgresql
-- style: Supabase-like
CREATE TABLE tenant (id uuid PRIMARY KEY, name text NOT NULL);
CREATE TABLE member (tenant_id uuid NOT NULL REFERENCES tenant, user_id uuid NOT NULL, role text NOT NULL, PRIMARY KEY (tenant_id, user_id));
CREATE INDEX member_user ON member (user_id);
CREATE TABLE note (id uuid PRIMARY KEY, tenant_id uuid NOT NULL REFERENCES tenant, owner uuid NOT NULL, title text NOT NULL, body text NOT NULL, archived boolean NOT NULL DEFAULT false, created timestamptz NOT NULL);
CREATE INDEX note_tenant ON note (tenant_id, created);
CREATE INDEX note_tenant2 ON note (tenant_id);
CREATE INDEX note_owner ON note (owner);
CREATE INDEX note_open ON note (tenant_id) WHERE NOT archived;
CREATE TABLE audit (at timestamptz NOT NULL, who uuid, what text);
ALTER TABLE note ENABLE ROW LEVEL SECURITY;
ALTER TABLE member ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
CREATE POLICY note_owner_read ON note FOR SELECT USING (owner = auth.uid());
CREATE POLICY member_self ON member FOR SELECT USING (user_id = (SELECT auth.uid()));
CREATE POLICY tenant_setting ON tenant USING (id = current_setting('app.tenant')::uuid);
CREATE POLICY audit_none ON audit USING (true);
-- @ + SCH007 note: auth.uid() per row
-- @ + SCH007 tenant: current_setting per row
-- @ - SCH007 member: wrapped in a scalar subquery
-- @ - SCH007 audit: calls nothing
-- @ + SCH001 audit: no key at all
-- @ + IDX016 note_tenant2: prefix of note_tenant
-- @ - IDX016 note_open: partial
-- ~ SEL001: the whole note
SELECT id, title FROM note WHERE tenant_id = '7f1d6ba0-0000-4000-8000-000000000001' AND NOT archived ORDER BY created DESC LIMIT 20;
-- - IDX001: by key
UPDATE note SET archived = true WHERE id = '7f1d6ba0-0000-4000-8000-000000000002';
-- + WRI001: every note
UPDATE note SET archived = false;
-- - WRI001: only some
UPDATE note SET archived = true WHERE tenant_id = '7f1d6ba0-0000-4000-8000-000000000003' AND created < now() - interval '1 year';
