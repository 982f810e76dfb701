"""The loop and what shall take its place, run side by side on small generated databases."""
