-- facts/1: what a rule page may ask. Printed by `advisor rules --facts`.
-- Booleans are 1, 0, or NULL for "not known". A missing fact is a missing row: ask `known` to tell absence from ignorance.
-- Names of tables and columns are canonical where a catalog resolved them, else as written, folded by the engine's rules.

-- ---------------------------------------------------------------- what was seen
CREATE TABLE known (            -- "of this subject, this aspect was seen"
  subject TEXT NOT NULL,        -- a table's canonical name, a shape's fingerprint, or '*' for the whole input
  aspect  TEXT NOT NULL,        -- text | columns | keys | indexes | statistics | sizes | policies | plan | stream | rows | capture
  PRIMARY KEY (subject, aspect)) WITHOUT ROWID;

-- ---------------------------------------------------------------- shapes
CREATE TABLE shape (
  fingerprint TEXT PRIMARY KEY,
  engine TEXT NOT NULL,         -- postgresql | mysql | mariadb | sqlite
  version TEXT,
  kind TEXT NOT NULL,           -- select | insert | update | delete | merge | ddl | transaction | utility | call | other
  sql TEXT NOT NULL,            -- normalised, literals as ?
  sample TEXT,                  -- one execution's text, with literals
  analysed INTEGER NOT NULL,    -- 1: has a query graph
  calls INTEGER NOT NULL, total_us INTEGER NOT NULL, mean_us REAL, max_us INTEGER, p95_us INTEGER,
  share REAL,                   -- of the workload's time, 0..1
  seconds_per_hour REAL,        -- time it costs in an hour of the observed window; NULL when the window is unknown
  rows_sent INTEGER, rows_examined INTEGER, rows_affected INTEGER, lock_us INTEGER, temp_bytes INTEGER,
  errors INTEGER NOT NULL, cancelled INTEGER NOT NULL,
  in_count_max INTEGER NOT NULL,
  file TEXT, line INTEGER);     -- where it was first read, for plain .sql input

-- ---------------------------------------------------------------- query graph
CREATE TABLE scope (            -- one SELECT (or DML) level of a statement
  scope_id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, parent_id INTEGER,
  kind TEXT NOT NULL,           -- root | derived | cte | union_branch | exists | not_exists | in | not_in | any_all | scalar | lateral
  clause TEXT,                  -- where the subquery stands: select | from | where | on | having | order | set | values
  correlated INTEGER NOT NULL, is_distinct INTEGER NOT NULL,
  limit_value INTEGER,          -- NULL when absent or a parameter: see has_limit
  has_limit INTEGER NOT NULL, offset_value INTEGER, has_offset INTEGER NOT NULL,
  has_order INTEGER NOT NULL, has_group INTEGER NOT NULL, has_having INTEGER NOT NULL, has_aggregate INTEGER NOT NULL, has_window INTEGER NOT NULL,
  has_star INTEGER NOT NULL,    -- projects * or t.*
  set_operation TEXT,           -- union | union_all | intersect | except: of the set operation that this scope's branches form
  locking TEXT,                 -- for_update | for_share | NULL;
  skip_locked INTEGER NOT NULL,
  sql TEXT NOT NULL,
  statement TEXT NOT NULL DEFAULT 'select', -- select | insert | update | delete | merge: what this level is
  modifiers TEXT);              -- MySQL's words after SELECT: 'SQL_CALC_FOUND_ROWS', 'STRAIGHT_JOIN'; NULL none
CREATE TABLE table_ref (        -- one mention of a relation
  ref_id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, scope_id INTEGER NOT NULL, alias TEXT NOT NULL,
  kind TEXT NOT NULL,           -- table | view | cte | derived | function | values
  table_name TEXT,              -- NULL unless kind is table or view
  role TEXT NOT NULL,           -- read | target (of INSERT, UPDATE, DELETE, MERGE)
  join_type TEXT,               -- NULL for the first; inner | left | right | full | cross | natural | comma | semi | anti
  nullable INTEGER NOT NULL,    -- on the null-supplying side of an outer join
  source_scope_id INTEGER,      -- for a CTE or derived table: its scope
  position INTEGER NOT NULL,
  uses_outside_on INTEGER NOT NULL); -- how often its columns are used anywhere but in its own ON clause
CREATE TABLE predicate (        -- one atom of a WHERE, ON or HAVING, seen from one column
  predicate_id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, scope_id INTEGER NOT NULL, ref_id INTEGER,
  table_name TEXT, column_name TEXT,       -- NULL where not a column of a known relation
  clause TEXT NOT NULL,         -- where | on | having
  operator TEXT NOT NULL,       -- = <> < <= > >= between in not_in like not_like ilike not_ilike similar regex is_null is_not_null null_safe_eq contains contained overlap has_key text_search is_true other
  op_class TEXT NOT NULL,       -- equality | range | in | like | null | negative | regex | containment | search | other
  wrapper TEXT,                 -- NULL: the bare column. Else the outermost function's lower-case name, 'cast', 'case', or the arithmetic operator
  wrapper_kind TEXT,            -- function | cast | arithmetic | coalesce | case | json
  wrapper_sql TEXT,             -- the whole expression around the column, as SQL
  value_kind TEXT NOT NULL,     -- literal | parameter | column | subquery | list | expression | none
  value_type TEXT,              -- string | integer | decimal | boolean | date | timestamp | null; NULL not known
  value_sql TEXT,               -- the other side as SQL (from the sample)
  list_length INTEGER,          -- of an IN list, as sampled
  conjunct INTEGER NOT NULL,    -- number of the AND-ed conjunct it stands in
  under_or INTEGER NOT NULL,    -- inside an OR: does not restrict by itself
  or_group INTEGER,             -- same number: arms of the same OR
  negated INTEGER NOT NULL,
  null_rejecting INTEGER,       -- false or unknown whenever the column is NULL
  leading_wildcard INTEGER,     -- for like: 1, 0, NULL when the pattern is a parameter
  implicit_cast INTEGER,        -- the value's type outranks the column's: the column is converted
  pins_unique_key INTEGER NOT NULL DEFAULT 0, -- together with its sibling equalities it pins a unique key of the reference: at most one row
  sql TEXT NOT NULL,            -- the atom
  or_arm INTEGER,               -- which arm of its or_group, from 1
  value_constant INTEGER NOT NULL DEFAULT 0, -- the other side is the same for every row of this scope (literals, parameters, outer columns)
  subquery_scope_id INTEGER,    -- when the other side is a subquery: its scope
  restricts INTEGER NOT NULL DEFAULT 1, -- decides by itself which rows of its reference are read: not under OR, not the ON of an outer join that keeps them
  same_row INTEGER NOT NULL DEFAULT 0, -- the other side uses columns of the same reference
  constant_hash TEXT);          -- of a literal on the other side: different hashes are different values in every collation; NULL for the rest
