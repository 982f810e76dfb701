-- engine: postgresql
-- style: Rails issue tracker
CREATE TABLE users (id bigserial PRIMARY KEY, login character varying NOT NULL, email character varying NOT NULL, last_login_on timestamp without time zone, type character varying, created_at timestamp without time zone NOT NULL);
CREATE UNIQUE INDEX index_users_on_login ON users USING btree (login);
CREATE INDEX index_users_on_lower_email ON users USING btree (lower((email)::text));
CREATE INDEX index_users_on_created_at ON users USING btree (created_at);
CREATE TABLE projects (id bigserial PRIMARY KEY, name character varying NOT NULL, parent_id bigint REFERENCES projects(id), status integer DEFAULT 1 NOT NULL);
CREATE INDEX index_projects_on_parent_id ON projects USING btree (parent_id);
CREATE TABLE issues (id bigserial PRIMARY KEY, project_id bigint NOT NULL REFERENCES projects(id), author_id bigint NOT NULL REFERENCES users(id), assigned_to_id bigint REFERENCES users(id), subject character varying NOT NULL, description text, due_date date, closed_on timestamp without time zone, created_on timestamp without time zone NOT NULL);
CREATE INDEX index_issues_on_project_id_and_created_on ON issues USING btree (project_id, created_on);
CREATE INDEX index_issues_on_author_id ON issues USING btree (author_id);
CREATE INDEX index_issues_on_assigned_to_id ON issues USING btree (assigned_to_id);
CREATE INDEX index_issues_on_closed_on ON issues USING btree (closed_on);
CREATE TABLE time_entries (id bigserial PRIMARY KEY, issue_id bigint NOT NULL REFERENCES issues(id), user_id bigint NOT NULL REFERENCES users(id), hours double precision NOT NULL, spent_on date NOT NULL);
CREATE INDEX index_time_entries_on_issue_id ON time_entries USING btree (issue_id);
CREATE INDEX index_time_entries_on_user_id_and_spent_on ON time_entries USING btree (user_id, spent_on);
-- @ - IDX003 IDX016 SCH001: every foreign key leads an index; no index repeats another
-- - SAR001 SAR008 IDX011: lower(email) has its expression index
SELECT "users".* FROM "users" WHERE lower("users"."email") = lower('A@Example.org') LIMIT 1;
-- + SAR008 ~ SAR001 IDX011: lower(login) has none; the unique index is on login
SELECT "users"."id" FROM "users" WHERE LOWER("users"."login") = LOWER('Jsmith') LIMIT 1;
-- + SAR002 ~ SAR001: cut to a date; closed_on is timestamp without time zone and indexed
SELECT COUNT(*) FROM "issues" WHERE DATE("issues"."closed_on") = '2024-03-01';
-- + JOI007: one row per time entry, removed by DISTINCT; only issues are shown
SELECT DISTINCT "issues"."id", "issues"."subject" FROM "issues" INNER JOIN "time_entries" ON "time_entries"."issue_id" = "issues"."id" WHERE "time_entries"."user_id" = 17 AND "time_entries"."spent_on" >= '2024-01-01';
-- - JOI007 AGG003: the joined side is shown too
SELECT DISTINCT "issues"."id", "time_entries"."user_id" FROM "issues" INNER JOIN "time_entries" ON "time_entries"."issue_id" = "issues"."id" WHERE "issues"."project_id" = 3 ;
-- + JOI002: WHERE on the nullable side
SELECT "issues"."id" FROM "issues" LEFT OUTER JOIN "users" ON "users"."id" = "issues"."assigned_to_id" WHERE "users"."login" = 'jsmith';
-- - JOI002 JOI003 JOI004: anti-join on the key of the right side
SELECT "users"."id" FROM "users" LEFT OUTER JOIN "issues" ON "issues"."author_id" = "users"."id" WHERE "issues"."id" IS NULL;
-- - JOI002: WHERE only on the left side
SELECT "issues"."id", "users"."login" FROM "issues" LEFT OUTER JOIN "users" ON "users"."id" = "issues"."assigned_to_id" WHERE "issues"."project_id" = 5;
