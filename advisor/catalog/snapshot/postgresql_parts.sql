-- Parts of the section `objects` (postgresql_objects.sql).

-- :piece part_schemas
SELECT 'pg_namespace'::regclass::oid AS class, s.oid AS id, 'schema' AS kind, s.nspname::text AS schema,
       s.nspname::text AS name, NULL::text AS of_table, s.oid AS position,
       ARRAY[format('CREATE SCHEMA IF NOT EXISTS %I', s.nspname)] AS ddl, true AS validated, 0 AS rank
FROM spaces AS s
WHERE NOT EXISTS (SELECT FROM foreigners AS f WHERE f.classid = 'pg_namespace'::regclass AND f.objid = s.oid)

-- :piece part_collations
SELECT 'pg_collation'::regclass::oid, c.oid, 'collation', s.nspname::text, c.collname::text, NULL, c.oid,
       ARRAY['CREATE COLLATION ' || s.prefix || quote_ident(c.collname) || ' (' || concat_ws(', ',
           'provider = ' || CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
           CASE WHEN NOT c.collisdeterministic THEN 'deterministic = false' END,
           'locale = ' || quote_literal(COALESCE(j.row->>'colllocale', j.row->>'colliculocale',
               CASE WHEN c.collprovider = 'i' OR j.row->>'collcollate' = j.row->>'collctype'
                    THEN j.row->>'collcollate' END)),
           CASE WHEN c.collprovider = 'c' AND j.row->>'collcollate' <> j.row->>'collctype'
                THEN 'lc_collate = ' || quote_literal(j.row->>'collcollate') END,
           CASE WHEN c.collprovider = 'c' AND j.row->>'collcollate' <> j.row->>'collctype'
                THEN 'lc_ctype = ' || quote_literal(j.row->>'collctype') END,
           'rules = ' || quote_literal(j.row->>'collicurules')) || ')'],
       true, 0
FROM pg_collation AS c
JOIN spaces AS s ON s.oid = c.collnamespace
CROSS JOIN LATERAL (SELECT to_jsonb(c) AS row) AS j
WHERE NOT EXISTS (SELECT FROM foreigners AS f WHERE f.classid = 'pg_collation'::regclass AND f.objid = c.oid)

-- :piece part_types
SELECT 'pg_type'::regclass::oid, t.oid, 'type', s.nspname::text, t.typname::text, NULL, t.oid,
       ARRAY['CREATE TYPE ' || s.prefix || quote_ident(t.typname) || ' AS ' || CASE t.typtype
           WHEN 'e' THEN 'ENUM (' || COALESCE((SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                                               FROM pg_enum AS e WHERE e.enumtypid = t.oid), '') || ')'
           WHEN 'c' THEN '(' || COALESCE((
               SELECT string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
                                 || {collate}, ', ' ORDER BY a.attnum)
               FROM pg_attribute AS a
               JOIN pg_type AS ct ON ct.oid = a.atttypid
               {collate_join}
               WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped), '') || ')'
           WHEN 'r' THEN (
               SELECT 'RANGE (' || concat_ws(', ', 'subtype = ' || format_type(r.rngsubtype, NULL),
                   'multirange_type_name = ' || m.full_name,
                   CASE WHEN NOT oc.opcdefault THEN 'subtype_opclass = ' || quote_ident(ocn.nspname) || '.'
                                                    || quote_ident(oc.opcname) END,
                   CASE WHEN co.oid IS NOT NULL THEN 'collation = ' || quote_ident(con.nspname) || '.'
                                                     || quote_ident(co.collname) END,
                   CASE WHEN r.rngsubdiff <> 0 THEN 'subtype_diff = ' || r.rngsubdiff::regproc END) || ')'
               FROM pg_range AS r
               JOIN pg_type AS st ON st.oid = r.rngsubtype
               JOIN pg_opclass AS oc ON oc.oid = r.rngsubopc
               JOIN pg_namespace AS ocn ON ocn.oid = oc.opcnamespace
               LEFT JOIN pg_collation AS co ON co.oid = r.rngcollation AND r.rngcollation <> st.typcollation
               LEFT JOIN pg_namespace AS con ON con.oid = co.collnamespace
               LEFT JOIN LATERAL (
                   SELECT quote_ident(mn.nspname) || '.' || quote_ident(mt.typname) AS full_name
                   FROM pg_type AS mt JOIN pg_namespace AS mn ON mn.oid = mt.typnamespace
                   WHERE mt.oid = (to_jsonb(r)->>'rngmultitypid')::oid) AS m ON true
               WHERE r.rngtypid = t.oid)
           END],
       true, 0
