"""The statements that a snapshot of MySQL and MariaDB is read with: each gives one text column of JSON records.

One text serves every version: ``/*M!100600 ... */`` is read by MariaDB from 10.6 on and by nobody else,
``/*!80000 ... */`` by MySQL 8 and later alone (MariaDB skips 50700 to 99999). ``{among column}`` becomes the
condition on the database. Nothing but dictionary, statistics and counters is read: no row of a user's table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

SYSTEM_DATABASES = ("information_schema", "mysql", "performance_schema", "sys")

#: Before the first statement. Everything is of this session only: statements end after ``{seconds}``, waits for a
#: metadata lock after 2 s; MySQL 8 then shows sizes as they are and stores none of them (stats_expiry).
BEGIN = (
    "SET SESSION lock_wait_timeout = 2, SESSION sql_mode = '', SESSION group_concat_max_len = 16777216"
    " /*!50708 , SESSION max_execution_time = {milliseconds} */"
    " /*!80000 , SESSION information_schema_stats_expiry = 0 */"
    " /*M!100101 , SESSION max_statement_time = {seconds} */",
    "SET SESSION TRANSACTION READ ONLY",
    "START TRANSACTION READ ONLY",
)

_AMONG = re.compile(r"\{among ([\w.]+)\}")
_SETTINGS = """
    big_tables binlog_format character_set_client character_set_database character_set_server collation_connection
    collation_database collation_server cte_max_recursion_depth default_storage_engine div_precision_increment
    eq_range_index_dive_limit explain_format explain_json_format_version explicit_defaults_for_timestamp
    group_concat_max_len histogram_size histogram_type in_predicate_conversion_threshold innodb_adaptive_hash_index
    innodb_buffer_pool_size innodb_fill_factor innodb_flush_log_at_trx_commit innodb_page_size innodb_stats_auto_recalc
    innodb_stats_include_delete_marked innodb_stats_method innodb_stats_on_metadata innodb_stats_persistent
    innodb_stats_persistent_sample_pages innodb_stats_traditional innodb_stats_transient_sample_pages
    internal_tmp_mem_storage_engine join_buffer_size join_buffer_space_limit join_cache_level key_buffer_size
    log_bin long_query_time lower_case_table_names max_connections max_heap_table_size max_join_size
    max_length_for_sort_data max_rowid_filter_size max_seeks_for_key max_sort_length mrr_buffer_size old_mode
    performance_schema range_alloc_block_size range_optimizer_max_mem_size read_buffer_size read_rnd_buffer_size
    rowid_merge_buff_size secondary_engine_cost_threshold sort_buffer_size sql_big_selects sql_mode sync_binlog
    system_time_zone temptable_max_ram time_zone tmp_table_size use_secondary_engine use_stat_tables userstat version
    version_comment windowing_use_high_precision
"""
_STATUS = """
    uptime uptime_since_flush_status com_delete com_insert com_replace com_select com_update created_tmp_disk_tables
    created_tmp_tables handler_delete handler_read_first handler_read_key handler_read_last handler_read_next
    handler_read_prev handler_read_rnd handler_read_rnd_next handler_update handler_write innodb_buffer_pool_pages_data
    innodb_buffer_pool_pages_total innodb_buffer_pool_read_requests innodb_buffer_pool_reads innodb_rows_deleted
    innodb_rows_inserted innodb_rows_read innodb_rows_updated queries questions select_full_join select_range_check
    select_scan sort_merge_passes
