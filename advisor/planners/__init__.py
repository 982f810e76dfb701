"""Planners: the real optimizer, asked without touching production."""
