"""The compiled tokeniser against the Python one: equal text and equal hashes for any bytes."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.fingerprint import hashing, words
from advisor.fingerprint.keying import key_parameters_python
from advisor.fingerprint.normal import normal
from tests.fingerprint import soup

compiled = pytest.importorskip("advisor.fingerprint._tokenise")


def difference(sql, dialect):
    exact = normal(sql, dialect)
    text = bytes(exact.out)
    if (theirs := compiled.normalise(sql, dialect)) != text:
        return text, theirs
    ours = (
        hashing.shape_key(text), hashing.combine(exact.values), hashing.first(exact.keys), exact.in_count, exact.tag,
    )  # fmt: skip
    return (ours, theirs) if (theirs := compiled.key(sql, dialect)) != ours else None


def fuzz(count, seed):
    rnd = random.Random(seed)
    for _ in range(count):
        dialect = rnd.choice(soup.DIALECTS)
        sql = soup.text(rnd, dialect)
        assert difference(sql, dialect) is None, (dialect, sql)


@pytest.mark.parametrize("seed", range(3))
def test_token_soup(seed):
    fuzz(10_000, seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 110))
def test_much_token_soup(seed):
    fuzz(100_000, seed)


@given(st.binary(max_size=200), st.sampled_from(soup.DIALECTS))
def test_any_bytes(sql, dialect):
    assert difference(sql, dialect) is None


@settings(max_examples=200)
@given(st.text(max_size=100), st.sampled_from(soup.DIALECTS))
def test_any_text(sql, dialect):
    assert difference(sql.encode("utf-8", "surrogatepass"), dialect) is None


@pytest.mark.parametrize("size", [*range(40), 4095, 4096, 4097])
def test_words_at_the_edge_of_the_buffer(size):
    """Words are read eight bytes at a time: never past the end."""
    for sql in (b"A" * size, b"select " + b"Materialized"[:size], b"x " * size + b"IN"):
        assert difference(sql, "postgresql") is None


@given(st.lists(st.one_of(st.none(), st.text(max_size=12)), max_size=6))
def test_parameters(values):
    listed = ", ".join(
        f"${n} = NULL" if value is None else f"${n} = '{value.replace(chr(39), chr(39) * 2)}'"
        for n, value in enumerate(values, 1)
    ).encode("utf-8", "surrogatepass")
    assert compiled.key_parameters(listed) == key_parameters_python(listed)


@given(st.binary(max_size=60))
def test_parameters_of_any_bytes(text):
    assert compiled.key_parameters(text) == key_parameters_python(text)


def test_words_fit_the_compiled_table():
    assert all(len(word) <= 16 and word == word.lower() for word in words.WORDS)
    assert len(words.WORDS) < 512


def test_every_word_is_found_in_any_case():
    for word in words.WORDS:
        for spelled in (word, word.upper(), word.title()):
            for form in (b"%b (1, 2)", b"x = %b -5", b"in (%b)", b"%b n; in (%b 'x')"):
                sql = form.replace(b"%b", spelled)
                assert difference(sql, "postgresql") is None, sql
                assert difference(sql, "mysql") is None, sql
