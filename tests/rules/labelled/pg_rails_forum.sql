-- engine: postgresql
-- style: Rails forum
CREATE TABLE topics (id serial PRIMARY KEY, title varchar NOT NULL, category_id integer, user_id integer NOT NULL, posts_count integer DEFAULT 0 NOT NULL, deleted_at timestamp, bumped_at timestamp NOT NULL, archetype varchar DEFAULT 'regular' NOT NULL);
CREATE INDEX idx_topics_category ON topics (category_id, bumped_at DESC) WHERE deleted_at IS NULL;
CREATE INDEX idx_topics_user ON topics (user_id);
CREATE INDEX idx_topics_bumped ON topics (bumped_at);
CREATE TABLE posts (id serial PRIMARY KEY, topic_id integer NOT NULL, user_id integer, post_number integer NOT NULL, raw text NOT NULL, cooked text NOT NULL, like_count integer DEFAULT 0 NOT NULL, created_at timestamp NOT NULL);
CREATE UNIQUE INDEX idx_posts_topic_number ON posts (topic_id, post_number);
CREATE INDEX idx_posts_user ON posts (user_id, created_at);
CREATE TABLE topic_tags (topic_id integer NOT NULL, tag_id integer NOT NULL, PRIMARY KEY (topic_id, tag_id));
CREATE INDEX idx_topic_tags_tag ON topic_tags (tag_id);
CREATE TABLE muted_users (user_id integer NOT NULL, muted_user_id integer, PRIMARY KEY (user_id));
-- @ - IDX016: partial, unique and plain indexes all differ
-- @ - SCH001 topic_tags: composite primary key
-- + SUB002: muted_user_id may be NULL
SELECT id FROM posts WHERE topic_id = 91 AND user_id NOT IN (SELECT muted_user_id FROM muted_users WHERE muted_users.user_id = 12);
-- - SUB002: tag list column is NOT NULL and id is a key
SELECT id, title FROM topics WHERE user_id = 7 AND id NOT IN (SELECT topic_id FROM topic_tags WHERE tag_id = 9);
-- - SUB002: the NULLs are filtered inside and topic_id cannot be NULL
SELECT id FROM topics WHERE user_id = 8 AND id NOT IN (SELECT p.topic_id FROM posts p WHERE p.user_id IS NOT NULL AND p.user_id = 4);
-- + PAG001 ~ PAG002: page 2000
SELECT id, title FROM topics ORDER BY bumped_at DESC LIMIT 30 OFFSET 60000;
-- - PAG001 PAG002: first page
SELECT id, title FROM topics WHERE category_id = 4 AND deleted_at IS NULL ORDER BY bumped_at DESC LIMIT 30 OFFSET 0;
-- + PAG006 ~ IDX001: random topics
SELECT id, title FROM topics WHERE archetype = 'regular' ORDER BY random() LIMIT 5;
-- ~ SEL001 PAG002: raw and cooked are long texts, but of twenty rows only
SELECT * FROM posts WHERE topic_id = 4411 ORDER BY post_number LIMIT 20;
-- - SEL001: a narrow table
SELECT * FROM topic_tags WHERE tag_id = 3;
-- + AGG001: counts to learn whether there is one
SELECT t.id FROM topics t WHERE t.user_id = 5 AND (SELECT COUNT(*) FROM posts p WHERE p.topic_id = t.id AND p.user_id = 5) > 0;
-- - AGG001: the count itself is wanted
SELECT t.id, (SELECT COUNT(*) FROM posts p WHERE p.topic_id = t.id) AS n FROM topics t WHERE t.user_id = 6;
