"""Which migrations are to check, and which come before them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

import msgspec

from advisor.migrations.reading.layout import Series, members, ordered, series_of
from advisor.migrations.reading.revision import Revision
from advisor.migrations.reading.text import printable
from advisor.migrations.reading.tree import Tree, WorkTree, below, parent, shown
from advisor.model.errors import UserError
from advisor.model.migration import Located, Tool

#: Words of folders in which a plain SQL file is taken for a migration though nobody named it.
_TELLING = ("migrat", "deploy", "db/changes", "changelog", "upgrade", "ddl")


#: Files by which tools are told where their migrations are.
_STARTS = frozenset({"alembic.ini", "manage.py", "sqitch.plan"})


class LocationError(UserError):
    """No migration where one was named. One line: what, where, what to do."""


def locate(paths: Sequence[str], *, tool: Tool | None = None, base_rev: str | None = None) -> list[Located]:
    """The migrations at these paths, by tool and folder.

    Of a folder all migrations are to check, of a file that one; what the tool runs before them is ``base``. With
    ``base_rev`` those are to check that the branch added or changed since it left that revision, below the paths (none
    given: everywhere in the repository), and ``base`` is what that revision holds. Raises LocationError where a path
    holds no migration, and RevisionError.
    """
    if not paths and base_rev is None:
        raise LocationError("no migration is named: give files, folders, or --base REV")
    given = [_folder_of(shown(path)) for path in paths]
    for path, name in zip(given, paths, strict=True):
        # With a base it may be one that the branch takes away
        if "\0" in name or (base_rev is None and not os.path.lexists(path or ".")):
            raise LocationError(f"{printable(name)}: no such file or folder")
    base = (
        Revision(base_rev, next((path for path in given if os.path.lexists(path)), "."))
        if base_rev is not None
        else None
    )
    for path in given:
        if base is not None and not os.path.lexists(path or ".") and not base.has(path) and not any(base.entries(path)):
            raise LocationError(f"{printable(path)}: no such file or folder, neither now nor at {base_rev}")
    everywhere = [shown(base.top)] if base is not None and not given else []
    work = WorkTree([*(path or "." for path in given), *(path or "." for path in everywhere)])
    if base is None:
        found = _as_given(work, given, tool)
    else:
        found = _since(work, base, given or everywhere, tool, anywhere=bool(everywhere))
    return found


def _folder_of(path: str) -> str:
    """Where a tool is named by the file that it starts with: its folder."""
    return parent(path) or "" if os.path.basename(path) in _STARTS and os.path.isfile(path) else path


def _as_given(work: WorkTree, given: list[str], tool: Tool | None) -> list[Located]:
    chosen: dict[Series, set[str]] = {}
    skipped: list[str] = []
    for path in given:
        found = False
        for file in _files(work, path):
            series = series_of(work, file, tool)
            if series is None and file == path and not file.endswith((".sql", ".py")):
                series = Series("sql", parent(file) or "")
            if series is not None:
                chosen.setdefault(series, set()).add(file)
                found = True
        if not found:
            skipped.append(path)
    if not chosen:
        raise LocationError(_nothing(skipped[0], tool))
    beside = _beside(chosen, set(given))
    located: list[Located] = []
    for series, files in chosen.items():
        inside = members(work, series)
        order = [*inside.files, *sorted(files - set(inside.files))] if _single(given) else inside.files
        mine = [file for file in order if file in files]
        lost = files - set(order)
        if not mine or (lost and series.tool == "liquibase"):
            beside.append(_not_run(series, lost))
        if not mine:
            continue
        last = order.index(mine[-1])
        before = [file for file in order[:last] if file not in files and ordered(series, file)]
        before = before if all(ordered(series, file) for file in mine) else []
        located.append(
            Located(
                tool=series.tool,
                root=series.root or ".",
                files=tuple(mine),
                base=tuple(before),
                notes=(*inside.notes, *work.notes, *(f"{printable(one)}: no migration" for one in skipped)),
            )
        )
    if not located:
        raise LocationError(beside[0])
    return [msgspec.structs.replace(located[0], notes=(*located[0].notes, *beside)), *located[1:]]


def _since(work: WorkTree, base: Revision, given: list[str], tool: Tool | None, *, anywhere: bool) -> list[Located]:
    chosen: dict[Series, dict[str, bool]] = {}
    present = base.present()
    for path in given:
        for file in _files(work, path):
            if not file.endswith((".sql", ".py", ".go")) or (file != path and file not in present):
                continue
            if not os.path.lexists(file):
                continue
            edited = base.has(file)
            if edited:
                raw = work.raw(file)
                if raw is None or not base.differs(file, raw):
                    continue
            series = series_of(work, file, tool)
            if series is None or (anywhere and series.tool == "sql" and not _telling(file)):
                continue
            chosen.setdefault(series, {})[file] = edited
    for link in work.unfollowed:  # whoever runs the migrations follows it
        if link in present and not base.links(link):
            raise LocationError(
                f"{printable(link)}: the branch adds a link that leads out of its folder; put the file there"
            )
    located: list[Located] = []
    for series, files in chosen.items():
        inside = members(work, series)
        order = [file for file in inside.files if file in files]
        lost = sorted(set(files) - set(order))
        if not order and not lost:
            continue
        before = members(base, series)
        notes = [*inside.notes, *before.notes, *work.notes]
        if lost:
            notes.append(
                f"{printable(lost[0])}: {series.tool} does not run it: it is not in its order ({len(lost)} files)"
            )
        gone = [file for file in before.files if work.raw(file) is None]
        if gone:
            notes.append(f"{printable(gone[0])}: merged, and taken away by this branch ({len(gone)} files)")
        located.append(
            Located(
                tool=series.tool,
                root=series.root or ".",
                files=tuple(order),
                base=tuple(before.files),
                edited=frozenset(file for file in order if files[file]),
                revision=base.commit,
                notes=tuple(notes),
            )
        )
    return [one for one in located if one.files]


def _beside(chosen: dict[Series, set[str]], named: set[str]) -> list[str]:
    """Takes out the plain SQL that lies about where another tool keeps migrations, unless it was named: what stands in
    that tool's own folder, which it does not run, and queries and dumps elsewhere."""
    roots = {series.root for series in chosen if series.tool != "sql"}
    plans = {series.root for series in chosen if series.tool == "sqitch"}
    notes: list[str] = []
    for series in [one for one in chosen if roots and one.tool == "sql" and not one.told]:
        inside = series.root in roots or any(series.root.startswith(f"{plan}/") or not plan for plan in plans)
        if not inside and _telling(f"{series.root}/"):
            continue
        files = chosen[series] & named
        lost = chosen.pop(series) - files
        if files:
            chosen[series] = files
        if lost:
            notes.append(f"{printable(min(lost))}: not taken for a migration, name it if it is one ({len(lost)} files)")
    return notes


def _files(tree: Tree, path: str) -> Iterable[str]:
    if os.path.isdir(path or "."):
        return below(tree, path)
    return [path]


def _single(given: list[str]) -> bool:
    """Files alone are named: each is to check, whatever its tool's order says."""
    return all(not os.path.isdir(path or ".") for path in given)


def _telling(file: str) -> bool:
    folder = (parent(file) or "").lower()
    return any(word in folder for word in _TELLING)


def _nothing(path: str, tool: Tool | None) -> str:
    name = printable(path or ".")
    if os.path.isdir(path or "."):
        return f"{name}: no migration{f' of {tool}' if tool else ''} is in this folder; name files, or give --tool"
    if path.endswith(".sql"):
        return f"{name}: this is the way back of a migration; name its forward file, or give --tool sql"
    return f"{name}: this is no migration of Alembic or Django; use --run for other tools"


def _not_run(series: Series, files: set[str]) -> str:
    more = f" ({len(files)} files)" if len(files) > 1 else ""
    return f"{printable(min(files))}: {series.tool} does not run this file: it is not in its order{more}"
