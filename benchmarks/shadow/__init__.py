"""How exact the shadow planner is: plans on loaded servers against plans on their shadows."""
