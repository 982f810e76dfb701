"""Two windows of one workload: what got slower, faster, new, gone."""
