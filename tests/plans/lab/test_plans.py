"""What must hold for every plan of the suite, whatever its format: measures, fingerprints, rendering, decorations, cuts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from random import Random

import pytest

from advisor.plans.fingerprint import fingerprint
from fixtures.plans import record
from tests.plans.lab import checks, cuts, report
from tests.plans.lab.recorder import Printed

#: One text in so many is decorated, cut and rendered in the short tests.
_SAMPLE = 12


@pytest.mark.parametrize("major", [10, 11, 12, 13])
def test_measures_of_recorded_plans(major: int) -> None:
    faults: dict[str, list[str]] = defaultdict(list)
    seen = 0
    for printed in texts(major):
        if printed.analyzed:
            seen += 1
            faults[printed.case.name] += checks.metrics(checks.as_given(printed))
    assert seen > 1000
    assert not {name: found[:2] for name, found in faults.items() if found}


@pytest.mark.parametrize("major", [10, 13])
def test_fingerprints_do_not_depend_on_the_format(major: int) -> None:
    seen = set()
    for _, printed in record.recorded(major):
        # Text alone cannot tell whether `Function Scan on x` reads the function x.
        prints = {fingerprint(checks.as_given(one)) for one in printed}
        assert len(prints) == 1, printed[0].case.name
        seen |= prints
    assert len(seen) > 100


@pytest.mark.parametrize("major", [10, 11, 12, 13])
def test_rendering_gives_the_very_text(major: int) -> None:
    faults = [
        (printed.case.name, report.asked(printed), found)
        for printed in sample(major, 3)
        for found in checks.rendered(checks.as_given(printed), printed)
    ]
    assert not faults, faults[:5]


@pytest.mark.parametrize("major", [11, 13])
def test_decorated_texts_read_as_the_bare_ones(major: int) -> None:
    """Never wrong in silence. A decoration that cannot be taken off (a literal that holds it) may warn or be refused."""
    random = Random(major)
    verdicts: dict[str, list[str]] = defaultdict(list)
    for printed in sample(major, _SAMPLE):
        outcome = checks.decorated(checks.as_given(printed), printed.text, random)
        verdicts[outcome.verdict].append(f"{printed.case.name} {report.asked(printed)}: {outcome.messages[:2]}")
    assert not verdicts["silently wrong"], verdicts["silently wrong"][:5]
    assert len(verdicts["right"]) + len(verdicts["warned"]) > 0.95 * sum(map(len, verdicts.values())), verdicts[
        "error"
    ][:5]


@pytest.mark.parametrize("major", [10, 13])
def test_a_cut_never_changes_what_stood_before_it(major: int) -> None:
    random = Random(major)
    outcomes: dict[str, list[str]] = defaultdict(list)
    for printed in sample(major, _SAMPLE):
        whole = checks.as_given(printed).document
        for _ in range(4):
            done = cuts.cut(printed, whole, random.randrange(len(printed.text)))
            outcomes[done.outcome].append(
                f"{printed.case.name} {report.asked(printed)} at {done.at}: {done.differences[:3]}"
            )
    assert not outcomes["altered"], outcomes["altered"][:5]
    assert len(outcomes["warned"]) > len(outcomes["unnoticed"])


def texts(major: int) -> Iterator[Printed]:
    """All of a recording."""
    for _, printed in record.recorded(major):
        yield from printed


def sample(major: int, every: int) -> Iterator[Printed]:
    """One in so many, of all formats."""
    for number, printed in enumerate(texts(major)):
        # The texts of a case come in groups of two, two and four: a step prime to those meets every format.
        if number % (every + (every + 1) % 2) == 0:
            yield printed