FROM pg_type AS t
JOIN spaces AS s ON s.oid = t.typnamespace
LEFT JOIN pg_class AS c ON c.oid = t.typrelid
WHERE (t.typtype IN ('e', 'r') OR t.typtype = 'c' AND c.relkind = 'c')
  AND NOT EXISTS (SELECT FROM foreigners AS f WHERE f.classid = 'pg_type'::regclass AND f.objid = t.oid)

-- :piece part_domains
SELECT 'pg_type'::regclass::oid, t.oid, 'domain', s.nspname::text, t.typname::text, NULL, t.oid,
       ARRAY['CREATE DOMAIN ' || s.prefix || quote_ident(t.typname) || ' AS '
             || format_type(t.typbasetype, t.typtypmod)
             || CASE WHEN co.oid IS NOT NULL
                     THEN ' COLLATE ' || quote_ident(con.nspname) || '.' || quote_ident(co.collname) ELSE '' END
             || COALESCE(' DEFAULT ' || pg_get_expr(t.typdefaultbin, 'pg_type'::regclass), '')
             || CASE WHEN t.typnotnull THEN COALESCE((
                         SELECT ' CONSTRAINT ' || quote_ident(k.conname) FROM pg_constraint AS k
                         WHERE k.contypid = t.oid AND k.contype = 'n'), '') || ' NOT NULL' ELSE '' END
             || COALESCE((SELECT string_agg(' CONSTRAINT ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid),
                                            '' ORDER BY k.conname)
                          FROM pg_constraint AS k
                          WHERE k.contypid = t.oid AND k.contype = 'c' AND k.convalidated), '')]
       || ARRAY(SELECT 'ALTER DOMAIN ' || s.prefix || quote_ident(t.typname) || ' ADD CONSTRAINT '
                       || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid)
                FROM pg_constraint AS k
                WHERE k.contypid = t.oid AND k.contype = 'c' AND NOT k.convalidated ORDER BY k.conname),
       true, 0
FROM pg_type AS t
JOIN spaces AS s ON s.oid = t.typnamespace
JOIN pg_type AS bt ON bt.oid = t.typbasetype
LEFT JOIN pg_collation AS co ON co.oid = t.typcollation AND t.typcollation <> bt.typcollation
LEFT JOIN pg_namespace AS con ON con.oid = co.collnamespace
WHERE t.typtype = 'd'
  AND NOT EXISTS (SELECT FROM foreigners AS f WHERE f.classid = 'pg_type'::regclass AND f.objid = t.oid)

-- :piece collate
CASE WHEN a.attcollation <> 0 AND a.attcollation <> ct.typcollation
     THEN ' COLLATE ' || quote_ident(cn.nspname) || '.' || quote_ident(co.collname) ELSE '' END

-- :piece collate_join
LEFT JOIN pg_collation AS co ON co.oid = a.attcollation
LEFT JOIN pg_namespace AS cn ON cn.oid = co.collnamespace

-- :piece part_functions
SELECT 'pg_proc'::regclass::oid, p.oid, 'function', s.nspname::text, p.proname::text, NULL, p.oid,
       ARRAY[rtrim(pg_get_functiondef(p.oid), E' \n')], true, 0
