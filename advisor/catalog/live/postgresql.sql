-- What a catalog is read with. One read-only transaction, search_path empty (so that names come out qualified), nothing
-- but pg_catalog: no table is opened, no lock is taken on one. {generated}, {key_count}, {nulls_not_distinct},
-- {last_scan} depend on the version; {schemas} leaves the system's own schemas out.

-- :name relations
SELECT c.oid, n.nspname, c.relname, c.relkind::text, c.relispartition, c.relrowsecurity, c.reltuples, c.relpages,
       pg_stat_get_live_tuples(c.oid), current_setting('block_size')::int, pg_get_partkeydef(c.oid),
       pn.nspname, p.relname,
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END, pg_get_expr(c.relpartbound, c.oid),
       ARRAY(SELECT ARRAY[n.nspname::text, p.relname::text] FROM pg_inherits AS i JOIN pg_class AS p ON p.oid = i.inhparent
             JOIN pg_namespace AS n ON n.oid = p.relnamespace
             WHERE i.inhrelid = c.oid AND NOT c.relispartition ORDER BY i.inhseqno),
       c.relpersistence = 'u'
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_inherits AS i ON i.inhrelid = c.oid AND c.relispartition
LEFT JOIN pg_class AS p ON p.oid = i.inhparent
LEFT JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {schemas}
ORDER BY c.oid;

-- :name columns
SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
       {generated}, a.attidentity <> '', co.collname,
       CASE WHEN a.attidentity <> '' THEN
         (SELECT CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END || ' AS IDENTITY ('
                 || concat_ws(' ', 'START WITH ' || s.seqstart, 'INCREMENT BY ' || s.seqincrement,
                              CASE WHEN s.seqincrement < 0 OR s.seqmin <> 1 THEN 'MINVALUE ' || s.seqmin END,
                              CASE WHEN s.seqincrement < 0 OR s.seqmax <> CASE a.atttypid WHEN 21 THEN 32767 WHEN 23 THEN 2147483647
                                                                                        ELSE 9223372036854775807 END
                                   THEN 'MAXVALUE ' || s.seqmax END,
                              'CACHE ' || s.seqcache, CASE WHEN s.seqcycle THEN 'CYCLE' END) || ')'
          FROM pg_depend AS o JOIN pg_sequence AS s ON s.seqrelid = o.objid
          WHERE o.classid = 'pg_class'::regclass AND o.refclassid = 'pg_class'::regclass AND o.refobjid = a.attrelid
            AND o.refobjsubid = a.attnum AND o.deptype = 'i') END
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation AS co ON co.oid = a.attcollation AND a.attcollation <> t.typcollation
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {schemas}
ORDER BY a.attrelid, a.attnum;

-- :name indexes
SELECT i.indexrelid, i.indrelid, x.relname, am.amname, i.indisunique, i.indisprimary, i.indisvalid,
       pg_get_expr(i.indpred, i.indrelid), {nulls_not_distinct},
       EXISTS (SELECT 1 FROM pg_constraint AS k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')),
       pg_get_indexdef(i.indexrelid), x.relpages, current_setting('block_size')::int,
       pg_stat_get_numscans(i.indexrelid), i.indisclustered, i.indisreplident AND c.relreplident = 'i',
       up.nspname, above.relname, {last_scan},
       (SELECT concat_ws(' ', CASE WHEN k.condeferrable THEN 'DEFERRABLE' END,
                         CASE WHEN k.condeferred THEN 'INITIALLY DEFERRED' END)
        FROM pg_constraint AS k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
FROM pg_index AS i
JOIN pg_class AS x ON x.oid = i.indexrelid
JOIN pg_am AS am ON am.oid = x.relam
JOIN pg_class AS c ON c.oid = i.indrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_inherits AS h ON h.inhrelid = i.indexrelid
LEFT JOIN pg_class AS above ON above.oid = h.inhparent
LEFT JOIN pg_namespace AS up ON up.oid = above.relnamespace
WHERE {schemas}
ORDER BY i.indexrelid;

-- :name index_keys
SELECT i.indexrelid, k.n <= {key_count}, pg_get_indexdef(i.indexrelid, k.n::int, false), i.indoption[k.n - 1],
       CASE WHEN NOT o.opcdefault THEN o.opcname END,
       CASE WHEN co.oid <> COALESCE(a.attcollation, 100) THEN co.collname END,
       a.attname
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(att, n)
LEFT JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.att AND k.att <> 0
LEFT JOIN pg_opclass AS o ON k.n <= {key_count} AND o.oid = i.indclass[k.n - 1]
LEFT JOIN pg_collation AS co ON k.n <= {key_count} AND co.oid = i.indcollation[k.n - 1]
WHERE {schemas}
ORDER BY i.indexrelid, k.n;

-- :name foreign_keys
SELECT k.conrelid, k.conname,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u(n, o)
             JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.n ORDER BY u.o),
       pn.nspname, p.relname,
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u(n, o)
             JOIN pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = u.n ORDER BY u.o),
       k.convalidated, k.confdeltype::text, k.confupdtype::text, pg_get_constraintdef(k.oid)
