"""Migrations run on an empty copy of a PostgreSQL schema: what each statement locks, rewrites, scans and breaks."""
