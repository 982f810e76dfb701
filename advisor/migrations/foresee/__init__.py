"""Failures that the statistics of production foretell."""

from advisor.migrations.foresee.foresee import Foresight, foresee
from advisor.migrations.foresee.statistics import Statistics, statistics_of

__all__ = ["Foresight", "Statistics", "foresee", "statistics_of"]
