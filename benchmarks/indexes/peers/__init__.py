"""Whoever recommends indexes: each is asked in a process of its own, and answers with CREATE INDEX statements."""
