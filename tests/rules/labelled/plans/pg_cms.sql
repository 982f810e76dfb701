-- engine: postgresql 17
-- style: posts, comments, tags, full text; read mostly
CREATE TABLE authors (id int PRIMARY KEY, slug text UNIQUE NOT NULL, bio text);
CREATE TABLE posts (id int PRIMARY KEY, author_id int NOT NULL, slug text NOT NULL, title text NOT NULL, body text NOT NULL, status text NOT NULL, published_at timestamptz, views int NOT NULL, section_id int NOT NULL);
CREATE TABLE comments (id int PRIMARY KEY, post_id int NOT NULL, parent_id int, spam boolean NOT NULL, created_at timestamptz NOT NULL, author text NOT NULL);
CREATE TABLE tags (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE post_tags (post_id int NOT NULL, tag_id int NOT NULL, PRIMARY KEY (post_id, tag_id));
CREATE TABLE hits (post_id int NOT NULL, day date NOT NULL, n int NOT NULL);
INSERT INTO authors SELECT i, 'author-' || i, NULL FROM generate_series(1, 900) i;
INSERT INTO posts SELECT i, 1 + i % 900, 'post-' || i, 'Title ' || md5(i::text), repeat(md5(i::text) || ' ', 12), CASE WHEN i % 50 = 0 THEN 'draft' ELSE 'public' END, timestamptz '2015-01-01' + i * interval '50 minutes', (i * 71) % 10000, i % 25 FROM generate_series(1, 100000) i;
INSERT INTO comments SELECT i, 1 + (i * 13) % 100000, CASE WHEN i % 3 = 0 THEN i - 1 END, i % 500 = 0, timestamptz '2016-01-01' + i * interval '9 minutes', 'a' || i % 7000 FROM generate_series(1, 400000) i;
INSERT INTO tags SELECT i, 'tag' || i FROM generate_series(1, 300) i;
INSERT INTO post_tags SELECT p, t FROM (SELECT DISTINCT 1 + i % 100000 AS p, 1 + (i * 37) % 300 AS t FROM generate_series(1, 300000) i) x;
INSERT INTO hits SELECT 1 + i % 2000, date '2025-01-01' + i / 2000, i % 100 FROM generate_series(0, 499999) i;
CREATE INDEX posts_published ON posts (published_at);
CREATE INDEX posts_status_section ON posts (status, section_id);
CREATE INDEX comments_post ON comments (post_id);
CREATE INDEX comments_spam ON comments (id) WHERE spam;
CREATE INDEX hits_day ON hits (day);
VACUUM ANALYZE;

-- + PLN020@posts: the page by its slug
-- fix: CREATE INDEX ON posts (slug)
SELECT id, title, body FROM posts WHERE slug = 'post-4711';
-- none - PLN020: an author by slug, which is unique
SELECT id FROM authors WHERE slug = 'author-77';
-- none - IDX008 IDX007: the front page: the newest public posts by the index on published_at
SELECT id, title FROM posts WHERE status = 'public' ORDER BY published_at DESC LIMIT 10;
-- + IDX007@posts ~ PLN020: the most read posts of a section: 4,000 rows sorted for ten
-- fix: CREATE INDEX ON posts (section_id, views)
-- set: enable_bitmapscan=off; enable_indexscan=off
SELECT id, title FROM posts WHERE section_id = 7 ORDER BY views DESC LIMIT 10;
-- + IDX007@posts: the most read of all
-- fix: CREATE INDEX ON posts (views)
SELECT id, title, views FROM posts ORDER BY views DESC LIMIT 10;
-- + PLN020@post_tags ~ PLN014 IDX005: the posts of a tag: the key begins with post_id
-- fix: CREATE INDEX ON post_tags (tag_id)
SELECT post_id FROM post_tags WHERE tag_id = 77;
-- none - PLN020 JOI012: the tags of a post
SELECT t.name FROM post_tags pt JOIN tags t ON t.id = pt.tag_id WHERE pt.post_id = 4711;
-- none - PLN020 SUB001: comments of a post with answers
SELECT c.id, (SELECT count(*) FROM comments r WHERE r.post_id = c.post_id AND r.parent_id = c.id) FROM comments c WHERE c.post_id = 555;
-- + SUB001|PLN020@comments: answers are found by reading all comments, for each of four
-- fix: CREATE INDEX ON comments (parent_id)
SELECT c.id, (SELECT count(*) FROM comments r WHERE r.parent_id = c.id) FROM comments c WHERE c.post_id = 555;
-- none - PLN020: spam by the partial index
SELECT id, author FROM comments WHERE spam ORDER BY id LIMIT 100;
-- + PLN023|PLN020|SAR007@posts: search in the body
SELECT id, title FROM posts WHERE body LIKE '%abcdef0123%';
-- + PLN029|PAG001: moderation page far behind
SELECT id, author FROM comments ORDER BY id OFFSET 350000 LIMIT 50;
-- none - PLN006: vacuumed
-- set: enable_seqscan=off; enable_bitmapscan=off
SELECT count(day) FROM hits WHERE day BETWEEN '2025-05-01' AND '2025-07-01';
-- + PLN006@hits: index-only, and the pages are not all visible
-- before: UPDATE hits SET n = n + 1 WHERE day < '2025-05-01'
-- set: enable_seqscan=off; enable_bitmapscan=off
SELECT count(day) FROM hits WHERE day BETWEEN '2025-02-01' AND '2025-04-01';
-- ~ PLN033@hits - PLN020: hits by post over all days
SELECT post_id, sum(n) FROM hits GROUP BY post_id ORDER BY 2 DESC LIMIT 10;
-- none - PLN032: a page of text is little work
-- form: serialize
SELECT id, title, body FROM posts ORDER BY published_at DESC LIMIT 20;
-- + PLN032: all bodies as text
-- form: serialize
SELECT id, body, published_at, views FROM posts;
-- none - PLN001: a misestimate above which nothing happens
SELECT count(*) FROM posts WHERE views % 10 = 3;
-- none - PLN025 PLN001: the export joins all
SELECT p.id, a.slug FROM posts p JOIN authors a ON a.id = p.author_id;
-- none - PLN020: EXISTS that stops at the first row
SELECT EXISTS (SELECT 1 FROM comments WHERE spam IS FALSE);
