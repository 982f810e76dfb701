"""Where a plan's predicates stand in the query's text."""
