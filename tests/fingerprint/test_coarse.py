"""The cached templates of the Python path never answer anything but what the full pass answers."""

import random

import pytest

from advisor.fingerprint import hashing
from advisor.fingerprint.coarse import Coarse
from advisor.fingerprint.normal import normal
from tests.fingerprint import soup


def exact(sql, dialect):
    done = normal(sql, dialect)
    key = hashing.shape_key(bytes(done.out))
    return key, hashing.combine(done.values), hashing.first(done.keys), done.in_count, done.tag


def fuzz(count, seed):
    rnd = random.Random(seed)
    known = {dialect: Coarse(dialect, cache_bytes=100_000) for dialect in soup.DIALECTS}
    for _ in range(count):
        dialect = rnd.choice(soup.DIALECTS)
        sql = soup.plausible(rnd, dialect)
        for _ in range(3):
            variant = soup.other_literals(rnd, sql).encode()
            assert known[dialect].key(variant) == exact(variant, dialect), (dialect, variant)


@pytest.mark.parametrize("seed", range(2))
def test_variants_of_plausible_texts(seed):
    fuzz(4_000, seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 105))
def test_many_variants(seed):
    fuzz(60_000, seed)


@pytest.mark.parametrize(
    ("dialect", "texts"),
    [
        ("postgresql", ["select a from t where b = 5 and c = 'x'", "select a from t where b = 66 and c = 'y''z'"]),
        ("postgresql", [f"select a from t where b in ({', '.join(map(str, range(n)))})" for n in range(1, 40)]),
        ("postgresql", [f"insert into t values {', '.join(['(1, now())'] * n)}" for n in range(1, 30)]),
        ("postgresql", ["select 1 from t where a = -5", "select 1 from t where a = -6"]),
        ("mysql", ["select \"a\" from `t 1` where b = 'x'", "select \"b\" from `t 2` where b = 'x'"]),
        ("mysql", ["select 1 /* it's */ from t", "select 2 /* it's */ from t", "select 3 -- it's"]),
        ("postgresql", ["/* a 1 */ select 1 /*a='1'*/", "/* a 2 */ select 2 /*a='2'*/", "select $$1$$ /*a='1'*/"]),
    ],
)
def test_lists_of_texts(dialect, texts):
    coarse = Coarse(dialect)
    for sql in [*texts, *texts]:
        assert coarse.key(sql.encode()) == exact(sql.encode(), dialect), sql


def test_the_cache_is_used_and_bounded(monkeypatch):
    calls = []

    def counting(sql, dialect):
        calls.append(sql)
        return normal(sql, dialect)

    monkeypatch.setattr("advisor.fingerprint.coarse.normal", counting)
    coarse = Coarse("postgresql", cache_bytes=10_000)
    for number in range(500):
        coarse.key(b"select * from t where id = %d and name = 'n%d' limit 5" % (number, number))
    assert len(calls) == 1
    for number in range(500):
        coarse.key(b"select * from t%d where id = 5" % number)
    assert sum(map(len, coarse._known)) <= 10_000