CREATE TABLE join_edge (        -- one column-to-column comparison between two references
  edge_id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, scope_id INTEGER NOT NULL,
  left_ref INTEGER NOT NULL, right_ref INTEGER NOT NULL,
  left_table TEXT, left_column TEXT, right_table TEXT, right_column TEXT,
  operator TEXT NOT NULL, clause TEXT NOT NULL, -- on | where | using
  join_type TEXT, left_wrapper TEXT, right_wrapper TEXT, under_or INTEGER NOT NULL, sql TEXT NOT NULL);
CREATE TABLE join_component (   -- connected components of a scope's join graph; more than one is a cartesian product
  fingerprint TEXT NOT NULL, scope_id INTEGER NOT NULL, component INTEGER NOT NULL, ref_id INTEGER NOT NULL,
  single_row INTEGER);          -- the reference yields at most one row (pinned key, aggregate without GROUP BY, LIMIT 1)
CREATE TABLE order_key (fingerprint TEXT NOT NULL, scope_id INTEGER NOT NULL, position INTEGER NOT NULL, ref_id INTEGER,
  table_name TEXT, column_name TEXT, descending INTEGER NOT NULL, nulls_first INTEGER, expression TEXT NOT NULL); -- column_name NULL for an expression
CREATE TABLE group_key (fingerprint TEXT NOT NULL, scope_id INTEGER NOT NULL, position INTEGER NOT NULL, ref_id INTEGER,
  table_name TEXT, column_name TEXT, expression TEXT NOT NULL);
CREATE TABLE projection (       -- select-list items
  fingerprint TEXT NOT NULL, scope_id INTEGER NOT NULL, position INTEGER NOT NULL, ref_id INTEGER, table_name TEXT, column_name TEXT,
  kind TEXT NOT NULL,           -- column | star | aggregate | window | subquery | constant | expression
  function TEXT,                -- count, sum, ... for aggregate and window
  is_distinct INTEGER NOT NULL, name TEXT, expression TEXT NOT NULL,
  constant_hash TEXT);          -- of a literal: equal literals have equal hashes, also where their text is not shown; NULL for the rest
CREATE TABLE column_use (       -- every place a base table's column is used; a star is one row a column when the catalog knows them
  fingerprint TEXT NOT NULL, scope_id INTEGER NOT NULL, ref_id INTEGER NOT NULL, table_name TEXT NOT NULL, column_name TEXT NOT NULL,
  clause TEXT NOT NULL);        -- select | where | on | group | having | order | set | insert | values | returning | window | from | limit
CREATE TABLE set_column (fingerprint TEXT NOT NULL, table_name TEXT NOT NULL, column_name TEXT NOT NULL, expression TEXT, self_reference INTEGER NOT NULL);
CREATE TABLE ddl_action (       -- a DDL statement seen in the workload or a .sql file
  fingerprint TEXT NOT NULL, action TEXT NOT NULL, -- create_index | drop_index | add_column | drop_column | alter_type | set_not_null | add_constraint | rename | drop_table | create_table | truncate | other
  table_name TEXT, column_name TEXT, object_name TEXT, concurrently INTEGER NOT NULL, not_valid INTEGER NOT NULL, is_unique INTEGER NOT NULL,
  has_default INTEGER, volatile_default INTEGER, constraint_kind TEXT, new_type TEXT, sql TEXT NOT NULL);

-- ---------------------------------------------------------------- catalog
CREATE TABLE table_def (table_name TEXT PRIMARY KEY, kind TEXT NOT NULL, engine TEXT NOT NULL, rows INTEGER, bytes INTEGER,
  storage_engine TEXT, partition_key TEXT, partition_of TEXT, rls_enabled INTEGER NOT NULL, line INTEGER, file TEXT);
CREATE TABLE column_def (table_name TEXT NOT NULL, column_name TEXT NOT NULL, position INTEGER NOT NULL, type TEXT NOT NULL,
  base_type TEXT NOT NULL,      -- the type without length and modifiers, one name an alias group: integer, bigint, smallint, text, varchar, char, numeric, real, double, boolean, date, timestamp, timestamptz, time, json, jsonb, uuid, bytea, enum, array, inet, tsvector, geometry, other
  family TEXT NOT NULL,         -- integer | decimal | float | string | boolean | temporal | json | uuid | binary | array | search | other
  length INTEGER, nullable INTEGER, has_default INTEGER NOT NULL, collation TEXT, charset TEXT, generated TEXT, is_identity INTEGER NOT NULL,
  PRIMARY KEY (table_name, column_name)) WITHOUT ROWID;
