"""MariaDB's optimizer over synthetic rows: a throwaway server that believes it holds production's tables."""
