-- engine: postgresql
-- style: Rails with schemas and polymorphic associations
CREATE TABLE public.namespaces (id bigint NOT NULL, name character varying NOT NULL, path character varying NOT NULL, owner_id bigint, type character varying);
ALTER TABLE ONLY public.namespaces ADD CONSTRAINT namespaces_pkey PRIMARY KEY (id);
CREATE INDEX index_namespaces_on_owner_id ON public.namespaces USING btree (owner_id);
CREATE INDEX index_namespaces_on_lower_path ON public.namespaces USING btree (lower((path)::text));
CREATE TABLE public.events (id bigint NOT NULL, project_id bigint, author_id bigint NOT NULL, target_id bigint, target_type character varying, action smallint NOT NULL, created_at timestamp with time zone NOT NULL);
ALTER TABLE ONLY public.events ADD CONSTRAINT events_pkey PRIMARY KEY (id);
CREATE INDEX index_events_author ON public.events USING btree (author_id, created_at);
CREATE INDEX index_events_target ON public.events USING btree (target_type, target_id);
CREATE INDEX index_events_project_pushed ON public.events USING btree (project_id, created_at) WHERE (action = 5);
CREATE TABLE public.members (id bigint NOT NULL, source_id bigint NOT NULL, source_type character varying NOT NULL, user_id bigint, access_level integer NOT NULL, expires_at date);
ALTER TABLE ONLY public.members ADD CONSTRAINT members_pkey PRIMARY KEY (id);
CREATE INDEX index_members_source ON public.members USING btree (source_id, source_type);
CREATE INDEX index_members_user ON public.members USING btree (user_id);
-- @ - SCH001 IDX016: keys by ALTER TABLE
-- - IDX001 IDX004: polymorphic pair in the other order of the text
SELECT "events".* FROM "events" WHERE "events"."target_id" = 5 AND "events"."target_type" = 'Issue';
-- + IDX004 ~ IDX001: target_id alone does not lead
SELECT "events"."id" FROM "events" WHERE "events"."target_id" = 6;
-- + IDX001: the partial index does not serve action 3
SELECT "events"."id" FROM "events" WHERE "events"."project_id" = 7 AND "events"."action" = 3;
-- - IDX001: the partial index serves
SELECT "events"."id" FROM "events" WHERE "events"."project_id" = 8 AND "events"."action" = 5 ORDER BY "events"."created_at" DESC LIMIT 20;
-- - SAR008 IDX011 SAR001: expression index
SELECT "namespaces"."id" FROM "namespaces" WHERE lower("namespaces"."path") = 'foo' LIMIT 1;
-- + SUB002: user_id of a member may be NULL
SELECT "namespaces"."id" FROM "namespaces" WHERE "namespaces"."owner_id" = 9 AND "namespaces"."owner_id" NOT IN (SELECT "members"."user_id" FROM "members" WHERE "members"."source_id" = 3 AND "members"."source_type" = 'Namespace');
-- - JOI001: the join condition stands in WHERE
SELECT e.id FROM events e, members m WHERE e.author_id = m.user_id AND m.source_id = 4 AND m.source_type = 'Project';
-- - JOI001: recursive CTE
WITH RECURSIVE tree AS (SELECT id, owner_id FROM namespaces WHERE id = 3 UNION ALL SELECT n.id, n.owner_id FROM namespaces n JOIN tree t ON n.owner_id = t.id) SELECT id FROM tree;
-- - AGG007: a recursive UNION ends the loop
WITH RECURSIVE up AS (SELECT id, owner_id FROM namespaces WHERE id = 4 UNION SELECT n.id, n.owner_id FROM namespaces n JOIN up t ON n.id = t.owner_id) SELECT id FROM up;