CREATE TABLE index_def (index_id INTEGER PRIMARY KEY, table_name TEXT NOT NULL, index_name TEXT NOT NULL, method TEXT NOT NULL,
  is_unique INTEGER NOT NULL, is_primary INTEGER NOT NULL, is_constraint INTEGER NOT NULL, predicate TEXT, is_valid INTEGER NOT NULL,
  is_visible INTEGER NOT NULL, leading_column TEXT, leading_expression TEXT, key_count INTEGER NOT NULL,
  columns TEXT NOT NULL,        -- readable list: 'customer_id, created_at DESC'
  bytes INTEGER, scans INTEGER, implicit INTEGER NOT NULL); -- implicit: exists because of a constraint, not of CREATE INDEX
CREATE TABLE index_key (index_id INTEGER NOT NULL, position INTEGER NOT NULL, table_name TEXT NOT NULL, column_name TEXT, expression TEXT,
  descending INTEGER NOT NULL, nulls_first INTEGER, prefix INTEGER, opclass TEXT, collation TEXT, PRIMARY KEY (index_id, position)) WITHOUT ROWID; -- position from 1; INCLUDE columns are in index_include
CREATE TABLE index_include (index_id INTEGER NOT NULL, column_name TEXT NOT NULL, PRIMARY KEY (index_id, column_name)) WITHOUT ROWID;
CREATE TABLE unique_key (       -- a set of columns that is unique over all rows (PRIMARY KEY, UNIQUE, unique index without predicate)
  key_id INTEGER NOT NULL, table_name TEXT NOT NULL, column_name TEXT NOT NULL, key_columns INTEGER NOT NULL,
  not_null INTEGER,             -- all of its columns are NOT NULL: then it identifies a row
  PRIMARY KEY (key_id, column_name)) WITHOUT ROWID;
CREATE TABLE foreign_key (fk_id INTEGER NOT NULL, position INTEGER NOT NULL, table_name TEXT NOT NULL, column_name TEXT NOT NULL,
  parent_table TEXT NOT NULL, parent_column TEXT NOT NULL, fk_columns INTEGER NOT NULL, name TEXT, is_valid INTEGER NOT NULL,
  on_delete TEXT, PRIMARY KEY (fk_id, position)) WITHOUT ROWID;
CREATE TABLE policy (table_name TEXT NOT NULL, name TEXT NOT NULL, command TEXT NOT NULL, permissive INTEGER NOT NULL, using_sql TEXT, check_sql TEXT,
  bare_call TEXT);              -- a per-statement function called per row (auth.uid(), current_setting()) outside a scalar subquery; NULL none

-- ---------------------------------------------------------------- what the log said
CREATE TABLE lock_wait (fingerprint TEXT, waits INTEGER NOT NULL, wait_us INTEGER NOT NULL, max_us INTEGER NOT NULL, lock_mode TEXT, object TEXT);
CREATE TABLE deadlock (deadlock_id INTEGER NOT NULL, position INTEGER NOT NULL, fingerprint TEXT, sql TEXT, detail TEXT, PRIMARY KEY (deadlock_id, position));
CREATE TABLE temp_file (fingerprint TEXT, files INTEGER NOT NULL, bytes INTEGER NOT NULL, max_bytes INTEGER NOT NULL);
CREATE TABLE cancelled (fingerprint TEXT, reason TEXT NOT NULL, -- statement_timeout | lock_timeout | user_request | idle_in_transaction | recovery_conflict | max_execution_time | other
  count INTEGER NOT NULL);
CREATE TABLE error (fingerprint TEXT, code TEXT, message TEXT NOT NULL, count INTEGER NOT NULL);
CREATE TABLE commit_stream (    -- writes that each commit alone, per application and session group
  database TEXT, user TEXT, application TEXT, sessions INTEGER NOT NULL, writes INTEGER NOT NULL, commits INTEGER NOT NULL,
  single_write_commits INTEGER NOT NULL, seconds REAL NOT NULL, fingerprint TEXT); -- fingerprint: the commonest write
CREATE TABLE connection_stream (database TEXT, user TEXT, host TEXT, connections INTEGER NOT NULL, statements INTEGER NOT NULL,
  median_session_seconds REAL, seconds REAL NOT NULL);
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;

