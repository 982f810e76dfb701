"""Names of new indexes by the convention that the schema's own indexes show."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection

from advisor.model.catalog import Catalog, Index, Table
from advisor.model.engine import EngineName
from advisor.model.indexing import IndexDefinition

#: A way to name an index by its table and columns.
Convention = Callable[[str, list[str]], str]

#: PostgreSQL's own way comes first: it stands where no majority is seen. Further ones: SQLAlchemy and EF, hand-written
#: ones, Rails, Laravel.
_CONVENTIONS: tuple[Convention, ...] = (
    lambda table, columns: f"{table}_{'_'.join(columns)}_idx",
    lambda table, columns: f"idx_{table}_{'_'.join(columns)}",
    lambda table, columns: f"ix_{table}_{'_'.join(columns)}",
    lambda table, columns: f"index_{table}_on_{'_and_'.join(columns)}",
    lambda table, columns: f"{table}_{'_'.join(columns)}_index",
    lambda table, columns: f"{table}_{'_'.join(columns)}_ix",
    lambda table, columns: f"i_{table}_{'_'.join(columns)}",
    lambda table, columns: f"{table}_{'_'.join(columns)}_key",
    lambda table, columns: f"{table}_{'_'.join(columns)}",
    lambda table, columns: f"idx_{'_'.join(columns)}",
    lambda table, columns: f"ix_{'_'.join(columns)}",
    lambda table, columns: f"{'_'.join(columns)}_idx",
    lambda table, columns: f"{'_'.join(columns)}_index",
    lambda table, columns: "_".join(columns),
)
#: Names that follow a convention before it is one: a single index is a chance.
_LEAST = 2


def longest_name(engine: EngineName) -> int:
    """PostgreSQL: 63 bytes (NAMEDATALEN - 1); MySQL and MariaDB: 64 characters. SQLite has no limit: 63 too."""
    return 64 if engine in ("mysql", "mariadb") else 63


def convention_of(catalog: Catalog) -> Convention:
    """How most of the indexes are named whose name follows a known way at all; PostgreSQL's own way without a majority.

    Indexes that back constraints have names of the constraint's, and are not counted.
    """
    votes: Counter[int] = Counter()
    for table in catalog.tables.values():
        if table.kind == "partition" or table.partition_of is not None:
            continue  # named after their parent's by the server
        for index in table.indexes:
            votes.update(_followed(index, table)[:1])
    if not votes:
        return _CONVENTIONS[0]
    chosen, count = max(votes.items(), key=lambda vote: (vote[1], -vote[0]))
    return _CONVENTIONS[chosen] if count >= _LEAST and 2 * count > votes.total() else _CONVENTIONS[0]


def index_name(
    index: IndexDefinition, table: str, convention: Convention, taken: Collection[str], longest: int | None = None
) -> str:
    """A name that is not among ``taken`` (compared without case) and within ``longest`` bytes.

    ``table`` is without its schema. What the columns do not tell (a method, a condition) is added as a word.
    """
    words = [
        _word(key.column or "_".join(re.findall(r"[A-Za-z_]\w*", key.expression or ""))[:24]) for key in index.keys
    ]
    if index.method != "btree":
        words.append(_word(index.method))
    if index.where:
        words.append("partial")
    limit = min(longest or 1000, longest_name(index.engine))
    used = {name.lower() for name in taken}
    plain = [word for word in words if word] or ["expr"]
    for number in range(1, 10_000):
        name = _fitting(_word(table) or "t", plain, convention, limit, "" if number == 1 else str(number))
        if name.lower() not in used:
            return name
    raise AssertionError("ten thousand names are taken")


def _fitting(table: str, words: list[str], convention: Convention, limit: int, suffix: str) -> str:
    """Shortens the longest word until the name fits."""
    pieces = [table, *words]
    while True:
        name = convention(pieces[0], pieces[1:]) + suffix
        size = len(name.encode())
        if size <= limit:
            return name
        longest = max(range(len(pieces)), key=lambda place: len(pieces[place]))
        if len(pieces[longest]) > 3:
            pieces[longest] = pieces[longest][:-1]
        elif len(pieces) > 2:
            pieces.pop()
        else:
            return name.encode()[: limit - len(suffix)].decode("utf-8", "ignore") + suffix


def _word(text: str) -> str:
    return re.sub(r"\W+", "_", text).strip("_")


def _followed(index: Index, table: Table) -> list[int]:
    """Conventions that an index's name follows, by position."""
    columns = [key.column for key in index.keys]
    if index.primary or index.constraint or None in columns:
        return []
    named = [column for column in columns if column]
    bare = table.name.rpartition(".")[2]
    # Many names tell the leading columns only.
    told = [named[:count] for count in range(len(named), 0, -1)]
    return [
        place
        for place, way in enumerate(_CONVENTIONS)
        if any(way(bare, some).lower() == index.name.lower() for some in told)
    ]
