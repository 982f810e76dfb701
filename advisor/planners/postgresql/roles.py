"""Roles that statements of others name: a throwaway server has none of production's, and makes them empty-handed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

_MISSING = re.compile(r'^role "(.{1,63})" does not exist$', re.DOTALL)


def missing_role(said: str | None) -> str | None:
    """The role whose absence the server's words tell."""
    found = _MISSING.match(said) if said else None
    return found[1] if found else None


def make_role(admin: psycopg.Connection[tuple[Any, ...]], name: str) -> bool:
    """A role that cannot log in and may nothing that the owner may not; the owner is its member.

    It may make objects in the schema ``public``, so that tables can be given to it. False: there can be none.
    """
    import psycopg
    from psycopg import sql

    if name.startswith(("pg_", "advisor_")):
        return False
    role = sql.Identifier(name)
    try:
        with admin.transaction():
            admin.execute(sql.SQL("CREATE ROLE {} NOLOGIN NOSUPERUSER").format(role))
            admin.execute(sql.SQL("GRANT {} TO advisor_owner").format(role))
            admin.execute(sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(role))
    except psycopg.Error:
        return False
    return True