-- ---------------------------------------------------------------- the stream
CREATE TABLE chain (            -- a statement that units of work repeat, added up over all of them
  kind TEXT NOT NULL,           -- n_plus_one | count_per_row | exists_per_row | aggregate_per_row | update_per_row | insert_per_row | delete_per_row
                                --   get_or_create | redundant | loop (no parent is known) | list_then_detail (no N+1: requests of their own)
  child_fingerprint TEXT NOT NULL, -- what is repeated
  parent_fingerprint TEXT,      -- whose rows are walked; NULL where there is none, or it is not known
  nested_in TEXT, sibling_of TEXT, -- fingerprints: the parent's own parent; the repeated statement that it always comes along with
  tier TEXT NOT NULL,           -- confirmed | likely | possible
  score REAL NOT NULL,
  boundary TEXT NOT NULL,       -- what delimits the units: trace | transaction | request_start | reset | gap | session | capture | counters
  reasons TEXT,                 -- in words, the strongest first
  link_kind TEXT,               -- foreign_key | name | shared_reference | own_key | replayed
  parent_table TEXT, parent_column TEXT, child_table TEXT, child_column TEXT,
  to_one INTEGER,               -- at most one row answers each key
  instances INTEGER NOT NULL,   -- executions of the parent, or units of work, with the repetition; scaled to the whole input, as the next
  repeats INTEGER NOT NULL,     -- executions of the child in them: sum of N
  n_median REAL NOT NULL, n_p95 REAL NOT NULL, n_max INTEGER NOT NULL,
  distinct_share REAL,          -- different keys per execution within an instance
  parent_rows REAL,             -- mean rows of the parent
  conservation REAL,            -- repeats per row of the parents: 1 when each row costs a statement
  child_ms REAL NOT NULL,       -- time of the repeats in the server, all together
  child_seconds_per_hour REAL, child_share REAL,
  gap_ms REAL,                  -- median time between a repeat and the next
  round_trips_saved INTEGER,    -- repeats - instances
  round_trip_ms REAL,           -- network and driver, per statement; NULL not known
  latency_saved_ms REAL,        -- per instance: what its user waits less, network alone (docs/nplusone.md)
  saved_seconds_per_hour REAL,  -- network and per-statement work over the observed window
  routes TEXT, call_site TEXT,
  framework TEXT,               -- what wrote the statement, where its tags or style tell
  in_words TEXT,                -- what to change, in the framework's own words
  batched_sql TEXT,             -- one statement in place of the loop; NULL where there is none
  join_sql TEXT,                -- the list and the loop in one; NULL where it was not worked out, or not verified
  checked TEXT);                -- how far that was checked

CREATE TABLE cache_replay (     -- what a cache would have answered; fingerprint NULL: all statements together. TTLs 1, 10, 60, 300 s, NULL unlimited
  fingerprint TEXT, ttl_seconds REAL, lookups INTEGER NOT NULL, distinct_keys INTEGER NOT NULL,
  hits INTEGER NOT NULL,        -- any write of a table that was read invalidates: a lower bound. Includes memo_hits that are within the TTL
  shared_hits INTEGER NOT NULL, -- those that no memo within one request or transaction would give
  memo_hits INTEGER NOT NULL, row_hits INTEGER NOT NULL, in_flight INTEGER NOT NULL, hit_ratio REAL NOT NULL, row_hit_ratio REAL NOT NULL,
  mean_us REAL, saved_us INTEGER NOT NULL, shared_saved_us INTEGER NOT NULL,
  saved_share REAL, shared_share REAL, -- of the time of all statements, 0..1
  invalidations INTEGER NOT NULL,
  complete INTEGER,             -- 1: the log shows every statement; 0: it does not (writes may be hidden); NULL not known
  estimated INTEGER NOT NULL);  -- 1: from sampled sessions
CREATE TABLE cache_curve (entries INTEGER NOT NULL, hit_ratio REAL NOT NULL, share_of_hits REAL NOT NULL, sampled REAL NOT NULL);
CREATE TABLE replica_share (    -- reads that a replica could answer, when nobody may read a table there within `seconds` of writing it
  fingerprint TEXT,             -- NULL: all statements together
  seconds REAL NOT NULL, calls INTEGER NOT NULL, total_us INTEGER NOT NULL, offload_calls INTEGER NOT NULL, offload_us INTEGER NOT NULL,
  any_writer_us INTEGER NOT NULL, -- when every session's writes count, not only its own
  share REAL, any_writer_share REAL, -- of the time of all statements, 0..1
  in_transaction_us INTEGER NOT NULL, own_write_us INTEGER NOT NULL, why_not TEXT, complete INTEGER, estimated INTEGER NOT NULL);
CREATE TABLE transaction_stream ( -- transactions with BEGIN and COMMIT, per user of the database (and route, where tags name one)
  database TEXT, user TEXT, application TEXT, route TEXT, transactions INTEGER NOT NULL, unfinished INTEGER NOT NULL, rolled_back INTEGER NOT NULL,
  writing INTEGER NOT NULL, round_trips INTEGER NOT NULL, wall_us INTEGER NOT NULL, busy_us INTEGER NOT NULL,
  idle_us INTEGER,              -- the server waited for the client; NULL: the log cannot tell (why_unknown)
  locked_idle_us INTEGER,       -- ... after the transaction had written or locked rows
  waiting INTEGER, waiting_idle_us INTEGER, waiting_locked_us INTEGER, waiting_wall_us INTEGER, waiting_p95_us REAL, -- of those alone whose
                                -- pauses of 10 ms and more add up to 100 ms: of these pauses, without the network's
  wall_p50_us REAL NOT NULL, wall_p95_us REAL NOT NULL, wall_max_us INTEGER NOT NULL, idle_p95_us REAL, idle_max_us INTEGER,
  fingerprint TEXT,             -- after which it idles most
  after_idle_us INTEGER, why_unknown TEXT, complete INTEGER, estimated INTEGER NOT NULL);
CREATE TABLE transaction_kind ( -- ... by their first statement
  database TEXT, user TEXT, application TEXT, route TEXT, fingerprint TEXT NOT NULL, transactions INTEGER NOT NULL,
  round_trips_p50 REAL NOT NULL, round_trips_p95 REAL NOT NULL, round_trips_max INTEGER NOT NULL, distinct_p50 REAL NOT NULL,
  repeated_share REAL NOT NULL, child_fingerprint TEXT, -- the statement repeated most
  wall_p50_us REAL NOT NULL, busy_share REAL, writes INTEGER NOT NULL, complete INTEGER, estimated INTEGER NOT NULL);
