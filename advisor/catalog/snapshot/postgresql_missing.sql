-- What this role could not read or the statements do not make again, each in words with what would help.

-- :section missing
WITH spaces AS MATERIALIZED (
    SELECT n.oid, n.nspname FROM pg_namespace AS n WHERE {schemas}
), foreigners AS MATERIALIZED (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
), locked AS MATERIALIZED (
    SELECT relation AS oid FROM {locked} AS l
), tables AS MATERIALIZED (
    SELECT c.oid, c.oid IN (TABLE locked) AS locked, c.relkind, c.reltuples, c.relpages, c.relam,
           CASE WHEN s.nspname = 'public' THEN '' ELSE s.nspname || '.' END || c.relname AS name,
           has_table_privilege('pg_catalog.pg_statistic', 'SELECT')
               OR has_table_privilege(c.oid, 'SELECT') AND NOT row_security_active(c.oid) AS readable,
           NOT has_table_privilege('pg_catalog.pg_statistic', 'SELECT') AND has_any_column_privilege(c.oid, 'SELECT')
               AND NOT row_security_active(c.oid) AS partly,
           row_security_active(c.oid) AS secured
    FROM pg_class AS c JOIN spaces AS s ON s.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm', 'f') OR c.relkind IN ('v', 'i', 'I') AND c.oid IN (TABLE locked)
), grantable AS (
    SELECT current_user::text AS role, CASE WHEN current_setting('server_version_num')::int >= 140000
        THEN 'GRANT pg_read_all_data TO ' || quote_ident(current_user)
        ELSE 'GRANT SELECT ON ALL TABLES IN SCHEMA ... TO ' || quote_ident(current_user) END AS remedy
), said(number, text) AS (
    SELECT 1, format('statistics of %s of %s tables (%s): role %s may not read them; %s', count(*),
                     (SELECT count(*) FROM tables AS a WHERE a.relkind IN ('r', 'p', 'm', 'f')), {first_names}, g.role, g.remedy)
    FROM tables AS t CROSS JOIN grantable AS g WHERE t.relkind IN ('r', 'p', 'm', 'f') AND NOT t.readable AND NOT t.partly AND NOT t.secured
    GROUP BY g.role, g.remedy
    UNION ALL
    SELECT 2, format('statistics of some columns of %s tables (%s): role %s may not read them; %s', count(*),
                     {first_names}, g.role, g.remedy)
    FROM tables AS t CROSS JOIN grantable AS g WHERE t.relkind IN ('r', 'p', 'm', 'f') AND NOT t.readable AND t.partly
    GROUP BY g.role, g.remedy
    UNION ALL
    SELECT 3, format('statistics of %s tables with row security (%s): pg_stats hides them from role %s; %s', count(*),
                     {first_names}, g.role,
                     CASE WHEN current_setting('server_version_num')::int >= 140000 THEN g.remedy
                          ELSE 'ALTER ROLE ' || quote_ident(g.role) || ' BYPASSRLS' END)
    FROM tables AS t CROSS JOIN grantable AS g WHERE t.relkind IN ('r', 'p', 'm', 'f') AND NOT t.readable AND t.secured
    GROUP BY g.role, g.remedy
    UNION ALL
    SELECT 4, format('histograms of %s range columns: pg_stats has them from 17 on, pg_statistic is not readable; %s',
                     count(*), g.remedy)
    FROM pg_attribute AS a
    JOIN tables AS t ON t.oid = a.attrelid
    JOIN pg_type AS y ON y.oid = a.atttypid AND y.typtype IN ('r', 'm')
    CROSS JOIN grantable AS g
    WHERE NOT has_table_privilege('pg_catalog.pg_statistic', 'SELECT') AND a.attnum > 0 AND NOT a.attisdropped
      AND current_setting('server_version_num')::int < 170000
    GROUP BY g.remedy
    UNION ALL
    SELECT 5, format('extended statistics: %s of %s objects, and of the others the common values: role %s may not read '
                     'pg_statistic_ext_data; %s', count(*) FILTER (WHERE NOT pg_has_role(e.stxowner, 'USAGE')), count(*),
                     g.role, g.remedy)
    FROM pg_statistic_ext AS e JOIN spaces AS s ON s.oid = e.stxnamespace CROSS JOIN grantable AS g
    WHERE NOT has_table_privilege('pg_catalog.pg_statistic_ext_data', 'SELECT')
    GROUP BY g.role, g.remedy
    UNION ALL
    SELECT 6, format('statistics of %s tables (%s): never analysed; ANALYZE them', count(*), {first_names})
    FROM tables AS t
    WHERE t.relkind IN ('r', 'm') AND (t.reltuples < 0 OR t.reltuples = 0 AND t.relpages = 0)
      AND CASE WHEN t.locked THEN false ELSE pg_relation_size(t.oid) > 0 END
    HAVING count(*) > 0
    UNION ALL
    SELECT 7, 'counters of reads and writes: track_counts is off' WHERE current_setting('track_counts') = 'off'
    UNION ALL
    SELECT 8, format('size, defaults, checks, indexes and keys of %s relations (%s), and views, policies and functions '
                     'that read them: somebody holds or awaits an exclusive lock; try again later', count(*), {first_names})
    FROM tables AS t WHERE t.locked
    HAVING count(*) > 0
    UNION ALL
    SELECT 9, format('%s foreign tables (%s): made as plain tables', count(*), {first_names})
    FROM tables AS t WHERE t.relkind = 'f'
    HAVING count(*) > 0
    UNION ALL
    SELECT 10, format('access method %s of %s tables (%s): made as plain tables', m.amname, count(*), {first_names})
    FROM tables AS t JOIN pg_am AS m ON m.oid = t.relam WHERE t.relkind IN ('r', 'm') AND m.amname <> 'heap'
    GROUP BY m.amname
    UNION ALL
    SELECT 11, format('%s (%s): not made again', x.what, string_agg(x.name, ', ' ORDER BY x.name)
                                                         FILTER (WHERE x.number <= 5)
                      || CASE WHEN count(*) > 5 THEN ', and ' || count(*) - 5 || ' more' ELSE '' END)
    FROM (
        SELECT o.what, o.name, row_number() OVER (PARTITION BY o.what ORDER BY o.name) AS number
        FROM (
            SELECT 'functions in ' || l.lanname AS what, s.nspname || '.' || p.proname AS name,
                   'pg_proc'::regclass AS class, p.oid AS id
            FROM pg_proc AS p JOIN spaces AS s ON s.oid = p.pronamespace JOIN pg_language AS l ON l.oid = p.prolang
            WHERE p.prokind <> 'a' AND l.lanname IN ('c', 'internal')
              -- Those of a range type come with it.
              AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                              AND d.deptype = 'i')
            UNION ALL
            SELECT 'base types', s.nspname || '.' || t.typname, 'pg_type'::regclass, t.oid
            FROM pg_type AS t JOIN spaces AS s ON s.oid = t.typnamespace
            WHERE t.typtype = 'b' AND NOT EXISTS (SELECT FROM pg_type AS e WHERE e.typarray = t.oid)
            UNION ALL
            SELECT 'canonical functions of range types', r.rngtypid::regtype::text, 'pg_type'::regclass, r.rngtypid
            FROM pg_range AS r JOIN pg_type AS t ON t.oid = r.rngtypid JOIN spaces AS s ON s.oid = t.typnamespace
            WHERE r.rngcanonical <> 0
            UNION ALL
            SELECT 'operator classes', s.nspname || '.' || o.opcname, 'pg_opclass'::regclass, o.oid
            FROM pg_opclass AS o JOIN spaces AS s ON s.oid = o.opcnamespace
            UNION ALL
            SELECT 'conversions', s.nspname || '.' || o.conname, 'pg_conversion'::regclass, o.oid
            FROM pg_conversion AS o JOIN spaces AS s ON s.oid = o.connamespace
            UNION ALL
            SELECT 'text search parsers', s.nspname || '.' || o.prsname, 'pg_ts_parser'::regclass, o.oid
            FROM pg_ts_parser AS o JOIN spaces AS s ON s.oid = o.prsnamespace
            UNION ALL
            SELECT 'text search templates', s.nspname || '.' || o.tmplname, 'pg_ts_template'::regclass, o.oid
            FROM pg_ts_template AS o JOIN spaces AS s ON s.oid = o.tmplnamespace
            UNION ALL
            SELECT 'languages', l.lanname::text, 'pg_language'::regclass, l.oid
            FROM pg_language AS l WHERE l.oid >= 16384
            UNION ALL
            SELECT 'event triggers', e.evtname::text, 'pg_event_trigger'::regclass, e.oid FROM pg_event_trigger AS e
        ) AS o
        WHERE NOT EXISTS (SELECT FROM foreigners AS f WHERE f.classid = o.class AND f.objid = o.id)
    ) AS x
    GROUP BY x.what
    UNION ALL
    SELECT 12, format('costs set for tablespace %s: not carried over', t.spcname)
    FROM pg_tablespace AS t WHERE t.spcoptions IS NOT NULL
    UNION ALL
    SELECT 13, format('B-tree ends of %s columns: role %s may not read them; %s', count(*), g.role, g.remedy)
    FROM {ends} AS e CROSS JOIN grantable AS g WHERE NOT e.readable AND NOT e.secured
    GROUP BY g.role, g.remedy
    UNION ALL
    SELECT 13, format('B-tree ends of %s columns: row security hides rows from role %s; ALTER ROLE %s BYPASSRLS', count(*),
                      g.role, quote_ident(g.role))
    FROM {ends} AS e CROSS JOIN grantable AS g WHERE NOT e.readable AND e.secured
    GROUP BY g.role
    UNION ALL
    SELECT 14, format('B-tree ends of %s columns: only those of the %s largest tables are looked up', count(*) - 10000, 10000)
    FROM {ends} AS e WHERE e.readable AND NOT e.locked
    HAVING count(*) > 10000
)
SELECT json_build_object('record', 'missing', 'text', text)::text AS line FROM said ORDER BY number, text;
