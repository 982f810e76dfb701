"""Which tool a file belongs to, and which files its tool would run, in which order.

Told by the layout that each tool demands, and by the marks that it demands in a file. What belongs to the way back
(down, revert, undo, verify) belongs to nothing here.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field

from advisor.migrations.reading.changelog import changelogs, root_of
from advisor.migrations.reading.python import alembic_order, django_order
from advisor.migrations.reading.tree import Tree, below, parent
from advisor.model.migration import Tool

#: Folders above a file that are looked at for the tool's own files.
_UP = 6
_FLYWAY = re.compile(r"(?P<prefix>[VRUB])(?P<version>\d[\d._]*?)?__[^/]*\.sql\Z", re.DOTALL)
_NUMBERED = re.compile(r"\D{0,3}\d")
_UPWARD = re.compile(r"(?P<version>\d+)_.*\.up\.(?:\w+\.)?sql\Z|.*\.up\.sql\Z", re.DOTALL)
_BACKWARD = re.compile(
    r".*[._-](?:down|undo|rollback|revert)(?:\.\w+)?\.sql\Z|(?:down|rollback|revert)\.sql\Z", re.DOTALL
)
_GOOSE = re.compile(rb"^--[ \t]*\+goose[ \t]+\w", re.MULTILINE)
_GO = re.compile(rb"\bgoose\.Add(?:Named)?Migration")
_DBMATE = re.compile(rb"^--[ \t]*migrate:(?:up|down)\b", re.MULTILINE)
_LIQUIBASE = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:\s|--[^\n]*\n)*?[ \t]*--[ \t]*liquibase[ \t]+formatted", re.IGNORECASE)
_MARKS: tuple[tuple[re.Pattern[bytes], Tool], ...] = ((_GOOSE, "goose"), (_DBMATE, "dbmate"), (_LIQUIBASE, "liquibase"))
_BREAKPOINT = b"--> statement-breakpoint"
_ALEMBIC = re.compile(rb"^(?:down_revision|revision)\b[^\n=]*=", re.MULTILINE)
_DJANGO = re.compile(rb"^class\s+Migration\s*\(", re.MULTILINE)
_PLAN_LINE = re.compile(r"(?P<sign>[+-]?)\s*(?P<name>[^\s\[@%+-][^\s\[@]*)")


@dataclass(frozen=True, slots=True)
class Series:
    """The migrations of one tool below one folder."""

    tool: Tool
    root: str
    told: bool = False
    """By the user: no file of the folder is asked whose it is."""


@dataclass(slots=True)
class Members:
    """Files of a series in the tool's order."""

    files: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """A key by which 2 comes before 10."""
    parts = re.split(r"(\d+)", name)
    return tuple((1, int(one[:400]), "") if one.isdigit() and one.isascii() else (0, 0, one) for one in parts if one)


def series_of(tree: Tree, path: str, tool: Tool | None = None) -> Series | None:
    """The series of a file; None: it is no migration. ``tool``: what the user says it is of."""
    if tool is not None:
        return _as_told(tree, path, tool)
    name, folder = os.path.basename(path), parent(path) or ""
    if name.endswith(".py"):
        return _python(tree, path, folder)
    if name.endswith(".go"):
        return Series("goose", folder) if _in_go(tree, path) else None
    if not name.endswith(".sql"):
        return None
    if (plan := _above(tree, folder, "sqitch.plan")) is not None:
        inside = (path[len(plan) + 1 :] if plan else path).removeprefix("reworked" + os.sep).split(os.sep)[0]
        if inside in ("deploy", "revert", "verify"):
            return Series("sqitch", plan) if inside == "deploy" else None
    if name == "migration.sql":
        split = tree.holds(folder, "snapshot.json") or _BREAKPOINT in tree.head(path)
        if split or _is_prisma(tree, folder):
            return Series("drizzle" if split else "prisma", parent(folder) or "")
    if name == "up.sql":
        return Series("diesel", parent(folder) or "")
    if tree.holds(os.path.join(folder, "meta"), "_journal.json"):
        return Series("drizzle", folder)
    if flyway := _FLYWAY.match(name):
        forward = flyway["prefix"] == "R" or (flyway["prefix"] == "V" and flyway["version"] is not None)
        if forward or flyway["version"] is not None:
            return Series("flyway", _flyway_root(tree, folder)) if forward else None
    head = tree.head(path)
    for mark, known in _MARKS:
        if mark.search(head):
            root = root_of(tree, path) if known == "liquibase" else None
            return Series(known, folder if root is None else root)
    if _BACKWARD.match(name):
        return None
    if _UPWARD.match(name):
        return Series("golang-migrate", folder)
    return Series("sql", folder)


def _is_prisma(tree: Tree, folder: str) -> bool:
    """Has the folder of a ``migration.sql`` one of Prisma's marks: its lock file, its schema, its way of names?"""
    root = parent(folder) or ""
    above = parent(root) or ""
    return (
        tree.holds(root, "migration_lock.toml")
        or tree.holds(root, "schema.prisma")
        or tree.holds(above, "schema.prisma")
        or _PRISMA_FOLDER.fullmatch(os.path.basename(folder)) is not None
    )


