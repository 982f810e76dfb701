"""Under what it is asked whether a server accepts a statement."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.migrations.static.mysql.state import State


@dataclass(slots=True)
class Asked:
    """By whom and under what it is asked."""

    state: State
    mariadb: bool
    foreign_key_checks: bool
    whole: bool
    """A table that the schema lacks is missing."""
