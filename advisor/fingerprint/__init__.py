"""Shapes of statements: a real lexer per dialect, normalised text, fingerprints and shape keys."""
