"""Readers of this product."""
