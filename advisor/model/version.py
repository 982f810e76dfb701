"""The product's own version."""

from __future__ import annotations


def product_version() -> str:
    """The installed version; ``0+unknown`` when run from a tree that was never installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("advisor")
    except PackageNotFoundError:
        return "0+unknown"
