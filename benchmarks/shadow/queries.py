"""The benchmark's queries, and their plans on a server that holds the rows."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import psycopg

from advisor.model.plan import Plan
from advisor.model.planning import Query
from advisor.plans.errors import PlanError
from advisor.plans.read import read

SQL = Path(__file__).parent / "sql"
_HEAD = re.compile(r"-- name: (?P<name>.*?)(?P<how> generic| \[.*\])?$")
_PLACE = re.compile(r"\$(\d+)")


@dataclass(frozen=True)
class Named:
    """A query with a name."""

    name: str
    query: Query


def named(script: Path) -> list[Named]:
    """The queries of a file: ``-- name: words``, then ``["value", ...]`` or ``generic`` for those with parameters."""
    found: list[Named] = []
    for block in re.split(r"^(?=-- name: )", script.read_text("utf-8"), flags=re.MULTILINE):
        head, _, sql = block.partition("\n")
        matched = _HEAD.match(head)
        if matched is None:
            continue
        how = (matched["how"] or "").strip()
        values = tuple(json.loads(how)) if how.startswith("[") else None
        found.append(Named(matched["name"], Query(sql.strip(), values, how == "generic")))
    return found


def planned(connection: psycopg.Connection, query: Query) -> Plan:
    """The plan by EXPLAIN, or by EXPLAIN EXECUTE of a prepared statement. Raises RuntimeError with the server's words."""
    explain = "EXPLAIN (FORMAT JSON) "
    with connection.transaction(force_rollback=True):
        try:
            if _PLACE.search(query.sql) is None:
                row = connection.execute((explain + query.sql).encode()).fetchone()
            else:
                count = max(int(number) for number in _PLACE.findall(query.sql))
                given = query.parameters or (None,) * count
                literals = ", ".join("NULL" if v is None else "'" + v.replace("'", "''") + "'" for v in given)
                mode = "force_generic_plan" if query.generic else "force_custom_plan"
                connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
                connection.execute("DEALLOCATE ALL")
                connection.execute(f"PREPARE benchmarked AS {query.sql}".encode())
                row = connection.execute(f"{explain} EXECUTE benchmarked ({literals})".encode()).fetchone()
        except psycopg.Error as error:
            raise RuntimeError(str(error).partition("\n")[0]) from error
    assert row is not None
    try:
        (plan,) = read(json.dumps(row[0]), engine="postgresql").plans
    except PlanError as error:
        raise RuntimeError(str(error)) from error
    return plan