CREATE TABLE long_transaction ( -- the longest ones
  fingerprint TEXT NOT NULL,    -- its slowest statement
  other_fingerprint TEXT,       -- after which it idled longest
  database TEXT, user TEXT, application TEXT, route TEXT, start_us INTEGER NOT NULL, wall_us INTEGER NOT NULL, busy_us INTEGER NOT NULL,
  idle_us INTEGER, longest_gap_us INTEGER, locked_us INTEGER, -- locked_us: from its first write or lock to its end
  round_trips INTEGER NOT NULL, written_tables TEXT NOT NULL, rolled_back INTEGER NOT NULL, complete INTEGER);
CREATE TABLE route_cost (       -- per route, controller, job or service of the tags; without tags, per first statement of a transaction
  route TEXT NOT NULL, tagged INTEGER NOT NULL, fingerprint TEXT NOT NULL, -- its heaviest statement
  units INTEGER NOT NULL,       -- requests
  statements INTEGER NOT NULL, statements_p50 REAL NOT NULL, statements_p95 REAL NOT NULL, statements_max INTEGER NOT NULL, distinct_p50 REAL NOT NULL,
  repeated_share REAL NOT NULL, identical_share REAL NOT NULL, db_us INTEGER NOT NULL, db_p50_us REAL NOT NULL, db_p95_us REAL NOT NULL,
  share REAL, errors INTEGER NOT NULL, by_trace INTEGER NOT NULL, variants INTEGER NOT NULL, complete INTEGER, estimated INTEGER NOT NULL);
CREATE TABLE route_shape (route TEXT NOT NULL, position INTEGER NOT NULL, fingerprint TEXT NOT NULL, calls INTEGER NOT NULL,
  total_us INTEGER NOT NULL, per_unit REAL NOT NULL, share REAL);

CREATE TABLE lock_blocker (     -- lock waits that are known one by one: who waited, and who held the lock
  fingerprint TEXT,             -- what waited
  other_fingerprint TEXT,       -- what had taken the lock; NULL: the log does not tell
  table_name TEXT, lock_mode TEXT, waits INTEGER NOT NULL, wait_us INTEGER NOT NULL, max_us INTEGER NOT NULL,
  idle_us INTEGER,              -- of the wait, when the holder ran no statement; NULL: not known
  mutual INTEGER NOT NULL);     -- the two also wait the other way round, or through others
CREATE TABLE deadlock_cycle (   -- deadlocks of the same statements
  fingerprint TEXT, other_fingerprint TEXT, deadlocks INTEGER NOT NULL, participants INTEGER NOT NULL,
  kind TEXT NOT NULL,           -- tables | rows (of one table) | same_row (a weak lock that both raise) | unknown
  tables TEXT NOT NULL, lock_order TEXT, -- the order that avoids it
  holding_fingerprint TEXT,     -- the statement that took its lock out of that order
  first_us INTEGER, last_us INTEGER);
CREATE TABLE lock_order (       -- tables, or rows of a table, that transactions lock in opposite orders
  kind TEXT NOT NULL,           -- tables | rows
  table_name TEXT NOT NULL, tables TEXT NOT NULL, lock_order TEXT NOT NULL, -- the order that the fewest contradict
  along INTEGER NOT NULL, against INTEGER NOT NULL, -- transactions that keep it, and that do not
  fingerprint TEXT, other_fingerprint TEXT, -- the two statements of the commonest transaction against it, as they are run
  deadlocks INTEGER NOT NULL, wait_us INTEGER NOT NULL);
CREATE TABLE job (              -- statements in bursts of a fixed period
  subject TEXT NOT NULL,        -- the route, else the fingerprint
  fingerprint TEXT NOT NULL, route TEXT,
  polling INTEGER NOT NULL,     -- one reading statement, the same values again and again, mostly without rows
  period_seconds REAL NOT NULL, jitter REAL NOT NULL, -- standard deviation of the intervals over the period
  label TEXT NOT NULL, aligned INTEGER NOT NULL, -- 'every 5 min at :00'; it keeps its place on the clock
  bursts INTEGER NOT NULL, statements INTEGER NOT NULL, busy_us INTEGER NOT NULL, burst_seconds REAL NOT NULL,
  empty_share REAL, sessions INTEGER NOT NULL, first_us INTEGER NOT NULL, last_us INTEGER NOT NULL);
CREATE TABLE job_collision (    -- two jobs that run at the same time, and how much slower all other statements are then
  fingerprint TEXT NOT NULL, other_fingerprint TEXT NOT NULL, label TEXT NOT NULL, other_label TEXT NOT NULL,
  overlaps INTEGER NOT NULL, overlap_share REAL NOT NULL, slowdown REAL NOT NULL, alone REAL NOT NULL, others INTEGER NOT NULL);
CREATE TABLE concurrency (      -- the busiest windows: statements that ran at once
  start_us INTEGER NOT NULL, seconds REAL NOT NULL, mean REAL NOT NULL, typical REAL NOT NULL, -- typical: median over all windows
  max INTEGER, waiting REAL,    -- NULL: a coarse clock, a sample; no lock waits told
  per_second REAL NOT NULL, fingerprint TEXT, share REAL, busiest INTEGER NOT NULL); -- busiest: rank from 1
CREATE TABLE contention (       -- the Universal Scalability Law, where the log allows a fit
  serial REAL NOT NULL, crosstalk REAL NOT NULL, peak REAL NOT NULL, peak_low REAL NOT NULL, peak_high REAL NOT NULL,
  seen REAL NOT NULL, windows INTEGER NOT NULL);
