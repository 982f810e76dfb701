"""Migrations tried on throwaway servers: what they lock, rewrite and break, and which plans they make worse."""
