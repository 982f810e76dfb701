-- Heights of B-trees, smallest and largest value of the columns that lead one, and the order of texts. The rows of `ends` are
-- statements themselves, run one by one: each probe reads an index at its ends or is ended after two seconds, and after
-- fifty of them a transaction ends, so that no great number of locks is held. Texts are remembered in a setting of the
-- session until they are sorted with the others.

-- :piece ends
(SELECT DISTINCT ON (c.reltuples, c.oid, a.attnum) c.oid, n.nspname, c.relname, a.attname, a.attnum, c.reltuples,
        y.typcategory = 'S' AS text,
        c.oid IN (SELECT l.relation FROM {locked} AS l) AS locked,
        row_security_active(c.oid) AS secured,
        has_column_privilege(c.oid, a.attnum, 'SELECT') AND NOT row_security_active(c.oid)
            AND has_schema_privilege(n.oid, 'USAGE') AS readable
 FROM pg_index AS x
 JOIN pg_class AS i ON i.oid = x.indexrelid
 JOIN pg_am AS m ON m.oid = i.relam AND m.amname = 'btree'
 JOIN pg_class AS c ON c.oid = x.indrelid AND c.relkind IN ('r', 'm')
 JOIN pg_namespace AS n ON n.oid = c.relnamespace
 JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]
 JOIN pg_type AS y ON y.oid = a.atttypid
 JOIN pg_opclass AS o ON o.oid = x.indclass[0] AND o.opcdefault
 WHERE {schemas} AND x.indisvalid AND x.indisready AND x.indpred IS NULL AND x.indcollation[0] = a.attcollation
   AND (c.relkind = 'r' OR c.relispopulated)
 ORDER BY c.reltuples DESC, c.oid, a.attnum)

-- :piece asked_heights
-- The planner says how high a B-tree is: before the first row a scan pays 50 operators for each level and for the leaf,
-- and fewer than 50 for the comparisons of a binary search (btcostestimate in selfuncs.c). With an operator at a cost of
-- 1 the start of a scan in the index's own order tells it, to everybody who may read the table. A plan that scans another
-- index tells that one's. Each question ends in an error of its own, which gives its locks back.
DO $heights$
DECLARE
    one record;
    plan json;
    found text := '';
BEGIN
    FOR one IN
        SELECT n.nspname,
               format('EXPLAIN (FORMAT JSON) SELECT %s FROM ONLY %I.%I%s ORDER BY %s', COALESCE(k.included, '1'),
                      n.nspname, c.relname, ' WHERE ' || pg_get_expr(x.indpred, x.indrelid), k.keys) AS question
        FROM pg_index AS x
        JOIN pg_class AS i ON i.oid = x.indexrelid AND i.relkind = 'i'
        JOIN pg_am AS m ON m.oid = i.relam AND m.amname = 'btree'
        JOIN pg_class AS c ON c.oid = x.indrelid AND c.relkind IN ('r', 'm')
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        CROSS JOIN LATERAL (
            SELECT string_agg(d.key, ', ' ORDER BY d.p) FILTER (WHERE d.p > x.indnkeyatts) AS included,
                   string_agg(d.key || CASE WHEN x.indcollation[d.p - 1] <> a.attcollation
                                            THEN ' COLLATE ' || x.indcollation[d.p - 1]::regcollation::text ELSE '' END
                                    || CASE WHEN x.indoption[d.p - 1] & 1 = 1 THEN ' DESC' ELSE ' ASC' END
                                    || CASE WHEN x.indoption[d.p - 1] & 2 = 2 THEN ' NULLS FIRST' ELSE ' NULLS LAST' END,
                              ', ' ORDER BY d.p) FILTER (WHERE d.p <= x.indnkeyatts) AS keys,
                   bool_and(d.p > x.indnkeyatts OR o.opcdefault) AS sorted
            FROM (SELECT p, pg_get_indexdef(x.indexrelid, p, false) AS key FROM generate_series(1, x.indnatts) AS p) AS d
            LEFT JOIN pg_opclass AS o ON d.p <= x.indnkeyatts AND o.oid = x.indclass[d.p - 1]
            LEFT JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[d.p - 1] AND a.attnum > 0
        ) AS k
        WHERE {schemas} AND x.indisvalid AND x.indisready AND k.sorted
          AND c.oid NOT IN (SELECT l.relation FROM {locked} AS l)
        ORDER BY i.relpages DESC
        LIMIT 10000
    LOOP
        BEGIN
            EXECUTE one.question INTO plan;
            RAISE EXCEPTION USING ERRCODE = 'ADV01';
        EXCEPTION
            WHEN SQLSTATE 'ADV01' THEN
                plan := plan -> 0 -> 'Plan';
                IF plan ->> 'Node Type' IN ('Index Scan', 'Index Only Scan') THEN
                    found := concat(found, ',', json_build_object('record', 'row', 'source', 'index_height',
                        'values', json_build_object('schema', one.nspname, 'name', plan ->> 'Index Name',
                            'height', floor((plan ->> 'Startup Cost')::float8 / 50)::int - 1)));
                END IF;
            WHEN OTHERS THEN NULL;
        END;
    END LOOP;
    PERFORM set_config('advisor.heights', concat('[', substr(found, 2), ']'), true);
