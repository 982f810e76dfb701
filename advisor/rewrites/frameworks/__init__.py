"""Which library wrote a statement, and what its own word for the batch is."""

from __future__ import annotations

from advisor.rewrites.frameworks.recognition import Framework, recognise
from advisor.rewrites.frameworks.wording import words

__all__ = ["Framework", "recognise", "words"]
