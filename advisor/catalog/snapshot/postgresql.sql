-- What a snapshot of PostgreSQL 12 and later is read with, for psql and for the program alike. Each section is one
-- query of one text column, a JSON record a row; the program adds the record that ends a section. `if` names a column
-- of `conditions`: of several forms of a section the first whose condition holds is run, the next ones when it fails.
-- Names come out qualified (search_path is empty). Functions that open a table are kept off those that somebody holds
-- or awaits an ACCESS EXCLUSIVE lock on. Columns that not every major has are read through to_jsonb(row).

-- :section conditions
SELECT current_setting('server_version_num')::int >= 140000 AS from_14,
       current_setting('server_version_num')::int >= 150000
           AND has_table_privilege('pg_catalog.pg_statistic_ext_data', 'SELECT') AS extended_from_15,
       current_setting('server_version_num')::int >= 140000
           AND has_table_privilege('pg_catalog.pg_statistic_ext_data', 'SELECT') AS extended_from_14,
       has_table_privilege('pg_catalog.pg_statistic_ext_data', 'SELECT') AS extended,
       has_table_privilege('pg_catalog.pg_statistic', 'SELECT') AS statistic,
       current_setting('is_superuser') = 'on'
           AND EXISTS (SELECT FROM pg_extension WHERE extname = 'pageinspect') AS pageinspect,
       COALESCE((SELECT n.nspname FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
                 WHERE e.extname = 'pageinspect'), 'pg_catalog') AS pageinspect_schema;

-- :section header
SELECT json_strip_nulls(json_build_object(
    'record', 'header', 'format', 'advisor-snapshot/1',
    'engine', json_build_object('name', 'postgresql',
                                'version', split_part(current_setting('server_version'), ' ', 1)),
    'version_number', current_setting('server_version_num')::int,
    'database', d.datname, 'captured_at', now(), 'values', 'present', 'statistics', 'snapshot',
    'role', current_user, 'encoding', pg_encoding_to_char(d.encoding),
    'collate', d.datcollate, 'ctype', d.datctype,
    'locale_provider', CASE COALESCE(to_jsonb(d)->>'datlocprovider', 'c')
                           WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' END,
    'block_size', current_setting('block_size')::int))::text AS line
FROM pg_database AS d WHERE d.datname = current_database();

-- :section settings
-- reset_val is what a session of this role begins with; the run's own SET LOCAL does not show in it.
SELECT json_strip_nulls(json_build_object('record', 'setting', 'name', s.name, 'value', s.reset_val, 'unit', s.unit,
    'source', CASE WHEN s.source = 'session' THEN NULL ELSE s.source END))::text AS line
FROM pg_settings AS s
WHERE s.reset_val IS NOT NULL AND (s.category LIKE 'Query Tuning%' OR s.name IN ({planning}, {described}))
UNION ALL
SELECT json_build_object('record', 'row', 'source', 'pg_db_role_setting', 'values', json_strip_nulls(json_build_object(
    'database', d.datname, 'role', CASE WHEN r.setrole <> 0 THEN pg_get_userbyid(r.setrole) END,
    'name', split_part(o.option, '=', 1), 'value', substr(o.option, strpos(o.option, '=') + 1))))::text
FROM pg_db_role_setting AS r
LEFT JOIN pg_database AS d ON d.oid = r.setdatabase
CROSS JOIN LATERAL unnest(r.setconfig) AS o(option)
WHERE (r.setdatabase = 0 OR d.datname = current_database())
  AND (split_part(o.option, '=', 1) IN ({planning}, {described})
       OR split_part(o.option, '=', 1) IN (SELECT name FROM pg_settings WHERE category LIKE 'Query Tuning%'));

-- :section extensions
SELECT json_build_object('record', 'extension', 'name', e.extname, 'version', e.extversion, 'schema', n.nspname)::text
       AS line
FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
ORDER BY e.oid;