FROM pg_constraint AS k
JOIN pg_class AS p ON p.oid = k.confrelid
JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
JOIN pg_class AS c ON c.oid = k.conrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND {schemas}
  -- A key that refers to a partitioned table has one for each of its partitions too.
  AND NOT EXISTS (SELECT 1 FROM pg_constraint AS whole
                  WHERE whole.oid::text = to_jsonb(k)->>'conparentid' AND whole.conrelid = k.conrelid)
ORDER BY k.conrelid, k.conname;

-- :name checks
SELECT k.conrelid, pg_get_expr(k.conbin, k.conrelid), k.conname, k.convalidated
FROM pg_constraint AS k
JOIN pg_class AS c ON c.oid = k.conrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE k.contype = 'c' AND {schemas}
ORDER BY k.conrelid, k.conname;

-- :name policies
SELECT p.polrelid, p.polname, p.polcmd::text,
       ARRAY(SELECT CASE WHEN r = 0 THEN 'public' ELSE pg_get_userbyid(r)::text END FROM unnest(p.polroles) AS r),
       p.polpermissive, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
FROM pg_policy AS p
JOIN pg_class AS c ON c.oid = p.polrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE {schemas}
ORDER BY p.polrelid, p.polname;

-- :name triggers
SELECT tgrelid, tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgrelid, tgname;

-- :name types
SELECT n.nspname, t.typname, t.typtype::text,
       CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
       t.typtype = 'd' AND (t.typnotnull OR EXISTS (SELECT 1 FROM pg_constraint AS k WHERE k.contypid = t.oid))
FROM pg_type AS t
JOIN pg_namespace AS n ON n.oid = t.typnamespace
WHERE t.typtype IN ('e', 'd') AND {schemas};

-- :name functions
SELECT n.nspname, p.proname, p.provolatile::text,
       CASE WHEN p.provolatile = 'v' AND l.lanname IN ('sql', 'plpgsql') THEN p.prosrc END,
       pg_get_function_arguments(p.oid)
FROM pg_proc AS p
JOIN pg_language AS l ON l.oid = p.prolang
JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE {schemas} AND p.prorettype <> 'trigger'::regtype
  AND NOT EXISTS (SELECT 1 FROM pg_depend AS d
                  WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e');

-- :name database
SELECT current_setting('server_version'), d.datcollate, pg_encoding_to_char(d.encoding),
       (SELECT setconfig FROM pg_db_role_setting WHERE setdatabase = d.oid AND setrole = 0)
FROM pg_database AS d WHERE d.datname = current_database();

-- :name settings
SELECT name, reset_val, unit FROM pg_settings  -- what a session begins with, not what this run set
WHERE name IN ('random_page_cost', 'seq_page_cost', 'effective_cache_size', 'shared_buffers', 'work_mem', 'jit',
               'default_statistics_target', 'plan_cache_mode', 'max_connections', 'max_parallel_workers_per_gather',
               'statement_timeout', 'idle_in_transaction_session_timeout', 'log_min_duration_statement', 'TimeZone');
