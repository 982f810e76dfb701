"""Alembic's and Django's files: located and ordered without running them."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.migrations.reading import locate, read


def alembic(folder: Path, revision: str, down: str, name: str = "") -> None:
    (folder / f"{name or revision}.py").write_text(
        f'"""x"""\nraise SystemExit("never run")\nrevision: str = "{revision}"\ndown_revision = {down}\n'
    )


def test_alembic_goes_by_down_revision(tmp_path: Path) -> None:
    versions = tmp_path / "app" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "alembic.ini").write_text("[alembic]\n")
    alembic(versions, "zz1", "None")
    alembic(versions, "aa3", "('bb2', 'cc2')")
    alembic(versions, "bb2", "'zz1'")
    alembic(versions, "cc2", "'zz'")
    (versions / "broken.py").write_text("revision = 'dd4'\ndown_revision = 'aa3'\nprint 'python 2'\n")
    (versions / "computed.py").write_text("revision = make()\ndown_revision = 'aa3'\n")
    (located,) = locate([str(tmp_path)])
    assert (located.tool, located.python, Path(located.root)) == ("alembic", True, tmp_path)
    assert [Path(one).stem for one in located.files] == ["zz1", "bb2", "cc2", "aa3", "broken", "computed"]
    assert located.notes[0].startswith("1 files name no revision")
    (one,) = locate([str(versions / "aa3.py")])
    assert [Path(path).stem for path in one.base] == ["zz1", "bb2", "cc2"]
    assert read([one]).scripts == ()


def test_a_circle_of_revisions_ends(tmp_path: Path) -> None:
    alembic(tmp_path, "a", "'b'")
    alembic(tmp_path, "b", "'a'")
    (located,) = locate([str(tmp_path)])
    assert [Path(one).stem for one in located.files] == ["a", "b"]
    assert "wait for one another" in located.notes[0]


def test_django_goes_by_dependencies_over_all_apps(tmp_path: Path) -> None:
    (tmp_path / "manage.py").write_text("")
    for app, name, dependencies in (
        ("users", "0001_initial", "[]"),
        ("users", "0002_b", "[('users', '0001_initial'), ('shop', '__first__')]"),
        (
            "shop",
            "0001_initial",
            "[('users', '0001_initial'), migrations.swappable_dependency(X), ('auth', '0001_initial')]",
        ),
        ("shop", "0002_c", "[('shop', '0001_initial'), ('users', '0002_b')]"),
    ):
        folder = tmp_path / app / "migrations"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").touch()
        (folder / f"{name}.py").write_text(
            f"from django.db import migrations\nclass Migration(migrations.Migration):\n    dependencies = {dependencies}\n"
        )
    (located,) = locate([str(tmp_path)])
    assert located.tool == "django"
    assert Path(located.root) == tmp_path
    assert [f"{Path(one).parts[-3]}.{Path(one).stem}" for one in located.files] == [
        "users.0001_initial",
        "shop.0001_initial",
        "users.0002_b",
        "shop.0002_c",
    ]
    (part,) = locate([str(tmp_path / "shop")])
    assert [Path(one).stem for one in part.files] == ["0001_initial", "0002_c"]
    assert [Path(one).stem for one in part.base] == ["0001_initial", "0002_b"]


def test_the_project_stands_where_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    migrations = tmp_path / "shop" / "orders" / "migrations"
    migrations.mkdir(parents=True)
    (tmp_path / "manage.py").write_text("")
    (migrations / "0001_a.py").write_text(
        "from django.db import migrations\nclass Migration(migrations.Migration):\n  pass\n"
    )
    monkeypatch.chdir(tmp_path)
    for path in (".", "shop", "shop/orders/migrations/0001_a.py"):
        (located,) = locate([path])
        assert located.root == "."
