"""Ids that pt-query-digest gives: fixed ones as version 3.2.1 printed them, and the tool itself where it is installed."""

import hashlib
import json
import random
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.fingerprint import identify
from advisor.fingerprint.checksum import checksum, percona_fingerprint

STATEMENTS = [
    "SELECT * FROM t WHERE id = 5", "select a from t where name='O''Brien' and x in (1,2,3)",
    "SELECT a FROM t WHERE x IN ('a', 'b')  LIMIT 5, 10", "select 1 union select 1 union select 1",
    "select a from t1 union all select a from t1", "INSERT INTO t (a,b) VALUES (1,2), (3,4)",
    "REPLACE INTO t VALUES (1, 'x)'), (2, 'y')", "call foo(1,2)", "select * from t order by a asc, b ASC, c desc",
    "select /* c */ a from t # end", "select a -- x\nfrom t", "select /*!40001 SQL_NO_CACHE */ * FROM `t1`",
    "SELECT /*!40001 SQL_NO_CACHE */ * FROM `t1`", "update t set a = NULL, b = true, c=-5.3e-1 where e = 'it\\'s'",
    'select "a\\"b" from db1.t2 where a-1 = b -1', "select * from t limit 5 offset 10",
    "delete from `a` where x = 'multi\nline'", "SELECT REPLACE(a, 'x', 'y') from t values(1),(2)",
    "insert ignore into t values ('a','b'),('c','d') on duplicate key update a = values(a)",
    "select 1 from dual where a='--' and b = '#' # c 'x", "select t.a asc_1 from t order by asc_1 asc",
    "select/**/a from t /* x */", "set @a = 5", "create table if not exists x1 (id int(11) default 5)",
]  # fmt: skip
WORDS = [
    "select",
    "SELECT",
    "from",
    "t1",
    "db1.t",
    "where",
    "a",
    "b",
    "c",
    "=",
    "in",
    "IN",
    "(1,2)",
    "(",
    ")",
    ",",
    "'x'",
    "'it''s'",
    '"q"',
    "5",
    "-3",
    "1.5",
    "0xFF",
    "null",
    "NULL",
    "true",
    "--",
    "#",
    "/*c*/",
    "/*!x*/",
    "union",
    "all",
    "limit",
    "offset",
    "order",
    "by",
    "asc",
    "ASC",
    "desc",
    "values",
    "(1),(2)",
    "insert",
    "into",
    "and",
    "`q`",
    "x_1",
    "ascii",
    "+",
    "-",
    "\\'",
]


def test_known_ids():
    assert identify("SELECT * FROM t WHERE id = 5", "mysql").checksum == "35FC3906162972DA"
    assert percona_fingerprint(b"INSERT INTO t (a,b) VALUES (1,2), (3,4)") == b"insert into t (a,b) values(?+)"
    assert percona_fingerprint(b"select a from t1 union select a from t1") == b"select a from t? /*repeat union*/"
    assert percona_fingerprint(b"use shop") == b"use ?"
    assert percona_fingerprint(b"administrator command: Ping") == b"administrator command: Ping"
    assert percona_fingerprint(b"select 1 /*db.tbl:1/2*/") == b"percona-toolkit"


@pytest.mark.skipif(not shutil.which("pt-query-digest"), reason="pt-query-digest is not installed")
def test_against_the_tool(tmp_path):
    rnd = random.Random(4)
    soup = ("select " + " ".join(rnd.choice(WORDS) for _ in range(rnd.randint(2, 14))) for _ in range(400))
    statements = [*STATEMENTS, *(sql for sql in soup if "use" not in sql)]
    log = tmp_path / "slow.log"
    log.write_text(
        "".join(
            "# Time: 2024-01-01T00:00:00Z\n# User@Host: a[a] @ localhost [] Id: 1\n"
            f"# Query_time: 1.0 Lock_time: 0 Rows_sent: 1 Rows_examined: 1\n{sql};\n"
            for sql in statements
        )
    )
    command = ["pt-query-digest", "--no-version-check", "--output", "json", "--limit", "100%", str(log)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    theirs = {c["fingerprint"]: c["checksum"][-16:] for c in json.loads(printed[printed.index("{") :])["classes"]}
    assert {percona_fingerprint(sql.encode()).decode(): checksum(sql) for sql in statements} == theirs


@given(st.text(max_size=80))
def test_never_fails(sql):
    found = checksum(sql)
    assert found is None or (len(found) == 16 and found == found.upper())


def test_the_id_is_the_end_of_an_md5():
    assert checksum("select 1") == hashlib.md5(b"select ?").hexdigest()[16:].upper()


def test_a_statement_that_would_cost_too_much_has_no_id():
    assert checksum(" union ".join(f"select {'xyz'[n % 3] * n} from t" for n in range(300))) is None
