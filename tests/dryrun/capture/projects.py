"""Small projects of Alembic and Django, written into a folder."""

from __future__ import annotations

import textwrap
from pathlib import Path

from advisor.model.migration import Located

ENV = """
from alembic import context
from sqlalchemy import create_engine, engine_from_config, pool
config = context.config

def offline():
    context.configure(url=config.get_main_option("sqlalchemy.url"), literal_binds=True, dialect_opts={"paramstyle": "named"})
    with context.begin_transaction():
        context.run_migrations()

def online():
    engine = engine_from_config(config.get_section(config.config_ini_section), prefix="sqlalchemy.", poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()

offline() if context.is_offline_mode() else online()
"""


def text(words: str) -> str:
    return textwrap.dedent(words).lstrip("\n")


def alembic(
    root: Path, revisions: dict[str, str], *, env: str = ENV, url: str = "postgresql://u:p@db.example/prod"
) -> list[str]:
    """Files by name: the body of ``upgrade`` with everything before it; ``# down: x`` in it is the revision below."""
    versions = root / "migrations" / "versions"
    versions.mkdir(parents=True)
    (root / "alembic.ini").write_text(f"[alembic]\nscript_location = migrations\nsqlalchemy.url = {url}\n")
    (root / "migrations" / "env.py").write_text(text(env))
    files = []
    below: str | None = None
    for name, body in revisions.items():
        body = text(body)
        down = below
        if body.startswith("# down: "):
            down = body.split("\n")[0][8:] or None
            down = None if down == "none" else down
        path = versions / f"{name}.py"
        head = f'revision = "{name}"\ndown_revision = {down!r}\nfrom alembic import op\nimport sqlalchemy as sa\n'
        path.write_text(head + body)
        files.append(str(path))
        below = name
    return files


def django(root: Path, migrations: dict[str, str], *, settings: str = "") -> list[str]:
    """Files by name: the body of ``class Migration``, and what stands before it after a line ``---``."""
    (root / "site_").mkdir(parents=True)
    (root / "shop" / "migrations").mkdir(parents=True)
    for folder in ("site_", "shop", "shop/migrations"):
        (root / folder / "__init__.py").write_text("")
    (root / "shop" / "models.py").write_text("")
    (root / "site_" / "settings.py").write_text(
        'import os\nSECRET_KEY = os.environ["SECRET_KEY"]\nINSTALLED_APPS = ["shop"]\n'
        'DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"\nUSE_TZ = True\n'
        'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "prod", "HOST": "db.example",'
        ' "OPTIONS": {"sslmode": "require"}}}\n' + text(settings)
    )
    (root / "manage.py").write_text(
        text("""
        import os
        import sys

        def main():
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")
            from django.core.management import execute_from_command_line
            execute_from_command_line(sys.argv)

        if __name__ == "__main__":
            main()
        """)
    )
    files = []
    below = None
    for name, body in migrations.items():
        before, _, rest = text(body).rpartition("---\n")
        dependencies = f'[("shop", "{below}")]' if below else "[]"
        path = root / "shop" / "migrations" / f"{name}.py"
        path.write_text(
            f"from django.db import migrations, models\n{before}class Migration(migrations.Migration):\n"
            f"    dependencies = {dependencies}\n" + textwrap.indent(rest, "    ")
        )
        files.append(str(path))
        below = name
    return files


def located(root: Path, tool: str, files: list[str], base: list[str] | None = None) -> Located:
    return Located(tool=tool, root=str(root), files=tuple(files), base=tuple(base or ()))  # type: ignore[arg-type]


def line(file: str, words: str) -> int:
    """Of the first line that holds these words."""
    return next(n for n, one in enumerate(Path(file).read_text().splitlines(), 1) if words in one)
