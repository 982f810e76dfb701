"""Running files on the real servers as people do, and what stands there afterwards."""

from __future__ import annotations

import subprocess


def psql(dsn: str, text: str) -> None:
    """Runs a file as people do; any error ends it."""
    done = subprocess.run(
        ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-", dsn],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + text


def standing(dsn: str) -> set[tuple[str, str, bool, bool]]:
    """Every index that backs no constraint: name, definition, valid, ready."""
    import psycopg

    with psycopg.connect(dsn, autocommit=True) as connection:
        return set(
            connection.execute(
                "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), indisvalid, indisready "
                "FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' AND NOT indisprimary"
            ).fetchall()
        )


def mariadb_run(dsn: str, text: str) -> None:
    done = subprocess.run(
        ["mariadb", "-h", "127.0.0.1", "-u", "root", dsn.rpartition("/")[2]],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + text
