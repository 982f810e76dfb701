"""`check`: what migrations lock, rewrite and break, before they are merged."""

from advisor.api.check.run import check
from advisor.api.check.wishes import CheckWishes

__all__ = ["CheckWishes", "check"]
