"""Loops that appeared or grew (CMP003)."""

from __future__ import annotations

from advisor.comparison.cost import cost
from advisor.comparison.finding import finding, rounded
from advisor.comparison.ground import Ground
from advisor.model.compared import NJump
from advisor.model.finding import Finding, Role
from advisor.model.stream_limits import STREAM


def loops(ground: Ground) -> list[Finding]:
    """Of the jumps those that the number of calls bears out; their statements are noted in ``ground.loops``."""
    out = []
    shapes = {key[1]: (key, shape) for key, shape in ground.after.shapes.items()}
    for jump in ground.jumps:
        if jump.child not in shapes:
            continue
        key, child = shapes[jump.child]
        # where the order of statements is in doubt, the number of calls bears a linked loop out
        counted = jump.parent is not None and ground.often.get(key, False)
        if jump.tier == "possible" and (not counted or ground.guard.other_times):
            continue
        estimate = ground.estimates.get(key)
        grown = (
            estimate.calls.value / ground.whole.calls if estimate is not None and estimate.calls is not None else None
        )
        if grown is not None and grown < 1 + STREAM.compare_change:
            continue  # as many calls as before: the loop was there, and was not seen
        ground.loops.add(jump.child)
        us = jump.repeats * child.total_us / child.timed_calls if child.timed_calls else 0.0
        of = cost(us, ground.before, ground.after)
        roles: tuple[Role, ...] = (Role(jump.child, "child"),)
        if jump.parent is not None:
            roles = (Role(jump.parent, "parent"), *roles)
        title, advice = _words(jump)
        out.append(
            finding(
                "CMP003",
                child,
                title,
                advice,
                {
                    "n_before": rounded(jump.n_before),
                    "n_after": rounded(jump.n_after),
                    "instances": jump.instances,
                    "repeats": jump.repeats,
                    "kind": jump.kind,
                    "calls_ratio": rounded(grown),
                },
                of,
                "likely" if jump.tier == "possible" else jump.tier,
                roles,
            )
        )
    return out


def _words(jump: NJump) -> tuple[str, str]:
    """Title and advice."""
    if jump.kind.startswith("per_"):
        unit = jump.kind.removeprefix("per_")
        return (
            f"{jump.n_after:,.3g} calls per {unit} that makes any, where it was {jump.n_before or 0:,.3g}",
            f"Each {unit} asks this statement more often than before, whatever the traffic: a loop, a cache that no "
            f"longer answers, a retry, a component rendered once more. Ask once per {unit} for all of it.",
        )
    was = "once or not at all" if jump.n_before is None else f"{jump.n_before:,.3g} times"
    return (
        f"Repeated {jump.n_after:,.3g} times where it was {was}",
        "A loop around this statement is new, or its list has become longer. Ask once for all rows: "
        "`advisor analyze` writes the statement.",
    )
