"""Where a plan's predicates stand in the query's text."""

from advisor.plans.links.link import link
from advisor.plans.links.linked import LinkedKey, LinkedPredicate, Links, Span

__all__ = ["LinkedKey", "LinkedPredicate", "Links", "Span", "link"]
