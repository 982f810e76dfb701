"""A real server before and after a release: what was planted is reported, and nothing else is."""

from __future__ import annotations

import pytest

from advisor.api.comparing import compare
from tests.comparison.releases import PLANTED, recorded

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def windows(tmp_path_factory):
    return recorded(tmp_path_factory.mktemp("release"), 4.0)


def test_nothing_is_reported_of_an_unchanged_shop(windows):
    before, again, _ = windows
    result = compare(before, again)
    # on a busy machine four seconds may differ from the next four; then no more than that is claimed
    assert [(one.rule, one.title) for one in result.findings if one.confidence != "possible"] == []
    assert not {"new", "gone"} & {shape.status for shape in result.shapes}
    assert result.n_jumps == result.plan_flips == ()


def test_what_was_planted_is_reported(windows):
    _, before, after = windows
    result = compare(before, after)
    texts = {shape.fingerprint: shape.sql for shape in result.shapes}
    findings = [one for one in result.findings if one.confidence != "possible"]
    found = {one.rule: texts[one.fingerprints[-1].fingerprint] for one in findings}
    assert found.keys() == PLANTED.keys()
    assert len(findings) == len(PLANTED)
    for rule, piece in PLANTED.items():
        assert piece in found[rule]
    flip = next(one for one in result.findings if one.rule == "CMP004")
    assert "sequential scan" in flip.evidence["plan_change"]
    (jump,) = [one for one in result.n_jumps if one.tier != "possible"]  # chance repeats a statement three times
    assert jump.n_after == pytest.approx(12, abs=1)
    assert "from orders where id >= ?" in texts[jump.parent]
