"""Judges the indexes that exist: redundant, unused, bloated or invalid ones, what protects them, and the proof by
planning the workload without them. `advisor.recommend.existing.judging.judge_existing` does all of it."""