CREATE TABLE connection_use (   -- what sessions do before they end
  database TEXT, user TEXT, sessions INTEGER NOT NULL, connections INTEGER, -- connections: as the log tells them
  statements_median REAL NOT NULL, life_seconds_median REAL, life_told INTEGER NOT NULL, busy_share REAL,
  per_second REAL NOT NULL, open_mean REAL, busy_mean REAL NOT NULL, pool_size INTEGER NOT NULL);

-- ---------------------------------------------------------------- plans
CREATE TABLE plan (             -- one EXPLAIN plan of a shape
  plan_id INTEGER PRIMARY KEY,  -- its number in the report, from 0
  fingerprint TEXT NOT NULL,
  plan_fingerprint TEXT NOT NULL, -- operators, relations, indexes, join order: equal for the same plan with other numbers
  engine TEXT NOT NULL, version TEXT, format TEXT NOT NULL,
  analyzed INTEGER NOT NULL,    -- executed: actual rows are known
  timed INTEGER NOT NULL,       -- ... and times of nodes
  has_buffers INTEGER NOT NULL, -- blocks were counted: a node without any touched none
  has_io_timing INTEGER NOT NULL, -- some node shows I/O times (track_io_timing)
  total_ms REAL,                -- what shares are shares of: execution time where printed, else the root's
  planning_ms REAL, execution_ms REAL, triggers_ms REAL, jit_ms REAL, jit_functions INTEGER, serialization_ms REAL, serialization_bytes INTEGER,
  cost_total REAL, rows_returned REAL, -- of the root
  nodes INTEGER NOT NULL,
  duration_ms REAL,             -- as the log gave it; NULL outside logs
  seen_us INTEGER,              -- when, microseconds since 1970; NULL unknown
  executions INTEGER NOT NULL,  -- executions that the log showed with this form of plan, of which this is the slowest; 1 outside logs
  mean_ms REAL, first_us INTEGER, last_us INTEGER, -- of those: mean duration, first and last time; NULL unknown
  file TEXT, line INTEGER);
CREATE TABLE plan_node (        -- one operator of a plan; per-loop figures end in _loop, all others are over all loops
  node_id INTEGER PRIMARY KEY, plan_id INTEGER NOT NULL, parent_id INTEGER, path TEXT NOT NULL, depth INTEGER NOT NULL,
  last_id INTEGER NOT NULL,     -- descendants are the nodes with node_id > this node's and <= last_id
  relationship TEXT NOT NULL,   -- root | outer | inner | member | subquery | init_plan | sub_plan | cte
  subplan_name TEXT,            -- 'InitPlan 1', 'CTE recent', 'SubPlan 2'; MySQL: 'Select #2'
  operator TEXT NOT NULL,       -- seq_scan index_scan index_only_scan bitmap_heap_scan nested_loop hash_join sort ... (advisor schema explain)
  raw_operator TEXT NOT NULL, strategy TEXT, partial_mode TEXT, parallel INTEGER NOT NULL,
  backward INTEGER NOT NULL, access TEXT, covering INTEGER NOT NULL, join_type TEXT, inner_unique INTEGER, operation TEXT,
  table_name TEXT,
  base_table TEXT, base_known INTEGER, -- the partitioned table that table_name is a part of, else table_name; base_known 0: only its alias is known
  alias TEXT, index_name TEXT, index_parts TEXT, -- MySQL, SQLite: key parts used, 'a, b'
  cte TEXT, function_name TEXT, possible_indexes INTEGER, -- how many indexes the optimizer weighed; NULL not told
  rows_estimated_loop REAL, rows_actual_loop REAL, loops REAL, rows_total REAL, rows_low REAL, rows_high REAL,
  removed_filter REAL, removed_join REAL, removed_recheck REAL,
  filtered_estimated REAL, filtered_actual REAL, -- MySQL, MariaDB: share 0..1 of the examined rows that pass
  cost_startup REAL, cost_total REAL, cost_self REAL, cost_share REAL, width REAL,
  total_ms REAL, self_ms REAL, share REAL, -- share: self_ms of plan.total_ms
  q_error REAL, underestimated INTEGER, introduced_error REAL, root_cause INTEGER NOT NULL,
  never_executed INTEGER NOT NULL, stopped_early INTEGER NOT NULL,
  blocks REAL,                  -- shared and local blocks hit or read, children included; NULL not counted
  blocks_self REAL, read_self REAL, dirtied_self REAL, temp_read_self REAL, temp_written_self REAL, io_ms_self REAL,
  wal_records_self REAL, wal_fpi_self REAL, wal_bytes_self REAL,
  sort_method TEXT, memory_kb REAL, disk_kb REAL, batches INTEGER, batches_planned INTEGER,
  heap_fetches REAL, index_searches REAL, exact_blocks INTEGER, lossy_blocks INTEGER,
  cache_hits REAL, cache_misses REAL, cache_evictions REAL,
  workers_planned INTEGER, workers_launched INTEGER, subplans_removed INTEGER,
  limit_rows REAL, offset_rows REAL, -- MySQL prints them, PostgreSQL does not
  disabled INTEGER NOT NULL,    -- chosen although an enable_* setting forbids it
  predicate TEXT,               -- filter, join filter or condition as printed (literals as ? unless they are shown)
  index_condition TEXT, extra TEXT, -- extra: JSON of what else was printed
  line INTEGER);                -- of the input
