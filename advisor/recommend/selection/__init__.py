"""From candidates to the best set for every size: planner answers, an integer program, and the planner again."""

from advisor.recommend.selection.select import select

__all__ = ["select"]
