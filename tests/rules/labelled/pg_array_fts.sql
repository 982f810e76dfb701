-- engine: postgresql
-- style: special indexes
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE TABLE doc (id int PRIMARY KEY, title text NOT NULL, body text NOT NULL, tags text[] NOT NULL, roles int[] NOT NULL, span tsrange NOT NULL, geo point, loc inet NOT NULL);
CREATE INDEX doc_tags ON doc USING gin (tags);
CREATE INDEX doc_body_trgm ON doc USING gist (body gist_trgm_ops);
CREATE INDEX doc_span ON doc USING gist (span);
CREATE INDEX doc_title ON doc (title);
CREATE INDEX doc_body_fts ON doc USING gin (to_tsvector('english', title));
-- - IDX012: GIN on tags
SELECT id FROM doc WHERE tags && ARRAY['a','b'];
-- + IDX012: roles has none
SELECT id FROM doc WHERE roles && ARRAY[1,2];
-- - IDX012: GiST on the range
SELECT id FROM doc WHERE span @> '2024-01-01 00:00'::timestamp;
-- - SAR007 IDX012: trigram by GiST
SELECT id FROM doc WHERE body LIKE '%lamp%';
-- - IDX012 IDX011: the expression is indexed
SELECT id FROM doc WHERE to_tsvector('english', title) @@ to_tsquery('english', 'lamp');
-- + IDX012 ~ IDX011: body is not
SELECT id FROM doc WHERE to_tsvector('english', body) @@ to_tsquery('english', 'lamp');
-- + SAR007: title has only a b-tree
SELECT id FROM doc WHERE title LIKE '%lamp%';
-- - SAR001: ANY of an array value
SELECT id FROM doc WHERE title = ANY (ARRAY['a', 'b']);
