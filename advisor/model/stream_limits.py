"""Bounds and thresholds of the rooms that read the order of statements, each with its reason (see `limits`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """Thresholds of units of work, repetitions, insights and comparisons.

    Where a text does not say what a threshold of the detector (`threshold_us` to `polling_us`) was chosen on, it is the
    development set (fixtures/nplusone/dev.tar.xz) and the simulated applications of tests/stream/worlds.py. The own set
    (benchmarks/nplusone/own.tar.xz) was blind to all of them but those that name it.
    """

    repeated_shapes: int = 500
    """Shapes outside the heaviest that get a query graph because units of work repeat them (2 ms each)."""
    replayed: int = 10
    """Repetitions, by what they cost, that --replay runs again: the heaviest tell, and a replica has other work."""
    clock_turn_us: int = 1_000_000
    """A statement that begins this much before the one before it in its session shows a clock that was set back; less
    comes of statements that overlap and of durations rounded."""
    insight_events: int = 100_000
    """Rows that insights are worked out on; more are sampled by whole sessions or requests. A share of 1 % is then
    known to a tenth of itself (1 / sqrt(1,000) is 3 %, sessions are alike within), and a large log costs no more."""
    joined: int = 5
    """Repetitions, by what they cost, for which the join with the list is worked out too: its check is the dearest."""
    mended: int = 100
    """Repetitions, by what they cost, whose batched statement is worked out and checked; nobody reads more."""
    repeats_min: int = 3
    """Fewer repeats of a statement in one unit are no loop that anybody would mend."""
    capture_repeats: int = 2
    """Repeats in a capture. Tests have two or three rows where production has thousands, and a capture sees the stack:
    the same lines run twice, for two values, is a loop and no coincidence, which a log could not tell."""
    capture_conserved: float = 0.5
    """Statements per row of the parent from which on two repeats are taken for "one a row". Less: something else than
    the rows decided how often."""
    capture_portions: float = 0.9
    """Statements with lists of several values per row of the parent from which on they are one a row. Portions of two
    keys, the smallest there are, make 0.5, with a rest of one 0.67."""

    threshold_us: int = 1_000
    """A log of which the fastest statement takes so long has a threshold: they are set in milliseconds, and BEGIN,
    COMMIT and lookups by key take less. Reasoned."""
    threshold_events: int = 60
    """Statements with a duration needed to say so: fewer may all be slow."""
    begins_ended: float = 0.75
    """BEGINs with an end behind them, of those with another BEGIN or an end; fewer, and more than a third of the
    statements is missing from the log (1 / (2 - p) for a sampled share p). Reasoned; whole logs have 1."""
    begins_needed: int = 12
    """BEGINs needed to say so."""

    pause_us: int = 1_000_000
    """Idle time within a session, outside requests and transactions, that ends a unit of work: a page that thinks for
    a second between two statements is slow for another reason than their number."""
    coarse_tick_us: int = 100_000
    """A clock that ticks slower than this cannot see such a pause..."""
    coarse_pause_us: int = 2_500_000
    """... but one of two ticks and more of a clock of seconds."""
    pooling_steps: int = 60
    """Statements of an application needed to measure how predictable its sessions are (research: n >= 60)."""
    pooling_predictability: float = 0.5
    """Normalised mutual information below which sessions are shared statement by statement. Measured: sessions of one
    client at a time 0.70 to 1.0, shared ones 0.03 to 0.13 (PostgreSQL) and 0.22 to 0.47 (MariaDB)."""
    pooling_bits: float = 1.2
    """Entropy of statements below which nothing can be predicted anyhow: two or three shapes, evenly used."""
    pooling_successor: float = 0.8
    """Share of a shape's executions that one shape follows, from which on sessions are not shared. Measured on the
    development set: 1.0 in sessions of their own, at most 0.58 where statements were dealt out to four at random."""
    pooling_pairs: int = 10
    """Executions of a shape needed to say what follows it."""
    marker_times: int = 5
    """A statement that begins requests was seen beginning so many."""
    marker_share: float = 0.5
    """Stretches that begin with it, of those that hold it."""
    marker_exogenous: float = 0.8
    """Executions whose key no statement before it could have given."""
    marker_asked: int = 40
    """Executions of a possible marker that are looked at."""
    parent_steps: int = 24
    """How many statements before a child its parent is looked for."""
    parents_most: int = 24
    """Shapes looked at as parents of one child: those that stand before it most often."""
    children_most: int = 400
    """Repeated shapes that are looked at: those repeated most. An application has some dozens."""
    positions_asked: int = 1000
    """Executions of a child before which parents are looked for."""
    chain_steps: int = 12
    """Longest way, in statements, from one repeat to the next: the body of a loop. Longer ones are requests."""
    held_chain_steps: int = 64
    """The same within one request or transaction, where nothing else comes between."""
    fan_out_many: int = 5
    """Repeats after each parent (median) from which on chance is no explanation: the tools surveyed ask for 2 to 5."""
    same_key_share: float = 0.3
    """Different values among repeats below which it is the same question again and again."""
    likely_score: float = 5.5
    """Points of a likely repetition: a link and a transaction, or a link and all weaker signs."""
    possible_score: float = 3.5
    """Points below which nothing is said: a reader who is shown every coincidence reads no findings."""
    confirmed_score: float = 6.5
    """Points of a confirmed one, within one traced request, or one transaction where nothing else explains it."""
    inner_steps: int = 3
    """Statements of one round of a loop within a loop, at most: its rounds count once where distances are measured.
    Chosen on the own set (posts of a thread, each with its author and a count)."""
    instances_looked_at: int = 200
    """Instances whose statements are looked at one by one; the others count."""
    together_pause_us: int = 50_000
    """Time in which none of an application's connections runs anything, that ends a unit over all of them."""
    scattered_score: float = 6.5
    """Points of a likely repetition over several connections: other requests run between its rounds."""
    steps_looked_at: int = 5_000
    """Statements of one instance that are looked at."""
    get_steps: int = 3
    """Statements from a lookup to the INSERT of what it did not find: a savepoint's or a check's come between."""
    lists_of_request: int = 4
    """Times that a request walks the rows of one and the same list; a transaction with more is no request."""
    gaps_needed: int = 20
    """Gaps between like statements needed to say what a round trip takes."""
    round_statements: float = 8.0
    """Statements from one repeat to the next (median) in a loop of writes: more are pieces of different work."""
    pipelined_us: float = 100.0
    """Idle time between repeats below which nobody waited for an answer. A round trip through a driver takes 150 us
    and more even on the same host (measured); unix sockets may be faster, and then a loop is called possible."""
    walk_chance: float = 5.0
    """-ln of the chance that visitors of a tree's nodes never ask for one twice, from which on it is a walk: 0.7 %.
    Visitors prefer some nodes, which makes it smaller still. Reasoned, not fitted."""
    loop_keys: int = 10
    """Keys looked up one by one in a traced request from which on it is a loop, whoever gave them."""
    tight_us: float = 2_000.0
    """Pauses that nobody who waits for a change would make."""
    polling_us: float = 100_000.0
    """Pauses between the same questions from which on somebody waits for the answer to change."""
    counter_calls_min: int = 10
    """Fewer executions in all agree with anybody's rows by chance."""
    counter_rows_min: float = 1.2
    """Rows an execution from which on a statement gives several: below it answers one key with one row."""
    counter_fan_min: float = 5.0
    """Executions of the child for each of the parent, where the rows do not add up on their own."""
    counter_fan_exact: float = 1.5
    """The same where each row costs exactly one execution: short lists count then too, pairs of one to one do not."""
    conservation_exact: float = 0.03
    """Share by which executions may miss the rows and still be called one for each: a few NULL keys, an early exit.
    Two unrelated totals agree that well once in a hundred pairs."""
    conservation_least: float = 0.9
    """Executions for each of the parent's rows, from here on one for each row: a few NULL keys are usual. In made-up
    workloads (benchmarks/nplusone/worlds.py) a third of the pairs between 0.85 and 0.9 agreed by chance."""
    conservation_most: float = 1.1
    """More executions than rows come from somewhere else too: then the totals show nothing."""
    conservation_cached: float = 0.1
    """With fewer executions for a row even a cache explains little: other pages do."""
    one_for_one: float = 0.1
    """Share by which two statements' executions may differ that always run together: errors and early exits."""

    compare_q: float = 0.05
    """Of the changes that `compare` calls slower or faster, the share that may be false (Benjamini-Hochberg)."""
    compare_change: float = 0.10
    """Smallest change of a time worth a word: less is the difference between two days of an unchanged system."""
    compare_same: float = 0.25
    """`same` is said when the interval leaves no room for a larger change than this; else it is `unclear`. Wider than
    `compare_change`: a thousand calls of an ordinary spread do not pin a ratio down to 10 %."""
    compare_more: float = 1.0
    """Smallest growth of the calls per hour worth a finding (1: twice as many), beside that of all traffic: business
    moves a shape's share of the traffic by half from one day to the next."""
    compare_share: float = 0.01
    """Added time below this share of the load is no finding, however sure it is..."""
    compare_seconds: float = 36.0
    """... unless it is as many seconds in each hour: 1 % of one processor."""
    compare_idle_seconds: float = 3.6
    """A share of the load says nothing on an idle server: below so many added seconds an hour nothing is above low."""
    compare_slots: int = 240
    """Slices of a window that calls and times are added up in, at most: 24 hours in slices of 10 minutes, an hour in
    slices of 15 seconds. Finer ones change no interval by a tenth (measured); memory grows with them."""
    compare_calls: int = 8
    """Calls of a shape needed in each window for an interval; fewer have a mean, and no spread to speak of."""
    compare_blocks: float = 6.0
    """Blocks of time (evened out by how calls spread over them) needed in each window: the t interval of fewer is so
    wide that it says nothing, and fewer are one burst of work and not a sample of the day."""
    compare_draws: int = 500
    """Bootstrap replicates: a standard error from 500 is itself within 3 % (one sigma)."""
    compare_huge: float = 3.0
    """Ratio of means from which on a shape is called slower or faster without any interval (counters)..."""
    compare_huge_calls: int = 50
    """... given so many calls in each window: with fewer, one cold or locked call makes such a ratio."""
    compare_whole_shapes: int = 5
    """Shapes with an interval needed before a change of the whole server is told apart from theirs..."""
    compare_whole_agree: float = 0.7
    """... and the share of them that must have moved by the same factor."""
    compare_scatter: int = 20
    """Shapes needed to tell from their scatter whether errors are too small: twenty know it within a quarter."""
    compare_window_seconds: float = 600.0
    """In a shorter window a checkpoint, a cold cache or a neighbour looks like a change: findings are `possible`."""
    compare_expected: float = 3.0
    """Appearances that a shape must have missed to be called new or gone with some confidence: by chance alone three
    expected ones fail to come in 5 % of cases (Poisson)."""
    compare_alike: float = 0.55
    """Similarity of texts from which on a new shape of the same tables takes the place of one that is gone."""
    compare_confirmed: float = 0.01
    """False discovery rate up to which an interval of single calls confirms a change; up to compare_q it is likely.
    Also the p-value up to which the whole server has changed: all words of a report hang on it."""
    compare_beyond_cold: float = 1.5
    """Change that a window shorter than compare_window_seconds makes likely: caches that fill and checkpoints made
    neighbouring windows of a test server differ by a third at most."""
    compare_plan_share: float = 0.25
    """Share of the logged plans that must have moved to another plan: of a shape with two plans that are about equally
    good, the more frequent one changes from day to day."""
    compare_rows: float = 1.5
    """Growth of the rows per call that explains a slower statement better than its plan does."""
    compare_medium: tuple[float, float] = (0.05, 360.0)
    """Added share of the load, or seconds an hour (a tenth of a processor), of a medium finding..."""
    compare_high: tuple[float, float] = (0.2, 1800.0)
    """... and of a high one: what a release must not ship. Critical is a doubled load of at least a tenth of a
    processor."""
    compare_jump: float = 2.0
    """Growth of a repetition's median N that is a jump: rows of a list grow with the data, they do not double
    between two releases."""

    lock_order_transactions: int = 2
    """Transactions each way needed before an opposite order of locks without a deadlock is reported: one alone may be
    somebody's hand."""

    job_periods: int = 5
    """Intervals of a period needed to call it one: of fewer, random arrivals make some too often."""
    job_jitter: float = 0.1
    """Spread of the intervals over the period, at most: schedulers keep within seconds, people and traffic do not."""
    job_chance: float = 1e-6
    """Chance of intervals so even among random arrivals, at most: a log has thousands of statements to be wrong on."""
    job_period_seconds: float = 10.0
    """Shorter periods are a loop's pace, not a job's, unless it polls."""
    poll_period_seconds: float = 0.1
    """Faster repeats are a busy loop, or traffic."""
    poll_longest_seconds: float = 120.0
    """Whoever asks more seldom costs nothing worth changing."""
    poll_same_share: float = 0.9
    """Executions with the commonest values, at least: a poller asks the same question."""
    poll_empty_share: float = 0.5
    """Executions without a row, at least, where the log tells rows: an answer every time is work, not polling."""
    poll_times: int = 20
    """Executions needed to call it polling: a loop of seconds in a test asks nobody to change anything."""
    poll_each_session: int = 5
    """Executions of each session, for periods under `job_period_seconds`: a worker keeps its connection; who connects
    anew each time is a script, which asks once a minute, or even traffic."""
    poll_busy_share: float = 0.1
    """Time that asking may take of its period: what takes longer is the work itself, a job."""
    poll_samples: int = 3
    """Samples with different texts needed to say that only the moment differs."""
    collision_jobs: int = 12
    """Heaviest jobs that are looked at in pairs."""
    collision_overlaps: int = 3
    """Overlapping bursts needed: a coincidence does not come again."""
    collision_slowdown: float = 1.5
    """Latency of the others in the overlaps, as a multiple of normal, from which on it is worth moving a job."""
    collision_others: int = 30
    """Executions of others needed in the overlaps for a mean latency."""

    cache_ttls: tuple[float | None, ...] = (1.0, 10.0, 60.0, 300.0, None)
    """Seconds that answers are kept for in the replay of a cache: from "nobody notices" to "until it is written"."""
    cache_curve_entries: tuple[int, ...] = (100, 1_000, 10_000, 100_000)
    """Sizes that the hit ratio is told for: a cache within a process holds thousands of answers, a server's more."""
    curve_accesses: int = 65_536
    """More accesses than this are sampled by key for the curve: its error is then a point in the mean, three at most
    (measured on Zipf's laws of 0.4 to 1.3)."""
    replica_seconds: tuple[float, ...] = (0.1, 1.0, 5.0)
    """How long one who wrote must find his own writes: a replica in the same rack, a usual one, a busy one."""
    idle_pause_us: int = 10_000
    """A pause within a transaction that the network does not explain: one within a data centre takes a tenth."""
    idle_waiting_us: int = 100_000
    """Such pauses together that make a transaction one that waits: others who want its rows begin to notice."""
    idle_begin_us: int = 1_000
    """A log with BEGINs faster than this has no threshold: they take microseconds, thresholds milliseconds."""
    idle_tick_us: int = 100_000
    """A clock that ticks slower cannot tell the pauses within a transaction (MariaDB's slow log: one second)."""
    route_pause_us: int = 1_000_000
    """A longer pause in a session ends a request, where no trace and no transaction delimits it."""
    insight_rows: int = 200
    """Rows of each insight's relation: the heaviest. A report has no room for more, and pages judge only these."""
    insight_longest: int = 20
    """Transactions that are told one by one."""

    busy_windows: int = 10
    """Busiest windows that are told."""
    busy_windows_most: int = 480
    """Windows of the whole log, at most (but none shorter than a second): enough to see minutes of a working day."""
    contention_windows: int = 30
    """Windows with at least one statement running needed for a fit of three coefficients."""
    contention_spread: float = 2.0
    """90th over 10th percentile of the peak over bootstrap samples: in a simulation with 8 % noise and a true peak of
    25 it falls below two when about 16 have been seen at once, and the estimates are then 20 to 38."""
    contention_alike: float = 0.9
    """Cosine between the calls of a window and of the whole log, at least: another mix is another curve."""

    sessions_known: float = 0.5
    """Share of the statements with a known session below which the log's order is called unusable."""
    sample_per_second: float = 20.0
    """Statements a second that a recommended sample writes to the log: about half a gigabyte a day."""


STREAM = StreamLimits()
"""The only instance."""
