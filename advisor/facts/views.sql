-- Views that hide the tricky parts of facts/1.

-- An index that lets the engine find the rows of a predicate without reading all others, at the given key position.
-- True only for the leading key, or for a later key when every key before it is pinned by an equality of the same scope.
-- A conversion of the column, a comparison with another column of the same row, and the ON of an outer join that keeps the
-- row anyway are served by none. LIKE 'x%' needs an index in byte order: an operator class like text_pattern_ops, or a
-- C collation; where PostgreSQL's collation is not known, that is not held against the index.
CREATE VIEW index_serves AS
SELECT p.predicate_id, p.fingerprint, p.scope_id, p.ref_id, i.index_id, i.index_name, i.table_name, k.position
FROM predicate AS p
JOIN table_def AS t ON t.table_name = p.table_name
JOIN index_def AS i ON i.table_name = p.table_name AND i.is_valid AND i.is_visible
JOIN index_key AS k USING (index_id)
LEFT JOIN column_def AS c ON c.table_name = k.table_name AND c.column_name = k.column_name
WHERE p.restricts AND NOT p.under_or AND NOT p.negated AND NOT p.same_row
  AND p.implicit_cast IS NOT 1
  AND ((k.column_name = p.column_name AND p.wrapper IS NULL)
       OR (k.expression IS NOT NULL AND p.wrapper_sql IS NOT NULL
           AND canonical_sql(k.expression, p.table_name) = canonical_sql(p.wrapper_sql, p.table_name)))
  AND CASE
      WHEN i.method = 'btree' THEN
        CASE p.op_class
          WHEN 'equality' THEN (p.operator <> 'null_safe_eq' OR t.engine <> 'postgresql') AND (p.operator <> 'is_true' OR t.engine = 'postgresql')
          WHEN 'in' THEN 1
          WHEN 'range' THEN k.opclass IS NULL OR k.opclass NOT LIKE '%pattern_ops'
          WHEN 'null' THEN p.operator = 'is_null'
          WHEN 'like' THEN p.operator = 'like' AND p.leading_wildcard = 0 AND t.engine <> 'sqlite'
            AND (t.engine <> 'postgresql' OR k.opclass LIKE '%pattern_ops' OR c.collation IN ('C', 'POSIX', 'ucs_basic')
                 OR (c.collation IS NULL
                     AND COALESCE((SELECT value FROM setting WHERE name = 'lc_collate'), 'C') IN ('C', 'POSIX')))
          ELSE 0 END
      WHEN i.method = 'hash' THEN p.op_class IN ('equality', 'in') AND p.operator <> 'null_safe_eq'
      WHEN i.method = 'brin' THEN p.op_class IN ('equality', 'range', 'in')
      WHEN i.method IN ('gin', 'gist', 'spgist') THEN
        CASE p.op_class
          WHEN 'containment' THEN p.operator <> 'has_key' OR k.opclass IS NOT 'jsonb_path_ops'
          WHEN 'search' THEN 1
          WHEN 'like' THEN k.opclass LIKE '%trgm_ops'
          WHEN 'regex' THEN k.opclass LIKE '%trgm_ops'
          ELSE 0 END
      WHEN i.method = 'fulltext' THEN p.op_class = 'search'
      ELSE 0 END
  AND (i.predicate IS NULL OR predicate_implied(i.predicate, p.fingerprint, p.ref_id))
  AND (k.position = 1 OR i.method IN ('gin', 'brin') OR NOT EXISTS (
        SELECT 1 FROM index_key AS before
        WHERE before.index_id = i.index_id AND before.position < k.position
          AND NOT EXISTS (SELECT 1 FROM predicate AS q
                          WHERE q.ref_id = p.ref_id AND q.scope_id = p.scope_id AND q.restricts AND NOT q.negated AND NOT q.same_row
                            AND q.column_name = before.column_name AND q.wrapper IS NULL
                            AND (q.op_class IN ('equality', 'in') OR q.operator = 'is_null'))));

-- ---------------------------------------------------------------- views for the handbook

