"""Dates and timestamps of statistics as numbers, and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from advisor.catalog.snapshot.arrays import leaves, parse

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
DAY = 86_400_000_000
"""In microseconds."""


def elements(literal: str) -> list[str]:
    """The values of an array literal that are not null."""
    return list(leaves(parse(literal)[1]))


def instant(text: str) -> int:
    """Microseconds since 1970 of a date or timestamp in ISO form. Raises ValueError (``infinity``, years BC)."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MICROSECOND


def moment_text(instant: int, base: str) -> str:
    """An instant as the server prints a date, timestamp or timestamptz (``datestyle`` ISO, zone UTC).

    Raises OverflowError outside the years 1 to 9999.
    """
    moment = _EPOCH + timedelta(microseconds=instant)
    if base == "date":
        return date(moment.year, moment.month, moment.day).isoformat()
    text = moment.replace(tzinfo=None).isoformat(sep=" ")
    if "." in text:
        text = text.rstrip("0")
    return text + "+00" if base == "timestamptz" else text
