"""Column types of random schemas: how values are made of a whole number, and what may be asked of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A type; ``value`` is an expression over ``{k}``, a bigint that many rows may share."""

    type: str
    value: str
    family: str
    """Which operators it has: number, time, text, bool, enum, array, range, json, net, point, words, or plain."""
    far: tuple[str, ...] = ()
    """Values that the data does not have."""
    cast: str = ""
    """Of literals, where the type is not the column's own words (collations)."""


_WORDS = "(ARRAY['alpha','beta','gamma','Delta','echo','fox','golf','Hotel','Äpfel','été','zoo','_x','%y'])"
_TEXT = ("", "zzzzzz", "Zebra", "~", "a")
_TIMES = ("1970-01-01", "2099-12-31", "infinity")
_NUMBERS = ("-1", "0", "987654", "31000")

KINDS: tuple[Kind, ...] = (
    Kind("integer", "{k}::int", "number", ("-1", "0", "98765432")),
    Kind("integer", "(({k} * 7919) % 100003)::int", "number", ("-1", "0", "98765432")),
    Kind("bigint", "{k} * 1000003", "number", ("-1", "0", "98765432123456")),
    Kind("smallint", "({k} % 30000)::int2", "number", ("-1", "31999")),
    Kind("numeric(12,2)", "({k} * 1.37)::numeric(12,2)", "number", _NUMBERS),
    Kind("numeric", "{k} / 7.0", "number", (*_NUMBERS, "NaN")),
    Kind("double precision", "{k} * 0.731::float8", "number", (*_NUMBERS, "Infinity")),
    Kind("real", "({k} * 0.5)::float4", "number", _NUMBERS),
    Kind("money", "({k} % 10000)::int::money", "plain", ("0", "9999999")),
    Kind("boolean", "{k} % 5 = 0", "bool"),
    Kind("date", "date '2019-01-01' + ({k} % 200000)::int", "time", _TIMES),
    Kind("timestamp", "timestamp '2020-01-01' + {k} * interval '17 minutes'", "time", _TIMES),
    Kind("timestamptz", "timestamptz '2020-01-01 00:00Z' + {k} * interval '61 seconds'", "time", _TIMES),
    Kind("timestamptz", "timestamptz '2020-01-01 00:00Z' + {k} * interval '61.123456 seconds'", "time", _TIMES),
    Kind("time", "time '00:00' + {k} * interval '7 seconds'", "plain", ("00:00", "23:59:59")),
    Kind("interval", "{k} * interval '95 minutes'", "plain", ("0", "-1 day", "100 years")),
    Kind("text", "'v' || {k}", "text", _TEXT),
    Kind("text", "md5({k}::text)", "text", _TEXT),
    Kind("text", _WORDS + "[1 + {k} % 13] || ' ' || " + _WORDS + "[1 + {k} / 13 % 13] || {k} % 40", "text", _TEXT),
    Kind("text", "'https://example.org/shop/' || {k} % 50 || '/item?id=' || {k}", "text", _TEXT),
    Kind("text", "repeat(chr(97 + ({k} % 26)::int), ({k} % 90)::int) || {k}", "text", _TEXT),
    Kind("text", "repeat(md5({k}::text), 5 + ({k} % 60)::int)", "text", _TEXT),
    Kind('text COLLATE "C"', _WORDS + "[1 + {k} % 13] || {k}", "text", _TEXT, "text"),
    Kind('text COLLATE "POSIX"', "'p' || {k}", "text", _TEXT, "text"),
    Kind("varchar(40)", "'user' || {k} || '@mail' || {k} % 7 || '.com'", "text", _TEXT),
    Kind("varchar", _WORDS + "[1 + {k} % 13]", "text", _TEXT),
    Kind("char(8)", "'c' || {k} % 100000", "text", ("", "zz")),
    Kind('"char"', 'chr(65 + ({k} % 26)::int)::"char"', "plain", ("z",)),
    Kind("name", "('n' || {k})::name", "plain", ("zz", "")),
    Kind("uuid", "md5({k}::text)::uuid", "plain", ("00000000-0000-0000-0000-000000000000",)),
    Kind("bytea", "decode(md5({k}::text), 'hex')", "plain", ("\\x00", "\\xffff")),
    Kind("inet", "inet '10.0.0.0' + {k}", "net", ("10.255.255.255", "::1")),
    Kind("cidr", "network(set_masklen(inet '10.0.0.0' + {k} * 256, 24))::cidr", "net", ("192.168.0.0/16",)),
    Kind("macaddr", "lpad(to_hex({k}), 12, '0')::macaddr", "plain", ("ff:ff:ff:ff:ff:ff",)),
    Kind("bit(12)", "({k} % 4096)::int::bit(12)", "plain", ("111111111111",)),
    Kind("varbit", "({k} % 512)::int::bit(9)::varbit", "plain", ("1",)),
    Kind("mood", "(enum_range(NULL::mood))[1 + {k} % 6]", "enum", ("absent",)),
    Kind("positive", "{k}::int + 1", "number", ("98765432",)),
    Kind("email", "'m' || {k} || '@d' || {k} % 31 || '.net'", "text", ("q@q",)),
    Kind("integer[]", "ARRAY[{k} % 50, {k} % 7, {k}]::int[]", "array", ("{}", "{-1}", "{3,4}")),
    Kind(
        "text[]",
        "ARRAY['t' || {k} % 20, 'u' || {k} % 300] || CASE WHEN {k} % 3 = 0 THEN ARRAY['t1'] END",
        "array",
        ("{}", "{none}", "{t1,t2}"),
    ),
    Kind(
        "mood[]",
        "ARRAY[(enum_range(NULL::mood))[1 + {k} % 6], (enum_range(NULL::mood))[1 + {k} % 2]]",
        "array",
        ("{}", "{absent}"),
    ),
    Kind(
        "int4range", "int4range(({k} % 100000)::int, ({k} % 100000 + 1 + {k} % 9)::int)", "range", ("empty", "[-5,-2)")
    ),
    Kind(
        "tstzrange",
        "tstzrange(timestamptz '2021-01-01 00:00Z' + {k} * interval '1 hour', "
        "CASE WHEN {k} % 11 > 0 THEN timestamptz '2021-01-03 00:00Z' + {k} * interval '2 hours' END)",
        "range",
        ("[2001-01-01,2001-02-01)", "[2090-01-01,)"),
    ),
    Kind("numrange", "numrange({k}, {k} + 1.5)", "range", ("[-5,-2)",)),
    Kind(
        "jsonb",
        "jsonb_build_object('a', {k} % 6, 'b', 'x' || {k} % 200, 'c', jsonb_build_array({k} % 3, {k}))",
        "json",
        ('{"a": 99}', "{}"),
    ),
    Kind(
        "jsonb",
        "CASE WHEN {k} % 4 = 0 THEN jsonb_build_object('a', {k} % 2) ELSE jsonb_build_object('b', {k}, 'n', "
        "jsonb_build_object('a', {k} % 9)) END",
        "json",
        ('{"a": 99}', "{}"),
    ),
    Kind("json", "json_build_object('a', {k} % 6, 'b', 'x' || {k})", "document", ()),
    Kind("point", "point({k} % 1000, {k} % 77)", "point", ("(5000,5000)",)),
    Kind("tsvector", "to_tsvector('simple', 'w' || {k} % 40 || ' q' || {k} % 700 || ' common')", "words", ()),
    Kind("pair", "ROW({k} % 9, 'p' || {k} % 80)::pair", "pair", ()),
    Kind("pg_lsn", "'0/0'::pg_lsn + {k}", "plain", ("F/0",)),
)
#: Types that a B-tree of their default operator class takes.
SORTED = frozenset({"number", "time", "text", "bool", "enum", "array", "range", "json", "net", "plain", "pair"})
TYPES = """
CREATE TYPE mood AS ENUM ('sad', 'meh', 'ok', 'good', 'happy', 'elated', 'absent');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
CREATE TYPE pair AS (x bigint, y text);
CREATE FUNCTION shout(text) RETURNS text IMMUTABLE STRICT LANGUAGE sql AS $$SELECT upper($1) || '!'$$;
CREATE FUNCTION slow(text) RETURNS int IMMUTABLE COST 5000 LANGUAGE plpgsql AS $$BEGIN RETURN length($1); END$$;
CREATE FUNCTION series(int) RETURNS SETOF int STABLE ROWS 37 COST 3 LANGUAGE plpgsql AS
  $$BEGIN RETURN QUERY SELECT generate_series(1, $1); END$$;
"""
