"""Index sets of this product and of its peers, on the same databases, judged by the same planner and the same clock."""
