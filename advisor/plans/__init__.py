"""EXPLAIN plans: readers of every form, what the numbers mean, and where a plan touches the query's text."""
