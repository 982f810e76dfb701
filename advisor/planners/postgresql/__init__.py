"""PostgreSQL planners: a throwaway server that carries another database's statistics, or the database itself."""