FROM pg_proc AS p
JOIN spaces AS s ON s.oid = p.pronamespace
JOIN pg_language AS l ON l.oid = p.prolang
WHERE p.prokind <> 'a' AND l.lanname NOT IN ('c', 'internal')
  AND ('pg_proc'::regclass, p.oid) NOT IN (TABLE blocked)
  AND NOT EXISTS (SELECT FROM foreigners AS f WHERE f.classid = 'pg_proc'::regclass AND f.objid = p.oid)

-- :piece part_aggregates
SELECT 'pg_proc'::regclass::oid, p.oid, 'function', s.nspname::text, p.proname::text, NULL, p.oid,
       ARRAY['CREATE AGGREGATE ' || s.prefix || quote_ident(p.proname) || '('
             || CASE WHEN p.pronargs = 0 THEN '*' ELSE pg_get_function_arguments(p.oid) END || ') ('
             || concat_ws(', ',
                 'SFUNC = ' || a.aggtransfn::regproc, 'STYPE = ' || format_type(a.aggtranstype, NULL),
                 'SSPACE = ' || NULLIF(a.aggtransspace, 0),
                 'FINALFUNC = ' || NULLIF(a.aggfinalfn, 0)::regproc,
                 CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
                 CASE WHEN a.aggfinalfn <> 0 AND a.aggfinalmodify <> CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END::"char"
                      THEN 'FINALFUNC_MODIFY = ' || CASE a.aggfinalmodify WHEN 'r' THEN 'READ_ONLY'
                                                    WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,
                 'COMBINEFUNC = ' || NULLIF(a.aggcombinefn, 0)::regproc,
                 'SERIALFUNC = ' || NULLIF(a.aggserialfn, 0)::regproc,
                 'DESERIALFUNC = ' || NULLIF(a.aggdeserialfn, 0)::regproc,
                 'INITCOND = ' || quote_literal(a.agginitval),
                 'MSFUNC = ' || NULLIF(a.aggmtransfn, 0)::regproc,
                 'MINVFUNC = ' || NULLIF(a.aggminvtransfn, 0)::regproc,
                 CASE WHEN a.aggmtransfn <> 0 THEN 'MSTYPE = ' || format_type(a.aggmtranstype, NULL) END,
                 'MFINALFUNC = ' || NULLIF(a.aggmfinalfn, 0)::regproc,
                 'MINITCOND = ' || quote_literal(a.aggminitval),
                 'SORTOP = ' || (SELECT 'OPERATOR(' || quote_ident(sn.nspname) || '.' || so.oprname || ')'
                                 FROM pg_operator AS so JOIN pg_namespace AS sn ON sn.oid = so.oprnamespace
                                 WHERE so.oid = a.aggsortop),
                 CASE p.proparallel WHEN 's' THEN 'PARALLEL = safe' WHEN 'r' THEN 'PARALLEL = restricted' END,
                 CASE WHEN a.aggkind = 'h' THEN 'HYPOTHETICAL' END) || ')'],
       true, 0
FROM pg_proc AS p
JOIN pg_aggregate AS a ON a.aggfnoid = p.oid
JOIN spaces AS s ON s.oid = p.pronamespace
WHERE NOT EXISTS (SELECT FROM foreigners AS f WHERE f.classid = 'pg_proc'::regclass AND f.objid = p.oid)

