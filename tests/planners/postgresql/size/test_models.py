"""The models of index sizes where the layout says what must come out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.planners.postgresql.size import brin, btree, elements, gin
from advisor.planners.postgresql.size import hash as hash_index
from advisor.planners.postgresql.size.key import Facts, Key, rate

INT = Key(4, 4, 4.0, distinct=1e9)


def facts(method="btree", keys=(INT,), rows=100_000.0, **more):
    return Facts(method, rows, rows, int(rows / 100) + 1, keys, all_equal_image=True, **more)


def test_unique_integers_stand_366_on_a_page():
    # 8192 - 24 - 16 - 4 (high key) leave 8148; with 10 % free 366 tuples of 16 and their pointers of 4 fit.
    built = btree.size(facts(rows=366_000.0, unique=True))
    assert built.height == 2
    assert built.pages == 1000 + 4 + 1 + 1


def test_one_value_is_packed_into_posting_lists():
    # 132 TIDs make a tuple of 808 bytes, nine stand on a page.
    built = btree.size(facts(keys=(Key(4, 4, 4.0, frequencies=(1.0,), distinct=1),), rows=1188.0 * 500))
    assert built.pages == pytest.approx(503, abs=3)


def test_what_forbids_deduplication():
    same = Key(4, 4, 4.0, frequencies=(1.0,), distinct=1)
    packed = btree.size(facts(keys=(same,))).pages
    for other in (
        facts(keys=(same,), unique=True),
        facts(keys=(same,), include=(INT,)),
        facts(keys=(same,), options={"deduplicate_items": "off"}),
        Facts("btree", 1e5, 1e5, 1000, (same,), all_equal_image=False),
    ):
        assert btree.size(other).pages > 2.5 * packed


def test_nothing_is_two_pages():
    built = btree.size(facts(rows=0.0))
    assert (built.pages, built.height) == (2, 0)


@given(
    st.floats(1, 1e8), st.floats(1, 1e8), st.floats(0, 1), st.integers(10, 100), st.booleans(),
    st.sampled_from([(4, 4, 4.0), (8, 8, 8.0), (1, 1, 1.0), (16, 1, 16.0), (-1, 4, 20.0), (-1, 4, 300.0), (-2, 1, 9.0)]),
)  # fmt: skip
def test_sizes_are_of_the_order_of_their_rows(rows, distinct, nulls, fill, unique, shape):
    key = Key(*shape, null_frac=nulls, distinct=min(distinct, rows))
    built = btree.size(facts(keys=(key, INT), rows=rows, unique=unique, options={"fillfactor": str(fill)}))
    assert built.pages * 8192 >= rows * 6
    assert built.pages <= rows * (8 + 2 * shape[2] + 60) / 8192 * (100 / fill) * 1.6 + 10
    assert 0 <= built.height <= 12


@given(st.floats(1.01, 1e6), st.floats(1e-4, 1))
def test_the_rate_gives_back_what_analyze_would_find(mean, sample):
    import math

    found = rate(mean, sample)
    seen = math.exp(-sample * found)
    assert found * (1 - (1 - sample) * seen) / (1 - seen) == pytest.approx(mean, rel=1e-3)


def test_hash_buckets_come_in_phases():
    assert hash_index.size(facts("hash", rows=10.0)).pages == 4
    assert hash_index.size(facts("hash", rows=307.0 * 512)).pages == pytest.approx(514, abs=1)
    assert hash_index.size(facts("hash", rows=307.0 * 600)).pages >= 642


def test_a_broken_bucket_is_none():
    # 10,000 rows at 307 a bucket are 32.6 buckets: _hash_init takes 32, which is a whole phase.
    some = Key(4, 4, 4.0, null_frac=0.3, distinct=1e9)
    assert hash_index.size(facts("hash", keys=(some,), rows=10_000.0)).pages == 34


@pytest.mark.parametrize("width", [780, 810, 1500, 2690, 4000, 9000])
def test_keys_that_leave_no_room_for_a_posting_list(width):
    wide = Key(-1, 4, float(width), ((width, 1.0),), frequencies=(0.4,), distinct=50)
    built = btree.size(facts(keys=(wide,), rows=1000.0))
    assert 20 < built.pages <= 1100


def test_a_gin_index_has_no_entries_without_rows():
    unique = elements.Elements((), ((1 / 1000, 1000.0),), 4.0)
    assert gin.size(facts("gin", rows=1000.0), (unique,)).pages < 20


def test_brin_counts_ranges():
    made = Facts("brin", 1e6, 1e6, 128_000, (INT,))
    assert brin.size(made).pages == 1 + 1 + 3  # 1000 summaries of 16 bytes and their pointers
    assert brin.size(Facts("brin", 1e6, 1e6, 128_000, (INT,), options={"pages_per_range": "1"})).tuples == 128_000


def test_gin_gaps_take_a_byte_when_all_rows_hold_an_element():
    assert gin.gap_bytes(1.0, 100) == pytest.approx(1.02, abs=0.05)
    assert gin.gap_bytes(1e-6, 100) > 3


def test_elements_of_values():
    assert elements.trigrams("Cat") == {"  c", " ca", "cat", "at "}
    assert elements.json_keys('{"a": 1, "b": ["x", null]}') == {"ka", "kb", "kx", "v1", "vNone"}
    assert len(elements.json_paths('{"a": {"b": 1}, "c": [1, 2]}')) == 3
    assert elements.array_words('{a,"b c","d\\"e",7}') == ["a", "b c", 'd"e', "7"]


@given(st.lists(st.frozensets(st.sampled_from("abcdefghijklmnop"), max_size=6), min_size=5, max_size=80))
def test_counted_elements_keep_what_a_row_holds(documents):
    made = elements.from_documents([(each, 1.0) for each in documents], 1e5, 1.0)
    average = sum(map(len, documents)) / len(documents)
    held = sum(made.frequencies) + sum(share * count for share, count in made.tail)
    assert held == pytest.approx(average, rel=0.05, abs=0.05)


def of(rows, distinct, **more):
    return Key(4, 4, 4.0, distinct=distinct, sample=min(1.0, 30_000 / rows), **more)


def test_ties_alone_are_no_order():
    # A flag in random order: equal values stand in the order of the rows, so that ANALYZE finds a correlation of 0.82.
    flag = of(1e5, 2, frequencies=(0.9, 0.1), order=0.82)
    assert flag.spread == 1.0
    assert of(1e5, 1000, order=1.0).spread == 0.0
    # Displaced by up to a tenth of the table: 1 - 2 * 0.1 ** 2.
    assert of(1e5, 1e5, order=0.98).spread == pytest.approx(0.2, rel=0.01)


def test_two_columns_that_rose_together_have_few_combinations():
    rows = 360_000.0
    day, hour = of(rows, 500, order=1.0), of(rows, 12_000, order=1.0)
    together = btree.size(facts(keys=(day, hour), rows=rows))
    apart = btree.size(facts(keys=(of(rows, 500), of(rows, 12_000)), rows=rows))
    alone = btree.size(facts(keys=(hour,), rows=rows))
    assert together.pages == pytest.approx(alone.pages, rel=0.15)
    assert apart.pages > 2 * together.pages


def test_a_column_that_is_unique_makes_every_combination_so():
    rows = 100_000.0
    unique, few = of(rows, rows), of(rows, 5, order=1.0)
    assert btree.size(facts(keys=(few, unique), rows=rows)).pages == pytest.approx(
        btree.size(facts(keys=(INT, unique), rows=rows)).pages, rel=0.02
    )


def test_rows_of_a_value_that_came_together_vary_less():
    rows = 400_000.0
    rising, strewn = of(rows, 100_000, order=1.0), of(rows, 100_000)
    # Four rows each: a tuple of 16 bytes and its posting list of 24, with a line pointer, for each of them.
    each = 100_000 * (40 + 4) / (8148 * 0.9)
    assert btree.size(facts(keys=(rising,), rows=rows)).pages == pytest.approx(each, rel=0.1)
    assert btree.size(facts(keys=(strewn,), rows=rows)).pages > btree.size(facts(keys=(rising,), rows=rows)).pages


def test_a_histogram_tells_rare_values_from_frequent_ones():
    rows = 300_000.0
    # 50,000 whole numbers, the fourth power of a uniform share: the histogram's ends are that of k / 100.
    bounds = tuple(float(int((k / 100) ** 4 * 50_000)) for k in range(101))
    skewed = Key(4, 4, 4.0, distinct=21_000, sample=0.1, bounds=bounds, step=1.0)
    flat = Key(4, 4, 4.0, distinct=21_000, sample=0.1)
    assert btree.size(facts(keys=(skewed,), rows=rows)).pages > 1.1 * btree.size(facts(keys=(flat,), rows=rows)).pages


def test_doubt_is_said():
    rows = 200_000.0
    pair = btree.size(facts(keys=(of(rows, 3000), of(rows, 5000)), rows=rows))
    assert pair.modelled is not None
    assert "independent" in pair.modelled
    assert btree.size(facts(keys=(of(rows, 3000), of(rows, rows)), rows=rows)).modelled is None
    assert btree.size(facts(keys=(of(rows, 3000), of(rows, 5000)), rows=rows, distinct=rows)).modelled is None


@given(
    st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=101), st.floats(1, 1e7), st.floats(-1, 1), st.floats(0, 1),
    st.floats(0.001, 1),
)  # fmt: skip
def test_any_histogram_gives_a_size(bounds, distinct, order, nulls, sample):
    rows = 1e6
    key = Key(4, 4, 4.0, (), nulls, (), min(distinct, rows), sample, order, tuple(sorted(bounds)), 1.0)
    pages = btree.size(facts(keys=(key,), rows=rows)).pages
    assert rows * 6 / 8192 <= pages <= 1.02 * rows * 20 / (8148 * 0.9) + 20 + 0.35 * rows * nulls * 20 / 8148
