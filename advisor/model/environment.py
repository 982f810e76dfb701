"""Words of SQL that answer otherwise in a throwaway copy than in production: who asks, where, when, beside whom."""

from __future__ import annotations

import re

#: Of blocks and routines; names of columns may be among them, which then costs a look at the text and no more.
POSTGRESQL = re.compile(
    r"\b(?:current_(?:user|role|catalog|date|time|timestamp)|session_user|localtime(?:stamp)?|inet_\w+|"
    r"pg_(?:roles|user|authid|auth_members|shadow|group|settings|file_settings|database|tablespace|stat_\w+|"
    r"statio_\w+|stats|locks|has_role|is_in_recovery|postmaster_start_time|conf_load_time|backend_pid|\w{0,40}_size|"
    r"available_extensions|prepared_xacts|replication_slots|read_file|ls_dir|stat_file)|has_\w+_privilege|reltuples|"
    r"relpages|relowner|tableowner|n_live_tup|rolsuper|usesuper|application_name|client_addr|dblink\w*|txid_\w+)\b"
    r"|\b(?:current_database|current_setting|version|now|(?:clock|transaction|statement)_timestamp|timeofday|random)"
    r"\s*\(|(?<!create\s)(?<!alter\s)(?<!drop\s)(?<![\w.\"$])user\b(?!\s*[.(]|\s+mapping)",
    re.IGNORECASE,
)
#: Conditions of EXCEPTION that what stands in the catalog decides alone.
_OF_CATALOG = re.compile(
    r"when\s+(?:(?:duplicate|undefined)_\w+|invalid_schema_name|wrong_object_type|invalid_table_definition"
    r"|sqlstate\s+'42\w{3}'|\s+|or)+then",
    re.IGNORECASE,
)
_HANDLERS = re.compile(r"\bexception\b(.*)", re.IGNORECASE | re.DOTALL)
_WHEN = re.compile(r"\bwhen\b", re.IGNORECASE)

MYSQL = re.compile(
    r"@@|\b(?:current_user|current_role|current_(?:date|time|timestamp)|localtime(?:stamp)?|table_rows|data_length|"
    r"index_length|processlist|\w+_privileges|(?:global|session)_(?:variables|status)|innodb_\w+)\b"
    r"|\b(?:user|session_user|system_user|connection_id|version|now|sysdate|curdate|curtime|unix_timestamp|utc_\w+|"
    r"rand|get_lock|is_free_lock)\s*\(|\bmysql\s*\.",
    re.IGNORECASE,
)
_DECLARED = re.compile(r"\bdeclare\s+(?:continue|exit)\s+handler\s+for\s+(?!not\s+found)", re.IGNORECASE)


def handles_errors(text: str) -> bool:
    """A block goes on after an error that a copy may have and production not, or the other way round."""
    return any(len(_WHEN.findall(part[1])) > len(_OF_CATALOG.findall(part[1])) for part in _HANDLERS.finditer(text))


def catches(text: str) -> bool:
    """The same of MySQL's and MariaDB's bodies."""
    return _DECLARED.search(text) is not None
