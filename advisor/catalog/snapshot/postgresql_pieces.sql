-- Pieces that several sections of a snapshot's SQL share; {name} there stands for the piece of that name.

-- :piece schemas
n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'

-- :piece locked
(SELECT DISTINCT l.relation FROM pg_locks AS l
 WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.pid <> pg_backend_pid()
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))

-- :piece base_type
CASE WHEN t.typtype <> 'd' THEN a.atttypid ELSE b.base END, CASE WHEN t.typtype <> 'd' THEN a.atttypmod ELSE b.modifier END

-- :piece base_type_join
JOIN pg_type AS t ON t.oid = a.atttypid
LEFT JOIN LATERAL (
    WITH RECURSIVE d AS (
        SELECT t.typbasetype AS base, t.typtypmod AS modifier WHERE t.typtype = 'd'
        UNION ALL
        SELECT p.typbasetype, p.typtypmod FROM d JOIN pg_type AS p ON p.oid = d.base WHERE p.typtype = 'd'
    )
    SELECT d.base, d.modifier FROM d JOIN pg_type AS p ON p.oid = d.base AND p.typtype <> 'd'
) AS b ON true

-- :piece planning
'work_mem', 'hash_mem_multiplier', 'max_parallel_workers_per_gather', 'max_parallel_workers', 'max_worker_processes',
'parallel_leader_participation', 'effective_io_concurrency', 'maintenance_io_concurrency', 'default_statistics_target',
'search_path', 'temp_buffers', 'temp_tablespaces', 'default_text_search_config', 'DateStyle', 'IntervalStyle',
'TimeZone', 'standard_conforming_strings', 'extra_float_digits', 'lc_collate', 'lc_ctype', 'lc_messages',
'server_encoding', 'server_version', 'row_security', 'default_table_access_method', 'default_toast_compression',
'io_method', 'io_combine_limit', 'track_counts', 'track_io_timing', 'autovacuum', 'array_nulls',
'backslash_quote', 'transform_null_equals', 'bytea_output'

-- :piece described
'random_page_cost', 'seq_page_cost', 'effective_cache_size', 'shared_buffers', 'work_mem', 'jit',
'default_statistics_target', 'plan_cache_mode', 'max_connections', 'max_parallel_workers_per_gather',
'statement_timeout', 'idle_in_transaction_session_timeout', 'log_min_duration_statement', 'TimeZone'

-- :piece relations
SELECT json_strip_nulls(json_build_object(
    'record', 'relation', 'schema', n.nspname, 'name', c.relname,
    'kind', CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned' WHEN 'm' THEN 'materialized_view'
                           WHEN 'i' THEN 'index' WHEN 'I' THEN 'partitioned_index' WHEN 'f' THEN 'foreign' END,
    'table', parent.relname, 'oid', c.oid::int8, 'method', am.amname,
    'pages', c.relpages, 'tuples', c.reltuples, 'all_visible', c.relallvisible,
    'blocks', b.blocks, 'bytes', b.bytes, 'height', height.fastlevel, 'gin', gin.counts,
    'counters', CASE WHEN c.relkind IN ('i', 'I')
                     THEN to_jsonb(si) - '{relid,indexrelid,schemaname,relname,indexrelname}'::text[]
                     ELSE to_jsonb(st) - '{relid,schemaname,relname}'::text[] END))::text AS line
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_index AS x ON x.indexrelid = c.oid
LEFT JOIN pg_class AS parent ON parent.oid = x.indrelid
LEFT JOIN pg_am AS am ON am.oid = c.relam
LEFT JOIN pg_stat_all_tables AS st ON st.relid = c.oid
LEFT JOIN pg_stat_all_indexes AS si ON si.indexrelid = c.oid
LEFT JOIN {locked} AS l ON l.relation = c.oid
CROSS JOIN LATERAL (
    SELECT CASE WHEN free THEN pg_relation_size(c.oid, 'main') / current_setting('block_size')::int END AS blocks,
           CASE WHEN free THEN pg_table_size(c.oid) END AS bytes
    FROM (SELECT l.relation IS NULL AND c.relkind IN ('r', 'm', 'i') AS free) AS f
) AS b

-- :piece relations_end
WHERE c.relkind IN ('r', 'p', 'm', 'i', 'I', 'f') AND {schemas}
ORDER BY c.oid

