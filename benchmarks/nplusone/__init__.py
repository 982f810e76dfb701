"""Recorded sets for repeated statements (N+1)."""
