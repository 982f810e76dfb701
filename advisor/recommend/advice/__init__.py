"""The index search as a whole: from a workload and a planner to a set of changes with their prices and proofs."""
