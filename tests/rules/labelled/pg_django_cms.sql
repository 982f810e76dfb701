-- engine: postgresql
-- style: Django CMS
CREATE TABLE cms_page (id serial PRIMARY KEY, slug varchar(255) NOT NULL, title varchar(255) NOT NULL, body text NOT NULL, draft boolean NOT NULL, published_at timestamp with time zone, tags text[] NOT NULL, meta jsonb NOT NULL, search tsvector, owner_id integer NOT NULL);
CREATE UNIQUE INDEX cms_page_slug ON cms_page (slug);
CREATE INDEX cms_page_owner ON cms_page (owner_id);
CREATE INDEX cms_page_title_trgm ON cms_page USING gin (title gin_trgm_ops);
CREATE INDEX cms_page_search ON cms_page USING gin (search);
CREATE INDEX cms_page_published ON cms_page (published_at);
CREATE TABLE cms_revision (id serial PRIMARY KEY, page_id integer NOT NULL REFERENCES cms_page(id), number integer NOT NULL, data jsonb NOT NULL, created_at timestamp with time zone NOT NULL, UNIQUE (page_id, number));
CREATE INDEX cms_revision_data ON cms_revision USING gin (data jsonb_path_ops);
-- @ - IDX003 cms_revision: the unique constraint leads with page_id
-- - SAR007 SAR008: title has a trigram index
SELECT id, title FROM cms_page WHERE title ILIKE '%spring%';
-- + SAR007 ~ SAR008: slug has only a b-tree
SELECT id FROM cms_page WHERE slug LIKE '%-2024';
-- + IDX012: array containment without GIN
SELECT id FROM cms_page WHERE tags @> ARRAY['news'];
-- + IDX012: jsonb containment without GIN
SELECT id FROM cms_page WHERE meta @> '{"lang": "de"}';
-- - IDX012: full text with GIN
SELECT id FROM cms_page WHERE search @@ plainto_tsquery('english', 'lamp');
-- - IDX012: jsonb_path_ops serves containment
SELECT id FROM cms_revision WHERE data @> '{"author": 5}';
-- + IDX012: jsonb_path_ops does not serve key existence
SELECT id FROM cms_revision WHERE data ? 'author';
-- + JOI013: newest revision by numbering all
SELECT page_id, data FROM (SELECT page_id, data, row_number() OVER (PARTITION BY page_id ORDER BY number DESC) AS rn FROM cms_revision) x WHERE rn = 1;
-- - JOI013: three of each group
SELECT page_id, number FROM (SELECT page_id, number, row_number() OVER (PARTITION BY page_id ORDER BY number DESC) AS rn FROM cms_revision) x WHERE rn <= 3;
-- - JOI013: numbering for show
SELECT number, row_number() OVER (ORDER BY created_at) FROM cms_revision WHERE page_id = 9;
