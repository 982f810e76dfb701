"""The Python API: what the command line calls, and what a script or a notebook calls.

import advisor
result = advisor.analyze(["slow.log"], catalog="schema.sql")
for finding in result.findings: ...
"""

from advisor.api.analysis import analyze, digest
from advisor.api.explanation import explain
from advisor.api.gate import reaches
from advisor.digest.digest import Digest
from advisor.model.analysis import Analysis
from advisor.model.explained import Explanation
from advisor.sources.options import ReadOptions

__all__ = ["Analysis", "Digest", "Explanation", "ReadOptions", "analyze", "digest", "explain", "reaches"]
