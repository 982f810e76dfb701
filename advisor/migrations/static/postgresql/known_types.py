"""Types that are the server's or an extension's own: none of them is a domain with constraints."""

from __future__ import annotations

from advisor.migrations.static.postgresql.world import World

_KNOWN = frozenset(
    """
    smallint integer int int2 int4 int8 bigint serial serial2 serial4 serial8 bigserial smallserial numeric decimal dec
    real float float4 float8 double money text varchar char character bpchar name citext boolean bool date time timetz
    timestamp timestamptz interval json jsonb jsonpath uuid bytea bit varbit inet cidr macaddr macaddr8 point line lseg
    box path polygon circle xml tsvector tsquery int4range int8range numrange tsrange tstzrange daterange
    int4multirange int8multirange nummultirange tsmultirange tstzmultirange datemultirange oid regclass regproc regtype
    hstore ltree lquery cube geometry geography vector halfvec sparsevec national nchar pg_lsn xid xid8 cid tid
    txid_snapshot pg_snapshot seg isbn isbn13 ean13 raster box2d box3d
    """.split()  # noqa: SIM905
)


def is_known(name: str, world: World) -> bool:
    """Is it one of these, or in the schema?"""
    bare = name.strip('"').rpartition(".")[2].lower()
    return bare in _KNOWN or name in world.types or bare in world.types
