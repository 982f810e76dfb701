"""Bounds and thresholds of migration checks, in one place, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MigrationLimits:
    """Of reading, trying and weighing migrations."""

    max_file_bytes: int = 32 << 20
    """Of one migration: a larger one is a dump of data, and is told as not read."""
    max_base_file_bytes: int = 2 << 30
    """Of a snapshot or log that is taken from the base revision: a public host takes none above it."""
    max_files: int = 100_000
    """Entries of folders that are looked at: the largest public histories have some thousand migrations."""
    max_depth: int = 40
    """Folders within folders."""
    few_rows: float = 1000.0
    """Rows that one statement may write: locked and logged within some 10 ms, as a request of the application would."""

    replan_share: float = 0.01
    """By which a cost must rise to be worse: PostgreSQL takes paths within 1 % of each other for equal
    (STD_FUZZ_FACTOR in pathnode.c)."""
    replan_modelled_share: float = 0.25
    """The same where an engine prints no cost and it is modelled by the plan's operators: the same rows by two indexes
    were seen to differ by a twentieth."""
    replan_cost: float = 0.1
    """... and by how much at least: ten rows looked at (cpu_tuple_cost)."""
    replan_anew_share: float = 0.01
    """Of a table's rows that UPDATE writes anew: below it no cost changes by more than `replan_share`."""
    replan_worn_share: float = 0.04
    """By which a table's pages must be more than its rows take, for dead rows to have left room there: row sizes out of
    statistics are off by less (`benchmarks.migrations.sizes`)."""
    replan_worn_index_share: float = 0.12
    """The same of an index, and of how large it would be if it were made now."""
    replan_run_seconds: float = 60.0
    """For running a migration on an empty copy to see what becomes of its indexes and columns: only catalogs change."""
    replan_looking_seconds: float = 20.0
    """Of that, for looking at the catalogs after each statement; what comes later is put down to the last one."""
    replan_blamed: int = 400
    """Plans asked for, at most, to find the statements that are to blame; beyond, those that touch the plan's tables
    are named. One takes about a millisecond."""
    replan_plan_bytes: int = 20_000
    """Of one plan as reports print it; longer ones are cut at a line."""

    # -- how long work takes (`advisor.migrations.impact`)
    work_scan_us: tuple[float, float] = (0.05, 1.5)
    """CPU of reading and checking a row: 0.22 to 0.44 were measured on PostgreSQL 15 for CHECK and NOT NULL, 0.69 for
    the join with the parent of a foreign key (`benchmarks.migrations.pace`, a busy machine)..."""
    work_rewrite_us: tuple[float, float] = (0.4, 8.0)
    """... CPU and logging of a row that a rewrite copies, with its primary key: 2.0 to 2.7 on PostgreSQL 15, 2.4 to 2.6
    on MariaDB 10.11 (COPY, INPLACE)..."""
    work_write_us: tuple[float, float] = (1.0, 100.0)
    """... and a row that one statement inserts, updates or deletes, its index entries with it: 1.5 to 16 with the
    primary key alone, 49 with two more indexes. Cascades and triggers are in none of these."""
    work_calibrated: float = 1.5
    """Work on another table than the logged one: the range is widened by so much on both sides."""
    work_calibrated_bytes: int = 8 << 20
    """Smaller tables tell more of locks and commits than of speed: their DDL calibrates nothing."""
    moment_seconds: tuple[float, float] = (0.001, 0.05)
    """A lock without work that grows: the catalog is written and committed. 64 ms was the slowest of 165 cases, on a
    machine with five times the load that it can bear."""

    # -- how bad it is
    unnoticed_seconds: float = 0.1
    """A stall within the spread of ordinary requests: nobody sees it."""
    felt_seconds: float = 1.0
    """A page that waits so long is noticed (Nielsen: the flow of thought breaks at one second)."""
    outage_seconds: float = 10.0
    """Timeouts of load balancers and clients begin here, and with them errors."""
    long_outage_seconds: float = 60.0
    """Health checks have failed, and instances are restarted."""
    pool_connections: float = 10.0
    """Waiting statements that use up an ordinary pool (HikariCP has 10, SQLAlchemy 5 and 10 more): then requests fail
    that never touch the table."""
    server_connections: float = 100.0
    """... and those that use up a server (PostgreSQL's max_connections is 100, MariaDB's and MySQL's 151)."""
    large_bytes: int = 1 << 30
    """Where no workload is known: a table of so much is taken to be busy..."""
    small_bytes: int = 10 << 20
    """... and one below that to be worked through within tens of milliseconds."""
    short_lock_timeout_ms: float = 5000.0
    """A lock_timeout up to this bounds the stall: half of what makes clients fail."""

    # -- what text alone leaves open (`advisor.migrations.static.postgresql.assumed`)
    widened_length: int = 64
    """From so many characters on a varchar(n) of an unknown column is taken for a longer one than before: codes and
    keys that are made narrower, or texts that get a limit, mostly have fewer."""

    # -- what statistics prove (`advisor.migrations.foresee`)
    sampled_rows: int = 30_000
    """ANALYZE's sample at the default target (300 rows times 100): with a larger one it proves more, never less."""
    foreseen_values: int = 2_000
    """Sampled values of a column that a condition is tried on."""
    complete_share: float = 0.999
    """Common values and NULLs that make up so much of a column are all its values."""

    # -- running migrations on an empty copy (`advisor.dryrun.postgresql`)
    dry_run_statement_seconds: float = 15.0
    """One statement: on empty tables DDL takes milliseconds; what takes longer sleeps, waits or makes rows."""
    dry_run_seconds: float = 150.0
    """All of them: some thousand statements on a loaded machine."""
    alternatives: int = 50
    """Statements of a run that get an alternative: more is no review but a rewrite."""
    alternatives_retried: int = 5
    """Alternatives that are tried again alone, at a second or two each."""


MIGRATION = MigrationLimits()
