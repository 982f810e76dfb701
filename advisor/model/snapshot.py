"""The snapshot: one database's catalog, optimizer statistics and settings without its rows, as records.

A file is one JSON object a line (``{"record": "column", ...}``), header first, gzip around it: ``zless`` reads it, and
what ``psql`` prints for the statements of `advisor snapshot --sql` is such a file before masking. Records of PostgreSQL
have types of their own; tables of statistics of the other engines are kept row by row as they were (`StatisticsRow`).
A value that could not be read is None.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from advisor.model.engine import Engine

FORMAT = "advisor-snapshot/1"

#: What became of sampled values: text, bytea and JSON replaced by tokens, everything as captured, or nothing kept.
Values = Literal["masked", "present", "none"]
#: Where the statistics come from. ``default``: nothing was captured, stated defaults stand in.
Statistics = Literal["snapshot", "scaled", "default"]

ObjectKind = Literal[
    "schema",
    "collation",
    "type",
    "domain",
    "sequence",
    "function",
    "table",
    "default",
    "index",
    "constraint",
    "statistics",
    "view",
    "materialized_view",
    "trigger",
    "policy",
    "rule",
    "other",
]


class Header(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="header"):
    """What the file is."""

    format: str = FORMAT
    engine: Engine
    version_number: int | None = None
    """150013, 101119, 3040001: as the engine's own functions give it."""
    database: str | None = None
    captured_at: str | None = None
    """ISO 8601 with offset; the server's clock."""
    values: Values
    mask_key: str | None = None
    """Of a masked file: the hex key of the tags that let a query's literal find its token."""
    statistics: Statistics = "snapshot"
    origin: str | None = None
    """Where it was read, safe to print."""
    role: str | None = None
    """Who read it."""
    encoding: str | None = None
    collate: str | None = None
    ctype: str | None = None
    locale_provider: str | None = None
    block_size: int = 8192
    missing: tuple[str, ...] = ()
    """What could not be read, in words, each with the grant that would help."""
    made_by: str | None = None
    """Version of the product."""


class Setting(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="setting", omit_defaults=True):
    """One planner setting, as pg_settings or SHOW VARIABLES gives it."""

    name: str
    value: str
    unit: str | None = None
    source: str | None = None


class Extension(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="extension", omit_defaults=True):
    name: str
    version: str | None = None
    schema: str | None = None


class SchemaObject(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="object", omit_defaults=True):
    """One object of the schema and the single statements that make it, without credentials."""

    kind: ObjectKind
    schema: str | None = None
    name: str
    table: str | None = None
    """Of an index, constraint, trigger, policy, default: its table's name, in ``schema``."""
    oid: int | None = None
    """Objects of a kind are made in this order: planners break ties between equal indexes by it."""
    ddl: tuple[str, ...]
    validated: bool = True
    """Of a constraint: existing rows are known to obey it."""
    line: int | None = None
    """Of a DDL file."""


