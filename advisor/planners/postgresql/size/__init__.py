"""How big an index would be if it were built: models of what CREATE INDEX writes, one file a method."""