#: What ``prisma migrate dev`` calls a migration's folder, and the manual a baseline's.
_PRISMA_FOLDER = re.compile(r"\d{14}_.*|0_init")


def _as_told(tree: Tree, path: str, tool: Tool) -> Series | None:
    name, folder = os.path.basename(path), parent(path) or ""
    if tool == "sql":
        return Series(tool, folder, True)
    if tool in ("alembic", "django"):
        found = _python(tree, path, folder) if name.endswith(".py") else None
        return found if found is None else Series(tool, found.root, True)
    if not name.endswith(".sql") or name in ("down.sql", "revert.sql"):
        return None
    if tool in ("prisma", "diesel"):
        nested = name in ("migration.sql", "up.sql")
        return Series(tool, (parent(folder) or "") if nested else folder, True)
    if tool == "sqitch":
        inside = path.split(os.sep)
        backward = {"revert", "verify"} & set(inside[:-1])
        if backward:
            return None
        plan = _above(tree, folder, "sqitch.plan")
        return Series(tool, folder if plan is None else plan, True)
    if tool == "flyway":
        return Series(tool, _flyway_root(tree, folder), True)
    if tool == "golang-migrate" and _BACKWARD.match(name):
        return None
    root = root_of(tree, path) if tool == "liquibase" else None
    return Series(tool, folder if root is None else root, True)


def members(tree: Tree, series: Series) -> Members:
    """What its tool would run, in its order."""
    root, found = series.root, Members()
    here, folders = tree.entries(root)
    if series.tool in ("prisma", "diesel"):
        wanted = ("migration.sql", "up.sql")
        # Prisma and diesel go by the name, diesel without the hyphens of the version
        nested = sorted(folders, key=lambda one: os.path.basename(one).replace("-", ""))
        found.files = [file for one in nested for file in tree.entries(one)[0] if os.path.basename(file) in wanted]
        if not found.files:
            found.files = [one for one in here if one.endswith(".sql") and not _BACKWARD.match(os.path.basename(one))]
    elif series.tool == "drizzle":
        _drizzle(tree, root, here, folders, found)
    elif series.tool == "sqitch":
        _sqitch(tree, root, found)
    elif series.tool == "flyway":
        _flyway(tree, root, found)
    elif series.tool == "alembic":
        found.files = alembic_order(tree, root, found.notes)
    elif series.tool == "django":
        found.files = django_order(tree, root, found.notes)
    elif series.tool == "liquibase" and (logs := changelogs(tree, root)):
        found.files = list(dict.fromkeys(file for log in logs for file in log.files))
        found.notes += [f"the changelog names {one}, which is not there" for log in logs for one in log.missing[:20]]
    else:
        told = series.tool if series.told else None
        found.files = sorted((one for one in here if _belongs(tree, one, series, told)), key=_by_number)
    return found


def _belongs(tree: Tree, path: str, series: Series, told: Tool | None) -> bool:
    return series_of(tree, path, told) == series or (series.tool == "goose" and _in_go(tree, path))


def _in_go(tree: Tree, path: str) -> bool:
    """A migration of goose in Go: told as one that is not read."""
    name = os.path.basename(path)
    return name.endswith(".go") and _NUMBERED.match(name) is not None and _GO.search(tree.head(path)) is not None


def ordered(series: Series, path: str) -> bool:
    """Does the name of a plain SQL file say where it stands among the others? The files of every tool do."""
    return series.tool != "sql" or _NUMBERED.match(os.path.basename(path)) is not None


def _by_number(path: str) -> tuple[tuple[int, int, str], ...]:
    return natural(os.path.basename(path))


def _above(tree: Tree, folder: str, name: str) -> str | None:
    """The nearest folder, upwards, that holds a file of this name."""
    here: str | None = folder
    for _ in range(_UP):
        if here is None:
            return None
        if tree.holds(here, name):
            return here
        here = parent(here)
    return None


def _python(tree: Tree, path: str, folder: str) -> Series | None:
    head = tree.head(path)
    if os.path.basename(folder) == "migrations" and _DJANGO.search(head):
        root = _above(tree, folder, "manage.py")
        return Series("django", (parent(parent(folder) or "") or "") if root is None else root)
    if _ALEMBIC.search(head) and b"down_revision" in head:
        root = _above(tree, folder, "alembic.ini")
        if root is None:
            root = _above(tree, folder, "env.py")
        return Series("alembic", folder if root is None else root)
    return None


