"""What is known of migrations in code before they run."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.api.check.scripts import _extensions, history_of
from advisor.api.check.wishes import CheckWishes
from advisor.dryrun import capture
from advisor.model.migration import Located, Script

CODE = r"""
def upgrade():
    op.execute("CREATE EXTENSION IF NOT EXISTS citext")
    op.execute("create extension \"uuid-ossp\"")
    op.execute('''
        CREATE EXTENSION
            hstore''')
class Migration:
    operations = [TrigramExtension(), CreateExtension("btree_gin"), BloomExtensionOfMine()]
"""


def test_extensions_that_code_names(tmp_path: Path) -> None:
    file = tmp_path / "m.py"
    file.write_text(CODE)
    located = Located(tool="django", root=str(tmp_path), files=(str(file), str(tmp_path / "gone.py")))
    assert {one.name for one in _extensions(located)} == {"citext", "uuid-ossp", "hstore", "pg_trgm", "btree_gin"}


@pytest.mark.parametrize("tool", ["alembic", "django"])
def test_earlier_migrations_are_the_schema(tool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "app" / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / ("alembic.ini" if tool == "alembic" else "manage.py")).write_text("")
    before = ["None", "'0001_a'"]
    for number, name in enumerate(["0001_a", "0002_b"]):
        text = f"from alembic import op\nrevision = {name!r}\ndown_revision = {before[number]}\n"
        if tool == "django":
            needs = "" if number == 0 else "('app', '0001_a')"
            text = f"from django.db import migrations\nclass Migration(migrations.Migration):\n    dependencies = [{needs}]\n"
        (folder / f"{name}.py").write_text(text)

    def offline(located: Located, **_: object) -> tuple[Script, ...]:
        return tuple(Script(file=file, tool=located.tool, name=file, statements=()) for file in located.files)

    monkeypatch.setattr(capture, "offline", offline)
    found = history_of([str(folder / "0002_b.py")], CheckWishes(), None, None)
    assert [Path(one.file).name for one in found.scripts] == ["0002_b.py"]
    assert [Path(one.file).name for one in found.base] == ["0001_a.py"]
    # Installed packages made tables too, which nobody sees
    assert bool(found.base[0].unread) is (tool == "django")
