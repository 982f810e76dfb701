"""MySQL's and MariaDB's plans: rows, JSON, TREE."""