CREATE TABLE plan_predicate (   -- one conjunct of a node's predicate, seen from one column
  node_id INTEGER NOT NULL, plan_id INTEGER NOT NULL, role TEXT NOT NULL, -- filter | index | recheck | join_filter | hash | merge | one_time | having | ...
  conjunct INTEGER NOT NULL, text TEXT NOT NULL, sql TEXT, table_name TEXT, alias TEXT, column_name TEXT, operator TEXT, op_class TEXT,
  wrapper TEXT, wrapper_kind TEXT, value_kind TEXT, leading_wildcard INTEGER, under_or INTEGER NOT NULL,
  subplan INTEGER NOT NULL,     -- it asks a subplan for each row (an InitPlan runs once: value_kind subquery, subplan 0)
  query_start INTEGER, query_end INTEGER); -- where it stands in the query's text; NULL where none, or more than one place, fits
CREATE TABLE plan_key (         -- one sort or group key
  node_id INTEGER NOT NULL, plan_id INTEGER NOT NULL, role TEXT NOT NULL, -- sort | presorted | group
  position INTEGER NOT NULL, expression TEXT NOT NULL, table_name TEXT, column_name TEXT, descending INTEGER NOT NULL,
  query_start INTEGER, query_end INTEGER);
CREATE TABLE plan_trigger (plan_id INTEGER NOT NULL, name TEXT, constraint_name TEXT, table_name TEXT, calls REAL, ms REAL);
CREATE TABLE plan_setting (plan_id INTEGER NOT NULL, name TEXT NOT NULL, value TEXT);

-- ---------------------------------------------------------------- migrations
-- table_def, column_def and index_def show the schema BEFORE the migrations that are checked.
CREATE TABLE migration_script ( -- one file or revision to check
  script_id INTEGER PRIMARY KEY,
  script_key TEXT NOT NULL,     -- the same on every run: of the file's name and the revision's
  file TEXT NOT NULL, tool TEXT NOT NULL, name TEXT NOT NULL, engine TEXT NOT NULL,
  edited INTEGER NOT NULL,      -- it stands in the base revision with another text
  line INTEGER NOT NULL);       -- of its first statement
CREATE TABLE migration_statement ( -- one statement of it, in the order it runs
  statement_id INTEGER PRIMARY KEY, script_id INTEGER NOT NULL,
  statement_key TEXT NOT NULL,  -- the same on every run: of the file's name, the revision's and the text
  engine TEXT NOT NULL, file TEXT NOT NULL, line INTEGER NOT NULL, sql TEXT NOT NULL,
  transaction_id INTEGER,       -- statements with the same number run in one transaction; NULL: it commits alone
  executed INTEGER NOT NULL,    -- 1: seen on a throwaway server
  evidence TEXT NOT NULL,       -- executed | probed | schema | text | documentation
  confidence TEXT NOT NULL,     -- what that is worth to a finding: confirmed | likely | possible
  verdict TEXT NOT NULL,        -- blocking | brief_lock | online | safe | fails | unknown
  severity TEXT NOT NULL,       -- by the time that others wait, and how many: info | low | medium | high | critical
  failure TEXT, failure_code TEXT, failure_certain INTEGER, foreseen INTEGER, settle TEXT, -- foreseen: by statistics
  waits_for_transactions INTEGER NOT NULL,
  algorithm TEXT,               -- MySQL, MariaDB: INSTANT | NOCOPY | INPLACE | COPY
  lock_timeout_ms REAL,         -- in force, set by the migration; NULL none
  uncertain TEXT,               -- what text and schema leave open; NULL nothing
  cause TEXT,                   -- the same without the names, for statements that have it in common
  seconds_low REAL, seconds_high REAL, -- of its work; NULL not known, as all figures here
  size_bytes INTEGER, wal_bytes INTEGER, disk_bytes INTEGER,
  blocked_per_second REAL,      -- statements of the workload that its locks stop
  estimated_by TEXT,            -- what the time rests on, in words
  at_size TEXT NOT NULL,        -- ' (212 GB, est. 40-90 min)', for a title; '' where nothing is known
  price TEXT NOT NULL);         -- size and time in words: '212 GB, 40-90 min'; or that they are not known
CREATE TABLE migration_change ( -- one thing that a statement does, as its text tells
  statement_id INTEGER NOT NULL, position INTEGER NOT NULL, action TEXT NOT NULL, table_name TEXT, column_name TEXT,
  columns TEXT, name TEXT, new_name TEXT, old_type TEXT, new_type TEXT, expression TEXT,
  default_kind TEXT,            -- none | constant | stable | volatile | serial | identity | stored | virtual
  nullable INTEGER, parent TEXT, is_unique INTEGER NOT NULL, method TEXT, not_valid INTEGER NOT NULL,
  concurrently INTEGER NOT NULL, conditional INTEGER NOT NULL, no_op INTEGER NOT NULL, unfiltered INTEGER NOT NULL,
  rows REAL,                    -- that an INSERT, UPDATE or DELETE writes
  PRIMARY KEY (statement_id, position)) WITHOUT ROWID;
CREATE TABLE migration_lock (   -- a lock on a relation while the statement works
  statement_id INTEGER NOT NULL, table_name TEXT NOT NULL, mode TEXT NOT NULL, blocks_reads INTEGER NOT NULL,
  blocks_writes INTEGER NOT NULL, preexisting INTEGER NOT NULL,
  held_since_line INTEGER,      -- of the earlier statement of the transaction that took it; NULL: this one
  rows INTEGER,                 -- of the table; 0 known to be empty
  per_second REAL, longest_seconds REAL, -- statements that conflict with it, and the longest that runs on the table
  longest_statement TEXT,       -- in words, with its fingerprint
  queue TEXT,                   -- in words: '310 queries a second would queue, up to 620 at once'; NULL: no workload
  stall_low REAL, stall_high REAL, queued_low REAL, queued_high REAL);