-- A unique key of a reference that equalities of its scope cover: each combination of the other references' rows meets
-- at most one of its rows. A key pinned by constants alone is covered too.
CREATE VIEW joined_key AS
SELECT r.ref_id, r.fingerprint, r.scope_id, r.table_name, k.key_id, MAX(k.not_null) AS not_null
FROM table_ref AS r
JOIN unique_key AS k ON k.table_name = r.table_name
WHERE EXISTS (SELECT 1 FROM join_edge AS e
              WHERE e.scope_id = r.scope_id AND e.operator = '=' AND NOT e.under_or
                AND ((e.left_ref = r.ref_id AND e.left_column = k.column_name AND e.left_wrapper IS NULL AND e.right_ref <> r.ref_id)
                  OR (e.right_ref = r.ref_id AND e.right_column = k.column_name AND e.right_wrapper IS NULL AND e.left_ref <> r.ref_id)))
   OR EXISTS (SELECT 1 FROM predicate AS p
              WHERE p.ref_id = r.ref_id AND p.scope_id = r.scope_id AND p.column_name = k.column_name AND p.wrapper IS NULL
                AND p.operator = '=' AND NOT p.under_or AND NOT p.negated AND p.value_kind IN ('literal', 'parameter'))
GROUP BY r.ref_id, k.key_id, k.key_columns
HAVING COUNT(DISTINCT k.column_name) = k.key_columns;

-- An index that leads to rows of a reference: from a value that is fixed for the scope, or from a joined row where another
-- reference of the scope is found by an index itself, so that the join can start there.
CREATE VIEW way_in AS
SELECT x.ref_id, x.scope_id, x.index_id, p.predicate_id, p.op_class, p.value_constant
FROM index_serves AS x
JOIN predicate AS p USING (predicate_id)
WHERE x.position = 1
  AND (p.value_constant OR p.value_kind <> 'column'
       OR EXISTS (SELECT 1 FROM predicate AS q
                  WHERE q.scope_id = p.scope_id AND q.ref_id <> p.ref_id AND NOT q.under_or AND q.value_constant
                    AND (q.pins_unique_key OR EXISTS (SELECT 1 FROM index_serves AS y WHERE y.predicate_id = q.predicate_id AND y.position = 1))));

-- How the engine can already reach the rows of a reference without reading all of its table.
CREATE VIEW ref_reached AS
SELECT r.ref_id, r.fingerprint, r.scope_id, r.table_name,
       EXISTS (SELECT 1 FROM predicate AS p WHERE p.ref_id = r.ref_id AND p.pins_unique_key) AS pinned,
       EXISTS (SELECT 1 FROM way_in AS w WHERE w.ref_id = r.ref_id AND w.op_class IN ('equality', 'in') AND w.value_constant) AS by_constant,
       EXISTS (SELECT 1 FROM way_in AS w WHERE w.ref_id = r.ref_id AND w.op_class IN ('equality', 'in')) AS by_equality,
       EXISTS (SELECT 1 FROM way_in AS w WHERE w.ref_id = r.ref_id)
       -- A partial index that the statement's conditions imply holds few rows, whatever its columns.
       OR EXISTS (SELECT 1 FROM index_def AS i WHERE i.table_name = r.table_name AND i.predicate IS NOT NULL
                    AND i.is_valid AND i.is_visible AND predicate_implied(i.predicate, r.fingerprint, r.ref_id)) AS by_index,
       EXISTS (SELECT 1 FROM joined_key AS j WHERE j.ref_id = r.ref_id) AS by_join_key,
       EXISTS (SELECT 1 FROM table_def AS t WHERE t.table_name = r.table_name AND t.rows < 1000) AS small
FROM table_ref AS r
WHERE r.table_name IS NOT NULL AND r.kind = 'table';

