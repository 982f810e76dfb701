"""The databases and their workloads."""
