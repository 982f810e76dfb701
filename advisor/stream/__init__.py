"""What the order of statements knows: units of work, repetitions and their parents, insights."""
