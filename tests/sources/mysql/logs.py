"""Slow logs for tests: the spellings of each server, and a strategy that mixes and damages them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import tzinfo

from hypothesis import strategies as st

from advisor.model.batch import Batch
from advisor.model.engine import Engine
from advisor.sources.framed import Block, Framed
from advisor.sources.mysql.pairing import Pairing
from advisor.sources.mysql.slowlog import SlowFramer

MYSQL8 = (
    b"# Time: 2024-03-01T10:00:00.250000Z\n# User@Host: app[app] @ web1 [10.0.0.7]  Id:    17\n"
    b"# Query_time: 0.000123  Lock_time: 0.000004 Rows_sent: 3  Rows_examined: 40\n"
    b"use shop;\nSET timestamp=1709287200;\nSELECT id FROM t WHERE a = 1;\n"
)
MARIA = (
    b"# Time: 240301  9:00:00\n# User@Host: root[root] @ localhost []\n# Thread_id: 3  Schema: shop  QC_hit: No\n"
    b"# Query_time: 2.600190  Lock_time: 0.000000  Rows_sent: 1  Rows_examined: 0\n# Rows_affected: 2  Bytes_sent: 67\n"
    b"SET timestamp=1709287200;\nselect sleep(2.6);\n"
)
MYSQL56 = (
    b"# User@Host: app[app] @  [10.0.0.7]  Id:     4\n# Query_time: 1.500000  Lock_time: 0.000000 Rows_sent: 1  "
    b"Rows_examined: 9\nSET timestamp=1709287200;\nupdate t set a='x;\\ny' where b = 2;\n"
)
PERCONA = (
    b"# Time: 140409 10:51:03\n# User@Host: api[api] @ localhost []  Id: 1234\n"
    b"# Schema: shop  Last_errno: 1205  Killed: 0\n"
    b"# Query_time: 50.600000  Lock_time: 0.000100  Rows_sent: 0  Rows_examined: 7  Rows_affected: 0\n"
    b"# Bytes_sent: 11  Tmp_tables: 2  Tmp_disk_tables: 2  Tmp_table_sizes: 8192\n"
    b"# InnoDB_trx_id: 1500\n# QC_Hit: No  Full_scan: Yes  Full_join: No  Tmp_table: Yes  Tmp_table_on_disk: Yes\n"
    b"# Filesort: No  Filesort_on_disk: No  Merge_passes: 0\n#   InnoDB_IO_r_ops: 0  InnoDB_IO_r_bytes: 0\n"
    b"# Log_slow_rate_type: query  Log_slow_rate_limit: 10\nSET timestamp=1397127063;\nDELETE FROM t;\n"
)
EXTRA = (
    b"# Time: 2019-01-01T12:00:01.000000Z\n# User@Host: u[u] @ h [1.2.3.4]  Id:     8\n"
    b"# Query_time: 0.500000  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: 2 Thread_id: 8 Errno: 0 Killed: 0 "
    b"Bytes_received: 0 Bytes_sent: 52 Read_first: 0 Read_last: 0 Read_key: 0 Sort_rows: 0 Created_tmp_tables: 0 "
    b"Start: 2019-01-01T12:00:00.500000Z End: 2019-01-01T12:00:01.000000Z\nSET timestamp=1546344000;\nSELECT 1;\n"
)
EXPLAIN = (
    b"# User@Host: root[root] @ localhost []\n# Thread_id: 4  Schema:   QC_hit: No\n"
    b"# Query_time: 0.000090  Lock_time: 0.000000  Rows_sent: 1  Rows_examined: 0\n#\n"
    b"# explain: id\tselect_type\ttable\n# explain: 1\tSIMPLE\tt: x\n#\nSET timestamp=1709287201;\nselect 1 from t;\n"
)
ADMIN = (
    b"# User@Host: app[app] @ web1 [10.0.0.7]  Id:    17\n"
    b"# Query_time: 0.000002  Lock_time: 0.000000 Rows_sent: 0  Rows_examined: 0\nSET timestamp=1709287202;\n"
    b"# administrator command: Quit;\n"
)
SHORT = b"# Query_time: 3  Lock_time: 0  Rows_sent: 1  Rows_examined: 2\nuse shop;\nselect 'short format';\n"
NOTHING = b"# Time: 2024-03-01T10:00:00.3Z\n# User@Host: [SQL_SLAVE] @  []  Id: 2\n# Query_time: 0,5  Lock_time: 0,1\n"
BANNER = (
    b"/usr/sbin/mysqld, Version: 8.0.36 (MySQL Community Server - GPL). started with:\n"
    b"Tcp port: 3306  Unix socket: /var/run/mysqld/mysqld.sock\nTime                 Id Command    Argument\n"
)
MARIA_BANNER = (
    b"mariadbd, Version: 10.11.19-MariaDB-0+deb12u1-log (Debian 12). started with:\n"
    b"Tcp port: 3306  Unix socket: /run/mysqld/mysqld.sock\nTime\t\t    Id Command\tArgument\n"
)
LOOKALIKE = (
    b"# Time: 2024-03-01T10:00:00.350000Z\n# User@Host: app[app] @ web1 []  Id:    17\n"
    b"# Query_time: 1.000000  Lock_time: 0.000000 Rows_sent: 0  Rows_examined: 0\nSET timestamp=1709287200;\n"
    b"# first a comment\n-- and another\ninsert into notes values ('copied:\n# Time: 2024-03-01T10:00:00Z\nfoo;\n"
    b"# User@Host: a[b] @ c []\nbar;\n# Query_time: soon\n', 2);\n"
)
RECORDS = (
    MYSQL8, MARIA, MYSQL56, PERCONA, EXTRA, EXPLAIN, ADMIN, SHORT, NOTHING, BANNER, MARIA_BANNER, LOOKALIKE,
)  # fmt: skip
HOT = (MYSQL8, MARIA, MYSQL56, PERCONA, EXTRA, EXPLAIN, SHORT, LOOKALIKE)


def framer(**options: object) -> SlowFramer:
    """A pure framer of MySQL."""
    return SlowFramer(Engine("mysql"), pure=True, **options)  # type: ignore[arg-type]


def frame(data: bytes, *, final: bool = True, timezone: tzinfo | None = None, local: bool = False) -> Framed:
    """The whole log as one block."""
    return framer(timezone=timezone, local=local).frame(Block(data, 0, 1), final=final)


def pair(data: bytes, *, cuts: list[int] | None = None, make: Callable[[], SlowFramer] = framer) -> list[Batch]:
    """Framed and paired, in blocks that are cut at the given offsets."""
    reader = make()
    pairing = Pairing(0, reader)
    edges = [0, *(cuts or []), len(data)]
    batches = []
    line = 1
    for low, high in itertools.pairwise(edges):
        block = Block(data[low:high], low, line)
        line += block.data.count(b"\n")
        batch = pairing.feed(reader.frame(block, final=high == len(data)))
        if batch is not None:
            batches.append(batch)
    last = pairing.finish()
    return [*batches, last] if last is not None else batches


_PIECES = (
    b"# Time: 130601  8:01:06.058915\n", b"# Stored routine: world.log_it\n", b"# Query_time: 1 Schema: a b Errno: 3 x\n",
    b"# Schema: a: b c_1: \n", b"# Schema:  Rows_affected: 1\n", b"Start: 2023-11-06T00:06:35.589701 End: 2023-11-06T00:06:36\n",
    b"# Query_time: 1 Start: 2023-11-06T00:06:35.589701 End: 2023-11-06T00:06:36\n",
    b"# Time: 2024-03-01T10:00:00Z\n", b"# Time: 240301 10:00:00\n", b"# Time: soon\n", b"# User@Host: a[b] @ c [d]\n",
    b"# User@Host: a[b] @ c [d]  Id: 9\n", b"# User@Host: none\n", b"# Query_time: 1.5  Lock_time: 0\n",
    b"# Query_time: 18446744073709.550781  Lock_time: 0,25\n", b"# Thread_id: 7  Schema: my db  QC_hit: No\n",
    b"# Schema:   Last_errno: 0\n", b"# Rows_affected: 3 Errno: 1064\n", b"#\n", b"#x\n", b"# Foo: bar\n", b"use x;\n",
    b"use `a``b`;\n", b"SET timestamp=1709287200.25;\n", b"SET last_insert_id=3,insert_id=4,timestamp=12;\n",
    b"SET insert_id=4;\n", b"SET timestamp=x;\n", b"select 1;\n", b"select 'a\n", b"b' from t;\n", b";\n", b"\n", b"\r\n",
    b"# administrator command: Ping;\n", b"throttle:          6 'index not used' warning(s) suppressed.;\n", b"\0\0\0",
    b"\xef\xbb\xbf", b"\xff\xfe", b"x, Version: 1 started with:\n", b"# No InnoDB statistics available for this query(s)\n",
    b"# explain: 1\tSIMPLE\n", b"# Tmp_tables: 1  Tmp_disk_tables: 1  Tmp_table_sizes: 99 Killed: 1317\n",
    b"# Log_slow_rate_type: query  Log_slow_rate_limit: 10\n", b"Start: 2019-01-01T12:00:00Z End: 2019-01-01T12:00:01Z\n",
    b"# Query_time: 1 Start: 2019-01-01T12:00:00Z End: 2019-01-01T12:00:01+02:00\n", b"# Time: 991332 10:00:00\n",
)  # fmt: skip

soups = st.lists(st.sampled_from([*RECORDS, *_PIECES, *_PIECES]), max_size=14).map(b"".join)
"""Records and pieces of records in any order."""


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A soup with bytes overwritten, cut out, or its line ends changed."""
    data = bytearray(draw(soups))
    for _ in range(draw(st.integers(0, 3))):
        if data:
            at = draw(st.integers(0, len(data) - 1))
            if draw(st.booleans()):
                data[at] = draw(st.sampled_from(list(b"\n# :;'\0\r\xff90,.Z-[]@`")))
            else:
                del data[at : at + draw(st.integers(1, 30))]
    if draw(st.integers(0, 9)) == 0:
        data = bytearray(bytes(data).replace(b"\n", b"\r\n"))
    return bytes(data)
