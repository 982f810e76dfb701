"""What to run instead of a migration statement that makes others wait, or fails: the whole sequence, written out."""

from advisor.alternatives.alternative import alternative, answer

__all__ = ["alternative", "answer"]
