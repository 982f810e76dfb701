"""Links between statements: whose rows a statement's key comes from."""

from advisor.stream.links.links import Links

__all__ = ["Links"]
