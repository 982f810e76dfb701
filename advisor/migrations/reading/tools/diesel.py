"""diesel: ``up.sql`` is one message, in a transaction unless metadata.toml says otherwise. A metadata.toml that
does not mention ``run_in_transaction`` means false (migrations_internals, ``TomlMetadata``: the field's default), and
one that cannot be read means true (diesel_migrations, ``SqlFileMigration::from_path``)."""

from __future__ import annotations

import os.path
import tomllib

from advisor.migrations.reading.source import Reading, Source


def read(source: Source) -> Reading:
    """All of the file."""
    name = os.path.basename(source.folder) if source.name == "up.sql" else None
    inside = True
    raw = source.tree.raw(os.path.join(source.folder, "metadata.toml")) if name is not None else None
    notes: list[str] = []
    if raw is not None:
        try:
            value = tomllib.loads(raw.decode("utf-8")).get("run_in_transaction", False)
            inside = value if isinstance(value, bool) else True
        except (ValueError, RecursionError):
            notes.append("metadata.toml cannot be read: diesel then runs the file in a transaction")
    return Reading(source.whole(group=1 if inside else None, message=1), name, notes)
