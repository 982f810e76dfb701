"""Snapshots: captured from a running server, masked, written, read, and turned into a catalog."""
