"""Frequent values after UPDATE and DELETE."""

from __future__ import annotations

import pytest

from advisor.dryrun.regressions.revalued import Condition, after, joining, read
from advisor.model.snapshot import ColumnStatistics


def column(**given):
    return ColumnStatistics(schema="public", table="t", column="state", type="text", **given)


STATES = column(
    n_distinct=3.0, null_frac=0.1, most_common_vals="{done,open,new}", most_common_freqs=(0.6, 0.2, 0.1), avg_width=5
)
DAYS = column(
    n_distinct=-0.5,
    null_frac=0.2,
    histogram_bounds='{"2025-01-01 00:00:00+00","2025-02-01 00:00:00+00","2025-03-01 00:00:00+00","2025-04-01 00:00:00+00"}',
)


@pytest.mark.parametrize(
    ("text", "share", "values", "freqs", "nulls", "distinct"),
    [
        ("UPDATE t SET state = 'closed' WHERE state = 'done'", 0.6, "{closed,open,new}", (0.6, 0.2, 0.1), 0.1, 3.0),
        ("UPDATE t SET state = 'open' WHERE state = 'done'", 0.6, "{open,new}", (0.8, 0.1), 0.1, 2.0),
        ("UPDATE t SET state = 'x' WHERE state IN ('open', 'new')", 0.3, "{done,x}", (0.6, 0.3), 0.1, 2.0),
        ("UPDATE t SET state = 'x' WHERE state = 'done' AND n > 5", 0.3, "{done,x,open,new}", (0.3, 0.3, 0.2, 0.1), 0.1, 4.0),
        ("UPDATE t SET state = 'new' WHERE state IS NULL", 0.1, "{done,open,new}", (0.6, 0.2, 0.2), 0.0, 3.0),
        ("UPDATE t SET state = NULL WHERE state = 'done'", 0.6, "{open,new}", (0.2, 0.1), 0.7, 2.0),
        ("UPDATE t SET state = 'done'", 1.0, "{done}", (1.0,), 0.0, 1.0),
        ("UPDATE t SET state = 'new' WHERE n = 1", 0.5, "{new,done,open}", (0.55, 0.3, 0.1), 0.05, 3.0),
        ("DELETE FROM t WHERE state = 'done'", 0.6, "{open,new}", (0.5, 0.25), 0.25, 2.0),
        ("DELETE FROM t WHERE state IS NULL", 0.1, "{done,open,new}", (2 / 3, 2 / 9, 1 / 9), 0.0, 3.0),
        ("DELETE FROM t WHERE n = 1", 0.5, "{done,open,new}", (0.6, 0.2, 0.1), 0.1, 3.0),
        ("DELETE FROM t USING u WHERE state = 'done' AND u.id = t.id", 0.5, "{done,open,new}", (0.6, 0.2, 0.1), 0.1, 3.0),
        ("UPDATE t SET other = 1 WHERE state = 'done'", 0.6, "{done,open,new}", (0.6, 0.2, 0.1), 0.1, 3.0),
    ],
)  # fmt: skip
def test_frequent_values(text, share, values, freqs, nulls, distinct):
    found = after(STATES, [(read(text), share)])
    assert found.most_common_vals == values
    assert found.most_common_freqs == pytest.approx(freqs)
    assert found.null_frac == pytest.approx(nulls)
    assert found.n_distinct == distinct


def test_a_range_that_is_deleted():
    found = after(DAYS, [(read("DELETE FROM t WHERE state < '2025-02-15'"), 0.4)])
    assert found.histogram_bounds == '{"2025-03-01 00:00:00+00","2025-04-01 00:00:00+00"}'
    assert found.null_frac == pytest.approx(1 / 3)
    later = after(DAYS, [(read("DELETE FROM t WHERE state >= '2025-02-15'"), 0.4)])
    assert later.histogram_bounds == '{"2025-01-01 00:00:00+00","2025-02-01 00:00:00+00"}'
    every = after(DAYS, [(read("DELETE FROM t WHERE state IS NOT NULL"), 0.8)])
    assert every.null_frac == pytest.approx(1.0)
    assert every.histogram_bounds is None


def test_what_is_read():
    one = read("UPDATE public.T SET a = -3, b = lower(c), d = true WHERE NOT e AND f IS NOT NULL AND (g > '5')")
    assert one.table == "t"
    assert one.sets == {"a": "-3", "d": "t"}
    assert one.unclear == {"b"}
    assert one.conditions == {
        "e": Condition("in", ("f",)), "f": Condition("given"), "g": Condition("above", ("5",)),
    }  # fmt: skip
    assert read("UPDATE t SET a = 1 WHERE b = 1 OR c = 2").conditions == {}
    assert read("UPDATE t SET (a, b) = (1, 2)").sets == {}
    assert [read(text) for text in ("SELECT 1", "UPDATE " + "(" * 5000)] == [None] * 2
    assert joining("DELETE FROM t USING u WHERE t.id = u.id") is None
