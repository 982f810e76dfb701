"""Cost to time: what the log's durations say of planner costs, and whether the planner's constants fit the machine."""

from __future__ import annotations

from advisor.recommend.calibration.cached import CachedPlanner, PageCosts, page_costs, recosted
from advisor.recommend.calibration.calibrate import Calibration, Factor, Predicted, calibrate
from advisor.recommend.calibration.fragile import Fragility, fragile
from advisor.recommend.calibration.predictions import Predictions, predictions
from advisor.recommend.calibration.setting import setting
from advisor.recommend.calibration.trap import Trap, trap
from advisor.recommend.calibration.weights import Weights, weights

__all__ = [
    "CachedPlanner",
    "Calibration",
    "Factor",
    "Fragility",
    "PageCosts",
    "Predicted",
    "Predictions",
    "Trap",
    "Weights",
    "calibrate",
    "fragile",
    "page_costs",
    "predictions",
    "recosted",
    "setting",
    "trap",
    "weights",
]