"""


@dataclass(frozen=True, slots=True)
class Statement:
    """One section of the snapshot."""

    name: str
    record: str
    """The expression that makes a record of a row."""
    source: str
    """FROM and what follows."""
    engine: Literal["mysql", "mariadb"] | None = None
    """None: both."""
    since: int = 0
    """First version, as 80000 or 100600."""
    grant: str | None = None
    """What a role needs that cannot run it."""

    def runs_on(self, engine: str, version: int) -> bool:
        """Whether a server has what is asked for."""
        return self.engine in (None, engine) and (self.engine is None or version >= self.since)

    @property
    def what(self) -> str:
        """The table that is read, as a message names it."""
        return self.source.split(" ", 1)[0]

    def sql(self, database: str | None) -> str:
        """The statement for one database, or for all but the system's; its last row is a section record."""
        return self._sql(lambda column: condition(column, database))

    def script(self) -> str:
        """The statement for the client's current database, or for all where it has none; empty on other servers."""
        text = self._sql(_of_session)
        if self.engine is None:
            return text
        mark = f"/*M!{self.since or 100000}" if self.engine == "mariadb" else f"/*!{self.since or 50700}"
        return f"{mark} {text} UNION ALL */ SELECT NULL FROM DUAL WHERE FALSE"

    def _sql(self, among: Callable[[str], str]) -> str:
        source = _AMONG.sub(lambda match: among(match[1]), self.source)
        counted = f"SELECT JSON_OBJECT('record', 'section', 'name', '{self.name}', 'rows', COUNT(*))"
        return " ".join(
            f"SELECT {self.record} FROM {source} UNION ALL {counted} FROM (SELECT 1 FROM {source}) AS c".split()
        )


def condition(column: str, database: str | None) -> str:
    """Which databases: the one named, else all but the system's."""
    if database is None:
        return f"{column} NOT IN ({', '.join(map(literal, SYSTEM_DATABASES))})"
    return f"{column} = {literal(database)}"


def literal(text: str) -> str:
    """A string that means the same under every sql_mode and character set: bytes in hex."""
    return f"CONVERT(x'{text.encode('utf-8').hex()}' USING utf8mb4)" if not _PLAIN.fullmatch(text) else f"'{text}'"


_PLAIN = re.compile(r"[A-Za-z0-9_$.-]+")


def _of_session(column: str) -> str:
    return f"IF(DATABASE() IS NULL, {condition(column, None)}, {column} = DATABASE())"


def _row(source: str, columns: str, more: str = "") -> str:
    pairs = ", ".join(f"'{name}', {name}" for name in columns.split())
    return f"JSON_OBJECT('record', 'row', 'source', '{source}', 'values', JSON_OBJECT({pairs}{more}))"


def _readable(column: str) -> str:
    """Bytes as text where they are UTF-8, else in hex under a name of their own."""
    text = f"CONVERT({column} USING utf8mb4)"
    same = f"CONVERT({text} USING binary) = {column}"
    return f", '{column}', IF({same}, {text}, NULL), '{column}_hex', IF({same}, NULL, HEX({column}))"


def _names(names: str) -> str:
    return ", ".join(f"'{name}'" for name in names.split())


_VERSION = (
    "SUBSTRING_INDEX(SUBSTRING_INDEX(VERSION(), '-', 1), '.', 1) * 10000"
    " + SUBSTRING_INDEX(SUBSTRING_INDEX(SUBSTRING_INDEX(VERSION(), '-', 1), '.', 2), '.', -1) * 100"
    " + SUBSTRING_INDEX(SUBSTRING_INDEX(VERSION(), '-', 1), '.', -1)"
)
_HEADER = f"""JSON_OBJECT('record', 'header', 'format', 'advisor-snapshot/1',
    'engine', JSON_OBJECT('name', IF(VERSION() LIKE '%MariaDB%', 'mariadb', 'mysql'), 'version', VERSION()),
    'version_number', CAST({_VERSION} AS UNSIGNED), 'database', DATABASE(),
    'captured_at', DATE_FORMAT(UTC_TIMESTAMP(6), '%Y-%m-%dT%H:%i:%s.%f+00:00'), 'values', 'present',
    'role', CURRENT_USER(), 'encoding', @@character_set_database, 'collate', @@collation_database,
    'block_size', @@innodb_page_size)"""

_SETTING = (
    "JSON_OBJECT('record', 'setting', 'name', LOWER(variable_name), 'value', IFNULL(variable_value, ''),"
    " 'source', 'global')"
)
_WHICH_SETTINGS = f"LOWER(variable_name) IN ({_names(_SETTINGS)}) OR LOWER(LEFT(variable_name, 10)) = 'optimizer_'"
_WHICH_STATUS = f"LOWER(variable_name) IN ({_names(_STATUS)})"

