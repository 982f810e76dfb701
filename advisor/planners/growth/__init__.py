"""Growth: the same database with more rows, from what the snapshot itself tells of how its columns grow."""
