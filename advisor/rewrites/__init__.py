"""Other texts for what a statement or a loop of statements does, and the check that they do it."""
