"""Does an expression give another value in every row? That decides whether a new column's default rewrites the table.

From pg_proc.provolatile of PostgreSQL 10 to 18 and of the contrib extensions.
"""

from __future__ import annotations

from typing import Literal

from advisor.catalog.ddl.lexer import Token, single
from advisor.migrations.static.postgresql.builtin_names import BUILTIN
from advisor.migrations.static.postgresql.world import World

Kind = Literal["constant", "stable", "volatile", "unknown"]

_VOLATILE = frozenset(
    """
    clock_timestamp timeofday random random_normal setseed gen_random_uuid uuidv4 uuidv7 nextval currval lastval setval
    gen_random_bytes gen_salt pgp_sym_encrypt pgp_pub_encrypt uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4
    pg_sleep pg_sleep_for pg_sleep_until set_config current_query lo_create lo_creat lo_from_bytea lo_import
    query_to_xml pg_advisory_lock pg_advisory_xact_lock pg_try_advisory_lock pg_notify dblink dblink_exec
    pg_relation_size pg_total_relation_size pg_table_size pg_database_size pg_current_wal_lsn txid_status
    pg_read_file pg_stat_file normal_rand crosstab connectby ts_stat ts_rewrite gen_ulid generate_ulid ulid_generate
    uuid_generate_v7 uuid_generate_v6 gen_random_ulid nanoid snowflake
    """.split()  # noqa: SIM905
)
_STABLE = frozenset(
    """
    now current_timestamp current_date current_time localtime localtimestamp transaction_timestamp statement_timestamp
    current_user session_user user current_role current_catalog current_schema current_database current_setting version
    txid_current pg_current_xact_id pg_backend_pid inet_client_addr inet_server_addr to_char to_timestamp to_date
    to_number date_trunc date_part timezone to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery
    to_json to_jsonb row_to_json array_to_json json_build_object json_build_array jsonb_build_object jsonb_build_array
    concat concat_ws format array_to_string age quote_literal unaccent pg_my_temp_schema has_table_privilege
    pg_get_userbyid format_type json_object_agg jsonb_agg json_agg make_timestamptz pg_conf_load_time
    pg_postmaster_start_time unistr string_to_table
    """.split()  # noqa: SIM905
)
_IMMUTABLE = frozenset(
    """
    coalesce nullif greatest least abs ceil ceiling floor round trunc mod power sqrt cbrt exp ln log sign div gcd lcm
    lower upper initcap length char_length character_length octet_length bit_length substr substring left right lpad
    rpad
    ltrim rtrim btrim trim replace translate reverse repeat strpos position split_part overlay ascii chr md5 sha224
    sha256 sha384 sha512 encode decode convert_from convert_to regexp_replace regexp_match regexp_split_to_array
    regexp_count regexp_like regexp_substr starts_with to_hex to_bin to_oct quote_ident string_to_array array_append
    array_prepend array_cat array_remove array_replace array_length array_ndims array_position array_upper array_lower
    array_fill cardinality unnest jsonb_set jsonb_object json_object jsonb_typeof json_typeof jsonb_array_length
    json_array_length jsonb_extract_path jsonb_extract_path_text json_extract_path_text jsonb_strip_nulls jsonb_insert
    jsonb_path_query_first jsonb_path_exists jsonb_pretty make_date make_time make_timestamp make_interval isfinite
    justify_days justify_hours justify_interval extract cast row array interval date timestamp time timestamptz point
    box circle line lseg path polygon area center st_setsrid st_makepoint st_geomfromtext st_point digest hmac crypt
    int4range int8range numrange tsrange tstzrange daterange lower_inc upper_inc isempty range_merge int4 int8 int2
    numeric float4 float8 text varchar bpchar bool uuid inet cidr host masklen network broadcast macaddr hstore
    setweight strip tsvector_concat similarity width_bucket scale min_scale trim_scale factorial pi sin cos tan asin
    acos atan atan2 degrees radians hashtext hashint4 hashint8 normalize is_normalized bit varbit xmlcomment any all
    count sum avg min max
    some in exists values and or not is case when then else end between like ilike over filter within using distinct
    decimal char character money real double json jsonb bytea int integer bigint smallint boolean name oid regclass
    uuid_nil uuid_ns_dns uuid_ns_url uuid_generate_v3 uuid_generate_v5 uuid_extract_version array_reverse casefold
    """.split()  # noqa: SIM905
)


#: Of PostGIS, whose functions are many.
_POSTGIS = "st_"


def volatility(expression: str, world: World) -> tuple[Kind, str | None]:
    """How an expression behaves, and the function that nothing is known of."""
    tokens = single(expression, "postgresql").tokens
    found: Kind = "constant"
    unknown: str | None = None
    for name in _calls(tokens):
        kind = _of(name, world)
        if kind == "volatile":
            return "volatile", None
        if kind == "unknown":
            unknown = name
        elif kind == "stable":
            found = "stable"
    return ("unknown", unknown) if unknown is not None else (found, None)


def is_builtin(name: str) -> bool:
    """Is it one of the server's own or of a known extension's?"""
    known = name in BUILTIN or name in _VOLATILE or name in _STABLE or name in _IMMUTABLE
    return known or name.startswith(_POSTGIS)


def _calls(tokens: list[Token]) -> list[str]:
    found = []
    for at, token in enumerate(tokens):
        if token.kind not in ("word", "quoted"):
            continue
        after = tokens[at + 1].text if at + 1 < len(tokens) and tokens[at + 1].kind == "op" else ""
        name = token.text.lower() if token.kind == "word" else token.text
        before = tokens[at - 1].text if at and tokens[at - 1].kind == "op" else ""
        if before == "::":
            continue  # a type's length, not a call
        if after == "(" or (after != "." and before != "." and name in _STABLE and token.kind == "word"):
            schema = tokens[at - 2].text.lower() if before == "." and at > 1 else None
            found.append(f"{schema}.{name}" if schema not in (None, "pg_catalog", "public") else name)
    return found


def _of(name: str, world: World) -> Kind:
    bare = name.rpartition(".")[2]
    known = world.functions.get(name) or (world.functions.get(bare) if name == bare else None)
    if known is not None:
        return "volatile" if known == "volatile" else "stable" if known == "stable" else "constant"
    if bare in _VOLATILE:
        return "volatile"
    if bare in _STABLE:
        return "stable"
    if bare in _IMMUTABLE or bare in world.types:
        return "constant"
    return "unknown"
