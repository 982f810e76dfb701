"""Candidates: the indexes that a workload's statements and plans speak for."""

from advisor.recommend.candidates.generate import candidates
from advisor.recommend.candidates.variants import Variants, variants
from advisor.recommend.candidates.wanted import CandidateLimits

__all__ = ["CandidateLimits", "Variants", "candidates", "variants"]
