"""Statements that take longer (CMP001), and those of them that have another plan (CMP004)."""

from __future__ import annotations

from typing import Any

from advisor.comparison.cost import cost
from advisor.comparison.finding import finding, mean_us, per_call, rounded, sure
from advisor.comparison.ground import Ground
from advisor.comparison.verdict import times
from advisor.model.compared import PlanFlip
from advisor.model.finding import Confidence, Finding
from advisor.model.shape import ShapeSummary
from advisor.model.stream_limits import STREAM


def slowdowns(ground: Ground) -> list[Finding]:
    """CMP001, and CMP004 where the plan is another one."""
    out = []
    for key, verdict in ground.verdicts.items():
        flip = ground.flips.get(key)
        estimate = ground.estimates[key]
        before, after = ground.before.shapes[key], ground.after.shapes[key]
        ratio = verdict.moved.value if verdict.word == "slower" and verdict.moved is not None else None
        weak = False
        if ratio is None and flip is not None and verdict.word == "unclear":
            ratio, weak = _of_plans(flip), True
        if ratio is None or ratio <= 1 or not (verdict.beyond or weak):
            continue
        share = 1 - max(ground.whole.time, 1.0) / ratio  # beyond what everything was slowed down by
        of = cost(estimate.us[1] * share, ground.before, ground.after)
        if share <= 0 or not of.matters:
            continue
        rows = _rows_per_call(before, after)
        evidence: dict[str, Any] = {
            "ratio": round(ratio, 3),
            "ci_low": rounded(verdict.moved.low if verdict.moved else None),
            "ci_high": rounded(verdict.moved.high if verdict.moved else None),
            "q_value": verdict.q,
            "mean_before_us": mean_us(before),
            "mean_after_us": mean_us(after),
            "calls_before": before.calls,
            "calls_after": after.calls,
            "rows_per_call_before": rounded(rows[0]),
            "rows_per_call_after": rounded(rows[1]),
            "normalised_ratio": rounded(ratio / ground.whole.time) if ground.whole.time != 1 else None,
        }
        certain: Confidence = "possible" if weak else sure(ground, estimate, verdict)
        if flip is not None:
            evidence |= {"plan_before": flip.plan_before, "plan_after": flip.plan_after, "plan_change": flip.headline}
            evidence |= {"plan_share": flip.share_after}
            out.append(
                finding(
                    "CMP004",
                    after,
                    f"Another plan, and {times(ratio)} the time per call",
                    f"{_sentence(flip.headline)} Was an index dropped, did statistics or a setting change? Compare the "
                    "two plans (`advisor explain BEFORE AFTER`), and ANALYZE the tables if the estimates are off.",
                    evidence,
                    of,
                    certain,
                )
            )
            continue
        more = rows[0] is not None and rows[1] is not None and rows[1] >= STREAM.compare_rows * max(rows[0], 1.0)
        cause = (
            f"Each call now gives {rows[1]:,.3g} rows in place of {rows[0]:,.3g}: look at what is asked before how it "
            "is answered."
            if more
            else "The text is the same, so look for what changed around it: the plan, an index, the size of a table, "
            "locks, other values."
        )
        evidence["why"] = verdict.why
        out.append(finding("CMP001", after, f"{times(ratio)} the time per call", cause, evidence, of, certain))
    return out


def _of_plans(flip: PlanFlip) -> float | None:
    """How much longer the executions with the new plan took, where enough were logged for it to mean anything."""
    one, other = flip.mean_ms_before, flip.mean_ms_after
    if not one or not other or min(flip.plans_before, flip.plans_after) < STREAM.repeats_min:
        return None
    return other / one if other >= 2 * one else None


def _rows_per_call(before: ShapeSummary, after: ShapeSummary) -> tuple[float | None, float | None]:
    return per_call(before, "rows_sent"), per_call(after, "rows_sent")


def _sentence(text: str) -> str:
    return text if text.endswith(".") else text + "."
