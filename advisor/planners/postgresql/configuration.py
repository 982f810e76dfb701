"""The configuration file of a shadow's server: its own settings, and the planner's of the server it stands for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from advisor.planners.errors import PlannerError

#: What the optimizer looks at, of majors 10 to 18. A snapshot may come from anywhere: no other setting is taken from it
#: (``archive_command`` or ``session_preload_libraries`` would run what they name).
PLANNER = re.compile(
    r"enable_\w+|geqo\w*|(seq_page|random_page|cpu_tuple|cpu_index_tuple|cpu_operator|parallel_setup|parallel_tuple)_cost"
    r"|jit(_(above|inline_above|optimize_above)_cost)?|(min_parallel_(table|index)_scan|effective_cache)_size"
    r"|max_parallel_workers(_per_gather)?|max_parallel_maintenance_workers|parallel_leader_participation"
    r"|(work|maintenance_work)_mem|hash_mem_multiplier|default_statistics_target|constraint_exclusion"
    r"|cursor_tuple_fraction|(from|join)_collapse_limit|plan_cache_mode|recursive_worktable_factor"
    r"|effective_io_concurrency|force_parallel_mode|debug_parallel_query|standard_conforming_strings"
    r"|datestyle|intervalstyle|timezone|default_text_search_config|extra_float_digits|array_nulls|bytea_output"
    r"|transform_null_equals|row_security|max_worker_processes"
)
_OWN = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "ssl": "off",
    "max_connections": "20",
    "superuser_reserved_connections": "5",
    "shared_buffers": "16MB",
    # Nothing here outlives a crash of the machine.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_replication_slots": "0",
    "min_wal_size": "2MB",
    "max_wal_size": "64MB",
    "checkpoint_timeout": "1d",
    # Nothing may change what was injected.
    "autovacuum": "off",
    "restart_after_crash": "off",
    # Shared memory in /dev/shm would outlive SIGKILL; in the data directory it goes with it.
    "dynamic_shared_memory_type": "mmap",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_min_messages": "warning",
    # Statements may hold production's values.
    "log_min_error_statement": "panic",
    "track_activities": "off",  # a crash would be logged with its statement
    "log_statement": "none",
    "log_line_prefix": "",
    "temp_file_limit": "256MB",
    "max_prepared_transactions": "0",
    "max_locks_per_transaction": "256",  # what-if on thousands of partitions, in one transaction
    "statement_timeout": "0",
    "update_process_title": "off",
}


def text(major: int, settings: Mapping[str, str]) -> str:
    """What is added to postgresql.conf. Raises PlannerError for a setting that is not the planner's."""
    own = dict(_OWN)
    if major >= 18:
        own["io_method"] = "sync"  # workers for input and output would be three more processes
    for name, value in settings.items():
        if not PLANNER.fullmatch(name):
            raise PlannerError(f"setting {name}: a shadow takes settings of the planner only")
        if any(ord(character) < 32 for character in value):
            raise PlannerError(f"setting {name}: its value has a control character")
    given = {**own, **settings}
    return "".join(f"{name} = '{_quoted(value)}'\n" for name, value in given.items())


def access() -> str:
    """pg_hba.conf: the two roles, through the socket, which stands in a directory closed to other accounts."""
    return "local all advisor_admin,advisor_owner trust\n"


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")
