"""Alternatives as files of migration tools: what a developer puts into the repository."""

from advisor.alternatives.forms.origin import Origin
from advisor.alternatives.forms.write import WRITERS, with_files

__all__ = ["WRITERS", "Origin", "with_files"]