-- A SELECT level that cannot give the same row twice: it projects a NOT NULL unique key of one table, and every other
-- reference adds at most one row to each of that table's rows; or it says DISTINCT.
CREATE VIEW duplicate_free AS
SELECT s.scope_id, s.fingerprint, 'distinct' AS why, NULL AS table_name
FROM scope AS s WHERE s.is_distinct AND s.sql NOT LIKE '%DISTINCT ON%'
UNION ALL
SELECT s.scope_id, s.fingerprint, 'key', b.table_name
FROM scope AS s
JOIN table_ref AS b ON b.scope_id = s.scope_id AND b.kind = 'table' AND NOT b.nullable AND b.role = 'read'
WHERE NOT s.has_group AND NOT s.has_aggregate AND s.set_operation IS NULL
  AND EXISTS (SELECT 1 FROM unique_key AS k
              WHERE k.table_name = b.table_name AND k.not_null = 1
                AND EXISTS (SELECT 1 FROM projection AS j
                            WHERE j.scope_id = s.scope_id AND ((j.kind = 'column' AND j.ref_id = b.ref_id AND j.column_name = k.column_name)
                                OR (j.kind = 'star' AND replace(replace(j.expression, '"', ''), '`', '') IN ('*', b.alias || '.*'))))
              GROUP BY k.key_id, k.key_columns
              HAVING COUNT(DISTINCT k.column_name) = k.key_columns)
  -- Every other reference hangs by a unique key on that table or on an earlier reference: so none hangs on itself in a circle.
  AND NOT EXISTS (SELECT 1 FROM table_ref AS o
                  WHERE o.scope_id = s.scope_id AND o.ref_id <> b.ref_id
                    AND NOT EXISTS (SELECT 1 FROM unique_key AS k
                                    WHERE k.table_name = o.table_name
                                      AND (EXISTS (SELECT 1 FROM join_edge AS e JOIN table_ref AS z ON z.ref_id IN (e.left_ref, e.right_ref)
                                                   WHERE e.scope_id = s.scope_id AND e.operator = '=' AND NOT e.under_or
                                                     AND z.ref_id <> o.ref_id AND (z.ref_id = b.ref_id OR z.position < o.position)
                                                     AND ((e.left_ref = o.ref_id AND e.left_column = k.column_name AND e.left_wrapper IS NULL)
                                                       OR (e.right_ref = o.ref_id AND e.right_column = k.column_name AND e.right_wrapper IS NULL)))
                                           OR EXISTS (SELECT 1 FROM predicate AS p
                                                      WHERE p.ref_id = o.ref_id AND p.column_name = k.column_name AND p.wrapper IS NULL AND p.operator = '='
                                                        AND NOT p.under_or AND NOT p.negated AND p.value_kind IN ('literal', 'parameter')))
                                    GROUP BY k.key_id, k.key_columns
                                    HAVING COUNT(DISTINCT k.column_name) = k.key_columns))
  AND NOT EXISTS (SELECT 1 FROM projection AS j
                  WHERE j.scope_id = s.scope_id AND j.kind NOT IN ('column', 'star') AND j.expression LIKE '%(%'
                    AND (j.expression LIKE '%unnest%' OR j.expression LIKE '%generate_series%' OR j.expression LIKE '%explode%'
                      OR j.expression LIKE '%\_each%' ESCAPE '\' OR j.expression LIKE '%\_elements%' ESCAPE '\'
                      OR j.expression LIKE '%to_table%' OR j.expression LIKE '%generate_subscripts%'
                      OR j.expression LIKE '%regexp_matches%'));

-- Columns that an index for a reference's own restrictions would have, in order: equalities, then IN lists, then one
-- range, or the ORDER BY of a limited scope where nothing else stands between.
CREATE VIEW index_key_wanted AS
WITH usable AS (
  SELECT p.ref_id, p.fingerprint, p.scope_id, p.table_name, p.column_name,
         CASE WHEN p.operator IN ('=', 'null_safe_eq') THEN 1 WHEN p.op_class = 'in' THEN 3 ELSE 4 END AS rank
  FROM predicate AS p
  WHERE p.ref_id IS NOT NULL AND p.table_name IS NOT NULL AND p.column_name IS NOT NULL AND p.clause IN ('where', 'on')
    AND NOT p.under_or AND NOT p.negated AND p.wrapper IS NULL AND p.implicit_cast IS NOT 1
    AND (p.op_class IN ('equality', 'range') OR p.operator = 'in') -- IS NULL (deleted_at) is true of most rows, as a rule
    AND p.value_kind IN ('literal', 'parameter', 'list', 'expression')),
best AS (
  SELECT ref_id, fingerprint, scope_id, table_name, column_name, MIN(rank) AS rank FROM usable GROUP BY ref_id, column_name),