END $heights$

-- :section ends
WITH probed AS MATERIALIZED (
    SELECT row_number() OVER () AS number, e.* FROM (SELECT * FROM {ends} AS e WHERE e.readable AND NOT e.locked LIMIT 10000) AS e
)
SELECT s.statement AS line
FROM (
    SELECT -1 AS number, 0 AS step, 'COMMIT' AS statement
    UNION ALL
    SELECT -1, 1, 'SET advisor.ends = '''''
    UNION ALL
    SELECT -1, 10 + b.step, b.statement
    FROM (VALUES {heights_begin}, (97, {heights}),
        (98, 'SELECT line::text FROM json_array_elements(current_setting(''advisor.heights'')::json) AS h(line) UNION ALL SELECT '
             '''{"record": "section", "name": "heights", "rows": '' || json_array_length(current_setting(''advisor.heights'')::json) || ''}'''),
        (99, 'COMMIT')
    ) AS b(step, statement)
    UNION ALL
    SELECT p.number, b.step, b.statement
    FROM probed AS p
    CROSS JOIN LATERAL (VALUES
        (0, 'COMMIT'), {ends_begin},
        -- Where the role may: a look at an index's end is no sign that somebody needs it.
        (99, CASE WHEN current_setting('is_superuser') = 'on' THEN 'SET LOCAL track_counts = off' END)
    ) AS b(step, statement)
    WHERE p.number % 50 = 1 AND (p.number > 1 OR b.step > 0) AND b.statement IS NOT NULL
    UNION ALL
    SELECT p.number, 100, format(
        'SELECT CASE WHEN %s THEN json_build_object(''record'', ''bounds'', ''schema'', %L, ''table'', %L, ''column'', %L, '
        '''low'', b.low, ''high'', b.high)::text END FROM (SELECT '
        '(SELECT t.%I::text FROM ONLY %I.%I AS t WHERE t.%I IS NOT NULL ORDER BY t.%I LIMIT 1) AS low, '
        '(SELECT t.%I::text FROM ONLY %I.%I AS t WHERE t.%I IS NOT NULL ORDER BY t.%I DESC LIMIT 1) AS high) AS b',
        CASE WHEN p.text THEN 'set_config(''advisor.ends'', concat(current_setting(''advisor.ends''), '','', '
                              'COALESCE(to_json(b.low)::text, ''null''), '','', COALESCE(to_json(b.high)::text, ''null'')), '
                              'false) <> ''''' ELSE 'true' END,
        p.nspname, p.relname, p.attname,
        p.attname, p.nspname, p.relname, p.attname, p.attname, p.attname, p.nspname, p.relname, p.attname, p.attname)
    FROM probed AS p
    UNION ALL
    SELECT max(p.number), 101, 'COMMIT' FROM probed AS p HAVING count(*) > 0
    UNION ALL
    SELECT max(p.number), 102, format('SELECT ''{"record": "section", "name": "ends", "rows": %s}''', count(*))
    FROM probed AS p
) AS s
ORDER BY s.number NULLS LAST, s.step;

-- :section order if statistic
{order_head}
SELECT {order_values} FROM pg_statistic AS s
JOIN pg_class AS c ON c.oid = s.starelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = s.starelid AND a.attnum = s.staattnum AND NOT a.attisdropped
{base_type_join}
{order_types}
CROSS JOIN LATERAL (SELECT
    {slots}
) AS k
WHERE {schemas}
{order_tail};

-- :section order
{order_head}
SELECT {order_values} FROM pg_stats AS s
JOIN pg_namespace AS n ON n.nspname = s.schemaname
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = s.tablename
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = s.attname
{base_type_join}
{order_types}
CROSS JOIN LATERAL (SELECT s.most_common_vals AS v1, s.histogram_bounds AS v2, s.most_common_elems AS v4) AS k
WHERE {schemas}
{order_tail};
