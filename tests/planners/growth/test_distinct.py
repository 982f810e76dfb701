"""Different values of a growing foreign key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.planners.growth.distinct import domain_of, drawn, referring


@given(st.floats(1, 1e9), st.floats(1, 1e9))
def test_the_domain_is_found_again(domain, rows):
    distinct = drawn(domain, rows)
    assert distinct <= min(domain, rows) * (1 + 1e-9)
    again = domain_of(distinct, rows)
    assert drawn(again, rows) == pytest.approx(distinct, rel=2e-3)


@given(st.floats(1, 1e6), st.floats(10, 1e8), st.floats(1, 1000))
def test_where_parents_and_children_grow_alike_every_parent_has_as_many_children(distinct, rows, factor):
    distinct = min(distinct, rows)
    after = referring(distinct, rows, 0.0, growth=factor, domain=1e9, parents=factor)
    assert after == pytest.approx(distinct * factor)
    assert referring(-0.3, rows, 0.0, growth=factor, domain=1e9, parents=factor) == -0.3


def test_where_the_parents_do_not_grow_their_number_is_the_limit():
    # 1,000 rows meet 632 of 1,000 parents; 10,000 meet all of them.
    after = referring(-0.632, 1000, 0.0, growth=10, domain=1000, parents=1)
    assert after == pytest.approx(1000, rel=0.01)
    assert referring(1000, 1e6, 0.0, growth=10, domain=1000, parents=1) == pytest.approx(1000)
    # Every row had a parent of its own, of a million.
    assert referring(-1, 1000, 0.0, growth=10, domain=1e6, parents=1) == pytest.approx(-1, rel=0.01)


def test_more_parents_than_the_children_can_meet():
    after = referring(1000, 1e6, 0.0, growth=1.5, domain=1000, parents=10_000)
    assert -1 <= after < 0
    assert -after * 1.5e6 == pytest.approx(drawn(1e7, 1.5e6), rel=1e-3)
