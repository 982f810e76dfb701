"""Migrations of MariaDB and MySQL tried on an empty copy of the schema."""

from __future__ import annotations

from advisor.dryrun.mariadb.run import run

__all__ = ["run"]