CREATE TABLE migration_work (   -- work that grows with a table
  statement_id INTEGER NOT NULL, kind TEXT NOT NULL, -- rewrite | scan | build | write
  table_name TEXT NOT NULL, preexisting INTEGER NOT NULL, index_name TEXT, rows INTEGER,
  grows INTEGER NOT NULL,       -- the table was there, is not known to be empty, and the work is no handful of rows
  online INTEGER NOT NULL);     -- others read and write meanwhile, whatever the locks say
CREATE TABLE migration_hold (   -- a transaction that works while it holds locks of earlier statements of its own
  hold_id INTEGER PRIMARY KEY, script_id INTEGER NOT NULL,
  hold_key TEXT NOT NULL,       -- the same on every run: of the keys of its statements
  worst_id INTEGER NOT NULL,    -- the statement among those that keep nobody out by themselves that is worst
  severity TEXT NOT NULL,       -- of all the work together
  works INTEGER NOT NULL,       -- how many statements work meanwhile
  held TEXT NOT NULL,           -- in words: 'The locks of lines 3 and 5 are'
  working TEXT NOT NULL,        -- in words: '3 statements work (lines 7, 8 and 12; est. 3-8 min together)'
  longest TEXT);                -- in words: '1-3 min, line 8'; NULL not known
CREATE TABLE migration_hold_part ( -- its statements
  hold_id INTEGER NOT NULL, statement_id INTEGER NOT NULL,
  table_name TEXT,              -- of a lock: on what
  role TEXT NOT NULL);          -- lock: took a lock that is held | work: works meanwhile under no lock of its own | beside: under one
CREATE TABLE migration_use (    -- a logged statement that uses what the migration takes away
  statement_id INTEGER NOT NULL, fingerprint TEXT NOT NULL, table_name TEXT NOT NULL, column_name TEXT,
  what TEXT NOT NULL,           -- dropped | renamed | retyped | required | widened
  through TEXT);                -- the view between, or '*'
CREATE TABLE migration_regression ( -- a logged statement whose plan gets dearer
  statement_id INTEGER NOT NULL, fingerprint TEXT NOT NULL, execution TEXT NOT NULL, -- typical | slowest | other | generic
  cost_before REAL NOT NULL,
  cost_after REAL, error TEXT); -- NULL: it cannot be planned any more, and why
CREATE TABLE migration_index (  -- an index that the migration makes, judged by the workload
  statement_id INTEGER NOT NULL, table_name TEXT NOT NULL, index_name TEXT NOT NULL,
  used INTEGER,                 -- a plan of the workload uses it; NULL: no planner was asked
  covered_by TEXT);             -- an index that serves all that it does
CREATE INDEX migration_change_action ON migration_change (action, table_name);

-- ---------------------------------------------------------------- for speed
CREATE INDEX scope_shape ON scope (fingerprint);
-- a long transaction holds many locks while each of its statements works
CREATE INDEX migration_lock_statement ON migration_lock (statement_id, held_since_line);
CREATE INDEX migration_work_statement ON migration_work (statement_id);
CREATE INDEX scope_parent ON scope (parent_id);
CREATE INDEX table_ref_scope ON table_ref (scope_id);
CREATE INDEX table_ref_shape ON table_ref (fingerprint);
CREATE INDEX table_ref_table ON table_ref (table_name);
CREATE INDEX predicate_ref ON predicate (ref_id, scope_id, column_name);
CREATE INDEX predicate_scope ON predicate (scope_id);
CREATE INDEX predicate_shape ON predicate (fingerprint);
CREATE INDEX predicate_column ON predicate (table_name, column_name);
CREATE INDEX join_edge_scope ON join_edge (scope_id);
CREATE INDEX join_edge_left ON join_edge (left_ref);
CREATE INDEX join_edge_right ON join_edge (right_ref);
CREATE INDEX join_component_scope ON join_component (scope_id);
CREATE INDEX order_key_scope ON order_key (scope_id);
CREATE INDEX group_key_scope ON group_key (scope_id);
CREATE INDEX projection_scope ON projection (scope_id);
CREATE INDEX column_use_ref ON column_use (ref_id);
CREATE INDEX column_use_column ON column_use (table_name, column_name);
CREATE INDEX set_column_shape ON set_column (fingerprint);
CREATE INDEX ddl_action_shape ON ddl_action (fingerprint);
CREATE INDEX index_def_table ON index_def (table_name, leading_column);
CREATE INDEX index_key_column ON index_key (table_name, column_name);
CREATE INDEX unique_key_table ON unique_key (table_name);
CREATE INDEX foreign_key_child ON foreign_key (table_name, column_name);
CREATE INDEX foreign_key_parent ON foreign_key (parent_table);
CREATE INDEX chain_child ON chain (child_fingerprint);
CREATE INDEX plan_shape ON plan (fingerprint);
CREATE INDEX plan_node_plan ON plan_node (plan_id, operator);
CREATE INDEX plan_node_parent ON plan_node (parent_id);
CREATE INDEX plan_predicate_node ON plan_predicate (node_id);
CREATE INDEX plan_key_node ON plan_key (node_id);
CREATE INDEX plan_trigger_plan ON plan_trigger (plan_id);
