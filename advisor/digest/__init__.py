"""What is kept of any number of events: shapes, tallies, sketches, samples, sequences; merge, and the file format."""

from advisor.digest.digest import Digest, merge

__all__ = ["Digest", "merge"]
