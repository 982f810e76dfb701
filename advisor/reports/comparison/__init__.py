"""Reports of two windows: what changed, how sure that is, what limits the comparison."""
