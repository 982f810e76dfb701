"""Reports about plans: the tree, what to do about it, what changed."""
