-- Tables as statements: a part of the section `objects`. Partitions are made as tables and attached, so that the order
-- and the names of their columns, indexes and constraints stay their own.

-- :piece reloptions
COALESCE(' WITH (' || (
    SELECT string_agg(o.prefix || quote_ident(split_part(o.option, '=', 1)) || '='
                      || quote_literal(substr(o.option, strpos(o.option, '=') + 1)), ', ')
    FROM (SELECT '' AS prefix, unnest(c.reloptions) AS option
          UNION ALL
          SELECT 'toast.', unnest(tc.reloptions) FROM pg_class AS tc WHERE tc.oid = c.reltoastrelid) AS o) || ')', '')

-- :piece attributes
ARRAY(SELECT 'ALTER ' || CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW ' ELSE 'TABLE ONLY ' END || c.full_name
             || ' ALTER COLUMN ' || quote_ident(a.attname) || ' ' || e.clause
      FROM pg_attribute AS a
      JOIN pg_type AS ct ON ct.oid = a.atttypid
      CROSS JOIN LATERAL (VALUES
          (1, CASE WHEN a.attstattarget >= 0 THEN 'SET STATISTICS ' || a.attstattarget END),
          (2, 'SET (' || (SELECT string_agg(option, ', ') FROM unnest(a.attoptions) AS o(option)
                          WHERE split_part(option, '=', 1) IN ('n_distinct', 'n_distinct_inherited')) || ')'),
          (3, CASE WHEN a.attstorage <> ct.typstorage THEN 'SET STORAGE '
              || CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN'
                                   ELSE 'EXTENDED' END END),
          (4, 'SET COMPRESSION ' || CASE to_jsonb(a)->>'attcompression' WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END)
      ) AS e(number, clause)
      WHERE c.relkind <> 'v' AND a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND e.clause IS NOT NULL
      ORDER BY a.attnum, e.number)

-- :piece inline_default
CASE WHEN d.oid IS NULL OR c.locked THEN ''
     WHEN a.attgenerated <> '' THEN ' GENERATED ALWAYS AS (' || pg_get_expr(d.adbin, d.adrelid) || ')'
                                    || CASE a.attgenerated WHEN 's' THEN ' STORED' ELSE ' VIRTUAL' END
     WHEN ('pg_attrdef'::regclass, d.oid) IN (SELECT classid, objid FROM own_functions) THEN ''
     ELSE ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid) END

-- :piece identity
CASE WHEN a.attidentity = '' OR c.relispartition THEN '' ELSE
    ' GENERATED ' || CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END || ' AS IDENTITY' || COALESCE((
        SELECT ' (SEQUENCE NAME ' || sq.full_name || ' ' || {sequence_options} || ')'
        FROM pg_depend AS sd
        JOIN relations AS sq ON sq.oid = sd.objid
        JOIN pg_sequence AS q ON q.seqrelid = sq.oid
        WHERE sd.classid = 'pg_class'::regclass AND sd.refclassid = 'pg_class'::regclass AND sd.refobjid = c.oid
          AND sd.refobjsubid = a.attnum AND sd.deptype = 'i'), '') END

-- :piece not_null
-- From 18 on a NOT NULL is a constraint with a name; before, of an inherited column only the parent's is known.
CASE WHEN NOT a.attnotnull THEN ''
     WHEN nn.oid IS NOT NULL AND NOT nn.convalidated THEN ''
     WHEN nn.oid IS NOT NULL AND NOT nn.conislocal AND NOT c.relispartition THEN ''
     WHEN nn.oid IS NOT NULL THEN
         CASE WHEN nn.conname = c.relname || '_' || a.attname || '_not_null' THEN ''
              ELSE ' CONSTRAINT ' || quote_ident(nn.conname) END || ' NOT NULL'
         || CASE WHEN nn.connoinherit THEN ' NO INHERIT' ELSE '' END
     ELSE ' NOT NULL' END