-- :piece part_operators
SELECT 'pg_operator'::regclass::oid, o.oid, 'other', s.nspname::text, o.oprname::text, NULL, o.oid,
       ARRAY['CREATE OPERATOR ' || s.prefix || o.oprname || ' (' || concat_ws(', ',
           'FUNCTION = ' || o.oprcode::regproc,
           'LEFTARG = ' || format_type(NULLIF(o.oprleft, 0), NULL),
           'RIGHTARG = ' || format_type(NULLIF(o.oprright, 0), NULL),
           'COMMUTATOR = OPERATOR(' || quote_ident(cn.nspname) || '.' || co.oprname || ')',
           'NEGATOR = OPERATOR(' || quote_ident(gn.nspname) || '.' || ng.oprname || ')',
           'RESTRICT = ' || NULLIF(o.oprrest, 0)::regproc, 'JOIN = ' || NULLIF(o.oprjoin, 0)::regproc,
           CASE WHEN o.oprcanhash THEN 'HASHES' END, CASE WHEN o.oprcanmerge THEN 'MERGES' END) || ')'],
       true, 0
FROM pg_operator AS o
JOIN spaces AS s ON s.oid = o.oprnamespace
LEFT JOIN pg_operator AS co ON co.oid = o.oprcom
LEFT JOIN pg_namespace AS cn ON cn.oid = co.oprnamespace
LEFT JOIN pg_operator AS ng ON ng.oid = o.oprnegate
LEFT JOIN pg_namespace AS gn ON gn.oid = ng.oprnamespace
WHERE o.oprcode <> 0
  AND NOT EXISTS (SELECT FROM foreigners AS f WHERE f.classid = 'pg_operator'::regclass AND f.objid = o.oid)

-- :piece part_casts
SELECT 'pg_cast'::regclass::oid, k.oid, 'other', NULL, format_type(k.castsource, NULL) || ' AS '
       || format_type(k.casttarget, NULL), NULL, k.oid,
       ARRAY['CREATE CAST (' || format_type(k.castsource, NULL) || ' AS ' || format_type(k.casttarget, NULL) || ') '
             || CASE k.castmethod WHEN 'f' THEN 'WITH FUNCTION ' || k.castfunc::regprocedure
                                  WHEN 'i' THEN 'WITH INOUT' ELSE 'WITHOUT FUNCTION' END
             || CASE k.castcontext WHEN 'i' THEN ' AS IMPLICIT' WHEN 'a' THEN ' AS ASSIGNMENT' ELSE '' END],
       true, 0
FROM pg_cast AS k
WHERE k.oid >= 16384
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_cast'::regclass AND d.objid = k.oid AND d.deptype = 'i')
  AND NOT EXISTS (SELECT FROM foreigners AS f WHERE f.classid = 'pg_cast'::regclass AND f.objid = k.oid)

-- :piece part_search
SELECT 'pg_ts_dict'::regclass::oid, d.oid, 'other', s.nspname::text, d.dictname::text, NULL, d.oid,
       ARRAY['CREATE TEXT SEARCH DICTIONARY ' || s.prefix || quote_ident(d.dictname) || ' (TEMPLATE = '
             || quote_ident(tn.nspname) || '.' || quote_ident(t.tmplname) || COALESCE(', ' || d.dictinitoption, '') || ')'],
       true, 0
FROM pg_ts_dict AS d
JOIN spaces AS s ON s.oid = d.dictnamespace
JOIN pg_ts_template AS t ON t.oid = d.dicttemplate
JOIN pg_namespace AS tn ON tn.oid = t.tmplnamespace
WHERE NOT EXISTS (SELECT FROM foreigners AS f WHERE f.classid = 'pg_ts_dict'::regclass AND f.objid = d.oid)
UNION ALL
SELECT 'pg_ts_config'::regclass::oid, g.oid, 'other', s.nspname::text, g.cfgname::text, NULL, g.oid,
       ARRAY['CREATE TEXT SEARCH CONFIGURATION ' || s.prefix || quote_ident(g.cfgname) || ' (PARSER = '
             || quote_ident(pn.nspname) || '.' || quote_ident(p.prsname) || ')']
       || ARRAY(SELECT 'ALTER TEXT SEARCH CONFIGURATION ' || s.prefix || quote_ident(g.cfgname) || ' ADD MAPPING FOR '
                       || quote_ident(tt.alias) || ' WITH '
                       || string_agg(quote_ident(dn.nspname) || '.' || quote_ident(d.dictname), ', ' ORDER BY m.mapseqno)
                FROM pg_ts_config_map AS m
                JOIN pg_ts_dict AS d ON d.oid = m.mapdict
                JOIN pg_namespace AS dn ON dn.oid = d.dictnamespace
                JOIN LATERAL ts_token_type(g.cfgparser) AS tt ON tt.tokid = m.maptokentype
                WHERE m.mapcfg = g.oid GROUP BY tt.tokid, tt.alias ORDER BY tt.tokid),
       true, 0