ranged AS (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY ref_id, rank = 4 ORDER BY column_name) AS nth FROM best)
SELECT ref_id, fingerprint, scope_id, table_name, column_name, rank, 0 AS descending, nth AS position
FROM ranged WHERE rank < 4 OR nth = 1
UNION ALL
SELECT o.ref_id, o.fingerprint, o.scope_id, o.table_name, o.column_name, 5, 0, o.position -- all in one direction: an index is read backwards as well
FROM order_key AS o
JOIN scope AS s USING (scope_id)
WHERE o.ref_id IS NOT NULL AND o.column_name IS NOT NULL AND s.has_limit AND NOT s.has_group AND NOT s.is_distinct AND NOT s.has_aggregate
  AND NOT EXISTS (SELECT 1 FROM best WHERE best.ref_id = o.ref_id AND (best.rank >= 3 OR best.column_name = o.column_name))
  AND NOT EXISTS (SELECT 1 FROM order_key AS other
                  WHERE other.scope_id = o.scope_id AND (other.ref_id IS NOT o.ref_id OR other.column_name IS NULL OR other.descending <> o.descending));

-- The same as one row a reference, for references that no index serves yet.
CREATE VIEW index_wish AS
SELECT w.ref_id, w.fingerprint, w.scope_id, w.table_name, COUNT(*) AS key_count,
       SUM(w.rank <= 2) AS equalities,
       json_group_array(CASE WHEN w.prefix IS NOT NULL THEN json_object('column', w.column_name, 'prefix', w.prefix)
                             WHEN w.descending THEN json_object('column', w.column_name, 'descending', 1)
                             ELSE w.column_name END) AS index_columns,
       group_concat(w.column_name, ', ') AS column_list
FROM (SELECT k.*, c.family, c.base_type,
             CASE WHEN t.engine IN ('mysql', 'mariadb') AND (c.base_type IN ('text', 'bytea') OR c.length > 700) THEN 64 END AS prefix,
             ROW_NUMBER() OVER (PARTITION BY k.ref_id ORDER BY k.rank, k.position) AS nth
      FROM index_key_wanted AS k
      JOIN table_def AS t ON t.table_name = k.table_name AND t.kind IN ('table', 'partitioned', 'materialized_view')
      JOIN column_def AS c ON c.table_name = k.table_name AND c.column_name = k.column_name
      WHERE c.family NOT IN ('json', 'array', 'search', 'other') OR c.base_type IN ('enum', 'inet')
      ORDER BY k.ref_id, k.rank, k.position) AS w
WHERE w.nth <= 4
  AND w.ref_id IN (SELECT ref_id FROM ref_reached WHERE NOT pinned AND NOT by_index AND NOT small)
GROUP BY w.ref_id
HAVING SUM(w.rank < 5) > 0 AND SUM(w.family <> 'boolean') > 0;

-- A restriction that no index serves as it is written, on a reference that a unique key does not pin and that is not known
-- to be small. `unused_index` is an index that begins with the bare column; `elsewhere` tells that the reference has another
-- way in, so that this restriction may only have to filter few rows.
CREATE VIEW hidden_predicate AS
SELECT p.*, i.index_name AS unused_index, r.by_equality AS elsewhere
FROM predicate AS p
JOIN ref_reached AS r USING (ref_id)
LEFT JOIN (SELECT table_name, leading_column, MIN(index_name) AS index_name FROM index_def
           WHERE is_valid AND is_visible AND method IN ('btree', 'brin') AND leading_column IS NOT NULL
           GROUP BY table_name, leading_column) AS i
       ON i.table_name = p.table_name AND i.leading_column = p.column_name
WHERE p.clause IN ('where', 'on') AND NOT p.under_or AND NOT p.negated AND p.table_name IS NOT NULL AND p.column_name IS NOT NULL
  AND NOT r.pinned AND NOT r.small
  AND NOT EXISTS (SELECT 1 FROM index_serves AS x WHERE x.predicate_id = p.predicate_id);

-- ---------------------------------------------------------------- views of plans

-- A node with what its plan tells of it. `weight` is the node's own share of the plan's time, or of its cost where no time
-- was taken: `measured` tells which. `complete`: it ran to its end, so that its rows are all there are.
CREATE VIEW plan_step AS
SELECT n.*, p.fingerprint, p.plan_fingerprint, p.engine, p.version, p.analyzed, p.timed, p.has_buffers, p.has_io_timing,
       p.total_ms AS plan_ms,
       CASE WHEN p.timed THEN n.share ELSE n.cost_share END AS weight,
       p.analyzed AND p.timed AS measured,
       p.analyzed AND NOT n.never_executed AND NOT n.stopped_early AS complete,
       CASE WHEN p.analyzed AND NOT n.never_executed
            THEN n.rows_total + COALESCE(n.removed_filter, 0) + COALESCE(n.removed_recheck, 0) END AS rows_read
