-- Smallest and largest value of the columns that lead a B-tree, and the order of texts. The rows of `ends` are
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
