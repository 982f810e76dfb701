"""MySQL and MariaDB as planners."""
