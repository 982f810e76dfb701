"""Questions that share a configuration."""

from hypothesis import given
from hypothesis import strategies as st

from advisor.recommend.selection.grouping import grouped

_CANDIDATES = 10


@st.composite
def asked(draw):
    visible = draw(st.lists(st.integers(0, 2**_CANDIDATES - 1), min_size=1, max_size=8))
    questions = draw(
        st.lists(st.tuples(st.integers(0, len(visible) - 1), st.integers(0, 2**_CANDIDATES - 1)), max_size=30)
    )
    return visible, [(statement, available & visible[statement]) for statement, available in questions]


@given(asked(), st.integers(1, _CANDIDATES))
def test_every_statement_sees_exactly_the_set_it_asks_for(given_, most):
    visible, questions = given_
    groups = grouped(questions, visible, most)
    assert sorted(each for group in groups for each in group.questions) == sorted(questions)
    for group in groups:
        for statement, available in group.questions:
            assert group.indexes & visible[statement] == available
        assert group.indexes.bit_count() <= max(most, max(each.bit_count() for _, each in group.questions))


def test_statements_of_different_tables_share_a_configuration():
    assert len(grouped([(0, 0b0011), (1, 0b1100), (2, 0b0001)], [0b0011, 0b1100, 0b0001], 48)) == 1


def test_sets_that_exclude_each_other_do_not():
    assert len(grouped([(0, 0b01), (1, 0b10)], [0b11, 0b11], 48)) == 2