FROM plan_node AS n
JOIN plan AS p USING (plan_id)
WHERE NOT (p.analyzed AND n.never_executed);

-- A scan of a table. `kept` is the share of the rows read that it gives on; `index_gain` the share of its own time (of its
-- cost where it was not executed) that would vanish if an index led to just these rows: each of them then costs a block of its
-- own, at twice the price of one that is read in order; an estimated row costs a random page, 4 by the optimizer's own scale. Where
-- blocks were not counted, there are at least as many as the columns that the plan speaks of fill. Where all blocks were in memory
-- and there are no more rows than blocks, it is the rows that take the time: two microseconds for one that an index finds.
CREATE VIEW plan_scan AS
SELECT s.*, s.rows_total * 1.0 / s.rows_read AS kept,
       MAX(0.0, CASE WHEN s.complete AND s.measured AND s.blocks_self > 0 AND COALESCE(s.read_self, 0) = 0 AND s.rows_total <= s.blocks_self
                THEN 1.0 - MAX(s.rows_total * 1.0 / s.rows_read, 0.002 * s.rows_total / MAX(0.001, s.self_ms))
                WHEN s.complete THEN
                  1.0 - MAX(s.rows_total * 1.0 / s.rows_read,
                            2.0 * s.rows_total / MAX(1, COALESCE(s.blocks_self, s.rows_read * (COALESCE(s.width, 0) + 28) / 8192.0)))
                WHEN NOT s.analyzed AND NOT s.stopped_early AND NOT s.disabled THEN 1.0 - (4.0 * s.rows_estimated_loop + 10) / MAX(1, s.cost_total) END) AS index_gain
FROM plan_step AS s
WHERE s.base_table IS NOT NULL AND s.operator IN ('seq_scan', 'index_scan', 'index_only_scan', 'bitmap_heap_scan', 'sample_scan', 'tid_scan');

-- Everything below a node: its children, theirs, and so on.
CREATE VIEW plan_below AS
SELECT a.node_id, b.node_id AS below_id, a.plan_id
FROM plan_node AS a
JOIN plan_node AS b ON b.node_id > a.node_id AND b.node_id <= a.last_id;

-- Rows that flow into a node from below. Subplans and CTEs are asked on demand and are not counted.
CREATE VIEW plan_input AS
SELECT c.parent_id AS node_id, c.plan_id, SUM(c.rows_total) AS rows_in, SUM(c.rows_estimated_loop * COALESCE(c.loops, 1)) AS rows_in_estimated,
       COUNT(*) AS children, SUM(c.total_ms) AS total_ms
FROM plan_node AS c
WHERE c.parent_id IS NOT NULL AND c.relationship IN ('outer', 'inner', 'member', 'subquery')
GROUP BY c.parent_id;

-- What a scan compares with values that are fixed for the whole scan, and could ask an index: bare columns of its own table.
CREATE VIEW plan_seek AS
SELECT q.node_id, q.plan_id, q.role, q.conjunct, n.table_name, q.column_name, q.operator, q.op_class, q.value_kind,
       CASE WHEN q.operator IN ('=', 'null_safe_eq') THEN 1 WHEN q.op_class = 'in' THEN 3 ELSE 4 END AS rank
FROM plan_predicate AS q
JOIN plan_node AS n USING (node_id)
WHERE n.table_name IS NOT NULL AND (q.table_name IN (n.table_name, n.base_table) OR q.alias = n.alias) AND q.column_name IS NOT NULL
  AND q.role IN ('filter', 'index', 'recheck') AND q.wrapper IS NULL AND NOT q.under_or AND NOT q.subplan
  AND (q.operator = '=' OR q.operator = 'in' OR q.op_class = 'range')
  AND q.value_kind IN ('literal', 'parameter', 'list', 'expression', 'column', 'subquery')
  -- PostgreSQL writes (name)::text for a varchar too; of any other type it is a conversion that hides the column.
  AND NOT (instr(q.text, ')::text') > 0 AND EXISTS (SELECT 1 FROM column_def AS c WHERE c.table_name IN (n.table_name, n.base_table)
                                                    AND c.column_name = q.column_name AND c.family <> 'string'));

