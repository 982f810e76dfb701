"""What a tool asks for itself: its own tables and locks, the driver's settings, questions about the schema."""

from __future__ import annotations

import re

from advisor.sources.split import comment_free

_TABLES = (
    "alembic_version", "django_migrations", "schema_migrations", "ar_internal_metadata", "flyway_schema_history",
    "schema_version", "goose_db_version", "_prisma_migrations", "__drizzle_migrations", "knex_migrations",
    "knex_migrations_lock", "sequelizemeta", "databasechangelog", "databasechangeloglock", "__diesel_schema_migrations",
    "pgmigrations", "gorp_migrations", "phinxlog", "doctrine_migration_versions", "atlas_schema_revisions",
    "_sqlx_migrations", "_yoyo_migration", "_yoyo_log", "_yoyo_version", "yoyo_lock", "__efmigrationshistory",
    "mikro_orm_migrations", "typeorm_migrations", "_migrations_lock", "seaql_migrations", "refinery_schema_history",
)  # fmt: skip
_OF_TABLE = re.compile(
    r"(?:create\s+(?:unlogged\s+)?table(?:\s+if\s+not\s+exists)?|create\s+(?:unique\s+)?index\b.{0,200}?\son"
    r"|alter\s+table(?:\s+if\s+exists)?(?:\s+only)?|drop\s+table(?:\s+if\s+exists)?|insert\s+into|update|delete\s+from"
    r"|lock(?:\s+tables?)?|comment\s+on\s+table|select\b.{0,500}?\bfrom)\s+(?:[`\"]?\w+[`\"]?\.)?[`\"]?(?:"
    + "|".join(_TABLES)
    + r")\b",
    re.IGNORECASE | re.DOTALL,
)
#: TypeORM's table has a name that others use too: known by its columns, and by the alias that it gives itself.
_OF_TYPEORM = re.compile(
    r"create\s+table\s+[`\"\w.]*[`\"]migrations[`\"]\s*\([`\"]id[`\"][^,]{0,80},\s*[`\"]timestamp[`\"]\s+bigint\b"
    r"|(?:insert\s+into|delete\s+from)\s+[`\"\w.]*[`\"]migrations[`\"]\s*(?:\(|where\s+)[`\"]timestamp[`\"]"
    r"|select\s+\*\s+from\s+[`\"\w.]*[`\"]migrations[`\"]\s+[`\"]migrations[`\"]",
    re.IGNORECASE,
)
#: Drivers send these by themselves. Timeouts and the search path are a migration's own business.
_SESSION = re.compile(
    r"(?:set\s+(?:session\s+|local\s+)?(?:client_encoding|time[\s_]*zone|datestyle|intervalstyle|names"
    r"|extra_float_digits|application_name|standard_conforming_strings|bytea_output|client_min_messages"
    r"|session\s+characteristics|character_set_\w+|character\s+set|collation_connection|sql_auto_is_null"
    r"|transaction\s+isolation|wait_timeout|net_\w+_timeout|profiling)\b"
    r"|set\s+@@?(?:session\.|local\.)?(?:character_set_\w+|collation_connection|sql_auto_is_null|wait_timeout|old_\w+)\b"
    r"|(?:describe|desc|explain(?!\s+\(?analy[sz]e))\s|show\b|discard\b|deallocate\b|unlisten\b|listen\b|reset\s+all\b"
    r"|close\s+all\b)",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"\(*\s*(?:select|with|values)\b", re.IGNORECASE)
_SOURCE = re.compile(r"\b(?:from|join)\s+(?:lateral\s+|only\s+)?([\w.\"`]+)(\s*\()?", re.IGNORECASE)
_CALL = re.compile(r"([\w.\"]+)\s*\(")
#: Names that a query gives to its parts: ``WITH name AS (``, ``) AS name (columns``.
_ALIAS = re.compile(r"\b(\w+)\s+as\s*\(|(?:\)\s*(?:as\s+)?|\bordinality\s+(?:as\s+)?)(\w+)\s*\(", re.IGNORECASE)
#: What stands in one is no name. Double quotes are PostgreSQL's names.
_STRING = re.compile(r"'(?>(?:[^'\\]++|\\.|'')*)'", re.DOTALL)
_WRITES = re.compile(r"\b(?:insert|update|delete|merge|into)\b", re.IGNORECASE)
_SYSTEM = re.compile(
    r"[\"`]?(?:pg_catalog|information_schema|performance_schema|mysql)[\"`]?\.|\"?pg_\w+|dual\Z", re.IGNORECASE
)
#: Functions of questions; and words that stand before a bracket.
_FUNCTIONS = frozenset(
    """
    version current_schema current_schemas current_database current_setting database count min max coalesce
    array_agg string_agg array_to_string array_length unnest generate_series generate_subscripts
    format_type col_description obj_description
    quote_ident has_table_privilege has_schema_privilege any all in exists and or not on as select values where
    case when then else array row cast lower upper nullif regexp_replace substring trim array_position to_regclass
    json_build_object json_agg jsonb_agg json_object_agg concat replace position format to_regtype over by
    join from with
    convert_tz connection_id schema user current_user session_user system_user ifnull if group_concat convert
    get_lock release_lock is_free_lock is_used_lock release_all_locks now
    is_instance_of inet_server_addr txid_current char varchar int oid name text bool_or bool_and distinct limit union
    """.split()  # noqa: SIM905
)


def bookkeeping(sql: str) -> bool:
    """Is a statement of no migration's text, whoever sent it?"""
    text = comment_free(sql[:20_000]).strip()
    if _SESSION.match(text) or _OF_TABLE.match(text) or _OF_TYPEORM.match(text):
        return True
    return _QUESTION.match(text) is not None and not _WRITES.search(text) and question(text)


def question(text: str) -> bool:
    """Does a query ask about the schema or the server alone? Its functions must be known: others may change things."""
    text = _STRING.sub("''", text)
    names = {(match[1] or match[2]).lower() for match in _ALIAS.finditer(text)}
    for source, call in _SOURCE.findall(text):
        bare = source.strip('"`').lower()
        if not _SYSTEM.match(source) and bare not in names and not (call and bare in _FUNCTIONS):
            return False
    for name in _CALL.findall(text):
        bare = name.strip('"').lower().rpartition(".")[2]
        if bare not in _FUNCTIONS and not bare.startswith("pg_") and bare not in names:
            return False
    return True
