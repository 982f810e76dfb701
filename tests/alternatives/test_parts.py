"""Columns in an expression that are written otherwise; words of the grammar that columns are called as well are not."""

from __future__ import annotations

import pytest

from advisor.alternatives.parts import with_prefix

NAMES = {name: f"NEW.{name}" for name in ("at", "day", "text", "date", "zone", "interval", "time", "at_home")}


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("at AT TIME ZONE 'UTC'", "NEW.at AT TIME ZONE 'UTC'"),
        ("(at at time zone zone)", "(NEW.at at time zone NEW.zone)"),
        ("at AT LOCAL", "NEW.at AT LOCAL"),
        ("\"at\" AT TIME ZONE 'UTC'", "NEW.at AT TIME ZONE 'UTC'"),
        ("extract(day FROM day)", "extract(day FROM NEW.day)"),
        ("CAST(text AS text)", "CAST(NEW.text AS text)"),
        ("date '2026-01-01' + date", "date '2026-01-01' + NEW.date"),
        ("day * interval '1 day' + at", "NEW.day * interval '1 day' + NEW.at"),
        ("text::text || 'at'", "NEW.text::text || 'at'"),
        ("coalesce(at, at_home)", "coalesce(NEW.at, NEW.at_home)"),
    ],
)
def test_words_of_the_grammar_stay(expression: str, wanted: str) -> None:
    assert with_prefix(expression, NAMES) == wanted
