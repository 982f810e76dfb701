"""Shapes that fail after a migration are told once: by what they use, else by the server's words."""

from __future__ import annotations

import pytest

from advisor.api.check.run import _worse
from advisor.dryrun.regressions import Replanned
from advisor.model.check import Broken, Regressed
from advisor.model.finding import Location

HERE = Location("1.sql", 1)
DEARER = Regressed(fingerprint="a", sql="SELECT 1", cost_before=1.0, cost_after=9.0, cause=HERE)
FAILS = Regressed(fingerprint="b", sql="SELECT 2", cost_before=1.0, cost_after=None, cause=HERE, error="gone")


def use(fingerprint, what="dropped", through=None):
    return Broken(fingerprint=fingerprint, sql="SELECT", table="t", column="c", what=what, cause=HERE, through=through)


@pytest.mark.parametrize(
    ("uses", "found"),
    [
        ([], ["a", "b"]),
        ([use("b")], ["a"]),
        ([use("b", through="v")], ["a"]),
        ([use("b"), use("b", what="retyped")], ["a"]),
        ([use("a")], ["a", "b"]),
        # These two say nothing of why it cannot be planned.
        ([use("b", through="*")], ["a", "b"]),
        ([use("b", what="required")], ["a", "b"]),
    ],
)
def test_told_once(uses, found):
    said = Replanned(regressions=(DEARER,), failing=(FAILS,))
    assert [one.fingerprint for one in _worse(said, uses)] == found
