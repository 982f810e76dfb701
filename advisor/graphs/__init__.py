"""The query graph: sqlglot trees resolved against a catalog."""

from advisor.graphs.build import build
from advisor.graphs.graph import NotAnalysed, QueryGraph

__all__ = ["NotAnalysed", "QueryGraph", "build"]
