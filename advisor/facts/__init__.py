"""Graphs, digest and catalog as relations that rule pages query."""

from advisor.facts.facts import Facts, describe

__all__ = ["Facts", "describe"]
