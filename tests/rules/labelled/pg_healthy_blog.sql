-- engine: postgresql
-- style: a healthy application: nothing to say
CREATE TABLE author (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, handle text NOT NULL UNIQUE, joined timestamptz NOT NULL DEFAULT now());
CREATE TABLE post (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, author_id int NOT NULL REFERENCES author, slug text NOT NULL UNIQUE, title text NOT NULL, published timestamptz);
CREATE INDEX post_author ON post (author_id, published DESC);
CREATE INDEX post_published ON post (published DESC) WHERE published IS NOT NULL;
CREATE TABLE comment (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, post_id int NOT NULL REFERENCES post ON DELETE CASCADE, author_id int REFERENCES author ON DELETE SET NULL, at timestamptz NOT NULL, text text NOT NULL);
CREATE INDEX comment_post ON comment (post_id, at);
CREATE INDEX comment_author ON comment (author_id) WHERE author_id IS NOT NULL;
-- @ - IDX003 comment: a partial index over IS NOT NULL serves a foreign key
-- - IDX001
SELECT id, title FROM post WHERE slug = 'x';
-- - IDX001: partial index by IS NOT NULL and order
SELECT id, title FROM post WHERE published IS NOT NULL ORDER BY published DESC LIMIT 10;
-- - IDX001: a comparison implies IS NOT NULL
SELECT id FROM post WHERE published < '2024-01-01' ORDER BY published DESC LIMIT 10;
-- - JOI004 JOI002: shown
SELECT c.text, a.handle FROM comment c LEFT JOIN author a ON a.id = c.author_id WHERE c.post_id = 5 ORDER BY c.at;
-- - IDX002 IDX001
SELECT p.title, count(c.id) FROM post p LEFT JOIN comment c ON c.post_id = p.id WHERE p.author_id = 4 GROUP BY p.id, p.title;
-- - JOI007
SELECT a.handle FROM author a WHERE EXISTS (SELECT 1 FROM post p WHERE p.author_id = a.id AND p.published > now() - interval '1 day');
-- - IDX001: keyset page
SELECT id, text FROM comment WHERE post_id = 6 AND (at, id) > ('2024-01-01', 5) ORDER BY at, id LIMIT 20;
-- - WRI001
INSERT INTO comment (post_id, author_id, at, text) VALUES (1, 2, now(), 'x') RETURNING id;
-- - WRI001
UPDATE post SET published = now() WHERE id = 4;
