"""Located migrations to statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from advisor.migrations.reading.changelog import SUFFIXES
from advisor.migrations.reading.engines import engine_of
from advisor.migrations.reading.revision import Revision
from advisor.migrations.reading.script import Part, assemble
from advisor.migrations.reading.source import Reading, Source
from advisor.migrations.reading.template import braces
from advisor.migrations.reading.text import printable, text_of
from advisor.migrations.reading.tools import READERS
from advisor.migrations.reading.tree import Tree, WorkTree, parent
from advisor.model.catalog import Unread
from advisor.model.engine import EngineName
from advisor.model.migration import History, Located, Script, TransactionMode

_NONE: Mapping[str, str] = MappingProxyType({})


def read(
    located: Iterable[Located],
    *,
    engine: EngineName | None = None,
    transactions: TransactionMode | None = None,
    placeholders: Mapping[str, str] = _NONE,
    base: Tree | None = None,
) -> History:
    """The statements of all SQL files, in order. What only Python tells (`Located.python`) is left to those who run it.

    ``engine`` None: told by the tools' own files, else by the text. ``transactions``: instead of what the tool, and
    a file's own mark (``NO TRANSACTION``...), say. ``base``: the tree of ``Located.revision``, where it is at hand.
    """
    found = History(scripts=())
    scripts: list[Script] = []
    before: list[Script] = []
    engines: list[EngineName] = []
    trees: dict[str, Tree] = {}
    for one in located:
        found.notices += [note for note in one.notes if note not in found.notices]
        work = WorkTree([*one.files[:1], one.root])
        if one.revision is not None and one.revision not in trees:
            trees[one.revision] = base or _revision(one)
        earlier: Tree = work if one.revision is None else trees[one.revision]
        if isinstance(earlier, Revision):
            earlier.prefetch(one.base)
        sql = [path for path in (*one.files, *one.base) if path.endswith(".sql") or not one.python]
        if one.python or not sql:
            continue
        mine = engine or engine_of(one, work, earlier)
        engines += [mine] if mine is not None else []
        if one.tool == "drizzle" and transactions is None and mine in (None, "postgresql") and len(one.files) > 1:
            found.notices.append(
                "drizzle runs all that is pending in one transaction, and here each file is judged as one of its own: "
                "locks of an earlier file are held while a later one works"
            )
        options = (mine or "postgresql", transactions, placeholders)
        scripts += (_script(work, one, path, *options) for path in one.files)
        before += (_script(earlier, one, path, *options) for path in one.base)
    known = Counter(engines)
    if len(known) > 1:
        found.notices.append(
            f"migrations of {' and '.join(sorted(known))} together: name the folder of one, or give --engine"
        )
    found.engine = engine or (engines[0] if engines else None)
    found.scripts, found.base = tuple(scripts), tuple(before)
    return found


def _revision(one: Located) -> Revision:
    """Of a commit that `locate` found."""
    assert one.revision is not None
    return Revision(one.revision, parent(one.files[0]) or ".")


def _script(
    tree: Tree,
    one: Located,
    path: str,
    engine: EngineName,
    transactions: TransactionMode | None,
    placeholders: Mapping[str, str],
) -> Script:
    shown = printable(path)
    text = text_of(tree.raw(path))
    why = _no_sql(path) or text.fault
    if why is not None:
        return Script(file=shown, tool=one.tool, name=shown, statements=(), unread=(Unread(shown, 1, "", why),))
    data, left = braces(text.data, placeholders, engine)
    unread = [Unread(shown, one.line, one.text, one.why) for one in left]
    source = Source(path, data, "" if one.root == "." else one.root, tree, engine, placeholders)
    reading = READERS[one.tool](source)
    notes = [*([text.note] if text.note else []), *reading.notes]
    if reading.fault is not None:
        fault = Unread(shown, 1, "", reading.fault)
        return Script(
            file=shown,
            tool=one.tool,
            name=reading.name or source.name,
            statements=(),
            unread=(fault,),
            notes=tuple(notes),
        )
    return assemble(
        data if reading.data is None else reading.data,
        _as_wanted(reading, transactions),
        file=shown,
        tool=one.tool,
        name=printable(reading.name or source.name),
        engine=engine,
        notes=notes,
        edited=path in one.edited,
        placeholders=placeholders,
        unread=unread,
    )


def _no_sql(path: str) -> str | None:
    """Why a migration that stands among those of SQL cannot be read."""
    if path.endswith(".go"):
        return "a migration in Go is not read: run the tool with --run"
    if path.endswith(SUFFIXES):
        return "its changesets are not in SQL and are not read: check what `liquibase update-sql` prints"
    return None


def _as_wanted(reading: Reading, transactions: TransactionMode | None) -> Sequence[Part]:
    if transactions == "file":
        return [Part(part.span, 1, part.message) for part in reading.parts]
    if transactions == "statement":
        return [Part(part.span) for part in reading.parts]
    return reading.parts
