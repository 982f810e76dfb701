"""Hostile texts: the work grows with the size of the text, not with its square.

Nothing is timed. A quadratic scan of these sizes would take minutes in C and hours in Python: the tests' own limit of
time would end it.
"""

import pytest

from advisor.fingerprint import join_parameters, parse_parameters, redact, tags
from advisor.fingerprint.checksum import checksum
from advisor.fingerprint.coarse import Coarse
from advisor.fingerprint.identity import hints
from advisor.fingerprint.kind import kind_of
from advisor.fingerprint.normal import normal
from tests.fingerprint import soup

PIECES = [
    "(", "[", ")", "/*", "*/", "$a", "$", "'", '"', "`", "E'\\", "\\", "-", "+", "- ", "in (", "in (1,", "values (",
    "values (1,now()),", "::a", "?::int   ", ":", "%(", "%(a", "?", "a ? ", "array[", "array[1,", "@-", ";", "union ",
    "select ", "select a union ", ")(", "#", "asc ", "p(", "/*! ", "/*!40001 ", "b,", "1", "1_", "1.", "a", "\0",
    "/*a='b'*/", "$1 = 'a', ", "$1 = '", "((a),(a)),", "(((1))),", "a:b,", "a=", "call ", "/*x.y:1/",
]  # fmt: skip
STARTS = [
    "",
    "in (",
    "values ",
    "order by ",
    "set a = ",
    "insert into t values ",
    "select a from t where b in (",
    "call ",
]


@pytest.mark.parametrize("piece", PIECES)
def test_rows_of_one_piece(piece):
    for start in STARTS if len(piece) < 3 else STARTS[:3]:
        sql = start + piece * (6_000 // len(piece))
        raw = sql.encode()
        for dialect in soup.DIALECTS:
            normal(raw, dialect)
            Coarse(dialect).key(raw)
        redact(sql, "postgresql")


@pytest.mark.parametrize("piece", PIECES)
def test_long_rows_in_c(piece):
    compiled = pytest.importorskip("advisor.fingerprint._tokenise")
    for start in STARTS:
        raw = (start + piece * (1_000_000 // len(piece))).encode()
        for dialect in soup.DIALECTS:
            compiled.normalise(raw, dialect)


@pytest.mark.parametrize("piece", PIECES)
def test_what_is_done_once_a_shape(piece):
    sql = piece * (100_000 // len(piece))
    checksum(sql)
    checksum("select " + sql)
    checksum("insert into t values (" + sql)
    kind_of(sql)
    tags(sql)
    parse_parameters(sql)
    hints(sql[:10_000], "mysql")
    join_parameters(sql[:10_000], sql[:10_000], "postgresql")


def test_many_different_dollar_tags():
    sql = "".join(f"$a{n}$ x " for n in range(20_000)).encode()
    assert normal(sql, "postgresql").out == b"?"
