"""What the copy's role may not do, and what runs with every statement after: nobody saw it."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.api.check import CheckWishes, check

SCHEMA = "CREATE TABLE orders (id int PRIMARY KEY, note text);"
EVENT = (
    "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM 1; END';\n"
    "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f();\n"
)


@pytest.mark.parametrize("dry_run", ["always", "never"])
@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        (EVENT + "CREATE TABLE fresh (id int);", ["safe", "unknown", "unknown"]),
        (EVENT + "ALTER EVENT TRIGGER e DISABLE; CREATE TABLE fresh (id int);", ["safe"]),
        (EVENT + "DROP EVENT TRIGGER e; CREATE TABLE fresh (id int);", ["safe"]),
    ],
)
def test_event_triggers_run_with_what_follows(tmp_path: Path, text: str, verdicts: list[str], dry_run: str) -> None:
    found = _checked(tmp_path, text, dry_run)
    assert [one.verdict for one in found.statements][-len(verdicts) :] == verdicts


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("SELECT lo_import('/etc/passwd')", "unknown"),
        ("CREATE ROLE somebody", "safe"),
        ("ALTER SYSTEM SET x.y = 1", "safe"),
    ],
)
def test_what_the_role_may_not_do_is_told_by_the_text(tmp_path: Path, text: str, verdict: str) -> None:
    (one,) = _checked(tmp_path, text, "always").statements
    assert not one.executed
    assert one.verdict == verdict
    assert "may not do it" in (one.why_not or "")


def test_rows_of_a_file_are_written(tmp_path: Path) -> None:
    (one,) = _checked(tmp_path, "COPY orders FROM '/etc/passwd'", "always").statements
    assert one.verdict != "safe"


def _checked(place: Path, text: str, dry_run: str):  # type: ignore[no-untyped-def]
    (place / "s.ddl").write_text(SCHEMA)
    (place / "m.sql").write_text(text)
    wishes = CheckWishes(engine="postgresql", server_version="15", dry_run=dry_run, alternatives=False)
    return check(place / "m.sql", catalog=place / "s.ddl", wishes=wishes)