FROM pg_ts_config AS g
JOIN spaces AS s ON s.oid = g.cfgnamespace
JOIN pg_ts_parser AS p ON p.oid = g.cfgparser
JOIN pg_namespace AS pn ON pn.oid = p.prsnamespace
WHERE NOT EXISTS (SELECT FROM foreigners AS f WHERE f.classid = 'pg_ts_config'::regclass AND f.objid = g.oid)

-- :piece sequence_options
'START WITH ' || q.seqstart || ' INCREMENT BY ' || q.seqincrement || ' MINVALUE ' || q.seqmin || ' MAXVALUE '
|| q.seqmax || ' CACHE ' || q.seqcache || CASE WHEN q.seqcycle THEN ' CYCLE' ELSE '' END

-- :piece part_sequences
SELECT 'pg_class'::regclass::oid, c.oid, 'sequence', c.nspname::text, c.relname::text, NULL, c.oid,
       ARRAY['CREATE ' || CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END || 'SEQUENCE ' || c.full_name
             || ' AS ' || format_type(q.seqtypid, NULL) || ' ' || {sequence_options}],
       true, 0
FROM relations AS c
JOIN pg_sequence AS q ON q.seqrelid = c.oid
WHERE NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                  AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'i')
UNION ALL
-- The class is that of what records the ownership, which no other part has.
SELECT 'pg_depend'::regclass::oid, c.oid, 'other', c.nspname::text, c.relname::text, r.relname::text, c.oid,
       ARRAY['ALTER SEQUENCE ' || c.full_name || ' OWNED BY ' || r.full_name || '.' || quote_ident(a.attname)], true, 2
FROM relations AS c
JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
    AND d.deptype = 'a'
JOIN relations AS r ON r.oid = d.refobjid
JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum = d.refobjsubid
WHERE c.relkind = 'S'

-- :piece part_views
SELECT 'pg_class'::regclass::oid, c.oid, CASE c.relkind WHEN 'v' THEN 'view' ELSE 'materialized_view' END,
       c.nspname::text, c.relname::text, NULL, c.oid,
       ARRAY['CREATE ' || CASE c.relkind WHEN 'v' THEN 'VIEW ' ELSE 'MATERIALIZED VIEW ' END || c.full_name
             || {reloptions} || ' AS ' || rtrim(pg_get_viewdef(c.oid), '; ')
             || CASE c.relkind WHEN 'm' THEN ' WITH NO DATA' ELSE '' END] || {attributes},
       true, 0
FROM relations AS c
WHERE c.relkind IN ('v', 'm') AND NOT EXISTS (
    SELECT FROM pg_rewrite AS r WHERE r.ev_class = c.oid AND ('pg_rewrite'::regclass, r.oid) IN (TABLE blocked))

