"""Extensions that a shadow makes: those that bring types, operators, index methods and functions which schemas use.

An extension's script runs as the superuser and its functions are C code, so a shadow makes none that reaches outside
the database, none that is a language, and none it does not know.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

from advisor.planners.errors import PlannerError

if TYPE_CHECKING:
    import psycopg

ALLOWED = frozenset(
    {
        # Types with their operators and index support.
        "citext", "cube", "earthdistance", "hstore", "intarray", "isn", "ltree", "postgis", "seg", "vector",
        # Index methods and operator classes.
        "bloom", "btree_gin", "btree_gist", "pg_trgm",
        # Text search.
        "dict_int", "dict_xsyn", "unaccent",
        # Functions that defaults, views and queries call.
        "fuzzystrmatch", "intagg", "pgcrypto", "tablefunc", "tsm_system_rows", "tsm_system_time", "uuid-ossp",
        # Functions of triggers.
        "autoinc", "insert_username", "moddatetime", "tcn",
        # In every database.
        "plpgsql",
    }
)  # fmt: skip
#: Their control file says where they go.
_OWN_SCHEMA = frozenset({"plpgsql"})
REFUSED = {
    "adminpack": "writes files of the server's machine",
    "dblink": "connects to other servers",
    "file_fdw": "reads files of the server's machine",
    "lo": "works on large objects, which a shadow does not have",
    "pageinspect": "reads pages as they are on disk",
    "pg_surgery": "changes pages on disk",
    "plperl": "is a language whose functions planning would run",
    "plperlu": "is a language that is not confined to the database",
    "plpython3u": "is a language that is not confined to the database",
    "pltcl": "is a language whose functions planning would run",
    "pltclu": "is a language that is not confined to the database",
    "postgres_fdw": "connects to other servers",
    "refint": "runs SQL that it puts together from a trigger's arguments",
    "xml2": "processes stylesheets, which can name files",
}


def create(
    connection: psycopg.Connection[tuple[Any, ...]], name: str, schema: str | None = None, version: str | None = None
) -> str:
    """Make an extension as the superuser, and its schema where that is missing; the version that was made.

    The version that is asked for is made where these programs have it, else their default. Extensions come before
    everything else: a script that runs as the superuser could take the functions and operators that somebody else put
    in its way for the system's. Raises PlannerError where it cannot be made, and says why.
    """
    import psycopg
    from psycopg import sql

    if name not in ALLOWED:
        reason = REFUSED.get(name, "is not among those that a shadow knows to be harmless")
        raise PlannerError(f"extension {name} is left out of the shadow: it {reason}")
    try:
        with connection.transaction():
            made = connection.execute("SELECT extversion FROM pg_extension WHERE extname = %s", [name]).fetchone()
            if made:
                return str(made[0])
            if connection.execute(_OTHERS).fetchone() != (False,):
                raise PlannerError(
                    f"extension {name} is left out of the shadow: others have made objects there already"
                )
            known = connection.execute(_VERSIONS, [name]).fetchall()
            if not known and name == "uuid-ossp":
                return _stand_in(connection, schema)
            if not known:
                raise PlannerError(f"extension {name} is left out of the shadow: these PostgreSQL programs lack it")
            needed = {one for _version, requires in known for one in requires or ()} - ALLOWED
            if needed:
                raise PlannerError(f"extension {name} is left out of the shadow: it needs {', '.join(sorted(needed))}")
            parts = [sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(name))]
            if schema is None and name not in _OWN_SCHEMA:
                # The superuser's search path begins with pg_catalog, where pgcrypto's names are taken
                parts.append(sql.SQL("SCHEMA {}").format(sql.Identifier("public")))
            elif schema is not None and schema != "pg_catalog":
                place = sql.Identifier(schema)
                connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(place))
                connection.execute(sql.SQL("GRANT USAGE, CREATE ON SCHEMA {} TO advisor_owner").format(place))
                parts.append(sql.SQL("SCHEMA {}").format(place))
            if version in {one for one, _requires in known}:
                parts.append(sql.SQL("VERSION {}").format(sql.Literal(version)))
            connection.execute(sql.SQL(" ").join([*parts, sql.SQL("CASCADE")]))
            (row,) = connection.execute("SELECT extversion FROM pg_extension WHERE extname = %s", [name]).fetchall()
            return str(row[0])
    except psycopg.Error as error:
        if name == "uuid-ossp":
            return _stand_in(connection, schema)
        told = error.diag.message_primary or " ".join(str(error).split())
        raise PlannerError(f"extension {name} is left out of the shadow: {told}") from None


def _stand_in(connection: psycopg.Connection[tuple[Any, ...]], schema: str | None) -> str:
    """Functions in place of uuid-ossp: half of all schemas have a default that calls one, and wheels lack its library.

    They belong to the superuser and run with the rights of whoever calls them.
    """
    from psycopg import sql

    with connection.transaction():
        place = sql.Identifier(schema or "public")
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(place))
        connection.execute(sql.SQL("GRANT USAGE, CREATE ON SCHEMA {} TO advisor_owner").format(place))
        connection.execute(sql.SQL("SET LOCAL search_path = {}, pg_catalog, pg_temp").format(place))
        for statement in statements("uuid_ossp.sql"):
            connection.execute(statement.encode())
    return "1.1 (stand-in functions)"


def statements(name: str) -> list[str]:
    """The statements of a file beside this one, which empty lines part."""
    text = (resources.files("advisor.planners.postgresql") / name).read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    return [part.strip() for part in "\n".join(lines).split("\n\n") if part.strip()]


#: Whether anything in the database belongs to the owner. His schemas may be there: empty ones are in nobody's way.
_OTHERS = """
    SELECT EXISTS (
        SELECT FROM pg_shdepend
        WHERE deptype = 'o' AND refclassid = 'pg_authid'::regclass AND refobjid = 'advisor_owner'::regrole
            AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND classid <> 'pg_namespace'::regclass
    )
"""
_VERSIONS = "SELECT version, requires::text[] FROM pg_available_extension_versions WHERE name = %s"