_TABLE = """JSON_OBJECT('record', 'relation', 'schema', table_schema, 'name', table_name,
    'kind', IF(create_options LIKE '%partitioned%', 'partitioned', IF(engine = 'FEDERATED', 'foreign', 'table')),
    'method', LOWER(engine), 'pages', IFNULL(data_length DIV @@innodb_page_size, 0), 'tuples', IFNULL(table_rows, -1),
    'blocks', data_length DIV @@innodb_page_size, 'bytes', data_length,
    'counters', JSON_OBJECT('index_length', index_length, 'data_free', data_free, 'avg_row_length', avg_row_length,
        'auto_increment', auto_increment, 'create_time', CAST(create_time AS CHAR),
        'update_time', CAST(update_time AS CHAR),
        'row_format', row_format, 'create_options', create_options))"""
_INDEX = """JSON_OBJECT('record', 'relation', 'schema', table_schema, 'name', index_name, 'kind', 'index',
    'table', table_name, 'method', LOWER(MAX(index_type)),
    'counters', JSON_OBJECT('unique', 1 - MAX(non_unique), 'columns', COUNT(*), 'cardinality', MAX(cardinality)))"""

_BASE = "table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')"
_STATISTICS_GRANT = "SELECT ON mysql.{}"
_TIMERS = "count_star count_read count_write count_fetch count_insert count_update count_delete sum_timer_wait"


