"""Savepoints of a migration: what ROLLBACK TO undoes is undone before the next statement is judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.api.check import CheckWishes, check

SCHEMA = "CREATE TABLE orders (id int PRIMARY KEY, customer_id bigint, note text); CREATE TABLE other (id int);"
DECOY = "ALTER TABLE orders RENAME TO o; CREATE TABLE orders (id int, customer_id bigint);\n"
REWRITE = "ALTER TABLE orders ALTER COLUMN customer_id TYPE text;\n"


@pytest.mark.parametrize("dry_run", ["always", "never"])
@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        (f"BEGIN; SAVEPOINT s; {DECOY} ROLLBACK TO s; {REWRITE} COMMIT;", ["blocking"]),
        (f"BEGIN; SAVEPOINT s; {DECOY} ROLLBACK TO SAVEPOINT s; {REWRITE} ROLLBACK TO s; COMMIT; {REWRITE}",
         ["blocking", "blocking"]),
        (f"BEGIN; {DECOY} ROLLBACK; {REWRITE}", ["blocking"]),
        (f"BEGIN; SAVEPOINT a; SAVEPOINT b; {DECOY} RELEASE b; ROLLBACK TO a; {REWRITE} COMMIT;", ["blocking"]),
        (f"BEGIN; SAVEPOINT a; SELECT 1; SAVEPOINT a; {DECOY} RELEASE SAVEPOINT a; ROLLBACK TO a; {REWRITE} COMMIT;",
         ["blocking"]),
        (f'BEGIN; SAVEPOINT "S"; {DECOY} SAVEPOINT s; SELECT 1; ROLLBACK TO "S"; {REWRITE} COMMIT;', ["blocking"]),
        # What stays stays: the index is of a table that the transaction made.
        ("BEGIN; CREATE TABLE fresh (id int); SAVEPOINT s; DROP TABLE other; ROLLBACK TO s; COMMIT;"
         "CREATE INDEX f ON fresh (id); CREATE INDEX o ON other (id);", ["safe", "blocking"]),
        # Locks taken since are let go.
        ("BEGIN; SAVEPOINT s; LOCK TABLE other; ROLLBACK TO s; CREATE TABLE fresh (id int); COMMIT;", ["safe"]),
    ],
)  # fmt: skip
def test_what_is_undone_is_undone(tmp_path: Path, text: str, verdicts: list[str], dry_run: str) -> None:
    (tmp_path / "s.ddl").write_text(SCHEMA)
    (tmp_path / "m.sql").write_text(text)
    wishes = CheckWishes(engine="postgresql", server_version="15", dry_run=dry_run, alternatives=False)
    found = check(tmp_path / "m.sql", catalog=tmp_path / "s.ddl", wishes=wishes)
    assert [one.verdict for one in found.statements][-len(verdicts) :] == verdicts
    assert not any(one.failure for one in found.statements)
