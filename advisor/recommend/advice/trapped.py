"""Planner settings that do not fit the machine, and which of the chosen indexes depend on them."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.advice import SettingTrap
from advisor.model.indexing import IndexDefinition
from advisor.recommend.advice.inputs import Inputs
from advisor.recommend.advice.present import Present
from advisor.recommend.calibration.cached import page_costs
from advisor.recommend.calibration.fragile import fragile
from advisor.recommend.calibration.setting import setting, told
from advisor.recommend.calibration.trap import trap
from advisor.recommend.definition import on_text
from advisor.recommend.recommendations import Proven


def trapped(
    inputs: Inputs, now: Present, indexes: Sequence[IndexDefinition], names: Sequence[str], hide: Sequence[str]
) -> tuple[SettingTrap | None, list[Proven]]:
    """What the settings do to this set. Raises PlannerError."""
    if inputs.snapshot is None:
        return None, []
    found = trap(inputs.snapshot, now.statements, now.calibration)
    if found is None:
        return None, []
    texts = [on_text(one) for one in indexes]
    seen = fragile(now.statements, texts, inputs.planner, found, page_costs(inputs.snapshot), hide=hide)
    advised = setting(found, seen, inputs.snapshot, inputs.planner.planned_by)
    return told(found, seen, names), [] if advised is None else [Proven(advised)]