@cache
def statements() -> tuple[Statement, ...]:
    """All of them, the header first."""
    return (
        Statement("header", _HEADER, "DUAL"),
        Statement("settings", _SETTING, f"performance_schema.global_variables WHERE {_WHICH_SETTINGS}", "mysql", 50700),
        Statement("settings", _SETTING, f"information_schema.global_variables WHERE {_WHICH_SETTINGS}", "mariadb"),
        # MySQL 5.7 does not say its defaults, which stand in the manual.
        _statistics("mysql", "server_cost", "cost_name cost_value default_value", "mysql", 80000),
        _statistics(
            "mysql", "engine_cost", "engine_name device_type cost_name cost_value default_value", "mysql", 80000
        ),
        Statement(
            "optimizer_costs",
            _row(
                "information_schema.optimizer_costs",
                "engine optimizer_disk_read_cost optimizer_index_block_copy_cost optimizer_key_compare_cost"
                " optimizer_key_copy_cost optimizer_key_lookup_cost optimizer_key_next_find_cost"
                " optimizer_disk_read_ratio optimizer_row_copy_cost optimizer_row_lookup_cost"
                " optimizer_row_next_find_cost optimizer_rowid_compare_cost optimizer_rowid_copy_cost",
            ),
            "information_schema.optimizer_costs",
            "mariadb",
            110000,
        ),
        Statement("databases", _DATABASE, "information_schema.schemata WHERE {among schema_name}"),
        Statement("tables", _TABLE, f"information_schema.tables WHERE {_BASE} AND {{among table_schema}}"),
        Statement(
            "indexes",
            _INDEX,
            "information_schema.statistics WHERE {among table_schema} GROUP BY table_schema, table_name, index_name",
        ),
        Statement(
            "partitions",
            _row(
                "information_schema.partitions",
                "table_schema table_name partition_name subpartition_name partition_ordinal_position partition_method"
                " partition_expression partition_description table_rows data_length index_length",
            ),
            "information_schema.partitions WHERE partition_method IS NOT NULL AND {among table_schema}",
        ),
        _statistics(
            "mysql",
            "innodb_table_stats",
            "database_name table_name n_rows clustered_index_size sum_of_other_index_sizes",
            where="{among database_name}",
            more=", 'last_update', CAST(last_update AS CHAR)",
        ),
        _statistics(
            "mysql",
            "innodb_index_stats",
            "database_name table_name index_name stat_name stat_value sample_size stat_description",
            where="{among database_name}",
            more=", 'last_update', CAST(last_update AS CHAR)",
        ),
        _statistics("mysql", "table_stats", "db_name table_name cardinality", "mariadb", where="{among db_name}"),
        _statistics(
            "mysql",
            "column_stats",
            "db_name table_name column_name nulls_ratio avg_length avg_frequency hist_size hist_type",
            "mariadb",
            where="{among db_name}",
            more=_readable("min_value") + _readable("max_value") + _readable("histogram"),
        ),
        _statistics(
            "mysql",
            "index_stats",
            "db_name table_name index_name prefix_arity avg_frequency",
            "mariadb",
            where="{among db_name}",
        ),
        Statement(
            "column_statistics",
            _row("information_schema.column_statistics", "schema_name table_name column_name histogram"),
            "information_schema.column_statistics WHERE {among schema_name}",
            "mysql",
            80000,
        ),
        Statement(
            "index_io",
            _row(
                "performance_schema.table_io_waits_summary_by_index_usage",
                f"object_schema object_name index_name {_TIMERS}",
            ),
            "performance_schema.table_io_waits_summary_by_index_usage WHERE {among object_schema}",
            grant="SELECT ON performance_schema.table_io_waits_summary_by_index_usage",
        ),
        Statement(
            "table_io",
            _row("performance_schema.table_io_waits_summary_by_table", f"object_schema object_name {_TIMERS}"),
            "performance_schema.table_io_waits_summary_by_table WHERE {among object_schema}",
            grant="SELECT ON performance_schema.table_io_waits_summary_by_table",
        ),
        Statement(
            "index_statistics",
            _row("information_schema.index_statistics", "table_schema table_name index_name rows_read"),
            "information_schema.index_statistics WHERE {among table_schema}",
            "mariadb",
            grant="PROCESS ON *.*",
        ),
        Statement(
            "table_statistics",
            _row(
                "information_schema.table_statistics",
                "table_schema table_name rows_read rows_changed rows_changed_x_indexes",
            ),
            "information_schema.table_statistics WHERE {among table_schema}",
            "mariadb",
            grant="PROCESS ON *.*",
        ),
        Statement(
            "status",
            _row("global_status", "variable_name variable_value"),
            f"performance_schema.global_status WHERE {_WHICH_STATUS}",
            "mysql",
            50700,
        ),
        Statement(
            "status",
            _row("global_status", "variable_name variable_value"),
            f"information_schema.global_status WHERE {_WHICH_STATUS}",
            "mariadb",
        ),
        Statement("triggers", _TRIGGER, "information_schema.triggers WHERE {among event_object_schema}"),
    )


def _statistics(
    schema: str,
    table: str,
    columns: str,
    engine: Literal["mysql", "mariadb"] | None = None,
    since: int = 0,
    where: str = "TRUE",
    more: str = "",
) -> Statement:
    """A statistics table, row by row."""
    name = f"{schema}.{table}"
    record = _row(name, columns, more)
    return Statement(table, record, f"{name} WHERE {where}", engine, since, _STATISTICS_GRANT.format(table))


def quoted(column: str) -> str:
    """A name from the dictionary as an identifier."""
    return f"CONCAT('`', REPLACE({column}, '`', '``'), '`')"


_DATABASE = f"""JSON_OBJECT('record', 'object', 'kind', 'schema', 'schema', schema_name, 'name', schema_name,
    'ddl', JSON_ARRAY(CONCAT('CREATE DATABASE ', {quoted("schema_name")}, ' CHARACTER SET ',
    default_character_set_name, ' COLLATE ', default_collation_name)))"""
#: Without DEFINER: an account of the server's that no planner needs.
_TRIGGER = f"""JSON_OBJECT('record', 'object', 'kind', 'trigger', 'schema', event_object_schema, 'name', trigger_name,
    'table', event_object_table, 'ddl', JSON_ARRAY(CONCAT('CREATE TRIGGER ', {quoted("trigger_name")}, ' ',
    action_timing, ' ', event_manipulation, ' ON ', {quoted("event_object_table")},
    ' FOR EACH ROW ', action_statement)))"""