-- Conditions of a scan's filter that are the same at every execution: an index WHERE they hold serves the scan, whether it is
-- they that discard rows or others.
CREATE VIEW plan_index_condition AS
SELECT node_id, group_concat(condition, ' AND ') AS condition, COUNT(*) AS conditions
FROM (SELECT DISTINCT q.node_id, q.conjunct,
             CASE q.operator WHEN 'is_null' THEN q.column_name || ' IS NULL' WHEN 'is_not_null' THEN q.column_name || ' IS NOT NULL'
                  ELSE CASE WHEN q.text IN (q.column_name, q.alias || '.' || q.column_name) THEN q.column_name
                            WHEN q.text IN ('(NOT ' || q.column_name || ')', '(NOT ' || q.alias || '.' || q.column_name || ')')
                            THEN 'NOT ' || q.column_name END END AS condition
      FROM plan_predicate AS q
      WHERE q.role = 'filter' AND NOT q.under_or AND NOT q.subplan AND q.wrapper IS NULL AND q.operator IN ('is_null', 'is_not_null', 'is_true')
        AND q.column_name NOT GLOB '*[^a-z0-9_]*'
      ORDER BY q.node_id, q.conjunct)
WHERE condition IS NOT NULL
GROUP BY node_id;

-- Conditions of a scan's filter that neither the key nor the condition of an index can take over, so that they may be the ones
-- that discard: something around the column, OR, <>, a pattern, a subplan.
CREATE VIEW plan_stubborn AS
SELECT q.node_id, COUNT(DISTINCT q.conjunct) AS conditions
FROM plan_predicate AS q
JOIN plan_node AS n USING (node_id)
WHERE q.role = 'filter'
  AND NOT (q.operator IN ('is_null', 'is_not_null', 'is_true') AND q.wrapper IS NULL AND NOT q.under_or AND NOT q.subplan
           AND q.column_name NOT GLOB '*[^a-z0-9_]*'
           AND (q.operator <> 'is_true' OR q.text IN (q.column_name, q.alias || '.' || q.column_name, '(NOT ' || q.column_name || ')',
                                                      '(NOT ' || q.alias || '.' || q.column_name || ')')))
  AND NOT EXISTS (SELECT 1 FROM plan_seek AS k WHERE k.node_id = q.node_id AND k.role = 'filter' AND k.conjunct = q.conjunct)
GROUP BY q.node_id;

-- The index that a scan's own conditions ask for: equalities, then lists, then one range. `existing_index` begins with just
-- these columns: the optimizer knew it and chose otherwise. `left_out` counts columns that are asked for and found no place (a
-- second range).
CREATE VIEW plan_index_wish AS
WITH best AS (
  SELECT node_id, table_name, column_name, MIN(rank) AS rank, MIN(conjunct) AS conjunct FROM plan_seek GROUP BY node_id, table_name, column_name),
ranked AS (
  SELECT b.*, ROW_NUMBER() OVER (PARTITION BY b.node_id, b.rank = 4 ORDER BY b.rank, b.conjunct, b.column_name) AS nth FROM best AS b),
chosen AS (
  SELECT r.*, c.family, c.base_type,
         CASE WHEN t.engine IN ('mysql', 'mariadb') AND (c.base_type IN ('text', 'bytea') OR c.length > 700) THEN 64 END AS prefix
  FROM ranked AS r
  LEFT JOIN table_def AS t ON t.table_name = r.table_name
  LEFT JOIN column_def AS c ON c.table_name = r.table_name AND c.column_name = r.column_name
  WHERE ((r.rank < 4 AND r.nth <= 3) OR (r.rank = 4 AND r.nth = 1))
    AND (c.family IS NULL OR c.family NOT IN ('json', 'array', 'search', 'other') OR c.base_type IN ('enum', 'inet'))
  ORDER BY r.node_id, r.rank, r.conjunct, r.column_name)
SELECT w.*,
       (SELECT MIN(i.index_name) FROM index_def AS i
        WHERE i.table_name = w.table_name AND i.is_valid AND i.is_visible AND i.method = 'btree' AND i.predicate IS NULL
          AND (SELECT COUNT(*) FROM index_key AS k WHERE k.index_id = i.index_id AND k.position <= w.pinned
                 AND instr(w.pinned_list, '"' || k.column_name || '"') > 0) = w.pinned
          AND (w.range_column IS NULL OR EXISTS (SELECT 1 FROM index_key AS k WHERE k.index_id = i.index_id AND k.position = w.pinned + 1
                                                   AND k.column_name = w.range_column))) AS existing_index,
       EXISTS (SELECT 1 FROM known WHERE subject = w.table_name AND aspect = 'indexes') AS indexes_known,
       (SELECT COUNT(DISTINCT k.column_name) FROM plan_seek AS k WHERE k.node_id = w.node_id) - w.key_count AS left_out
