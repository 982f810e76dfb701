"""Which calls make the answer of a SELECT depend on more than its tables and values, or need the primary server.

The lists follow the volatility classes of the PostgreSQL manual ("Function Volatility Categories") and the functions
that the MySQL 5.7 manual names as unfit for its query cache ("How the Query Cache Operates") or for replication.
A function that is on no list may be a user's own: it may write, so nothing is assumed of it.
"""

from __future__ import annotations

import re
from typing import Any, Literal

Nature = Literal["pure", "clock", "session", "random", "primary", "unknown"]
"""`clock`, `session`, `random`: the answer changes with the time, with who asks, or each time; a replica can give it.
`primary`: it takes locks, draws numbers, sends or writes, or speaks of the connection's own last write."""

_CLOCK = frozenset(
    """now current_timestamp current_date current_time localtime localtimestamp transaction_timestamp curdate curtime
    statement_timestamp clock_timestamp timeofday sysdate utc_timestamp utc_date utc_time unix_timestamp getdate
    currenttimestamp currentdate currenttime currentdatetime localtimestampfunc currenttimestampltz utctimestamp
    utcdate utctime age""".split()  # noqa: SIM905
)
_SESSION = frozenset(
    """current_user session_user user system_user current_role current_setting current_schema current_schemas database
    schema current_database connection_id pg_backend_pid inet_client_addr inet_client_port currentuser sessionuser
    currentschema currentdatabase currentcatalog currentrole version pg_my_temp_schema""".split()  # noqa: SIM905
)
_RANDOM = frozenset(
    """rand randn random random_normal uuid gen_random_uuid uuid_generate_v1 uuid_generate_v4 uuidv4 uuidv7 uuid_short
    gen_random_bytes random_bytes pg_sleep pg_sleep_for pg_sleep_until sleep""".split()  # noqa: SIM905
)
_PRIMARY = frozenset(
    """nextval setval currval lastval nextvaluefor next_value last_insert_id found_rows row_count get_lock release_lock
    release_all_locks is_free_lock is_used_lock set_config pg_notify txid_current pg_current_xact_id
    pg_current_wal_lsn pg_export_snapshot lo_import lo_create lo_unlink lo_put lo_from_bytea dblink dblink_exec
    pg_switch_wal pg_create_restore_point pg_terminate_backend pg_cancel_backend pg_reload_conf benchmark
    load_file master_pos_wait query_to_xml""".split()  # noqa: SIM905
)
_PRIMARY_PREFIX = re.compile(r"pg_(?:try_)?advisory_|pg_stat_|pg_replication_|pg_logical_|lo_|dblink_")
#: Built in, without a class of its own in sqlglot, and a function of its arguments and the tables alone.
_PURE = frozenset(
    """plainto_tsquery phraseto_tsquery websearch_to_tsquery querytree strip setweight numnode similarity
    word_similarity strict_word_similarity show_trgm levenshtein soundex metaphone unaccent daterange tsrange
    tstzrange int4range int8range numrange lower_inc upper_inc isempty range_merge lower_inf upper_inf width_bucket
    generate_subscripts unnest cardinality make_interval make_timestamp make_timestamptz justify_days justify_hours
    justify_interval isfinite date_bin pg_typeof num_nonnulls num_nulls quote_literal quote_ident quote_nullable
    format encode decode digest hmac overlay btrim masklen netmask host family hstore akeys avals skeys svals
    percentile_cont percentile_disc mode bool_and bool_or every inet_aton inet_ntoa inet6_aton inet6_ntoa
    find_in_set field elt make_set export_set interval strcmp conv bin oct crc32 maketime makedate period_add
    period_diff timestampdiff timestampadd sec_to_time time_to_sec to_days from_days to_seconds weekofyear yearweek
    quarter dayname monthname convert_tz addtime subtime microsecond uncompress compress aes_encrypt aes_decrypt
    bit_count lcase ucase mid substr substring_index truncate std stddev variance any_value match isnull values
    name_const datetime julianday strftime typeof glob likelihood likely unlikely printf instr hex total cosine_distance
    l2_distance inner_product vector_dims""".split()  # noqa: SIM905
)
_PURE_PREFIX = re.compile(
    r"(?:jsonb?|array|ts|tsvector|to|st|regexp|string|starts|xml|inet|bit|cube|ltree|lca|row|rank|date|json_table)_"
)


def nature(name: str) -> Nature:
    """What a call of a function makes of a SELECT, by its name (any case, without its schema)."""
    lowered = name.lower()
    for names, found in (
        (_PRIMARY, "primary"),
        (_CLOCK, "clock"),
        (_SESSION, "session"),
        (_RANDOM, "random"),
        (_PURE, "pure"),
    ):
        if lowered in names:
            return found  # type: ignore[return-value]
    if _PRIMARY_PREFIX.match(lowered):
        return "primary"
    if lowered.startswith("pg_"):
        return "session"  # PostgreSQL's own, about the state of the server
    return "pure" if _PURE_PREFIX.match(lowered) else "unknown"


def natures(tree: Any) -> dict[Nature, str]:
    """The natures of the calls in a sqlglot tree, each with a function's name. A class that sqlglot has for a function
    and that is on no list is pure: it knows standard functions only."""
    from sqlglot import exp

    found: dict[Nature, str] = {}
    for call in tree.find_all(exp.Func):
        anonymous = isinstance(call, (exp.Anonymous, exp.AnonymousAggFunc))
        name = str(call.name or call.this) if anonymous else type(call).__name__
        what = nature(name)
        if what == "unknown" and not anonymous:
            what = "pure"
        if what != "pure":
            found.setdefault(what, name.lower())
    return found
