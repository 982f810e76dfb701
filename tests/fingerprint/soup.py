"""Token soups: texts that are nearly SQL, where lexers go wrong."""

from __future__ import annotations

import random
import re

DIALECTS = ("postgresql", "mysql", "sqlite")

_COMMON = [
    "select",
    "SELECT",
    "from",
    "where",
    "t1",
    "t2",
    "col_2020",
    "2fa",
    "a",
    "b",
    "é",
    "É",
    "a$1",
    "now()",
    "as",
    "x_1",
    "null",
    "NULL",
    "true",
    "default",
    "row",
    "row(1,2)",
    "any",
    "array",
    "array[",
    "array[1,2]",
    "values",
    "in",
    "not",
    "close",
    "fetch",
    "move",
    "savepoint",
    "rollback",
    "release",
    "prepare",
    "execute",
    "call",
    "deallocate",
    "drop",
    "all",
    "use",
    "set",
    "to",
    "declare",
    "current",
    "of",
    "interval",
    "date",
    "time",
    "timestamp",
    "with",
    "without",
    "zone",
    "with",
    "(",
    ")",
    "[",
    "]",
    ",",
    ";",
    "=",
    ">=",
    "<>",
    "-",
    "+",
    "*",
    "/",
    "%",
    ".",
    ":",
    "::",
    ":=",
    "->",
    "->>",
    "@>",
    "@?",
    "#-",
    "-|-",
    "||",
    "<",
    "@",
    "#",
    "!",
    "{",
    "}",
    "|",
    "&",
    "~",
    "\\",
    "`",
    "?",
    "?|",
    "?&",
    "??",
    "5",
    "-5",
    "1.5e-3",
    ".5",
    "5.",
    "1..2",
    "1_000",
    "0xFF",
    "0x",
    "0b1",
    "0o7",
    "1e",
    "1e5x",
    "$",
    "$1",
    "$1abc",
    ":p",
    "%s",
    "%(",
    "%(name)s",
    "@p",
    "(1,2)",
    "(-1,2)",
    "(?,?)",
    "(?",
    "in(",
    "((",
]
_SPACED = [
    '"Q 1"', '"q 1"', '"unterm', 'u&"x"', "'x'", "'it''s'", "''", "'unterm", "E'a\\'b'", "e'x\\", "U&'d'", "N'x'",
    "x'ff'", "B'01'", "$$a'b$$", "$t$ $$ $t$", "$tag$", "- -", "--5", "-- c's\n", "--k:v\n", "/* 'q */", "/*+ h */",
    "/* /* n */ */", "/*a='b'*/", "/* a:b,c:d */", "/*", "*/", "in (1)", "in (1,2)", "in ($1, null)", "in (select",
    "values (1,2),(3,4)", "values (1", "(1,'a'),(2,'b')", "cast(1 as date)", "cast('x'::a as b(1))", "::int", ":: ",
    "::timestamp (3) WITH time zone", "::double precision", "::numeric(10,2)", "::a.b[]", '::"a""b"', "::x(1,", "::x [",
    "interval '1 day'", "date 'x'", "set x = y", "set search_path to a, b", "where current of c", "a - 5", "a -5",
    "a.5", "a . b", "++++++++++++++++*--", "\n", "\t", "\0", "\x1c", "\ufeff",
]  # fmt: skip
_MYSQL = [
    "`w 1`", "`W 1`", "`un", "'it\\'s'", '"d q"', '"a""b"', '"e\\""', "# c\n", "#k:v", "-- c\n", "_utf8'x'", "_a$'x'",
    "_utf8mb4 'x'", '_utf8"x"', "@v", "@@g.x", "@a=", "/*! h */", "/*!40001 sql_no_cache */", "/*M!100", "/*!4000",
    "'C:\\\\'", "<=>", "<<", "&&", "$x", "db.2020_t", "t.1", "1e5x", "1e5", "1e+5x", "0xZZ", "0b12", "1.e5",
]  # fmt: skip
_SQLITE = ["[a b]", "[un", "`w`", "?1", "$a", "@b", ":c", "==", "<<"]
TOKENS: dict[str, list[str]] = {
    "postgresql": [*_COMMON, *_SPACED],
    "mysql": [*_COMMON, *_SPACED, *_MYSQL],
    "sqlite": [*_COMMON, *_SPACED, *_SQLITE],
}
_NASTY = b"'\"$-/*()[],;.:?%@# \n\\0189aeExXnN_`+=<>!|&{}~\xc3\xa9\xff"


def text(rnd: random.Random, dialect: str) -> bytes:
    """One text: mostly tokens in any order, sometimes raw bytes."""
    kind = rnd.random()
    if kind < 0.9:
        separator = rnd.choice([" ", "", " ", "\n"])
        size = rnd.randint(1, rnd.choice([4, 8, 16]))
        return separator.join(rnd.choice(TOKENS[dialect]) for _ in range(size)).encode()
    if kind < 0.95:
        return rnd.randbytes(rnd.randint(0, 40))
    return bytes(rnd.choice(_NASTY) for _ in range(rnd.randint(0, 30)))


PLAUSIBLE = [
    "select", "from", "where", "t1", "a", "b", "in (1,2,3,4,5,6,7,8,9,10)", "in ('a','b','c', 'd')", "=", "and", "'x'",
    "(1,'a',now()),(2,'b',now())", "values (1,2),(3,4),(5,6),(7,8),(9,0)", "5", "-5", "- 5", "+", "/* k:v */", "null",
    "/*a='b'*/", "/* c */", "values (1,null),(2,null)", "limit 5", "date '2020-01-01'", "'a' 'b'", "''", "1.5", "in",
    "(1,2,3,4,5,6,7,8,9,10)", "f(1,2,3,4,5,6,7,8,9,1)", '"T 2"', "`T 2`", "$1", "call p", "close", "x_1", ",", "fetch",
    "::int", "array[1,2]", "# x", "-- x", "-- a='b'\n", ";", "interval '1 day'", "$$x$$", "/*", "0x1f", "x'1f'",
    "'it''s'", "in (-1,-2)", "[a 1]", '"s"', "`", "values (1,2),(3,4),(5,6),(7,8),(9,0), (1,now()),(2,now())",
]  # fmt: skip


def plausible(rnd: random.Random, dialect: str) -> str:
    """A text that looks more like SQL, for what depends on literals being plain."""
    pool = PLAUSIBLE if rnd.random() < 0.8 else TOKENS[dialect]
    made = rnd.choice([" ", "", " "]).join(rnd.choice(pool) for _ in range(rnd.randint(1, 8)))
    if rnd.random() < 0.2:
        made = "/* app:x */" + made
    return made + "/*a='b',c='d'*/" if rnd.random() < 0.2 else made


def other_literals(rnd: random.Random, sql: str) -> str:
    """The text with other contents in its plain strings and numbers."""
    sql = re.sub(r"'[a-z0-9 ]*'", lambda _: "'" + rnd.choice(["", "q", "77", "a b c"]) + "'", sql)
    return re.sub(r"(?<![A-Za-z0-9_.'])[0-9]+(?![A-Za-z0-9_.'])", lambda _: str(rnd.randrange(1000)), sql)
