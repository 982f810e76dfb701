"""Tables, keys and indexes of a database, from a schema file or a running server."""

from advisor.catalog.errors import CatalogError
from advisor.catalog.source import load

__all__ = ["CatalogError", "load"]
