-- The schema as statements that make it again. Every part is a query of the same columns: class and oid of the object,
-- its kind, schema, name, table, the oid it is ordered by, its statements, whether existing rows are known to obey it,
-- and its rank. Rank 0 is made in the order of dependencies (pg_depend); what only hangs on tables is made after them by
-- rank, then oid. What belongs to an extension is the extension's. Roles, grants, owners, comments, tablespaces,
-- publications, subscriptions, servers and user mappings are left out.

-- :section objects
WITH RECURSIVE locked AS MATERIALIZED (
    SELECT relation AS oid FROM {locked} AS l
), spaces AS MATERIALIZED (
    SELECT n.oid, n.nspname, quote_ident(n.nspname) || '.' AS prefix FROM pg_namespace AS n WHERE {schemas}
), foreigners AS MATERIALIZED (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
), relations AS MATERIALIZED (
    SELECT c.*, s.nspname, s.prefix || quote_ident(c.relname) AS full_name, l.oid IS NOT NULL AS locked
    FROM pg_class AS c
    JOIN spaces AS s ON s.oid = c.relnamespace
    LEFT JOIN locked AS l ON l.oid = c.oid
    WHERE NOT EXISTS (SELECT FROM foreigners AS f WHERE f.classid = 'pg_class'::regclass AND f.objid = c.oid)
), blocked AS MATERIALIZED (
    -- To print a view, rule, policy or SQL body the server opens all tables in it.
    SELECT d.classid, d.objid FROM pg_depend AS d JOIN locked AS l ON l.oid = d.refobjid
    WHERE d.refclassid = 'pg_class'::regclass
      AND d.classid IN ('pg_rewrite'::regclass, 'pg_policy'::regclass, 'pg_proc'::regclass)
), own_functions AS MATERIALIZED (
    -- Defaults and checks that call functions are made after all functions: tables and functions may need each other.
    SELECT DISTINCT classid, objid FROM pg_depend
    WHERE classid IN ('pg_attrdef'::regclass, 'pg_constraint'::regclass) AND refclassid = 'pg_proc'::regclass
), parts AS MATERIALIZED (
{part_schemas}
UNION ALL
{part_collations}
UNION ALL
{part_types}
UNION ALL
{part_domains}
UNION ALL
{part_functions}
UNION ALL
{part_aggregates}
UNION ALL
{part_operators}
UNION ALL
{part_casts}
UNION ALL
{part_search}
UNION ALL
{part_sequences}
UNION ALL
{part_tables}
UNION ALL
{part_views}
UNION ALL
{part_defaults}
UNION ALL
{part_indexes}
UNION ALL
{part_constraints}
UNION ALL
{part_attachments}
UNION ALL
{part_statistics}
UNION ALL
{part_rules}
UNION ALL
{part_triggers}
UNION ALL
{part_policies}
), units AS MATERIALIZED (
    -- Which part an object of pg_depend is in.
    SELECT p.class, p.id, p.class AS unit_class, p.id AS unit FROM parts AS p
    UNION ALL
    SELECT 'pg_type'::regclass::oid, c.reltype, p.class, p.id
    FROM parts AS p JOIN pg_class AS c ON c.oid = p.id WHERE p.class = 'pg_class'::regclass AND c.reltype <> 0
    UNION ALL
    SELECT 'pg_type'::regclass::oid, t.typarray, p.class, p.id
    FROM parts AS p
    JOIN pg_type AS t ON t.oid = CASE p.class WHEN 'pg_type'::regclass THEN p.id
                                     ELSE (SELECT c.reltype FROM pg_class AS c WHERE c.oid = p.id) END
    WHERE p.class IN ('pg_type'::regclass, 'pg_class'::regclass) AND t.typarray <> 0
    UNION ALL
    SELECT 'pg_class'::regclass::oid, t.typrelid, p.class, p.id
    FROM parts AS p JOIN pg_type AS t ON t.oid = p.id WHERE p.class = 'pg_type'::regclass AND t.typrelid <> 0
    UNION ALL
    SELECT 'pg_type'::regclass::oid, (to_jsonb(r)->>'rngmultitypid')::oid, p.class, p.id
    FROM parts AS p JOIN pg_range AS r ON r.rngtypid = p.id
    WHERE p.class = 'pg_type'::regclass AND to_jsonb(r) ? 'rngmultitypid'
    UNION ALL
    SELECT 'pg_attrdef'::regclass::oid, d.oid, p.class, p.id
    FROM parts AS p JOIN pg_attrdef AS d ON d.adrelid = p.id
    WHERE p.class = 'pg_class'::regclass
      AND NOT EXISTS (SELECT FROM parts AS q WHERE q.class = 'pg_attrdef'::regclass AND q.id = d.oid)
    UNION ALL
    SELECT 'pg_constraint'::regclass::oid, k.oid, p.class, p.id
    FROM parts AS p
    JOIN pg_constraint AS k ON p.id = CASE p.class WHEN 'pg_type'::regclass THEN k.contypid ELSE k.conrelid END
    WHERE p.class IN ('pg_type'::regclass, 'pg_class'::regclass) AND k.contype IN ('c', 'n')
      AND NOT EXISTS (SELECT FROM parts AS q WHERE q.class = 'pg_constraint'::regclass AND q.id = k.oid)
    UNION ALL
    SELECT 'pg_rewrite'::regclass::oid, r.oid, p.class, p.id
    FROM parts AS p JOIN pg_rewrite AS r ON r.ev_class = p.id AND r.rulename = '_RETURN'
    WHERE p.class = 'pg_class'::regclass
    UNION ALL
    SELECT 'pg_class'::regclass::oid, k.conindid, p.class, p.id
    FROM parts AS p JOIN pg_constraint AS k ON k.oid = p.id
    WHERE p.class = 'pg_constraint'::regclass AND k.contype IN ('p', 'u', 'x')
), edges AS MATERIALIZED (
    SELECT DISTINCT d.unit_class, d.unit, r.unit_class AS on_class, r.unit AS on_unit
    FROM pg_depend AS g
    JOIN units AS d ON d.class = g.classid AND d.id = g.objid
    JOIN units AS r ON r.class = g.refclassid AND r.id = g.refobjid
    LEFT JOIN relations AS c ON g.classid = 'pg_class'::regclass AND c.oid = g.objid
    WHERE (d.unit_class, d.unit) <> (r.unit_class, r.unit)
      AND NOT (c.relkind IS NOT DISTINCT FROM 'S' AND g.deptype = 'a')
), levels AS (
    -- 1000 a stage: tables and the like are made in even stages, what hangs on them in odd ones; in even stages the
    -- length of the longest chain of dependencies orders. Chains in a circle end at 90.
    SELECT p.class, p.id, p.rank, CASE WHEN p.rank = 0 THEN 0 ELSE 1000 END AS level FROM parts AS p
    UNION
    SELECT p.class, p.id, p.rank,
           CASE WHEN p.rank = 0 AND l.level / 1000 % 2 = 0 THEN l.level + 1
                WHEN (p.rank = 0) = (l.level / 1000 % 2 = 0) THEN l.level
                ELSE (l.level / 1000 + 1) * 1000 END
    FROM levels AS l
    JOIN edges AS e ON e.on_class = l.class AND e.on_unit = l.id
    JOIN parts AS p ON p.class = e.unit_class AND p.id = e.unit
    WHERE l.level % 1000 < 90 AND l.level < 20000
), ordered AS (
    SELECT class, id, max(level) AS level FROM levels GROUP BY class, id
)
SELECT json_strip_nulls(json_build_object(
    'record', 'object', 'kind', p.kind, 'schema', p.schema, 'name', p.name, 'table', p.of_table,
    'oid', p.position::int8, 'ddl', to_json(array_remove(p.ddl, NULL)),
    'validated', CASE WHEN NOT p.validated THEN false END))::text AS line
FROM parts AS p
JOIN ordered AS o ON o.class = p.class AND o.id = p.id
WHERE p.ddl[1] IS NOT NULL
ORDER BY o.level + CASE WHEN p.rank >= 4 THEN 100000 ELSE 0 END, p.rank, p.position, p.id
