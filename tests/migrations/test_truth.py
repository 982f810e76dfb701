"""A slice of the executed truth (fixtures/migrations): the same words without a server, and with the dry run.

Only open cases: the held third is scored by `benchmarks.migrations.score`, never looked at.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.planners.postgresql import binaries
from benchmarks.migrations import score
from benchmarks.migrations.cases import FIXTURES, load, split

#: Each family both ways: what blocks, and its harmless neighbour.
SLICE = (
    "add_check", "add_check_not_valid", "add_check_not_valid_then_validate_begin", "add_column", "add_column_constant_default",
    "add_column_uuid", "add_fk", "add_fk_not_valid_then_validate", "add_pk", "add_unique", "add_unique_using_index",
    "create_index", "create_index_concurrently", "drop_index", "set_not_null", "set_not_null_validated_check",
    "int_to_bigint", "varchar_widen", "varchar_narrow", "numeric_widen", "timestamp_to_timestamptz", "timestamp_to_timestamptz_utc",
    "partition_of_beside_default", "attach_scan", "attach_with_check", "update_all", "update_one", "truncate_referenced",
    "detach", "domain_add_check", "comment_on_table", "create_table", "vacuum_full", "drop_table_referenced",
)  # fmt: skip
MARIADB = (
    "add_column_last", "add_index", "int_to_bigint", "varchar_widen_across_255_bytes", "varchar_widen_within_255_bytes",
    "enum_append", "enum_middle", "add_column_first_with_virtual", "add_fk", "add_fk_checks_off", "null_to_not_null",
    "convert_charset", "create_fulltext_first", "drop_pk_only",
)  # fmt: skip
DRY = ("do_block_check", "function_builds_index", "count_under_lock_begin")


def _open(engine: str, ids: tuple[str, ...]) -> list[str]:
    return [one.id for one in load(engine) if one.id in ids and not one.held]


@pytest.fixture
def no_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVISOR_MARIADB_HOME", "/nowhere")
    monkeypatch.setattr(binaries, "_candidates", lambda: iter(()))


def _words(engine: str, id: str, place: Path, dry_run: str) -> tuple[list[str], list[str]]:
    """(measured, said) of the statements that were reached."""
    case = next(one for one in load(engine) if one.id == id)
    measured = score.truth(engine, 15)[id]
    said = score.ask_advisor(case, place, major=15, dry_run=dry_run, schema="snapshot")
    assert not isinstance(said, str), said
    pairs = [
        (real["verdict"], "fails" if real["verdict"] == "fails" and told.fails else told.verdict)
        for real, told in zip(measured, said, strict=True)
        if real["verdict"] is not None and told.verdict not in real.get("accepted", ())
    ]
    return [real for real, _ in pairs], [told for _, told in pairs]


@pytest.mark.parametrize("id", _open("postgresql", SLICE))
def test_postgresql_without_a_server(id: str, tmp_path: Path, no_servers: None) -> None:
    measured, said = _words("postgresql", id, tmp_path, "never")
    assert said == measured


@pytest.mark.parametrize("id", _open("mariadb", MARIADB))
def test_mariadb_without_a_server(id: str, tmp_path: Path, no_servers: None) -> None:
    measured, said = _words("mariadb", id, tmp_path, "never")
    assert said == measured


@pytest.mark.server
@pytest.mark.parametrize("id", _open("postgresql", DRY))
def test_postgresql_with_the_dry_run(id: str, tmp_path: Path) -> None:
    measured, said = _words("postgresql", id, tmp_path, "always")
    assert said == measured


@pytest.mark.parametrize(("engine", "file"), [("postgresql", "truth-15.json"), ("mariadb", "truth.json")])
def test_every_case_was_measured(engine: str, file: str) -> None:
    told = json.loads((FIXTURES / engine / file).read_text())["cases"]
    for case in load(engine, major=15 if engine == "postgresql" else None):
        assert [line for line, _ in case.statements] == [one["line"] for one in told[case.id]], case.id


def test_statements_are_cut_at_semicolons_outside_quotes() -> None:
    text = "-- a; b\nSELECT ';';\n\nDO $x$ BEGIN; END $x$;  SELECT 2 - 1 /* ; */"
    assert split(text) == [(2, "SELECT ';'"), (4, "DO $x$ BEGIN; END $x$"), (4, "SELECT 2 - 1 /* ; */")]