def _drizzle(tree: Tree, root: str, here: list[str], folders: list[str], found: Members) -> None:
    """By the journal; the layout of a folder a migration has none and goes by name (drizzle-orm, migrator.ts)."""
    journal = tree.raw(os.path.join(root, "meta", "_journal.json"))
    present = {os.path.basename(one): one for one in here}
    if journal is not None:
        try:
            entries = json.loads(journal)["entries"]
            tags = [str(entry["tag"]) for entry in entries]
        except (ValueError, KeyError, TypeError, RecursionError):
            tags = []
            found.notes.append("meta/_journal.json cannot be read: the order is that of the names")
        found.files = [present[f"{tag}.sql"] for tag in tags if f"{tag}.sql" in present]
        absent = [tag for tag in tags if f"{tag}.sql" not in present]
        if absent:  # drizzle joins folder and tag: one with ../ in it runs from wherever it stands
            shown = ", ".join(" ".join(tag.split())[:60] for tag in absent[:3])
            found.notes.append(
                f"{len(absent)} entries of meta/_journal.json are not read: the folder has no such file ({shown})"
            )
        missing = [one for one in here if one.endswith(".sql") and one not in set(found.files)]
        if tags and missing:
            found.notes.append(
                f"{len(missing)} files stand in no entry of meta/_journal.json: drizzle does not run them"
            )
        elif not tags:
            found.files = sorted((one for one in here if one.endswith(".sql")), key=_by_number)
        return
    nested = [file for one in folders for file in tree.entries(one)[0] if os.path.basename(file) == "migration.sql"]
    flat = [one for one in here if one.endswith(".sql")]
    found.files = sorted(nested, key=lambda file: os.path.basename(parent(file) or "")) or sorted(flat, key=_by_number)


def _sqitch(tree: Tree, root: str, found: Members) -> None:
    """In the order of the plan. A change that a tag let be reworked stands in ``deploy/name@tag.sql`` as it was."""
    plan = tree.raw(os.path.join(root, "sqitch.plan"))
    if plan is None:
        found.files = sorted((one for one in below(tree, root) if one.endswith(".sql")), key=natural)
        return
    folders = [os.path.join(root, "deploy"), os.path.join(root, "reworked", "deploy")]
    present = {path for folder in folders for path in below(tree, folder)}
    steps: list[str] = []
    seen: dict[str, int] = {}
    tags: list[tuple[int, str]] = []
    """(how many steps stood before it, tag)."""
    until: dict[int, int] = {}
    """Where a step is reworked: how many tags stand before that."""
    for line in plan.decode("utf-8", "replace").splitlines():
        text = line.partition("#")[0].strip()
        match = None if text.startswith("%") else _PLAN_LINE.match(text)
        if text.startswith("@"):
            tags.append((len(steps), text.split()[0]))
        elif match is not None and match["sign"] != "-":
            name = match["name"]
            if name in seen:
                until[seen[name]] = len(tags)
            seen[name] = len(steps)
            steps.append(name)
    for number, name in enumerate(steps):
        # The file has one of the tags between the two; the first that is there counts (App::Sqitch::Plan::Change)
        between = [tag for before, tag in tags[: until[number]] if before > number] if number in until else [""]
        files = [os.path.join(folder, *f"{name}{tag}.sql".split("/")) for tag in between for folder in folders]
        path = next((one for one in files if one in present), None)
        if path is not None:
            found.files.append(path)
        else:
            called = f"{name}{between[0] if between else ''}"
            found.notes.append(f"sqitch.plan names {called}, but deploy/{called}.sql is not there")


def _version(name: str) -> tuple[int, ...]:
    """Of V1_2.3__x.sql: (1, 2, 3). Zeros at its end say nothing (Flyway, MigrationVersion)."""
    match = _FLYWAY.match(name)
    parts = [int(one[:400]) for one in re.split(r"[._]", match["version"] or "") if one] if match else []
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def _flyway(tree: Tree, root: str, found: Members) -> None:
    """Versions as numbers, then the repeatable ones by description (Flyway manual, Migrations)."""
    versioned: list[tuple[tuple[int, ...], str]] = []
    repeatable: list[str] = []
    for path in below(tree, root):
        name = os.path.basename(path)
        match = _FLYWAY.match(name)
        if match is None or _flyway_root(tree, parent(path) or "") != root:
            continue
        if match["prefix"] == "V" and match["version"]:
            versioned.append((_version(name), path))
        elif match["prefix"] == "R":
            repeatable.append(path)
        elif match["prefix"] == "B" and match["version"]:
            found.notes.append(f"{name}: a baseline is for new databases only; the versions are read")
    found.files = [path for _, path in sorted(versioned)] + sorted(repeatable, key=os.path.basename)
    again = len(versioned) - len({version for version, _ in versioned})
    if again:
        found.notes.append(f"{root}: {again} versions stand in two files; Flyway refuses that")


def _flyway_root(tree: Tree, folder: str) -> str:
    """The location of a file: the folder ``migration`` or ``migrations`` above it, unless its folders repeat versions
    (one a product, as Flyway's {vendor}); else its own folder."""
    if ("flyway", folder) not in tree.memo:
        tree.memo["flyway", folder] = _location(tree, folder)
    return str(tree.memo["flyway", folder])


def _location(tree: Tree, folder: str) -> str:
    here: str | None = folder
    for _ in range(_UP):
        if not here:
            break
        if os.path.basename(here) in ("migration", "migrations"):
            names = [os.path.basename(one) for one in below(tree, here)]
            versions = [_version(one) for one in names if one.startswith("V") and _FLYWAY.match(one)]
            return here if len(set(versions)) == len(versions) else folder
        here = parent(here)
    return folder
