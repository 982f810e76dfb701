"""The order of migrations that are Python: Alembic's by ``down_revision``, Django's by ``dependencies``.

The files are parsed, never run. What computes its revision stands last, with a note.
"""

from __future__ import annotations

import ast
import heapq
import os
import re
import warnings
from collections.abc import Iterable, Mapping
from typing import TypeVar

from advisor.migrations.reading.tree import Tree, below, parent

K = TypeVar("K", str, tuple[str, str])
#: A generated file holds some kilobytes; parsing takes memory many times its size.
_MAX_BYTES = 1 << 20


def alembic_order(tree: Tree, root: str, notes: list[str]) -> list[str]:
    """Below a folder: each revision after those that it says it follows or depends on."""
    names: dict[str, str] = {}
    after: dict[str, set[str]] = {}
    left: list[str] = []
    for path in below(tree, root):
        if not path.endswith(".py") or b"down_revision" not in tree.head(path):
            continue
        found = _assigned(tree, path)
        revision = found.get("revision")
        if not isinstance(revision, str):
            left.append(path)
            continue
        names[revision] = path
        after[revision] = {*_strings(found.get("down_revision")), *_strings(found.get("depends_on"))}
    for revision, before in after.items():
        # Alembic takes a unique beginning of a revision for it
        after[revision] = {one if one in names else _beginning(one, names) for one in before}
    if left:
        notes.append(f"{len(left)} files name no revision that can be read without running them ({left[0]})")
    return [*(names[one] for one in sorted_by(names, after, notes)), *left]


def _beginning(short: str, names: Mapping[str, str]) -> str:
    found = [one for one in names if one.startswith(short)]
    return found[0] if len(found) == 1 else short


def django_order(tree: Tree, root: str, notes: list[str]) -> list[str]:
    """Below a folder, over all its apps: each migration after its dependencies; those of other packages are given."""
    names: dict[tuple[str, str], str] = {}
    after: dict[tuple[str, str], set[tuple[str, str]]] = {}
    firsts: dict[str, list[str]] = {}
    for path in below(tree, root):
        folder = parent(path) or ""
        name = os.path.basename(path)
        if not name.endswith(".py") or os.path.basename(folder) != "migrations" or name == "__init__.py":
            continue
        if b"class Migration" not in (tree.raw(path) or b"")[:_MAX_BYTES]:
            continue
        app = os.path.basename(parent(folder) or "")
        names[app, name[:-3]] = path
        firsts.setdefault(app, []).append(name[:-3])
        after[app, name[:-3]] = _dependencies(tree, path)
    for key in names:
        found: set[tuple[str, str]] = set()
        for other, wanted in after[key]:
            if wanted == "__first__" and other in firsts:
                found.add((other, min(firsts[other])))
            elif wanted == "__latest__" and other in firsts:
                found |= {(other, one) for one in firsts[other]}
            else:
                found.add((other, wanted))
        after[key] = found
    return [names[one] for one in sorted_by(names, after, notes)]


def sorted_by(names: Mapping[K, str], after: Mapping[K, set[K]], notes: list[str]) -> list[K]:
    """Each after those that it follows; of several that could come next the first by name. A circle stands last."""
    waits = {key: {one for one in before if one in names and one != key} for key, before in after.items()}
    follows: dict[K, list[K]] = {}
    for key, before in waits.items():
        for one in before:
            follows.setdefault(one, []).append(key)
    ready = [(names[key], key) for key, before in waits.items() if not before]
    heapq.heapify(ready)
    found: list[K] = []
    while ready:
        _, key = heapq.heappop(ready)
        found.append(key)
        for one in follows.get(key, ()):
            waits[one].discard(key)
            if not waits[one]:
                heapq.heappush(ready, (names[one], one))
    if len(found) < len(names):
        left = sorted((key for key in names if key not in set(found)), key=lambda key: names[key])
        notes.append(f"{len(left)} migrations wait for one another: they stand last ({names[left[0]]})")
        found += left
    return found


def _parsed(tree: Tree, path: str) -> ast.Module | None:
    raw = tree.raw(path)
    if raw is None or len(raw) > _MAX_BYTES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(raw)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _assigned(tree: Tree, path: str) -> dict[str, object]:
    """Constants that a module gives names at its top. Without a parse (old Python 2): by the lines."""
    module = _parsed(tree, path)
    found: dict[str, object] = {}
    if module is None:
        text = tree.head(path).decode("utf-8", "replace")
        for match in re.finditer(
            r"^(revision|down_revision)\s*(?::[^=\n]*)?=\s*['\"]([\w-]+)['\"]", text, re.MULTILINE
        ):
            found[match[1]] = match[2]
        return found
    for node in module.body:
        targets: Iterable[ast.expr] = (
            node.targets if isinstance(node, ast.Assign) else (node.target,) if isinstance(node, ast.AnnAssign) else ()
        )
        for target in targets:
            value = getattr(node, "value", None)
            if isinstance(target, ast.Name) and value is not None:
                found[target.id] = _constant(value)
    return found


def _constant(node: ast.expr) -> object:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return tuple(_constant(one) for one in node.elts[:1000])
    return None


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, tuple) else []


def _dependencies(tree: Tree, path: str) -> set[tuple[str, str]]:
    """``dependencies`` of the class Migration; ``migrations.swappable_dependency`` is another package's business."""
    module = _parsed(tree, path)
    found: set[tuple[str, str]] = set()
    if module is None:
        return found
    for node in module.body:
        if not isinstance(node, ast.ClassDef) or node.name != "Migration":
            continue
        for inner in node.body:
            if isinstance(inner, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == "dependencies" for target in inner.targets
            ):
                for pair in inner.value.elts if isinstance(inner.value, (ast.List, ast.Tuple)) else ():
                    value = _constant(pair)
                    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(one, str) for one in value):
                        found.add((str(value[0]), str(value[1])))
    return found