-- :piece slots
CASE WHEN s.stakind1 = 1 THEN s.stavalues1 WHEN s.stakind2 = 1 THEN s.stavalues2 WHEN s.stakind3 = 1 THEN s.stavalues3
     WHEN s.stakind4 = 1 THEN s.stavalues4 WHEN s.stakind5 = 1 THEN s.stavalues5 END AS v1,
CASE WHEN s.stakind1 = 1 THEN s.stanumbers1 WHEN s.stakind2 = 1 THEN s.stanumbers2 WHEN s.stakind3 = 1 THEN s.stanumbers3
     WHEN s.stakind4 = 1 THEN s.stanumbers4 WHEN s.stakind5 = 1 THEN s.stanumbers5 END AS n1,
CASE WHEN s.stakind1 = 2 THEN s.stavalues1 WHEN s.stakind2 = 2 THEN s.stavalues2 WHEN s.stakind3 = 2 THEN s.stavalues3
     WHEN s.stakind4 = 2 THEN s.stavalues4 WHEN s.stakind5 = 2 THEN s.stavalues5 END AS v2,
CASE WHEN s.stakind1 = 3 THEN s.stanumbers1 WHEN s.stakind2 = 3 THEN s.stanumbers2 WHEN s.stakind3 = 3 THEN s.stanumbers3
     WHEN s.stakind4 = 3 THEN s.stanumbers4 WHEN s.stakind5 = 3 THEN s.stanumbers5 END AS n3,
CASE WHEN s.stakind1 = 4 THEN s.stavalues1 WHEN s.stakind2 = 4 THEN s.stavalues2 WHEN s.stakind3 = 4 THEN s.stavalues3
     WHEN s.stakind4 = 4 THEN s.stavalues4 WHEN s.stakind5 = 4 THEN s.stavalues5 END AS v4,
CASE WHEN s.stakind1 = 4 THEN s.stanumbers1 WHEN s.stakind2 = 4 THEN s.stanumbers2 WHEN s.stakind3 = 4 THEN s.stanumbers3
     WHEN s.stakind4 = 4 THEN s.stanumbers4 WHEN s.stakind5 = 4 THEN s.stanumbers5 END AS n4,
CASE WHEN s.stakind1 = 5 THEN s.stanumbers1 WHEN s.stakind2 = 5 THEN s.stanumbers2 WHEN s.stakind3 = 5 THEN s.stanumbers3
     WHEN s.stakind4 = 5 THEN s.stanumbers4 WHEN s.stakind5 = 5 THEN s.stanumbers5 END AS n5,
CASE WHEN s.stakind1 = 6 THEN s.stavalues1 WHEN s.stakind2 = 6 THEN s.stavalues2 WHEN s.stakind3 = 6 THEN s.stavalues3
     WHEN s.stakind4 = 6 THEN s.stavalues4 WHEN s.stakind5 = 6 THEN s.stavalues5 END AS v6,
CASE WHEN s.stakind1 = 6 THEN s.stanumbers1 WHEN s.stakind2 = 6 THEN s.stanumbers2 WHEN s.stakind3 = 6 THEN s.stanumbers3
     WHEN s.stakind4 = 6 THEN s.stanumbers4 WHEN s.stakind5 = 6 THEN s.stanumbers5 END AS n6,
CASE WHEN s.stakind1 = 7 THEN s.stavalues1 WHEN s.stakind2 = 7 THEN s.stavalues2 WHEN s.stakind3 = 7 THEN s.stavalues3
     WHEN s.stakind4 = 7 THEN s.stavalues4 WHEN s.stakind5 = 7 THEN s.stavalues5 END AS v7

-- :piece statistics_columns
'columns', ARRAY(SELECT a.attname::text FROM unnest(e.stxkeys::int2[]) WITH ORDINALITY AS k(number, position)
                 JOIN pg_attribute AS a ON a.attrelid = e.stxrelid AND a.attnum = k.number ORDER BY k.position),
'numbers', ARRAY(SELECT k.number::int FROM unnest(e.stxkeys::int2[]) WITH ORDINALITY AS k(number, position)
                 ORDER BY k.position)

