"""A folder with a `migration.sql` is Prisma's by one of its marks only; else it is plain SQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.migrations.reading.layout import series_of
from advisor.migrations.reading.tree import WorkTree


@pytest.mark.parametrize(
    ("file", "beside", "tool"),
    [
        ("prisma/migrations/20240101000000_a/migration.sql", [], "prisma"),
        ("prisma/migrations/0_init/migration.sql", [], "prisma"),
        ("db/first/migration.sql", ["db/migration_lock.toml"], "prisma"),
        ("db/migrations/first/migration.sql", ["db/schema.prisma"], "prisma"),
        ("db/first/migration.sql", ["db/first/snapshot.json"], "drizzle"),
        ("db/first/migration.sql", [], "sql"),
        ("db/v1.2/migration.sql", ["db/README.md"], "sql"),
    ],
)
def test_the_tool_of_a_folder(tmp_path: Path, file: str, beside: list[str], tool: str) -> None:
    for name in (file, *beside):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("create table a (id int);\n")
    path = str(tmp_path / file)
    found = series_of(WorkTree([path]), path)
    assert found is not None
    assert found.tool == tool
