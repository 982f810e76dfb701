"""Every bound and threshold that is not a rule's own, in one place, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that keep memory flat and reports short."""

    max_shapes: int = 100_000
    """Shapes kept apart in a digest. A busy application has hundreds to thousands; more means unparameterised
    identifiers (a table per tenant), where the long tail carries no advice."""
    block_bytes: int = 4 << 20
    """Bytes framed at a time: large enough that numpy's per-call cost vanishes, small enough to stay near the cache."""
    max_record_bytes: int = 32 << 20
    """A single log record longer than this is counted as unreadable."""
    sample_bytes: int = 8 << 10
    """Longer sample texts are cut, and say so: MySQL and auto_explain print megabyte statements."""
    unreadable_examples: int = 10
    samples_per_shape: int = 3
    plan_forms: int = 8
    """Forms of plans told apart per shape. A shape that has more is planned anew for every value."""
    values_per_dimension: int = 256
    """Distinct users, hosts... counted apart per shape; past it the rest is one '(other)'."""
    sequence_events: int = 200_000
    """Events kept with their order for stream analysis (whole sessions, sampled by hash)."""
    sketch_error: float = 0.01
    """Relative error of every quantile (DDSketch: Masson, Rim, Lee, VLDB 2019)."""
    analysed_share: float = 0.99
    """`analyze` builds query graphs for the shapes that cover this share of the time..."""
    analysed_min: int = 200
    """... and for at least this many."""
    analysed_untimed: int = 5_000
    """Without durations no shape is heavier than another: the most frequent ones up to this number are analysed."""
    capture_events: int = 100
    """Durations needed before a log's lower edge says anything about its threshold."""
    capture_shapes: int = 5
    """Different shapes that must crowd at the edge: one query of constant duration makes an edge of its own."""
    capture_fast_share: float = 0.01
    """Durations under 1 ms, as a share, from which on no threshold can have been set."""
    capture_transactions: int = 20
    """Transaction statements needed to tell a sampled log from a whole one."""
    capture_torn_share: float = 0.05
    """BEGIN without COMMIT up to this share is disconnects and rotation; sampling at 90 % already tears 10 %."""
    sessions_open: int = 10_000
    """Sessions whose unfinished statements, plans and waits are remembered: above any max_connections in use."""
    pending_bytes: int = 16 << 20
    """Text held back for statements that wait for their duration and plans that wait for their statement."""
    sketch_pairs: int = 1_500_000
    """(shape, bin) pairs of the duration sketch (16 bytes each). Past it bins are joined by twos: twice the error."""
    hour_pairs: int = 500_000
    """(shape, hour) pairs (24 bytes each): 1,000 shapes for three weeks. Past it hours are joined two by two."""
    value_pairs: int = 500_000
    """(shape, user), (shape, host)... pairs. Past it values_per_dimension is halved."""
    sessions_counted: int = 16_384
    """Distinct sessions (and shapes beyond the cap) counted exactly; beyond it an estimate within 0.8 % (one sigma)."""
    sequence_session_events: int = 20_000
    """First events kept of one session: one endless session must not push all others out of the sequence material."""
    sample_total_bytes: int = 48 << 20
    """Sample texts of a digest. Past it the typical samples of the shapes with the least time are given up."""
    plan_bytes: int = 64 << 10
    """A longer plan is not kept: a plan cut short cannot be read."""
    plan_total_bytes: int = 24 << 20
    """Plan texts of a digest. Past it the plans of the shapes with the least time are given up."""
    incident_groups: int = 4_096
    """Different (statement, message) pairs told apart per kind of incident; the rest is one '(other)'."""
    incident_details: int = 64
    """Deadlocks kept with their statements."""
    incident_waits: int = 4_096
    """Lock waits kept with who waited for whom; all of them are counted in groups."""
    routes: int = 4_096
    """Routes, controllers and jobs told apart by name: the largest applications have a few thousand."""
    contexts: int = 4_096
    """(database, user, application, host) combinations counted apart."""
    eviction_slack: float = 1.3
    """Shapes are evicted in bulk when there are so many times more than max_shapes: sorting is then paid rarely."""

    statement_bytes: int = 256 << 10
    """Longer statements get no query graph: they are lists of data, and their normalised text is short."""
    statement_nesting: int = 120
    """Parentheses and CASEs deeper than this are generated text that could exhaust a recursive parser's stack."""
    statement_chain: int = 1500
    """Operators in one chain: the tree of a chain is as deep as the chain is long."""
    plan_saving_share: float = 0.01
    """Findings that would save less of a plan are left out: timing itself varies by as much from run to run..."""
    plan_saving_ms: float = 5.0
    """... and so are savings below this per execution: nobody waits for them..."""
    plan_saving_high_ms: float = 50.0
    """Below it a plan of which no workload tells the calls is at most medium: half of 50 ms is felt by nobody who waits
    for one answer."""
    plan_saving_seconds_per_hour: float = 36.0
    """... unless the workload makes them this much together: 1 % of one connection, all the time."""
    plan_share_high: float = 0.5
    """From this saving on the statement would take half the time or less: the one thing to do."""
    plan_share_medium: float = 0.1
    """Worth a change to a schema. Below it the change must cost next to nothing to pay..."""
    plan_share_low: float = 0.03
    """... and below this it cannot be told from noise without many runs."""
    plan_conjuncts: int = 5_000
    """Different conditions of one plan that are resolved to columns, at 2 ms each; partitions share theirs."""
    plan_marks: int = 24
    """Places that one finding marks: a plan over hundreds of partitions shows the same in each."""
    catalog_bytes: int = 512 << 20
    """A schema is text that people review; a larger file holds data and belongs to --schema-only / --no-data."""
    rate_seconds: float = 10.0
    """A shorter window gives no rate per hour: a burst of a second says nothing of the other 3,599."""
    snapshot_bytes: int = 2 << 30
    """Of a snapshot file, packed and unpacked: 20,000 tables of 20 columns at 5 KB of statistics each."""
    snapshot_record_bytes: int = 256 << 20
    """Of one line: 10,000 values (the largest statistics target) of 1,024 bytes (wider ones are not kept) in two lists,
    with every character escaped, are 120 MB."""
    growth_factor: float = 1e6
    """Beyond it a column's statistics of today say nothing."""
    growth_recent_share: float = 0.1
    """Of the rows, by time: how fast they arrived is the rate that growth goes on with. A tenth is ten buckets of a
    histogram, enough to even out a quiet week, and recent enough to tell this year from the first one."""
    growth_appended_correlation: float = 0.95
    """Of values with the order of rows: appended as time goes by. Deletions and updates that fill the gaps of a table
    with 5 % of old pages still leave this much; a date that is independent of the insertion has none."""
    growth_shared_correlation: float = 0.5
    """Where updates move rows about, a time that was set at insertion keeps the correlation that the sequence's column
    has. Below this both are too scattered for the agreement to mean anything..."""
    growth_same_correlation: float = 0.05
    """... and so far apart they may be: two samples of 30,000 rows differ by less than 0.02."""
    growth_same_span: float = 0.1
    """Share of the span by which the ends of another date may lie off and still be of the same time: a month a year."""
    growth_partitions: int = 1000
    """New partitions that a growing table gets: planning over thousands takes seconds, and nobody keeps more."""
    growth_counted_density: float = 0.01
    """Unique whole numbers that fill this much of their range were counted up (with steps, gaps and deleted rows);
    random ones of 32 or 64 bits fill none of it that could be measured."""
    shadow_statement_seconds: int = 20
    """Of one statement of a schema in a shadow. Tables are empty there: what takes longer calls a runaway."""
    shadow_schema_seconds: int = 180
    """Of a whole schema: 20,000 tables with their indexes take two minutes. Functions can get round the bound above."""
    shadow_disk_bytes: int = 4 << 30
    """Written by a schema's own statements: 20,000 tables with four indexes each are 1.5 GB."""
    shadow_segments: int = 100_000
    """Files of 1 GB beyond the first of each relation, in a shadow: 100 TB. They are holes, but each is a file."""
    shadow_candidates: int = 3_000
    """Hypothetical indexes that stand on a shadow at a time, each some files and catalog rows; the oldest ones go."""
    shadow_cache_bytes: int = 1 << 30
    """Of all finished shadows that are kept: one of 100 tables is 15 MB, one of 20,000 some hundred..."""
    shadow_cache_entries: int = 40
    """... and so many of them: a database or two, each at some dates and sizes."""
    default_rows: int = 100_000
    """Rows of a table of which nobody says how many it has: enough that reading all of them is not the cheapest way to
    find one, few enough that a plan over several such tables stays an ordinary one."""
    plan_file_bytes: int = 256 << 20
    """`explain` holds its input whole: a single plan of that size has a million nodes; a larger file is a log."""

    selection_size_price: float = 0.1
    """Without a budget a set may grow while each further 10 % of the tables' size saves another 1 % of the workload's
    cost: about what a tenth more of memory, disk, backup and replication is worth to most."""
    selection_min_benefit: float = 0.005
    """Each index must save this share of the workload's time beside the others: less cannot be seen in a week's graph,
    and every index is one more thing to own."""
    selection_write_overhead: float = 0.1
    """Of the workload's time, for writing the new indexes: more than a tenth is a change of the write path that wants a
    decision of its own."""
    selection_column_share: float = 0.0025
    """Of the workload's cost: what a column must save to stay in a recommended index. Below it nobody could say what it
    is there for, and it is written and kept all the same."""
    selection_reasons: int = 20
    """Indexes that rules asked for and the search left out, of which it is looked up what they would save."""
    selection_told_share: float = 0.0005
    """Of the workload's cost: less is said to be nothing."""
    selection_samples: int = 2
    """Executions of each statement that are planned: a typical one and the slowest. Skew shows in the second: an index
    that also sorts is worth little for the customer with three orders and much for the one with a million."""
    selection_seconds: float = 300.0
    """Time limit of the search, when none is given: a coffee; what it has found until then is reported."""
    selection_indexes_at_a_time: int = 48
    """Hypothetical indexes in one configuration: 0.8 ms a plan without any, 1.4 ms with 50, 4.2 ms with 100."""
    selection_candidates_per_statement: int = 192
    """Four configurations full; of more, those proposed for the statement itself come first."""
    selection_rounds: int = 3
    """A statement's best indexes, taken away so many times; the choice is looked around again later..."""
    selection_context_rounds: int = 2
    """... and around a chosen set, the best and what takes its place."""
    selection_parts: int = 4
    """Plans that use more new indexes than this are not taken apart: each part is a question."""
    selection_atoms: int = 40_000
    """Ways to plan the statements, all together, that the exact solver chooses from: some seconds for one size..."""
    selection_atoms_least: int = 16
    """... but so many of each statement."""
    selection_depth: int = 3
    """Around a chosen set: how often what helps is put aside to see what helps next."""
    selection_inquiries: int = 64
    """Looked into together: their questions share configurations, and what has less at stake waits."""
    selection_calls: int = 100
    """Plans that a search may ask for while it looks around what it has chosen..."""
    selection_calls_per_statement: int = 10
    """... and for each statement: as many as its first look at all candidates takes, about. On TPC-H the whole search
    then needs a tenth of the plans of the best greedy one; three times as many gain another half of a per cent."""
    selection_variants_of: int = 50
    """Chosen indexes that are also tried wider, narrower and merged, those that save most: each has some ten variants,
    which have to be made and priced."""
    selection_turns: int = 12
    """Choosing and looking around the choice: the last turns of every search that we watched changed nothing."""
    selection_worth: float = 1e-4
    """Share of the workload's cost below which a statement is not looked into further: a hundredth of a per cent."""
    selection_deep: float = 8.0
    """Times the worth of a question, from which on a plan is taken apart index by index."""
    selection_worth_of_benefit: float = 0.1
    """Share of the least benefit of an index below which it is not, either: ten such statements may make an index."""
    selection_answers: int = 200_000
    """Inferred answers that are remembered, of all statements, up to a kilobyte each; they can be inferred again."""
    selection_solver_gap: float = 1e-5
    """Share of the workload's cost by which an exact choice may be off: a tenth of what is worth a question. To prove
    the rest takes most of the solver's time, where there are thousands of statements."""
    selection_solver_seconds: float = 20.0
    """For the exact choice at one size; its gap is reported."""
    selection_grace_seconds: float = 5.0
    """After Ctrl-C: to choose from what is known and have the choice judged."""
    selection_budgets: int = 20
    """Points of the curve of benefit by size, when nobody names sizes."""
    constant_samples: int = 3
    """Different samples of a shape that must agree on a literal before it counts as part of the shape: a value that
    half of the calls have is in all of three fair draws one time in eight..."""
    constant_calls: int = 20
    """... and so often it must have been called: three of three calls say nothing."""
    candidate_codes: int = 100
    """Distinct values of a column at most for one of them to be the condition of a partial index: states, kinds and
    countries are so few; from hundreds on values name somebody..."""
    candidate_code_rows: int = 10
    """... and rows for each of them at least."""
    candidate_key_width: int = 4
    """Keys of a proposed index: tenant, status, kind, time is what real statements need; a fifth key filters little."""
    candidate_include_columns: int = 5
    """Columns of INCLUDE: beyond it the index is a second copy of the table, and every update writes it..."""
    candidate_include_bytes: int = 120
    """... and so wide, on average, they may be together: a row pointer and key are 16 to 30 bytes."""
    candidate_per_table: int = 90
    """Of one statement on one table: every ordered pair of nine columns, and what its structure asks for."""
    candidate_total: int = 6_000
    """Of a workload: 2,000 shapes that share tables come to fewer; each costs the search about one planner call..."""
    candidate_unpaired: int = 300
    """... and beyond so many statements, pairs that no structure asks for are made for the heaviest ones alone."""
    candidate_rows: int = 100
    """A table of fewer rows is a page or two: reading it whole is as quick as any index."""
    candidate_common_share: float = 0.3
    """An equality that keeps more of the rows than this gets no index of its own: random reads of a third of the rows
    touch every page of the table."""
    candidate_partial_share: float = 0.5
    """A condition that keeps more of the rows than this makes no partial index: it saves less than half the size and
    serves one literal alone."""
    candidate_text_bytes: int = 400
    """Average width from which text is no key: values vary, and PostgreSQL refuses a row whose key exceeds 2704 bytes
    (nbtree.h, BTMaxItemSize), so that an INSERT fails one day."""
    candidate_again_pages: int = 1_000
    """A unique index finds the row already: a second one on the same key, with more columns, is only for reading much
    of a table of at least 8 MB without the table..."""
    candidate_again_share: float = 0.4
    """... of whose rows it holds at most this share: looking a row up in memory costs less than a second index."""
    candidate_brin_pages: int = 16_384
    """128 MB: below it the whole B-tree stays in memory and is quicker."""
    candidate_brin_correlation: float = 0.95
    """Of values with row order: a block range of 1 MB then holds a narrow range of values."""
    candidate_plans: int = 2
    """Plans of a statement that are read for what its text does not show: tables within views, implied conditions."""
    candidate_prefix_characters: int = 64
    """Leading characters of a TEXT or BLOB that MySQL indexes: they tell e-mail addresses, URLs and titles apart."""
    calibration_lock_share: float = 0.5
    """Of a statement's time. From there on the wait says more than the work, and the statement is no evidence of what a
    cost unit takes."""
    calibration_cheap_cost: float = 10.0
    """PostgreSQL's cost of one row by a key is 8.3 (two random pages): the work of such a statement is microseconds, so
    what it takes is the floor of every statement."""
    calibration_floor_ms: float = 0.04
    """Parsing, planning and answering of the simplest statement where a log holds none: 0.03 to 0.06 ms on machines of
    today, the client's round trip not counted."""
    calibration_floor_most_ms: float = 0.5
    """A cheap statement that took longer did something else: planning one over a few tables takes less."""
    calibration_row_ms: float = 0.01
    """Writing one row with a few indexes: 5 to 20 microseconds on machines of today."""
    calibration_points: int = 400
    """Statements that the slope is taken from: 80,000 pairs; more do not move a median."""
    calibration_apart: float = 1.5
    """Costs nearer than this factor say nothing of a slope: noise over next to nothing."""
    calibration_slope_prior: float = 5.0
    """Points in favour of time in proportion to cost: half the say where ten statements are timed would be too much,
    and none would let three statements invent any slope."""
    calibration_slopes: tuple[float, float] = (0.6, 1.0)
    """Below it costs are wrong rather than machines. Above 1 a workload's costly statements are its complicated ones,
    which says nothing of one statement that becomes cheaper: 1,000 times less cost is never more than 1,000 times less
    time."""
    calibration_memory: float = 3.0
    """In ln(cost): how long a statement's own factor is believed. It is a property of its plan: after a change of the
    cost by e ** 3 = 20 a third of it is left, and what other statements of that cost take counts more."""
    calibration_sure: float = 1.0
    """In ln(cost): a change of the cost by e leaves the bounds of a prediction nearly as wide as they get: also small
    changes of cost are other plans."""
    calibration_least_spread: float = 8.0
    """Factor around a prediction after a large change of plan, at least. Costs and times of the present plans may agree
    within 2; of 325 predictions whose indexes were then built 91 % came within this, and most of the others were of
    index plans that ran still faster."""
    existing_drop_tolerance: float = 0.02
    """Share by which the cost of a statement may rise when an index is dropped: the wider index that takes over has
    more pages, and costs of one plan differ by as much with the page count of the day."""
    existing_drop_level: float = 0.13
    """... and the cost of one more level of a B-tree (PostgreSQL: 50 times cpu_operator_cost, 0.125): a page that is
    always in memory."""
    existing_young_days: float = 7.0
    """Counters younger than a week have not seen every weekday: nothing is said of unused indexes..."""
    existing_grown_days: float = 35.0
    """... and until they have seen a whole month with its closing, a drop is only possible, not likely."""
    existing_unused_bytes: int = 1 << 20
    """Smaller unused indexes are not worth a change: they stay in memory, and writing them costs microseconds."""
    existing_probe_scans: int = 2
    """Scans that taking a snapshot makes itself: the smallest and the largest value of an index's leading column."""
    existing_rare_per_day: float = 1.0
    """Fewer scans a day are of jobs, not of users: named, but never dropped."""
    existing_bloat_factor: float = 2.0
    """Real pages over those of a new index. Random insertion leaves pages 69 % full (Yao 1978), where a build
    leaves them 90 % full, and values that came one by one are merged less: 1.3 to 1.6 is the normal state..."""
    existing_bloat_bytes: int = 32 << 20
    """... and below this excess a rebuild is not worth its I/O."""
    existing_bloat_stale: float = 0.2
    """Rows by counters and by ANALYZE further apart: the prediction rests on old statistics and is not given."""
    existing_merge_keys: int = 5
    """Keys of an index that two are merged into: wider ones are rarely walked beyond the first columns."""
    existing_merge_pairs: int = 40
    """Pairs that are tried, largest first; each costs a size and a plan of every statement on its table."""
    existing_merge_share: float = 0.8
    """Size of the merged index over that of the two, at most: else building it is not worth what it frees."""
    existing_child_rows: int = 1000
    """Reading a smaller table whole is as quick as an index on a foreign key."""
    calibration_least_variable: float = 0.05
    """Share of a statement's time that is left to its plan, whatever the fixed part comes to: it is estimated too."""
    calibration_told_share: float = 0.3
    """A statement whose time is mostly fixed says nothing of a cost unit: it is the difference of two estimates."""
    calibration_least_statements: int = 8
    """Timed statements from which an error is told: a 90 % quantile of fewer is their largest."""
    calibration_same_cost: float = 0.1
    """A node of two plans does the same work when its own cost differs by no more than this: estimates of rows below
    move a little with any index."""
    calibration_page_step: float = 0.05
    """By which a page constant is raised to learn how many pages a cost holds: costs are printed to a hundredth, so a
    page more or less is seen, and plans hardly ever change."""
    calibration_cached_page: float = 0.5
    """What a page in memory is charged, against 0.01 for a row. Between 0.15 and 0.5 it hardly matters; on executed
    TPC-H and shop workloads 0.5 ordered the plans of a query at least as well as the printed cost on both."""
    trap_random_page_cost: float = 1.1
    """Of a sequential page: what is common for data in memory and on SSDs, where a page is a page; PostgreSQL's own 4
    stands for a disk that seeks, most of whose pages are cached."""
    trap_ratio: float = 1.5
    """Present over fitting: less is within what nobody can tell from outside."""
    trap_small_bytes: int = 512 << 20
    """Tables and indexes of this size stay in memory once read, whatever the settings say."""
    trap_blocks: int = 100_000
    """Counted blocks of a database, 800 MB, below which a hit share is that of a few statements..."""
    trap_plan_blocks: int = 1_000
    """... and of executed plans, which were chosen because they matter."""
    trap_hit_share: float = 0.99
    """In shared buffers: one miss in a hundred, at 100 times a hit's price, doubles the price of a page."""
    trap_read_ms: float = 0.05
    """For a block: copying 8 kB out of the operating system's cache takes 0.002 to 0.02 ms, an SSD 0.1, a seek 5."""
    trap_statements: int = 5
    """Timed statements of either kind, scanning and over indexes, before their times are compared..."""
    trap_mixed: float = 0.2
    """... those apart that are less than 80 % of one kind..."""
    trap_faster: float = 2.0
    """... and the factor by which plans over indexes must be faster than their cost says: half of all statements are
    off by 1.5 anyway."""
    trap_fragile_share: float = 0.25
    """An index that under one constant saves a quarter of what it saves under the other tells of the constant."""
    trap_better_share: float = 0.05
    """A plan that is cheaper by less is another plan by accident."""
    regression_share: float = 0.02
    """By which a cost may rise: PostgreSQL takes paths within 1 % of each other for equal and keeps either, and a plan
    is such a choice on a few levels."""
    regression_cost: float = 1.0
    """... and by how much at least: one page."""
    regression_reasons: int = 50
    """Statements that cannot be planned of which the reason is asked for, one by one."""
    planner_answer_bytes: int = 128 << 20
    """Plans that a planner remembers as text: ten thousand of them; those asked for longest ago are forgotten first."""
    measuring_seconds: float = 3600.0
    """For building and running on a staging copy, all in all: an evening is not ours to take without being asked."""
    measuring_indexes: int = 60
    """Built there at a time: what a usual curve is made of, and some that plans used beside it. Each more is as much to
    build, but few more executions: one a plan."""
    measuring_least_ms: float = 0.05
    """Times of one execution that lie closer are the same: parsing, planning and the way there vary by as much."""
    measuring_watch_seconds: float = 2.0
    """A server is watched for writers before indexes are built on it: sessions report their counts once a second."""
    measuring_least_runs: int = 2
    """Of a statement, in each state, however long it takes..."""
    measuring_patience_seconds: float = 10.0
    """... and after so much time in one state no more: what takes seconds varies little in proportion."""
    measuring_worse: float = 10.0
    """While sets are compared, an execution is ended at so many times the best plan's time: it is out anyway..."""
    measuring_least_seconds: float = 0.2
    """... but not before this: a lock or another process may hold up a short one."""

    price_counted_seconds: float = 3600.0
    """Counters of a shorter time give no rate: a night's or a morning's writes are not those of an hour within it."""
    price_entry_us: float = 3.5
    """CPU of one entry of a PostgreSQL B-tree in memory, values in random order: 1.4 to 8.2 were measured on 15,
    integers of 100,000 rows the least, updated texts of a million the most."""
    price_entry_appended_us: float = 0.9
    """... values that rise as rows arrive, and columns of few values: the entry goes to a page that is at hand (0.4 to
    1.1)..."""
    price_entry_few_values: int = 1000
    """... few: so many pages are in every buffer cache."""
    price_innodb_entry_us: float = 3.5
    """The same of an InnoDB secondary index: 0.6 to 5.3 were measured on MariaDB 10.11, and 14 to 40 where the indexes
    did not fit into the buffer pool. Which values rise with the rows, its statistics do not tell."""
    price_entry_range: tuple[float, float] = (0.4, 8.2)
    """Smallest and largest of these that any type and size gave in memory."""
    price_build_quick_us: tuple[float, float] = (0.2, 1.4)
    """CPU of a build a row, keys that sort as numbers do: 0.20 to 0.69 were measured; the highest is twice that."""
    price_build_text_us: tuple[float, float] = (0.5, 3.0)
    """... texts, numeric and expressions: 0.50 to 1.07 with binary collations; others compare more slowly."""
    price_fast_bytes_per_second: float = 2e9
    """Tables in memory..."""
    price_slow_bytes_per_second: float = 1e8
    """... and on a network disk of a small cloud instance, or one that others use too."""


LIMITS = Limits()
