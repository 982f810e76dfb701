"""Whose dialect migrations are written in: by the tool's own files, else by the words of the SQL."""

from __future__ import annotations

import json
import os
import re

from advisor.migrations.reading.text import text_of
from advisor.migrations.reading.tree import Tree
from advisor.model.engine import EngineName
from advisor.model.migration import Located
from advisor.sources.sqlfile import guess_engine

#: Bytes of all files together that are looked at.
_LOOK = 1 << 20
_NAMES: dict[str, EngineName] = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "pg": "postgresql",
    "cockroachdb": "postgresql",
    "mysql": "mysql",
    "mariadb": "mariadb",
    "sqlite": "sqlite",
    "sqlite3": "sqlite",
}
_PROVIDER = re.compile(r"^\s*(?:provider|dialect|engine)\s*=\s*[\"']?(\w+)", re.MULTILINE)


def engine_of(located: Located, work: Tree, base: Tree) -> EngineName | None:
    """None: nothing tells."""
    root = "" if located.root == "." else located.root
    by_tool = _of_tool(located, work, root)
    if by_tool is not None:
        return by_tool
    for word in reversed(re.split(r"[^a-z0-9]+", root.lower())):
        if word in _NAMES and word != "pg":
            return _NAMES[word]
    parts: list[str] = []
    size = 0
    for tree, paths in ((work, located.files), (base, located.base)):
        for path in paths:
            if size > _LOOK:
                break
            head = text_of(tree.head(path)).data
            parts.append(head.decode("utf-8", "replace"))
            size += len(head)
    return guess_engine("\n".join(parts))


def _of_tool(located: Located, tree: Tree, root: str) -> EngineName | None:
    """migration_lock.toml of Prisma, the journal of drizzle, sqitch.conf."""
    if located.tool == "prisma":
        return _told(tree, root, "migration_lock.toml")
    if located.tool == "sqitch":
        return _told(tree, root, "sqitch.conf")
    if located.tool == "drizzle":
        raw = tree.raw(os.path.join(root, "meta", "_journal.json"))
        try:
            dialect = json.loads(raw)["dialect"] if raw is not None else None
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        return _NAMES.get(dialect) if isinstance(dialect, str) else None
    return None


def _told(tree: Tree, root: str, name: str) -> EngineName | None:
    raw = tree.raw(os.path.join(root, name))
    match = _PROVIDER.search(raw.decode("utf-8", "replace")) if raw is not None else None
    return _NAMES.get(match[1].lower()) if match is not None else None
