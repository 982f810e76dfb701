"""A server that believes in a world: rows, statistics and index leaves of production's size, or of a grown one.

Ten thousand rows a table from the histograms, loosely packed; production's statistics word for word; and the record
counts of index leaves multiplied, so that what the optimizer finds when it dives into an index is of production's size.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.catalog.live.mysql_connection import message
from advisor.model.planning import Configuration, IndexSize
from advisor.model.snapshot import Snapshot
from advisor.planners.closing import Closing
from advisor.planners.errors import PlannerError
from advisor.planners.hypothetical import Hypothetical
from advisor.planners.mariadb import index_pages, schema, statistics, synthetic
from advisor.planners.mariadb.binaries import MariadbBinaries
from advisor.planners.mariadb.names import defined, index_named, table_named
from advisor.planners.mariadb.pages import inflate
from advisor.planners.mariadb.server import MariadbServer
from advisor.planners.mariadb.synthetic import place, quoted
from advisor.planners.mariadb.tables import Identity, Key, Table, tables
from advisor.planners.mysql import settings

if TYPE_CHECKING:
    import pymysql

_MOST_KEYS = 64
"""MAX_KEY: https://mariadb.com/kb/en/innodb-limitations/."""
#: Page sizes that InnoDB can be made with.
_PAGES = (4096, 8192, 16384, 32768, 65536)
_USUAL_PAGE = 16384
#: Of one table, and more than any forecast is about; sizes stay within what InnoDB's counters hold.
_LARGEST_FACTOR = 1e6