#: What a server can have. A file may come from anywhere, and files of a shadow are made as long as it says.
_Blocks = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
_Pages = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**32 - 1)]
_Tuples = Annotated[float, msgspec.Meta(ge=-1, le=3e38)]
_Height = Annotated[int, msgspec.Meta(ge=0, le=64)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class Relation(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="relation", omit_defaults=True):
    """Size and activity of a table, partitioned table, materialised view or index."""

    schema: str
    name: str
    kind: Literal["table", "partitioned", "materialized_view", "index", "partitioned_index", "foreign"]
    table: str | None = None
    """Of an index: its table, in the same schema."""
    oid: int | None = None
    method: str | None = None
    """Access method: heap, btree, gin, gist, brin, hash, spgist..."""
    pages: _Pages = 0
    """pg_class.relpages: of the last VACUUM or ANALYZE."""
    tuples: _Tuples = -1.0
    """pg_class.reltuples; -1 never analysed."""
    all_visible: _Pages = 0
    """pg_class.relallvisible, in pages."""
    blocks: _Blocks | None = None
    """Pages of the main fork now: what a planner scales ``tuples`` by."""
    bytes: int | None = None
    """With TOAST, without indexes."""
    height: _Height | None = None
    """B-tree: levels above the leaves (bt_metap.fastlevel), where pageinspect could tell."""
    gin: dict[str, _Count] | None = None
    """GIN: n_pending_pages, n_pending_tuples, n_total_pages, n_entry_pages, n_data_pages, n_entries."""
    counters: dict[str, Any] = {}
    """n_tup_ins, n_tup_upd, n_tup_del, n_tup_hot_upd, n_live_tup, n_dead_tup, seq_scan, idx_scan, last_idx_scan,
    last_seq_scan, last_vacuum, last_autovacuum, last_analyze, last_autoanalyze...: under the view's own names."""
    rows: int | None = None
    """Rows stated by the user or seen in a plan, where nothing was captured."""


class ColumnStatistics(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="column", omit_defaults=True):
    """One row of pg_stats. Arrays of values are array literals as the server prints them (``{a,"b c"}``)."""

    schema: str
    table: str
    """Or the index whose expression it describes."""
    column: str
    type: str | None = None
    """As format_type prints it; of a domain its base type."""
    inherited: bool = False
    null_frac: float = 0.0
    avg_width: int = 0
    n_distinct: float = 0.0
    most_common_vals: str | None = None
    most_common_freqs: tuple[float, ...] | None = None
    histogram_bounds: str | None = None
    correlation: float | None = None
    most_common_elems: str | None = None
    most_common_elem_freqs: tuple[float, ...] | None = None
    elem_count_histogram: tuple[float, ...] | None = None
    range_length_histogram: str | None = None
    range_empty_frac: float | None = None
    range_bounds_histogram: str | None = None


class ExtendedStatistics(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="extended", omit_defaults=True
):
    """One row of pg_statistic_ext_data. The object itself is a SchemaObject of kind ``statistics``."""

    schema: str
    name: str
    inherited: bool = False
    columns: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    """The columns' attribute numbers there; they stand in the blobs."""
    ndistinct: str | None = None
    """Hex of pg_ndistinct::bytea."""
    dependencies: str | None = None
    mcv: str | None = None
    """Hex of pg_mcv_list::bytea: holds values."""
    ndistinct_text: str | None = None
    """As pg_stats_ext prints it, where the blob may not be read."""
    dependencies_text: str | None = None
    expressions: tuple[dict[str, Any], ...] | None = None
    """Statistics of each expression: the fields of ColumnStatistics, and ``type``."""


class Bounds(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="bounds", omit_defaults=True):
    """Smallest and largest value of a B-tree's leading column: a planner probes the index for them."""

    schema: str
    table: str
    column: str
    low: str | None
    high: str | None


class TextOrder(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="text_order", omit_defaults=True):
    """Text values of the statistics, in the database's order: what masking needs to keep it. Never in a masked file."""

    values: tuple[str, ...]


class Tokens(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="tokens", omit_defaults=True):
    """Of a masked file: the token that stands for a literal, by the literal's tag."""

    tokens: dict[str, str]


class StatisticsRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="row", omit_defaults=True):
    """One row of an engine's own statistics or counters, as it was: mysql.innodb_index_stats, sqlite_stat1,
    pg_stat_database, performance_schema.table_io_waits_summary_by_index_usage..."""

    source: str
    values: dict[str, Any]


class Section(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="section", omit_defaults=True):
    """Ends the output of one query of `advisor snapshot --sql`: an absent section is one that failed."""

    name: str
    rows: int


class Missing(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="missing"):
    """Something that could not be read, in words, with the grant that would help: joins ``Header.missing``."""

    text: str


Record = (
    Header
    | Setting
    | Extension
    | SchemaObject
    | Relation
    | ColumnStatistics
    | ExtendedStatistics
    | Bounds
    | TextOrder
    | Tokens
    | StatisticsRow
    | Section
    | Missing
)


class Snapshot(msgspec.Struct, kw_only=True):
    """A snapshot in memory: the records by kind."""

    header: Header
    settings: list[Setting] = []
    extensions: list[Extension] = []
    objects: list[SchemaObject] = []
    relations: list[Relation] = []
    columns: list[ColumnStatistics] = []
    extended: list[ExtendedStatistics] = []
    bounds: list[Bounds] = []
    tokens: dict[str, str] = {}
    rows: list[StatisticsRow] = []
