"""The few words of SQL that matter to normalisation, with what each one means for its neighbours.

One table serves both tokenisers: the compiled one copies it when it is loaded. It is no list of reserved words:
a word is here only if a sign, a parenthesis or a name after it has to be read in its light.
"""

from __future__ import annotations

from typing import Final

# What follows the word (bits 0-7).
START: Final = 1  # a value starts: "and -5" is a signed constant, "a -5" a subtraction
PAREN: Final = 2  # a space stands before "(": "in (", but "count("
TYPE_POSTGRESQL: Final = 4  # "date '2024-01-01'" is one constant
TYPE_MYSQL: Final = 8
CONST: Final = 16  # a constant that is a word
SUBQUERY: Final = 32  # "in (select ...": no list

# Which word it is, where that matters (bits 8-15).
IN: Final = 1
VALUES: Final = 2
ARRAY: Final = 3
ROW: Final = 4
TO: Final = 5
CURRENT: Final = 6
OF: Final = 7
WITH: Final = 8
TIME: Final = 9
ZONE: Final = 10
TIMESTAMP: Final = 11
DEFAULT: Final = 12
FETCH: Final = 20  # from here on: verbs whose statement holds a name that is no identifier of the schema
CLOSE: Final = 21
NAME: Final = 22  # DECLARE, SAVEPOINT, USE: the next word is the name
RELEASE: Final = 23
ROLLBACK: Final = 24
PREPARE: Final = 25
EXECUTE: Final = 26
DEALLOCATE: Final = 27
CALL: Final = 28
SET: Final = 29
DROP: Final = 30

# Words of such a statement that are not the name (bits 16 on).
KEEP_FETCH: Final = 1 << 16
KEEP_CLOSE: Final = 1 << 17
KEEP_RELEASE: Final = 1 << 18
KEEP_ROLLBACK: Final = 1 << 19
KEEP_PREPARE: Final = 1 << 20
KEEP_EXECUTE: Final = 1 << 21
KEEP_DEALLOCATE: Final = 1 << 22

#: verb id -> (bit of the words to keep, whether the first name ends the search)
NAMED: Final[dict[int, tuple[int, bool]]] = {
    FETCH: (KEEP_FETCH, False),
    CLOSE: (KEEP_CLOSE, True),
    NAME: (0, True),
    RELEASE: (KEEP_RELEASE, True),
    ROLLBACK: (KEEP_ROLLBACK, True),
    PREPARE: (KEEP_PREPARE, True),
    EXECUTE: (KEEP_EXECUTE, True),
    DEALLOCATE: (KEEP_DEALLOCATE, True),
}


def _table() -> dict[bytes, int]:
    table: dict[bytes, int] = {}

    def add(words: str, flags: int) -> None:
        for word in words.split():
            key = word.encode()
            table[key] = table.get(key, 0) | flags

    add(
        "select distinct where and or xor not between like ilike rlike regexp similar in is on by having when then else"
        " elseif case limit offset values set returning return from for interval to union except intersect using escape"
        " div default do explain into check while until execute",
        START | PAREN,
    )
    add(
        "exists as over filter join key table view conflict partition unique primary recursive lateral group order only"
        " materialized update delete insert replace include value within cube rollup sets",
        PAREN,
    )
    table[b"replace"] = 0  # also a function
    add("date time timestamp", TYPE_POSTGRESQL | TYPE_MYSQL)
    add(
        "timestamptz timetz uuid json jsonb inet cidr macaddr numeric bytea text bool boolean int2 int4 int8 float4"
        " float8 point box polygon tsquery tsvector regclass int4range int8range numrange tsrange tstzrange daterange",
        TYPE_POSTGRESQL,
    )
    add(
        "_utf8 _utf8mb3 _utf8mb4 _latin1 _binary _ascii _ucs2 _utf16 _utf16le _utf32 _gbk _gb2312 _gb18030 _big5 _sjis"
        " _cp932 _ujis _euckr _latin2 _latin5 _cp1250 _cp1251 _cp1256 _koi8r",
        TYPE_MYSQL,
    )
    add("null true false default", CONST)
    add("select with values table", SUBQUERY)
    named = {
        "in": IN, "values": VALUES, "value": VALUES, "array": ARRAY, "row": ROW, "to": TO, "current": CURRENT, "of": OF,
        "with": WITH, "without": WITH, "time": TIME, "zone": ZONE, "timestamp": TIMESTAMP, "default": DEFAULT,
        "fetch": FETCH, "move": FETCH, "close": CLOSE, "declare": NAME, "savepoint": NAME, "use": NAME,
        "release": RELEASE, "rollback": ROLLBACK, "prepare": PREPARE, "execute": EXECUTE, "deallocate": DEALLOCATE,
        "call": CALL, "set": SET, "drop": DROP,
    }  # fmt: skip
    for word, identity in named.items():
        add(word, identity << 8)
    add("next prior first last absolute relative all forward backward from in into", KEEP_FETCH)
    add("all", KEEP_CLOSE | KEEP_DEALLOCATE)
    add("savepoint", KEEP_RELEASE | KEEP_ROLLBACK)
    add("work transaction to and no chain release prepared", KEEP_ROLLBACK)
    add("transaction", KEEP_PREPARE)
    add("immediate", KEEP_EXECUTE)
    add("prepare", KEEP_DEALLOCATE)
    return {word: flags for word, flags in table.items() if flags}


#: Lower-case word -> flags. No word is longer than 16 bytes (the compiled lookup compares two machine words).
WORDS: Final[dict[bytes, int]] = _table()