class World(Closing):
    """A running server, first in the world as captured. Use it as a context."""

    def __init__(self, snapshot: Snapshot, binaries: MariadbBinaries) -> None:
        """Makes it. Raises PlannerError."""
        import pymysql

        self.snapshot = snapshot
        self.problems: list[str] = []
        """What could not be carried over, one line each."""
        self.seconds: dict[str, float] = {}
        """How long each step of making it took."""
        self.tables: dict[Identity, Table] = {}
        self._true: dict[Path, dict[int, int]] = {}
        self._factors: dict[Identity, float] = {}
        self._added: dict[str, tuple[Table, Key, Hypothetical]] = {}
        self._known: dict[str, str] = {}
        """Statement of each text."""
        self._placed: set[str] = set()
        """Added indexes whose leaves and statistics are of production's size already."""
        self._ignored: set[tuple[Identity, str]] = set()
        self.altered = 0
        """How often indexes were hidden and shown: statistics are others after it."""
        self._admin: pymysql.Connection[Any] | None = None
        schemas = schema.schemas(snapshot)
        self.database = snapshot.header.database or (schemas[0] if len(schemas) == 1 else None)
        """The one that names without a schema are of."""
        self.server = MariadbServer(binaries, _options(snapshot))
        try:
            self._timed("start", self.server.start)
            self._timed("schema", self._schema)
            self._timed("rows", self._rows)
            self._timed("statistics", lambda: self._resize({}))
        except BaseException as error:
            self.close()
            if isinstance(error, pymysql.Error):
                raise PlannerError(f"the MariaDB shadow could not be made: {message(error)}") from None
            raise

    def _timed(self, name: str, step: Callable[[], None]) -> None:
        began = time.monotonic()
        step()
        self.seconds[name] = round(time.monotonic() - began, 2)

    @property
    def admin(self) -> pymysql.Connection[Any]:
        """The connection that our own statements go by."""
        if self._admin is None:
            self._admin = self.server.connect("admin")
            with self._admin.cursor() as cursor:
                cursor.execute(
                    # Without unique_checks a first insert goes in bulk, and one duplicate leaves the table empty.
                    "SET SESSION foreign_key_checks = 0, check_constraint_checks = 0,"
                    " sql_mode = 'NO_AUTO_VALUE_ON_ZERO,NO_DIR_IN_CREATE'"
                )
        return self._admin

    def configure(self, configuration: Configuration) -> tuple[IndexSize, ...]:
        """Makes the world of a configuration, as far as it is not there; the sizes of its added indexes.

        A new index costs a restart of the server, as other sizes do: about two seconds. Raises PlannerError for what
        cannot be had, and pymysql.Error.
        """
        factors = {
            table_named(self.tables, scale.table, self.database).identity: scale.factor for scale in configuration.scale
        }
        if any(not 0 < factor < _LARGEST_FACTOR for factor in factors.values()):
            raise PlannerError("a table grows by a factor above 0 and below a million")
        hidden = {index_named(self.tables, name, self.database) for name in configuration.hide}
        names = [self._add(text, configuration.add) for text in configuration.add]
        if factors != self._factors or not set(self._added) <= self._placed:
            self._resize(factors)
        unwanted = {(table.identity, key.name) for name, (table, key, _) in self._added.items() if name not in names}
        self._ignore(hidden | unwanted)
        return tuple(self._size(*self._added[name], factors) for name in names)

    def offer(self, add: Sequence[str]) -> list[tuple[Identity, str]]:
        """Table and name of each of these indexes, in order; they and all other candidates stand in sight after it.

        New ones cost one restart of the server together. Raises as `configure` does.
        """
        names = [self._add(text, add) for text in add]
        if self._factors or not set(self._added) <= self._placed:
            self._resize({})
        self._ignore(set())
        return [(self._added[name][0].identity, self._added[name][1].name) for name in names]

    def sizes(self, texts: Sequence[str]) -> tuple[IndexSize, ...]:
        """Sizes of indexes that need not stand. Raises PlannerError for one that is none of this schema's."""
        return tuple(self._size(*defined(self.tables, text, self.database), {}) for text in texts)

    def candidates(self) -> dict[Identity, list[str]]:
        """All that stand, by table."""
        found: dict[Identity, list[str]] = {}
        for table, key, _ in self._added.values():
            found.setdefault(table.identity, []).append(key.name)
        return found

    def close(self) -> None:
        """Server stopped, directory gone. A second call does nothing."""
        self.server.close()

    def _schema(self) -> None:
        self.problems += schema.load(self.server, self.admin, self.snapshot)
        with self.admin.cursor() as cursor:
            self.tables = tables(cursor, self.snapshot, schema.schemas(self.snapshot))

    def _rows(self) -> None:
        import pymysql

        made: dict[Identity, synthetic.Rows] = {}
        guessed: dict[str, int] = {}
        with self.admin.cursor() as cursor:
            for table in synthetic.order(self.tables):
                if not table.rows:
                    continue
                rows, unknown = synthetic.make(table, made)
                made[table.identity] = rows
                try:
                    synthetic.insert(cursor, table, rows)
                except pymysql.Error as error:
                    self.problems.append(f"table {table.schema}.{table.name} has no synthetic rows: {message(error)}")
                if unknown:
                    guessed[table.name] = len(unknown)
        if guessed:
            shown = ", ".join(list(guessed)[:5]) + (", ..." if len(guessed) > 5 else "")
            self.problems.append(
                f"columns without statistics have values made up from their type: {sum(guessed.values())} in {shown} "
                "(mysql.column_stats: ANALYZE TABLE ... PERSISTENT FOR ALL)"
            )

    def _resize(self, factors: Mapping[Identity, float]) -> None:
        """Statistics and leaves of production's size, times ``factors``; the server restarts to see them."""
        self._factors = dict(factors)
        self._placed = set(self._added)
        with self.admin.cursor() as cursor:
            self._state(cursor, self.tables)
        self._restart()

    def _restart(self) -> None:
        import pymysql

        files = {identity: self.server.files(self.admin, *identity) for identity in self.tables}
        self.admin.close()
        self._admin = None
        self.server.stop()
        cut = 0
        for identity, paths in files.items():
            factor = self.tables[identity].factor * self._factors.get(identity, 1.0)
            for path in paths:
                cut += inflate(path, factor, self._true.setdefault(path, {})).cut
        if cut and not any(note.startswith("leaves") for note in self.problems):
            self.problems.append(
                f"leaves that cannot say how many rows they stand for: {cut}; ranges are underestimated"
            )
        self.server.start()
        with self.admin.cursor() as cursor:
            for setting in self.snapshot.settings:
                if settings.is_planner_setting(setting.name) and setting.value != "":
                    try:
                        settings.put(cursor, ((setting.name, setting.value),), "GLOBAL")
                    except pymysql.Error as error:
                        note = f"setting {setting.name} could not be carried over: {message(error)}"
                        if note not in self.problems:
                            self.problems.append(note)

    def _add(self, text: str, wanted_too: Sequence[str] = ()) -> str:
        import pymysql

        if text in self._known:
            return self._known[text]
        table, made, wanted = defined(self.tables, text, self.database)
        statement = wanted.statement()
        if statement in self._added:
            self._known[text] = statement
            return statement
        self._make_room(table, wanted_too)
        keys = ", ".join(wanted.key_texts)
        try:
            with self.admin.cursor() as cursor:
                # Unique or not, the synthetic rows need not be: the optimizer is told by the statistics.
                cursor.execute(f"ALTER TABLE {place(table)} ADD INDEX {quoted(made.name)} ({keys}) IGNORED")
        except pymysql.Error as error:
            raise PlannerError(f"hypothetical index {made.name}: {message(error)}") from None
        self._ignored.add((table.identity, made.name))
        self._added[statement] = table, made, wanted
        self._known[text] = statement
        return statement

    def _make_room(self, table: Table, kept: Sequence[str]) -> None:
        """A table has 64 indexes at most: candidates that are not wanted now go, the oldest first."""
        mine = [name for name, (other, _, _) in self._added.items() if other.identity == table.identity]
        many = len(table.keys) + len(mine) + 1 - _MOST_KEYS
        if many <= 0:
            return
        needed = {self._known[text] for text in kept if text in self._known}
        gone = [name for name in mine if name not in needed][: many + _MOST_KEYS // 4]
        if len(gone) < many:
            raise PlannerError(f"{table.name} would have more than {_MOST_KEYS} indexes, and MariaDB allows no more")
        names = [self._added.pop(name)[1].name for name in gone]
        dropped = ", ".join(f"DROP INDEX {quoted(name)}" for name in names)
        with self.admin.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {place(table)} {dropped}")
        self._ignored -= {(table.identity, name) for name in names}
        self._placed -= set(gone)
        self._known = {text: name for text, name in self._known.items() if name not in gone}

    def _ignore(self, wanted: set[tuple[Identity, str]]) -> None:
        """Hides and shows indexes. The server then recalculates the table's statistics from its few rows: they are
        written anew, and read when the table gets another name and its own again (10.11; FLUSH TABLES does not do)."""
        changed = wanted ^ self._ignored
        if not changed:
            return
        touched = {identity: self.tables[identity] for identity, _ in changed}
        with self.admin.cursor() as cursor:
            for identity, table in touched.items():
                mine = sorted(name for other, name in changed if other == identity)
                words = ["IGNORED" if (identity, name) in wanted else "NOT IGNORED" for name in mine]
                altered = (f"ALTER INDEX {quoted(name)} {word}" for name, word in zip(mine, words, strict=True))
                cursor.execute(f"ALTER TABLE {place(table)} {', '.join(altered)}")
            self._state(cursor, touched)
            for table in touched.values():
                other = f"{quoted(table.schema)}.{quoted('advisor shadow of a table')}"
                cursor.execute(f"RENAME TABLE {place(table)} TO {other}, {other} TO {place(table)}")
        self._ignored = set(wanted)
        self.altered += 1

    def _state(self, cursor: Any, among: Mapping[Identity, Table]) -> None:
        """Writes the statistics of tables, of indexes that do not exist too, for the sizes that they have now."""
        statistics.inject(cursor, self.snapshot, among, self._factors)
        for table, key, _ in self._added.values():
            if table.identity in among:
                factor = self._factors.get(table.identity, 1.0)
                statistics.describe(cursor, table, key, self.snapshot.header.block_size, factor)

    def _size(self, table: Table, key: Key, wanted: Hypothetical, factors: Mapping[Identity, float]) -> IndexSize:
        factor = factors.get(table.identity, 1.0)
        page = self.snapshot.header.block_size
        pages = statistics.pages(table, key, page, factor)
        return IndexSize(
            sql=wanted.statement(),
            table=table.name,
            name=key.name,
            tuples=table.rows * factor,
            pages=pages,
            bytes=pages * page,
            modelled=index_pages.basis(table, key),
        )


def _options(snapshot: Snapshot) -> dict[str, str]:
    """What a server is made with and cannot change later."""
    given = {setting.name: setting.value for setting in snapshot.settings}
    page = snapshot.header.block_size
    options = {"innodb-page-size": str(page if page in _PAGES else _USUAL_PAGE)}
    for name in ("lower_case_table_names", "character_set_server", "collation_server"):
        value = given.get(name, "")
        if re.fullmatch(r"\w+", value):
            options[name.replace("_", "-")] = value
    return options
