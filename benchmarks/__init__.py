"""What produces every figure that the README and the docs quote."""