-- :section relations if pageinspect
-- The functions take NULL for an index that is not theirs: a condition beside them would be looked at too late.
{relations}
LEFT JOIN LATERAL (
    SELECT m.fastlevel
    FROM :"pageinspect_schema".bt_metap(
        CASE WHEN c.relkind = 'i' AND am.amname = 'btree' AND x.indisvalid AND b.blocks > 0 THEN c.oid::regclass::text END
    ) AS m
) AS height ON true
LEFT JOIN LATERAL (
    SELECT json_build_object('n_pending_pages', m.n_pending_pages, 'n_pending_tuples', m.n_pending_tuples,
                             'n_total_pages', m.n_total_pages, 'n_entry_pages', m.n_entry_pages,
                             'n_data_pages', m.n_data_pages, 'n_entries', m.n_entries) AS counts
    FROM :"pageinspect_schema".gin_metapage_info(:"pageinspect_schema".get_raw_page(
        CASE WHEN c.relkind = 'i' AND am.amname = 'gin' AND x.indisvalid AND b.blocks > 0 THEN c.oid::regclass::text END,
        0)) AS m
    WHERE m.n_total_pages IS NOT NULL
) AS gin ON true
{relations_end};

-- :section relations
{relations}
CROSS JOIN (SELECT NULL::int AS fastlevel) AS height
CROSS JOIN (SELECT NULL::json AS counts) AS gin
{relations_end};

-- :section columns if statistic
-- pg_statistic itself: what pg_stats does not show to this role (row security), and range histograms before 17.
SELECT json_strip_nulls(json_build_object(
    'record', 'column', 'schema', n.nspname, 'table', c.relname, 'column', a.attname,
    'type', format_type({base_type}), 'inherited', s.stainherit,
    'null_frac', s.stanullfrac, 'avg_width', s.stawidth, 'n_distinct', s.stadistinct,
    'most_common_vals', k.v1::text, 'most_common_freqs', k.n1,
    'histogram_bounds', k.v2::text, 'correlation', k.n3[1],
    'most_common_elems', k.v4::text, 'most_common_elem_freqs', k.n4, 'elem_count_histogram', k.n5,
    'range_length_histogram', k.v6::text, 'range_empty_frac', k.n6[1], 'range_bounds_histogram', k.v7::text))::text
    AS line
FROM pg_statistic AS s
JOIN pg_class AS c ON c.oid = s.starelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = s.starelid AND a.attnum = s.staattnum AND NOT a.attisdropped
{base_type_join}
CROSS JOIN LATERAL (SELECT
    {slots}
) AS k
WHERE {schemas}
ORDER BY c.oid, a.attnum, s.stainherit;

-- :section columns
SELECT json_strip_nulls(json_build_object(
    'record', 'column', 'schema', s.schemaname, 'table', s.tablename, 'column', s.attname,
    'type', format_type({base_type}), 'inherited', s.inherited,
    'null_frac', s.null_frac, 'avg_width', s.avg_width, 'n_distinct', s.n_distinct,
    'most_common_vals', s.most_common_vals::text, 'most_common_freqs', s.most_common_freqs,
    'histogram_bounds', s.histogram_bounds::text, 'correlation', s.correlation,
    'most_common_elems', s.most_common_elems::text, 'most_common_elem_freqs', s.most_common_elem_freqs,
    'elem_count_histogram', s.elem_count_histogram,
    'range_length_histogram', r.row->>'range_length_histogram', 'range_empty_frac', r.row->'range_empty_frac',
    'range_bounds_histogram', r.row->>'range_bounds_histogram'))::text AS line
FROM pg_stats AS s
JOIN pg_namespace AS n ON n.nspname = s.schemaname
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = s.tablename
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = s.attname
{base_type_join}
CROSS JOIN LATERAL (SELECT CASE WHEN t.typtype IN ('r', 'm', 'd') THEN to_jsonb(s) END AS row) AS r
WHERE {schemas}
ORDER BY c.oid, a.attnum, s.inherited;

