"""The written files, read back by the readers of migrations: the statements and transactions of the steps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.alternatives import alternative
from advisor.alternatives.forms import WRITERS, Origin, with_files
from advisor.alternatives.forms.text import statements
from advisor.alternatives.forms.units import Unit, units
from advisor.catalog.source import load
from advisor.migrations.reading import locate, read, script_of
from advisor.migrations.static import foretell
from advisor.migrations.verdict import Unknown, verdict
from advisor.model.catalog import Catalog
from advisor.model.check import Alternative, Step, Verdict
from advisor.model.engine import Engine
from advisor.model.migration import Change, Tool
from tests.alternatives.test_alternatives import CASES
from tests.alternatives.test_alternatives import SCHEMA as SMALL
from tests.alternatives.test_equivalence import ONLY, SAME, SCHEMA

ENGINE = Engine("postgresql", "16.1")
#: The migration that the statement stands in, by tool.
OWN: dict[Tool, tuple[str, str]] = {
    "flyway": ("V7__shop.sql", "7"),
    "golang-migrate": ("0007_shop.up.sql", "0007"),
    "dbmate": ("20240101_shop.sql", "20240101"),
    "sqitch": ("deploy/shop.sql", "shop"),
    "goose": ("00007_shop.sql", "00007"),
    "diesel": ("2024-01-01-000000_shop/up.sql", "2024-01-01-000000_shop"),
    "prisma": ("20240101000000_shop/migration.sql", "20240101000000_shop"),
    "drizzle": ("0007_shop.sql", "0007_shop"),
    "liquibase": ("shop.sql", "shop.sql"),
}
HEADS = {
    "dbmate": "-- migrate:up\n",
    "goose": "-- +goose Up\n",
    "liquibase": "--liquibase formatted sql\n--changeset me:7\n",
}
STATEMENTS = list(dict.fromkeys([*SAME, *ONLY[16 if 16 in ONLY else 18], *CASES]))


def catalogs(folder: Path) -> dict[str, Catalog]:
    out = {}
    for number, text in enumerate((SCHEMA, SMALL)):
        (folder / f"{number}.ddl").write_text(text)
        out[text] = load(str(folder / f"{number}.ddl"), "postgresql")
    return out


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Alternative]:
    """By statement."""
    known = catalogs(tmp_path_factory.mktemp("schemas"))
    out: dict[str, Alternative] = {}
    for sql in STATEMENTS:
        catalog = known[SMALL if sql in CASES else SCHEMA]

        def reading(text: str, catalog: Catalog = catalog) -> tuple[tuple[Change, ...], Verdict]:
            one = foretell([script_of(text, "a.sql", engine="postgresql")], catalog, ENGINE).outcomes[0]
            return one.changes, verdict(one, Unknown())

        outcome = foretell([script_of(sql, "a.sql", engine="postgresql")], catalog, ENGINE).outcomes[0]
        written = alternative(sql, outcome, verdict(outcome, Unknown()), ENGINE, catalog, reading)
        if written is not None and written.steps:
            out[sql] = written
    assert len(out) > 40
    return out


def origin(tool: Tool, root: Path, sql: str, *, alone: bool = False, **more: object) -> Origin:
    file, name = OWN[tool]
    return Origin(
        tool=tool,
        file=str(root / file),
        name=name,
        line=3,
        sql=sql,
        engine=ENGINE,
        alone=alone,
        **more,  # type: ignore[arg-type]
    )


def lay(root: Path, tool: Tool, one: Alternative, place: Origin) -> list[str]:
    """Writes the files beside the migration that they belong to."""
    own = Path(place.file)
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text(HEADS.get(tool, "") + "SELECT 1;\n")
    names = [own.stem]
    for each in one.files:
        path = Path(each.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(each.text)
        names += [path.stem] if path.suffix == ".sql" and path.stem not in names else []
    if tool == "sqitch":
        lines = [
            f"{name} 2024-01-01T00:00:00Z me <me@example.com>"
            for name in names
            if (root / f"deploy/{name}.sql").exists()
        ]
        (root / "sqitch.plan").write_text("%project=shop\n\n" + "\n".join(lines) + "\n")
    if tool == "drizzle":
        (root / "meta").mkdir(exist_ok=True)
        entries = [{"idx": n, "tag": name} for n, name in enumerate(sorted(names))]
        (root / "meta" / "_journal.json").write_text(json.dumps({"dialect": "postgresql", "entries": entries}))
    return names


def runs(root: Path) -> list[list[tuple[str, bool]]]:
    """What the reader says that runs together: statements, and whether in a transaction."""
    history = read(locate([str(root)]), engine="postgresql")
    assert not history.notices or "drizzle" in history.notices[0]
    out: list[list[tuple[str, bool]]] = []
    for script in history.scripts:
        assert not script.unread
        last: object = None
        for one in script.statements:
            inside = one.transaction is not None
            if not inside or (script.file, one.transaction) != last:
                out.append([])
            out[-1].append((one.sql, inside))
            last = (script.file, one.transaction) if inside else None
    return out


def wanted(one: Alternative, tool: Tool) -> list[list[str]]:
    parts = units(one)
    assert parts is not None
    own = [part for part in parts if isinstance(part, Unit)]
    if tool == "drizzle":  # all or nothing: what comes between two steps may be what saves the rows
        assert all(part.inside for part in own)
    whole: list[list[str]] = []
    for part in own:
        sql = statements(part)
        whole += [list(sql)] if part.inside else [[text] for text in sql]
    return whole


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("tool", OWN)
def test_files_say_what_the_steps_say(tool: Tool, alone: bool, found: dict[str, Alternative], tmp_path: Path) -> None:
    seen = 0
    for number, (sql, one) in enumerate(found.items()):
        root = tmp_path / str(number) / "migrations"
        root.mkdir(parents=True)
        place = origin(tool, root, sql, alone=alone)
        written, count = with_files(one, place)
        if not written.files:
            assert written.file_notes
            continue
        seen += 1
        assert len({each.path for each in written.files}) == len(written.files)
        lay(root, tool, written, place)
        own = Path(place.file)
        assert (str(own) in {each.path for each in written.files}) == (alone and tool != "liquibase")
        got = [part for part in runs(root) if part != [("SELECT 1", part[0][1])]]
        assert [[text for text, _ in part] for part in got] == wanted(one, tool), sql
        assert count == len(got)
        inside = [
            part.inside
            for part in units(one) or []
            if isinstance(part, Unit)
            for _ in (part.sql if not part.inside else ("",))
        ]
        for part, together in zip(got, [True] * len(got) if tool == "drizzle" else inside, strict=True):
            held = {transaction for _, transaction in part}
            # One statement is its own transaction, whoever says so.
            assert held == {together} or (len(part) == 1 and together), (sql, part)
    assert seen >= (10 if tool == "drizzle" else 40), seen


def test_all_tools_but_plain_sql_have_a_form() -> None:
    assert set(OWN) | {"alembic", "django"} == set(WRITERS)


def test_a_limit_does_not_outlive_its_statement(found: dict[str, Alternative]) -> None:
    """CREATE INDEX CONCURRENTLY behind it in the same session would give up, and leave an INVALID index."""
    for one in found.values():
        for part in units(one) or []:
            if isinstance(part, Unit) and any("lock_timeout" in sql for sql in part.sql):
                assert part.sql[0].startswith("SET LOCAL lock_timeout = '2s'")
                assert part.how == "together"
    step = Step(sql=("SET lock_timeout = '2s'", "DROP INDEX CONCURRENTLY i"), transaction=False)
    assert units(Alternative(summary="", steps=(step,))) == [
        Unit(("SET lock_timeout = '2s'", "DROP INDEX CONCURRENTLY i", "RESET lock_timeout"), "alone")
    ]
