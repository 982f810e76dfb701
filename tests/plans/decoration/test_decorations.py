"""decorate(x) reads as x: right, or with a warning that says why not; never wrong in silence."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from advisor.plans.errors import PlanError
from advisor.plans.read import read
from tests.plans.decoration.decorate import decorate
from tests.plans.decoration.mangle import mangle
from tests.plans.decoration.recorded import essence, recorded

ROUNDS, SEEDS = 12, 100


def outcome(plan: dict[str, str], seed: int) -> str:
    engine = "mariadb" if plan["engine"] == "mariadb" else None
    wanted = read(plan["text"], engine=engine).plans[0]
    decorated = decorate(plan["text"], random.Random(seed), engine=plan["engine"], format=plan["format"])
    try:
        reading = read(decorated, engine=engine)
    except PlanError:
        return "error"
    if len(reading.plans) == 1 and essence(reading.plans[0]) == essence(wanted):
        return "right"
    known = {warning.text for warning in wanted.warnings}
    said = [w.text for p in reading.plans for w in p.warnings] + [w.text for w in reading.warnings]
    return "warned" if [t for t in said if t not in known and "no plan" not in t] else "silent"


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_a_decorated_plan_reads_as_the_plan(round_: int) -> None:
    plans = recorded()
    outcomes: Counter[str] = Counter()
    silent: list[int] = []
    for seed in range(round_ * SEEDS, (round_ + 1) * SEEDS):
        found = outcome(plans[seed * 7 % len(plans)], seed)
        outcomes[found] += 1
        if found == "silent":
            silent.append(seed)
    assert not silent
    assert outcomes["right"] >= 0.95 * SEEDS, outcomes


def test_a_mangled_plan_is_never_wrong_in_silence() -> None:
    plans = recorded()
    outcomes: Counter[str] = Counter()
    for seed in range(400):
        plan = plans[seed * 7 % len(plans)]
        engine = "mariadb" if plan["engine"] == "mariadb" else None
        wanted = read(plan["text"], engine=engine).plans[0]
        text, _ = mangle(plan["text"], random.Random(seed), engine=plan["engine"], format=plan["format"])
        try:
            reading = read(text, engine=engine)
        except PlanError:
            outcomes["error"] += 1
            continue
        said = [w.text for p in reading.plans for w in p.warnings] + [w.text for w in reading.warnings]
        right = len(reading.plans) == 1 and essence(reading.plans[0]) == essence(wanted)
        outcomes["right" if right else "warned"] += 1
        assert right or [t for t in said if "no plan" not in t], seed
    assert outcomes["right"] > 200, outcomes
