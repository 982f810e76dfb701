"""What UPDATE fills columns with, and how many bytes rows take."""

from __future__ import annotations

import pytest

from advisor.dryrun.regressions.backfills import (
    Fill,
    backfills,
    fills_empty,
    picking,
    removed_from,
    target,
    unfiltered,
)
from advisor.dryrun.regressions.rows import Place, row_bytes, row_sizes, rows_a_page, taken_ahead, widths
from advisor.model.snapshot import ColumnStatistics


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["UPDATE t SET a = 'x'"], {("t", "a"): Fill(value='{"x"}')}),
        (["UPDATE public.t AS u SET a = 5, b = true;"], {("t", "a"): Fill(value="{5}"), ("t", "b"): Fill(value="{t}")}),
        (["update only T set A = 'it''s \"'::text"], {("t", "a"): Fill(value='{"it\'s \\\\""}'.replace("\\\\", "\\"))}),
        (["UPDATE t SET a = b::bigint"], {("t", "a"): Fill(column="b")}),
        (["UPDATE t SET a = CAST(b AS numeric(9,2)) WHERE a IS NULL"], {("t", "a"): Fill(column="b")}),
        (['UPDATE t SET a = "B"'], {("t", "a"): Fill(column="B")}),
        (["UPDATE t SET a = NULL"], {("t", "a"): Fill()}),
        (["UPDATE t SET a = 'x' WHERE id < 5"], {}),
        (["UPDATE t SET a = 'x'", "UPDATE t SET a = 'y'"], {}),
        (["UPDATE t SET a = b || 'x'"], {}),
        (
            ["UPDATE t SET a = 1, b = lower(c)"],
            {("t", "a"): Fill(value="{1}"), ("t", "b"): Fill(column="c", alike=False)},
        ),
        (["UPDATE t SET a = u.b FROM u"], {}),
        (["UPDATE t x SET a = u.b FROM other u WHERE u.id = x.id"], {("t", "a"): Fill(column="b", table="other")}),
        (["UPDATE t SET a = coalesce(b, 'none')"], {("t", "a"): Fill(column="b", otherwise="none")}),
        (["UPDATE t SET a = coalesce(b ->> 'x', 'none')"], {}),
        (["UPDATE t SET a = CASE WHEN b THEN 1 END, c = 2"], {("t", "c"): Fill(value="{2}")}),
        (["UPDATE t SET (a, b) = (1, 2)"], {}),
        (["INSERT INTO t VALUES (1)", "DELETE FROM t", "DO $$ x $$"], {}),
    ],
)
def test_fills(texts, found):
    assert backfills(texts) == found


def test_targets():
    assert target('UPDATE "My t" SET a = 1') == "My t"
    assert target("WITH x AS (SELECT 1) UPDATE t SET a = 1") is None
    assert unfiltered("UPDATE t SET a = 1")
    assert not unfiltered("UPDATE t SET a = 1 WHERE b")


def test_rows():
    whole, wide, word = Place(4, 0, 4), Place(8, 0, 8), Place(5, 0, 1)
    assert row_bytes([whole, whole, word, whole, whole]) == 52
    assert row_bytes([whole, wide, word, whole, whole]) == 60
    assert row_bytes([]) == 28
    nulls = [Place(8, 1.0, 8)] * 9
    assert row_bytes(nulls) == 36
    half = row_bytes([Place(8, 0.5, 8)])
    assert row_bytes([Place(8, 1.0, 8)]) < half < row_bytes([Place(8, 0.0, 8)])


def test_widths():
    def row(values, freqs=(), bounds=None, width=5, kind="text"):
        return ColumnStatistics(
            schema="public",
            table="t",
            column="a",
            type=kind,
            avg_width=width,
            most_common_vals=values,
            most_common_freqs=freqs,
            histogram_bounds=bounds,
        )

    assert widths(row("{paid,void}", (0.9, 0.1)), "text", check=True) == ((5, 1.0),)
    assert widths(row('{a,"b, c"}', (0.5, 0.5), width=3), "text", check=False) == ((2, 0.5), (5, 0.5))
    assert widths(row("{9.00,12.50,-70000.1}", (0.5, 0.25, 0.25), width=6), "numeric", check=True) == (
        (5, 0.5),
        (7, 0.25),
        (9, 0.25),
    )
    assert widths(row("{paid}", (1.0,), width=40), "text", check=True) == ()
    assert widths(row(None), "text", check=True) == ()
    assert row_bytes([Place(5, 0, 1, ((5, 1.0),)), Place(4, 0, 4)]) == 4 + 40


def test_rows_of_a_page():
    assert rows_a_page({36: 1.0}) == 8168 // 40
    assert rows_a_page({36: 1.0}, 70) == (8168 - 8192 * 30 // 100) // 40
    assert rows_a_page({5000: 1.0}) == 1
    mixed = rows_a_page({40: 0.5, 160: 0.5})
    assert 8168 / 104 - 1.5 < mixed < 8168 / 104
    assert row_sizes([Place(4, 0, 4)] * 9, 10) == {72: 1.0}  # a dropped column is NULL in rows that are made anew
    assert row_sizes([Place(4, 0, 4)] * 9) == {64: 1.0}


def test_pages_that_are_taken_ahead():
    """As files of 16 and 18 came out: see benchmarks.migrations.sizes."""
    assert [taken_ahead(pages) for pages in (1, 2, 3, 37, 64, 65, 129, 190)] == [1, 2, 4, 64, 64, 128, 192, 192]


def test_rows_that_an_update_picks():
    assert picking("UPDATE s.t AS x SET a = 1 WHERE x.b > 2;") == "SELECT 1 FROM s.t AS x WHERE x.b > 2"
    assert picking("UPDATE t SET a = 1") == "SELECT 1 FROM t"
    assert picking("UPDATE t SET a = u.b FROM u WHERE u.id = t.id") == "SELECT 1 FROM t, u WHERE u.id = t.id"
    assert picking("UPDATE t SET a = u.b FROM u") is None
    assert picking("UPDATE t SET a = 1 WHERE b RETURNING a") is None
    assert picking("DELETE FROM t") is None
    assert fills_empty("UPDATE t SET a = b WHERE a IS NULL;")
    assert not fills_empty("UPDATE t SET a = b WHERE a IS NULL AND c")
    assert removed_from('DELETE FROM ONLY s."My t" WHERE a') == "My t"
    assert removed_from("UPDATE t SET a = 1") is None
