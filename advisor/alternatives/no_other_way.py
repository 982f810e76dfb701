"""Why a statement has no alternative, where a recipe can tell."""

from __future__ import annotations


class NoOtherWay(Exception):  # noqa: N818 - it is an answer
    """The reason stands in reports behind "no other way is known: "."""