-- :section extended if extended_from_15
SELECT {extended_head}, 'inherited', d.stxdinherit, 'expressions', {expressions})){extended_tail};

-- :section extended if extended_from_14
SELECT {extended_head}, 'expressions', {expressions})){extended_tail};

-- :section extended if extended
SELECT {extended_head})){extended_tail};

-- :section extended if from_14
-- Only the owner sees these; the common values of several columns cannot be had as the server keeps them.
SELECT {extended_texts},
    'expressions', (
        SELECT json_agg(json_build_object('null_frac', x.null_frac, 'avg_width', x.avg_width,
                            'n_distinct', x.n_distinct, 'most_common_vals', x.most_common_vals::text,
                            'most_common_freqs', x.most_common_freqs, 'histogram_bounds', x.histogram_bounds::text,
                            'correlation', x.correlation, 'most_common_elems', x.most_common_elems::text,
                            'most_common_elem_freqs', x.most_common_elem_freqs,
                            'elem_count_histogram', x.elem_count_histogram) ORDER BY k.number)
        FROM pg_stats_ext_exprs AS x
        JOIN LATERAL unnest(pg_get_statisticsobjdef_expressions(e.oid)) WITH ORDINALITY AS k(expr, number)
            ON k.expr = x.expr
        WHERE x.statistics_schemaname = s.statistics_schemaname AND x.statistics_name = s.statistics_name
          AND to_jsonb(x)->'inherited' IS NOT DISTINCT FROM to_jsonb(s)->'inherited')))
{extended_texts_tail};

-- :section extended
SELECT {extended_texts})){extended_texts_tail};

-- :section enums
-- Serialised lists of common values hold an enum's labels by their OIDs.
SELECT json_build_object('record', 'row', 'source', 'pg_enum', 'values', json_build_object(
           'schema', n.nspname, 'type', t.typname, 'label', e.enumlabel, 'oid', e.oid::int8))::text AS line
FROM pg_enum AS e
JOIN pg_type AS t ON t.oid = e.enumtypid
JOIN pg_namespace AS n ON n.oid = t.typnamespace
WHERE EXISTS (SELECT FROM pg_statistic_ext AS s
              JOIN pg_attribute AS a ON a.attrelid = s.stxrelid AND a.attnum > 0
              JOIN pg_type AS y ON y.oid = a.atttypid
              WHERE e.enumtypid IN (a.atttypid, y.typbasetype))
ORDER BY e.oid;

-- :section counters
SELECT json_build_object('record', 'row', 'source', 'pg_stat_database', 'values',
           jsonb_strip_nulls(to_jsonb(d) || jsonb_build_object(
               'pg_postmaster_start_time', pg_postmaster_start_time(), 'pg_is_in_recovery', pg_is_in_recovery(),
               -- From 15 on a crash drops a database's counters without a word in its row; this one is then set anew.
               'bgwriter_stats_reset', (SELECT w.stats_reset FROM pg_stat_bgwriter AS w))))
       ::text AS line
FROM pg_stat_database AS d WHERE d.datname = current_database();

-- :section views
-- A view's statement does not say what its columns are.
SELECT json_build_object('record', 'row', 'source', 'view_columns', 'values', json_build_object(
           'schema', n.nspname, 'view', c.relname, 'columns', (
               SELECT json_agg(json_strip_nulls(json_build_object('name', a.attname,
                                   'type', format_type(a.atttypid, a.atttypmod),
                                   'collation', CASE WHEN a.attcollation <> t.typcollation THEN o.collname END))
                               ORDER BY a.attnum)
               FROM pg_attribute AS a
               JOIN pg_type AS t ON t.oid = a.atttypid
               LEFT JOIN pg_collation AS o ON o.oid = a.attcollation
               WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)))::text AS line
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm') AND {schemas}
ORDER BY c.oid;