-- :piece part_defaults
SELECT 'pg_attrdef'::regclass::oid, d.oid, 'default', c.nspname::text, a.attname::text, c.relname::text, d.oid,
       ARRAY['ALTER ' || CASE c.relkind WHEN 'v' THEN 'VIEW ' ELSE 'TABLE ONLY ' END || c.full_name || ' ALTER COLUMN '
             || quote_ident(a.attname) || ' SET DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)],
       true, 1
FROM pg_attrdef AS d
JOIN relations AS c ON c.oid = d.adrelid
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.adnum
WHERE NOT c.locked AND c.relkind IN ('r', 'p', 'f', 'v') AND a.attgenerated = ''
  AND (c.relkind = 'v' OR NOT a.attislocal AND NOT c.relispartition
       OR (('pg_attrdef'::regclass, d.oid) IN (SELECT classid, objid FROM own_functions)))

-- :piece part_indexes
SELECT 'pg_class'::regclass::oid, c.oid, 'index', c.nspname::text, c.relname::text, t.relname::text, c.oid,
       ARRAY[pg_get_indexdef(c.oid)] || {index_extras}, x.indisvalid, 3
FROM relations AS c
JOIN pg_index AS x ON x.indexrelid = c.oid
JOIN relations AS t ON t.oid = x.indrelid
WHERE NOT t.locked AND c.relkind IN ('i', 'I')
  AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))

-- :piece index_extras
ARRAY(SELECT 'ALTER INDEX ' || c.full_name || ' ALTER COLUMN ' || a.attnum || ' SET STATISTICS ' || a.attstattarget
      FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attstattarget >= 0 ORDER BY a.attnum)
|| CASE WHEN x.indisclustered THEN ARRAY['ALTER TABLE ' || t.full_name || ' CLUSTER ON ' || quote_ident(c.relname)] END
|| CASE WHEN x.indisreplident AND t.relreplident = 'i' THEN ARRAY[
       'ALTER TABLE ONLY ' || t.full_name || ' REPLICA IDENTITY USING INDEX ' || quote_ident(c.relname)] END

-- :piece part_constraints
SELECT 'pg_constraint'::regclass::oid, k.oid, 'constraint', t.nspname::text, k.conname::text, t.relname::text,
       c.oid, ARRAY['ALTER TABLE ONLY ' || t.full_name || ' ADD CONSTRAINT ' || quote_ident(k.conname) || ' '
                    || pg_get_constraintdef(k.oid),
                    'ALTER INDEX ' || c.full_name || ' SET ' || substr(NULLIF({reloptions}, ''), 7)] || {index_extras},
       x.indisvalid, 3