-- :piece extended_head
json_strip_nulls(json_build_object(
    'record', 'extended', 'schema', n.nspname, 'name', e.stxname, {statistics_columns},
    'ndistinct', encode(d.stxdndistinct::bytea, 'hex'), 'dependencies', encode(d.stxddependencies::bytea, 'hex'),
    'mcv', encode(d.stxdmcv::bytea, 'hex'),
    'ndistinct_text', d.stxdndistinct::text, 'dependencies_text', d.stxddependencies::text

-- :piece expressions
-- The type is that of the operator that sorts the values: text of character varying, absent where it is polymorphic.
(SELECT json_agg(json_build_object(
     'type', (SELECT format_type(o.oprleft, NULL) FROM pg_operator AS o JOIN pg_type AS t ON t.oid = o.oprleft
              WHERE t.typtype <> 'p' AND o.oid = COALESCE({first_operator})),
     'null_frac', s.stanullfrac, 'avg_width', s.stawidth, 'n_distinct', s.stadistinct,
     'most_common_vals', k.v1::text, 'most_common_freqs', k.n1,
     'histogram_bounds', k.v2::text, 'correlation', k.n3[1],
     'most_common_elems', k.v4::text, 'most_common_elem_freqs', k.n4, 'elem_count_histogram', k.n5,
     'range_length_histogram', k.v6::text, 'range_empty_frac', k.n6[1], 'range_bounds_histogram', k.v7::text)
     ORDER BY s.ordinality)
 FROM unnest(d.stxdexpr) WITH ORDINALITY AS s
 CROSS JOIN LATERAL (SELECT
    {slots}
 ) AS k)

-- :piece first_operator
CASE WHEN s.stakind1 IN (1, 2, 3) THEN NULLIF(s.staop1, 0) END, CASE WHEN s.stakind2 IN (2, 3) THEN NULLIF(s.staop2, 0) END

-- :piece extended_tail
::text AS line
FROM pg_statistic_ext AS e
JOIN pg_statistic_ext_data AS d ON d.stxoid = e.oid
JOIN pg_namespace AS n ON n.oid = e.stxnamespace
WHERE {schemas}
ORDER BY e.oid

-- :piece extended_texts
json_strip_nulls(json_build_object(
    'record', 'extended', 'schema', n.nspname, 'name', e.stxname, {statistics_columns},
    'inherited', COALESCE((to_jsonb(s)->>'inherited')::boolean, false),
    'ndistinct_text', s.n_distinct::text, 'dependencies_text', s.dependencies::text

-- :piece extended_texts_tail
::text AS line
FROM pg_stats_ext AS s
JOIN pg_namespace AS n ON n.nspname = s.statistics_schemaname
JOIN pg_statistic_ext AS e ON e.stxnamespace = n.oid AND e.stxname = s.statistics_name
WHERE {schemas}
ORDER BY e.oid

-- :piece first_names
array_to_string((array_agg(t.name ORDER BY t.name))[1:5], ', ')
    || CASE WHEN count(*) > 5 THEN ', and ' || count(*) - 5 || ' more' ELSE '' END

-- :piece order_head
WITH found(value) AS (

-- :piece order_values
unnest(
    CASE WHEN y.typcategory = 'S'
         THEN COALESCE(k.v1::text::text[], '{}') || COALESCE(k.v2::text::text[], '{}') ELSE '{}' END
    || CASE WHEN e.typcategory = 'S' OR y.oid = 'pg_catalog.tsvector'::regtype
            THEN COALESCE(k.v4::text::text[], '{}') ELSE '{}' END
    || CASE WHEN e.typcategory = 'S' THEN ARRAY(
           SELECT u.value FROM unnest(COALESCE(k.v1::text::text[], '{}') || COALESCE(k.v2::text::text[], '{}')) AS w(list)
           CROSS JOIN LATERAL unnest(w.list::text[]) AS u(value)) ELSE '{}' END)

-- :piece order_types
JOIN pg_type AS y ON y.oid = COALESCE(b.base, a.atttypid)
LEFT JOIN pg_type AS e ON e.oid = y.typelem AND y.typcategory = 'A'

-- :piece order_tail
UNION
SELECT value FROM json_array_elements_text(('[null' || COALESCE(current_setting('advisor.ends', true), '') || ']')::json)
       AS ends(value)
), sorted AS (
    SELECT value, row_number() OVER (ORDER BY value COLLATE "default") AS number FROM found WHERE value IS NOT NULL
)
SELECT json_build_object('record', 'text_order', 'values', json_agg(value ORDER BY number))::text AS line
FROM sorted GROUP BY (number - 1) / 5000 ORDER BY (number - 1) / 5000
