"""Statements that were not there (CMP002), or were made less often (CMP005)."""

from __future__ import annotations

from advisor.comparison.cost import cost
from advisor.comparison.finding import finding, mean_us, rounded
from advisor.comparison.ground import Ground
from advisor.comparison.verdict import times
from advisor.model.finding import Finding
from advisor.model.stream_limits import STREAM


def new_costs(ground: Ground) -> list[Finding]:
    """Shapes of the window after alone that cost more than the floor, and more than what they replace."""
    out = []
    for key, expected in ground.new.items():
        after = ground.after.shapes[key]
        if after.fingerprint in ground.loops:
            continue
        added = float(after.total_us)
        old = ground.replaces.get(after.fingerprint)
        gone = ground.before.shapes.get((key[0], old)) if old is not None else None
        if gone is not None and ground.before.hours and ground.after.hours:
            added -= gone.total_us / ground.before.hours * ground.after.hours
        of = cost(added, ground.before, ground.after)
        if added <= 0 or not of.matters:
            continue
        rare = expected < STREAM.compare_expected
        weak = ground.guard.other_times or rare or ground.guard.threshold_ms > 0 or ground.before.totals.other_calls > 0
        why = ""
        if ground.guard.threshold_ms > 0:
            why = f" Calls under {ground.guard.threshold_ms:g} ms are not in the log: it may have been faster before."
        elif rare:
            why = " It runs so seldom that the window before may just have missed it."
        title = "A new statement" if gone is None else "A statement was replaced by a costlier one"
        out.append(
            finding(
                "CMP002",
                after,
                title,
                "It was not in the window before."
                + why
                + " Analyze the log (`advisor analyze`) for what would make it cheaper.",
                {
                    "calls_after": after.calls,
                    "mean_after_us": mean_us(after),
                    "total_after_us": after.total_us,
                    "replaces": old,
                    "replaced_mean_us": None if gone is None else mean_us(gone),
                },
                of,
                "possible" if weak else "likely" if gone is not None else "confirmed",
            )
        )
    return out


def more_calls(ground: Ground) -> list[Finding]:
    """Shapes called far more often than before, beyond what all traffic grew by."""
    out = []
    for key, often in ground.often.items():
        estimate, after = ground.estimates[key], ground.after.shapes[key]
        if not often or estimate.calls is None or after.fingerprint in ground.loops:
            continue
        ratio = estimate.calls.value
        before_us = estimate.us[0] / (ground.before.hours or 1) * (ground.after.hours or 1)
        # what calls alone added: time as it was, beyond what all traffic grew by
        added = before_us * (ratio - max(ground.whole.calls, 1.0))
        of = cost(added, ground.before, ground.after)
        if not of.matters:
            continue
        limit = ground.guard.threshold_ms
        what = f"calls of {limit:g} ms and more" if limit else "calls"
        out.append(
            finding(
                "CMP005",
                after,
                f"{times(ratio)} as many {what} per hour",
                "The time of a call is another matter; these calls were not made before. A loop, a cache that no "
                "longer answers, a retry, or a new user of the statement: the tags and users of the shape tell which.",
                {
                    "calls_ratio": round(ratio, 3),
                    "ci_low": rounded(estimate.calls.low),
                    "ci_high": rounded(estimate.calls.high),
                    "all_traffic_ratio": rounded(ground.whole.calls) if ground.whole.calls != 1 else None,
                    "calls_before": ground.before.shapes[key].calls,
                    "calls_after": after.calls,
                },
                of,
                "possible" if ground.guard.other_times or limit else "likely",
            )
        )
    return out
