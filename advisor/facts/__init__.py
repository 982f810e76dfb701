"""The graphs, the digest and the catalog as plain relations (``facts/1``). Rules are queries over these."""