FROM (SELECT o.node_id, o.table_name, COUNT(*) AS key_count, SUM(o.rank = 1) AS equalities, SUM(o.rank < 4) AS pinned,
             group_concat(CASE WHEN o.rank < 4 THEN '"' || o.column_name || '"' END) AS pinned_list,
             MAX(CASE WHEN o.rank = 4 THEN o.column_name END) AS range_column,
             json_group_array(CASE WHEN o.prefix IS NOT NULL THEN json_object('column', o.column_name, 'prefix', o.prefix) ELSE o.column_name END) AS index_columns,
             group_concat(o.column_name, ', ') AS column_list
      FROM chosen AS o
      GROUP BY o.node_id, o.table_name
      HAVING SUM(o.family = 'boolean') IS NULL OR SUM(o.family = 'boolean') < COUNT(*)) AS w;

-- ---------------------------------------------------------------- migrations
CREATE VIEW migration_wait AS   -- a statement that works while others wait: its heaviest work, and the lock that keeps them out
SELECT * FROM (
  SELECT s.statement_id, s.statement_key AS subject, s.script_id, s.engine, s.line, s.sql AS statement, s.severity, s.confidence, s.transaction_id,
         s.price, s.at_size, s.estimated_by, s.size_bytes, s.seconds_high, s.wal_bytes, s.disk_bytes, s.lock_timeout_ms, s.algorithm, s.evidence, s.blocked_per_second,
         w.kind AS work, w.table_name, w.index_name, w.rows,
         l.mode AS lock_mode, l.table_name AS locked_table, l.blocks_reads, l.held_since_line, l.longest_seconds, l.longest_statement,
         l.per_second, l.queued_low, l.queued_high,
         l.mode || CASE WHEN w.kind <> 'build' AND l.table_name = w.table_name THEN '' ELSE ' on ' || l.table_name END || CASE WHEN l.queue IS NOT NULL THEN ' while ' || l.queue
           WHEN l.blocks_reads THEN ', and nobody can read or write it meanwhile' ELSE ', and nobody can write to it meanwhile' END AS meanwhile,
         l.mode || ' on ' || l.table_name || CASE WHEN l.queue IS NOT NULL THEN ' while ' || l.queue
           WHEN l.blocks_reads THEN ', and nobody can read or write it meanwhile' ELSE ', and nobody can write to it meanwhile' END AS meanwhile_there,
         CASE WHEN l.blocks_reads THEN 'read or write' ELSE 'write to' END AS cannot,
         EXISTS (SELECT 1 FROM migration_lock AS o WHERE o.statement_id = s.statement_id AND o.preexisting = 1
                 AND (o.blocks_reads = 1 OR o.blocks_writes = 1) AND o.held_since_line IS NULL AND (o.rows IS NULL OR o.rows > 0)) AS own_lock,
         ROW_NUMBER() OVER (PARTITION BY s.statement_id ORDER BY
           CASE w.kind WHEN 'rewrite' THEN 0 WHEN 'build' THEN 1 WHEN 'scan' THEN 2 ELSE 3 END,
           w.table_name <> (SELECT c.table_name FROM migration_change AS c WHERE c.statement_id = s.statement_id ORDER BY c.position LIMIT 1),
           w.rows DESC,
           l.mode = 'METADATA', l.held_since_line IS NOT NULL, l.table_name <> w.table_name, l.blocks_reads DESC, l.queued_high DESC, w.table_name, l.table_name) AS place
  FROM   migration_statement AS s
  JOIN   migration_work AS w ON w.statement_id = s.statement_id AND w.grows = 1 AND w.online = 0
  JOIN   migration_lock AS l ON l.statement_id = s.statement_id AND l.preexisting = 1 AND (l.blocks_reads = 1 OR l.blocks_writes = 1)
                            AND (l.rows IS NULL OR l.rows > 0)
  WHERE  s.verdict = 'blocking')
WHERE place = 1;