FROM pg_constraint AS k
JOIN relations AS t ON t.oid = k.conrelid
JOIN relations AS c ON c.oid = k.conindid
JOIN pg_index AS x ON x.indexrelid = c.oid
WHERE k.contype IN ('p', 'u', 'x') AND NOT t.locked
UNION ALL
SELECT 'pg_constraint'::regclass::oid, k.oid, 'constraint', t.nspname::text, k.conname::text, t.relname::text, k.oid,
       ARRAY['ALTER TABLE ' || CASE WHEN k.contype = 'f' AND t.relkind <> 'p' THEN 'ONLY ' ELSE '' END || t.full_name
             || ' ADD CONSTRAINT ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid)],
       k.convalidated, CASE k.contype WHEN 'f' THEN 10 ELSE 5 END
FROM pg_constraint AS k
JOIN relations AS t ON t.oid = k.conrelid
WHERE NOT t.locked AND t.relkind IN ('r', 'p', 'f') AND CASE k.contype
      WHEN 'f' THEN k.conparentid = 0
      WHEN 'c' THEN k.conislocal AND (NOT k.convalidated
                    OR ('pg_constraint'::regclass, k.oid) IN (SELECT classid, objid FROM own_functions))
      WHEN 'n' THEN k.conislocal AND NOT k.convalidated
      ELSE false END

-- :piece part_attachments
SELECT 'pg_inherits'::regclass::oid, c.oid, 'other', c.nspname::text, c.relname::text, t.relname::text, c.oid,
       ARRAY['ALTER INDEX ' || p.full_name || ' ATTACH PARTITION ' || c.full_name], true, 4
FROM pg_inherits AS i
JOIN relations AS c ON c.oid = i.inhrelid
JOIN relations AS p ON p.oid = i.inhparent
JOIN pg_index AS x ON x.indexrelid = c.oid
JOIN relations AS t ON t.oid = x.indrelid
JOIN pg_index AS y ON y.indexrelid = p.oid
JOIN relations AS u ON u.oid = y.indrelid
WHERE c.relkind IN ('i', 'I') AND NOT t.locked AND NOT u.locked

-- :piece part_statistics
SELECT 'pg_statistic_ext'::regclass::oid, e.oid, 'statistics', s.nspname::text, e.stxname::text, c.relname::text, e.oid,
       ARRAY[pg_get_statisticsobjdef(e.oid),
             'ALTER STATISTICS ' || s.prefix || quote_ident(e.stxname) || ' SET STATISTICS '
             || CASE WHEN (to_jsonb(e)->>'stxstattarget')::int >= 0 THEN to_jsonb(e)->>'stxstattarget' END], true, 6
FROM pg_statistic_ext AS e
JOIN spaces AS s ON s.oid = e.stxnamespace
JOIN relations AS c ON c.oid = e.stxrelid
WHERE NOT c.locked

-- :piece part_rules
SELECT 'pg_rewrite'::regclass::oid, r.oid, 'rule', c.nspname::text, r.rulename::text, c.relname::text, r.oid,
       ARRAY[rtrim(pg_get_ruledef(r.oid), '; '),
             CASE r.ev_enabled WHEN 'D' THEN 'ALTER TABLE ' || c.full_name || ' DISABLE RULE ' || quote_ident(r.rulename)
                               WHEN 'A' THEN 'ALTER TABLE ' || c.full_name || ' ENABLE ALWAYS RULE '
                                             || quote_ident(r.rulename)
                               WHEN 'R' THEN 'ALTER TABLE ' || c.full_name || ' ENABLE REPLICA RULE '
                                             || quote_ident(r.rulename) END], true, 7
FROM pg_rewrite AS r
JOIN relations AS c ON c.oid = r.ev_class
WHERE r.rulename <> '_RETURN' AND ('pg_rewrite'::regclass, r.oid) NOT IN (TABLE blocked)

-- :piece part_triggers
SELECT 'pg_trigger'::regclass::oid, g.oid, 'trigger', c.nspname::text, g.tgname::text, c.relname::text, g.oid,
       ARRAY[pg_get_triggerdef(g.oid),
             'ALTER TABLE ' || c.full_name || ' ' || CASE g.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'A' THEN 'ENABLE ALWAYS'
             WHEN 'R' THEN 'ENABLE REPLICA' END || ' TRIGGER ' || quote_ident(g.tgname)], true, 8
FROM pg_trigger AS g
JOIN relations AS c ON c.oid = g.tgrelid
WHERE NOT g.tgisinternal AND NOT c.locked AND COALESCE(to_jsonb(g)->>'tgparentid', '0') = '0'

-- :piece part_policies
SELECT 'pg_policy'::regclass::oid, p.oid, 'policy', c.nspname::text, p.polname::text, c.relname::text, p.oid,
       ARRAY['CREATE POLICY ' || quote_ident(p.polname) || ' ON ' || c.full_name
             || CASE WHEN p.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END
             || CASE p.polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT' WHEN 'w' THEN ' FOR UPDATE'
                              WHEN 'd' THEN ' FOR DELETE' ELSE '' END
             || CASE WHEN p.polroles = '{0}'::oid[] THEN '' ELSE ' TO ' || (
                    SELECT string_agg(CASE WHEN r = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END, ', ')
                    FROM unnest(p.polroles) AS r) END
             || COALESCE(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
             || COALESCE(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')], true, 9
FROM pg_policy AS p
JOIN relations AS c ON c.oid = p.polrelid
WHERE NOT c.locked AND ('pg_policy'::regclass, p.oid) NOT IN (TABLE blocked)
