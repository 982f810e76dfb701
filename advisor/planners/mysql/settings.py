"""Session settings of MySQL and MariaDB that change plans and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from advisor.planners.errors import PlannerError

_NAMES = re.compile(
    r"optimizer_\w+|eq_range_index_dive_limit|join_buffer_size|join_buffer_space_limit|join_cache_level"
    r"|sort_buffer_size|tmp_table_size|max_heap_table_size|max_seeks_for_key|max_length_for_sort_data"
    r"|range_optimizer_max_mem_size|sql_mode|use_stat_tables|in_predicate_conversion_threshold|mrr_buffer_size"
    r"|read_buffer_size|read_rnd_buffer_size|rowid_merge_buff_size|max_rowid_filter_size|collation_connection"
    r"|sql_big_selects|sql_select_limit|max_join_size|big_tables|div_precision_increment"
)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def is_planner_setting(name: str) -> bool:
    """Whether a variable is one of them."""
    return _NAMES.fullmatch(name.lower()) is not None


def check(settings: Sequence[tuple[str, str]]) -> None:
    """Raises PlannerError for a setting that might do more than change plans."""
    for name, value in settings:
        if not is_planner_setting(name):
            raise PlannerError(f"{name[:60]!r} is no session setting of MySQL or MariaDB that only changes plans")
        if "\0" in value:
            raise PlannerError(f"the value of {name} holds a zero byte")


def put(cursor: Any, settings: Sequence[tuple[str, str]], scope: str = "SESSION") -> None:
    """Sets them, numbers as numbers. Raises pymysql.Error where the server refuses one."""
    for name, value in settings:
        number = _NUMBER.fullmatch(value)
        cursor.execute(f"SET {scope} {name} = {value if number else '%s'}", () if number else (value,))
