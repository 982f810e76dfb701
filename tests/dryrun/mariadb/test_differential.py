"""What the rules say and what a server accepts, for many ALTERs of many kinds of tables."""

from __future__ import annotations

from collections import Counter

import pymysql
import pytest
from pymysql.cursors import Cursor

from advisor.catalog.ddl.file import read_ddl
from advisor.dryrun.mariadb import run
from advisor.dryrun.mariadb.host import Throwaway
from advisor.migrations.reading import script_of
from advisor.migrations.static.mysql import foretell
from advisor.migrations.verdict import Unknown, verdict
from advisor.model.engine import Engine
from tests.dryrun.mariadb.cases import cases
from tests.dryrun.mariadb.failing import SCHEMA, STATEMENTS

_ENGINE = Engine("mariadb", "10.11.19-MariaDB")


def _compared(chosen: list[tuple[str, str, str, str]]) -> tuple[Counter[tuple[str, str]], list[str]]:
    """Pairs of verdicts, probed and told, of what the server takes at all; and what differs."""
    keep = "SET system_versioning_alter_history = 1;\n"
    makes = "CREATE TABLE par (id INT PRIMARY KEY);\n" + ";\n".join(one[2] for one in chosen) + ";"
    base = [script_of(makes, "base.sql", engine="mariadb")]
    scripts = [script_of(keep + ";\n".join(one[3] for one in chosen) + ";", "m.sql", engine="mariadb")]
    probed = run(scripts, snapshot=None, base=base, engine=_ENGINE)
    told = foretell(scripts, None, _ENGINE, base=base)
    pairs: Counter[tuple[str, str]] = Counter()
    different: list[str] = []
    for (kind, _, _, sql), one, other in zip(chosen, probed.outcomes[1:], told.outcomes[1:], strict=True):
        assert one.why_not is None, (sql, one.why_not)
        seen, said = verdict(one, Unknown()), verdict(other, Unknown())
        if seen == "fails":
            continue
        pairs[seen, said] += 1
        if seen != said:
            different.append(f"{kind}: {sql}: {seen} by {one.algorithm}, told {said} by {other.algorithm}")
    return pairs, different


def _share(pairs: Counter[tuple[str, str]]) -> tuple[float, float]:
    """Recall and precision of ``blocking`` without a server."""
    hits = pairs["blocking", "blocking"]
    seen = sum(count for (one, _), count in pairs.items() if one == "blocking")
    said = sum(count for (_, one), count in pairs.items() if one == "blocking")
    return hits / seen, hits / said


@pytest.mark.server
def test_rules_agree_with_a_server() -> None:
    pairs, different = _compared(cases(every=17))
    assert sum(pairs.values()) > 45
    assert len(different) <= 1, different


@pytest.mark.server
@pytest.mark.long
@pytest.mark.timeout(900)
def test_rules_agree_with_a_server_on_all() -> None:
    everything = cases()
    pairs: Counter[tuple[str, str]] = Counter()
    different: list[str] = []
    for start in range(0, len(everything), 130):
        some, wrong = _compared(everything[start : start + 130])
        pairs.update(some)
        different += wrong
    recall, precision = _share(pairs)
    print(pairs, recall, precision, *different, sep="\n")
    assert recall >= 0.98
    assert precision >= 0.97


#: Types that are not there, and how a dropped column's index is kept: only a server tells.
_ONLY_SEEN = frozenset(
    {
        "ALTER TABLE t DROP COLUMN a, ADD COLUMN a BIGINT",
        "SET foreign_key_checks = 0; ALTER TABLE par MODIFY id BIGINT NOT NULL",
        "ALTER TABLE t ADD COLUM oops int NOT",
    }
)


@pytest.mark.parametrize(("sql", "code"), STATEMENTS)
def test_failures_are_told_without_a_server(sql: str, code: int | None) -> None:
    catalog = read_ddl(SCHEMA, "schema.sql", "mariadb")
    told = foretell([script_of(sql, "m.sql", engine="mariadb")], catalog, _ENGINE).outcomes[-1]
    assert (told.failure is not None) == (code is not None and sql not in _ONLY_SEEN)


@pytest.mark.parametrize("known", [True, False])
def test_a_schema_that_is_not_known_whole_fails_nothing_by_names(known: bool) -> None:
    sql = "DROP TABLE no; INSERT INTO no VALUES (1); TRUNCATE no; RENAME TABLE no TO yes; CREATE INDEX k ON no (a)"
    script = script_of(f"CALL pp(); {sql}" if known else sql, "m.sql", engine="mariadb")
    catalog = read_ddl(SCHEMA, "schema.sql", "mariadb") if known else None
    assert all(one.failure is None for one in foretell([script], catalog, _ENGINE).outcomes)


@pytest.mark.server
@pytest.mark.long
@pytest.mark.timeout(600)
def test_what_fails_is_what_a_server_refuses() -> None:
    with Throwaway({}) as host:
        host.create("shop")
        with host.owner("shop") as owner, owner.cursor() as cursor:
            seen = []
            for sql, _ in STATEMENTS:
                cursor.execute("UNLOCK TABLES")
                cursor.execute("SET foreign_key_checks = 0")
                cursor.execute("DROP DATABASE shop")
                host.create("shop")
                cursor.execute("USE shop")
                for text in SCHEMA.split(";"):
                    if text.strip():
                        cursor.execute(text)
                cursor.execute("SET foreign_key_checks = 1")
                seen.append((sql, _code(cursor, sql)))
    assert tuple(seen) == STATEMENTS


def _code(cursor: Cursor, sql: str) -> int | None:
    try:
        for text in sql.split("; "):
            cursor.execute(text)
    except pymysql.Error as error:
        return int(error.args[0])
    return None