-- :piece part_tables
SELECT 'pg_class'::regclass::oid, c.oid, 'table', c.nspname::text, c.relname::text, NULL, c.oid,
       ARRAY['CREATE ' || CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END || 'TABLE ' || c.full_name
             || ' (' || COALESCE(columns.list, '') || ')'
             || CASE WHEN c.relispartition THEN '' ELSE COALESCE(' INHERITS (' || (
                    SELECT string_agg(p.full_name, ', ' ORDER BY i.inhseqno)
                    FROM pg_inherits AS i JOIN relations AS p ON p.oid = i.inhparent WHERE i.inhrelid = c.oid) || ')',
                    '') END
             || COALESCE(' PARTITION BY ' || CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END, '')
             || {reloptions},
             CASE WHEN c.reloftype <> 0
                  THEN 'ALTER TABLE ONLY ' || c.full_name || ' OF ' || format_type(c.reloftype, NULL) END,
             CASE WHEN c.relispartition AND NOT c.locked THEN (
                 SELECT 'ALTER TABLE ONLY ' || p.full_name || ' ATTACH PARTITION ' || c.full_name || ' '
                        || pg_get_expr(c.relpartbound, c.oid)
                 FROM pg_inherits AS i JOIN relations AS p ON p.oid = i.inhparent
                 WHERE i.inhrelid = c.oid AND NOT p.locked) END]
       || ARRAY(SELECT 'ALTER TABLE ONLY ' || c.full_name || ' ALTER COLUMN ' || quote_ident(a.attname) || ' SET NOT NULL'
                FROM pg_attribute AS a
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND NOT a.attislocal
                  AND NOT c.relispartition AND a.attnotnull
                  AND current_setting('server_version_num')::int < 180000
                  AND NOT EXISTS (SELECT FROM pg_inherits AS i
                                  JOIN pg_attribute AS pa ON pa.attrelid = i.inhparent AND pa.attname = a.attname
                                  WHERE i.inhrelid = c.oid AND pa.attnotnull) ORDER BY a.attnum)
       || {attributes}
       || ARRAY[CASE WHEN c.relrowsecurity THEN 'ALTER TABLE ' || c.full_name || ' ENABLE ROW LEVEL SECURITY' END,
                CASE WHEN c.relforcerowsecurity
                     THEN 'ALTER TABLE ONLY ' || c.full_name || ' FORCE ROW LEVEL SECURITY' END,
                'ALTER TABLE ONLY ' || c.full_name || ' REPLICA IDENTITY '
                || CASE c.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' END],
       true, 0
FROM relations AS c
LEFT JOIN LATERAL (
    SELECT string_agg(o.text, ', ' ORDER BY o.number, o.name) AS list
    FROM (
        SELECT a.attnum::int AS number, '' AS name,
               quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod) || {collate}
               || {inline_default} || {identity} || {not_null} AS text
        FROM pg_attribute AS a
        JOIN pg_type AS ct ON ct.oid = a.atttypid
        {collate_join}
        LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        LEFT JOIN pg_constraint AS nn ON nn.conrelid = c.oid AND nn.contype = 'n' AND nn.conkey[1] = a.attnum
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND (a.attislocal OR c.relispartition)
        UNION ALL
        SELECT 10000, k.conname, 'CONSTRAINT ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid)
        FROM pg_constraint AS k
        WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.convalidated AND NOT c.locked
          AND (k.conislocal OR c.relispartition)
          AND ('pg_constraint'::regclass, k.oid) NOT IN (SELECT classid, objid FROM own_functions)
        UNION ALL
        -- 18: a NOT NULL of its own on a column that is inherited.
        SELECT 10001, k.conname, 'CONSTRAINT ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid)
        FROM pg_constraint AS k
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
        WHERE k.conrelid = c.oid AND k.contype = 'n' AND k.convalidated AND k.conislocal AND NOT a.attislocal
          AND NOT c.relispartition AND NOT c.locked
    ) AS o
) AS columns ON true
WHERE c.relkind IN ('r', 'p', 'f') AND NOT (c.relkind = 'p' AND c.locked)
