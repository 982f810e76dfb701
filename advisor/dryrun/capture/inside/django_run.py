"""Runs migrations of a Django project one by one, offline (as sqlmigrate) or on the throwaway database.

The project's own manage.py prepares everything (path, settings); where it would run its command, we take over. Of the
settings only DATABASES is replaced: engines of the right family stay, addresses and secrets go.
"""

from __future__ import annotations

import ast
import os
import re
import runpy
import sys
from typing import Any

from telling import Places, has, mark, start, words

_FAMILIES = {"postgresql": re.compile("postg|psql", re.I), "mysql": re.compile("mysql|maria", re.I)}
_ENGINES = {"postgresql": "django.db.backends.postgresql", "mysql": "django.db.backends.mysql"}
#: Of OPTIONS: what says where the server is, and how to get in.
_ADDRESSES = re.compile("ssl|service|passfile|pool|host|user|password|read_default|unix_socket|assume_role", re.I)


class Taken(BaseException):
    """manage.py came to its command."""


def main() -> Any:
    """One run of the program."""
    telling, task = start("django")
    places = Places(task["root"])
    try:
        prepare(task)
        Run(telling, task, places).run()
    except (Exception, SystemExit) as error:
        telling.tell(error=words(error), place=places.of(error))
        return
    telling.tell(done=True)


def prepare(task: Any) -> Any:
    """The project set up, its databases replaced."""
    from django.core import management

    def taken(*arguments: Any, **options: Any) -> Any:
        raise Taken

    management.execute_from_command_line = taken
    management.ManagementUtility.execute = taken
    sys.argv = ["manage.py", "migrate"]
    try:
        runpy.run_path(task["manage"], run_name="__main__")
    except Taken:
        pass
    else:
        raise RuntimeError("manage.py runs no command of Django")
    import django
    from django.conf import settings

    if task["family"] == "mysql" and not has("MySQLdb") and has("pymysql"):
        import pymysql

        pymysql.install_as_MySQLdb()

    databases = settings.DATABASES
    for alias in list(databases) or ["default"]:
        databases[alias] = replaced(databases.get(alias) or {}, task)
    databases.setdefault("default", replaced({}, task))
    settings.DATABASES = databases
    django.setup()


def replaced(given: Any, task: Any) -> Any:
    """A database's settings with another address."""
    engine = given.get("ENGINE") or ""
    family = task["family"] or next((name for name, told in _FAMILIES.items() if told.search(engine)), None)
    if family is None:
        if engine.endswith("sqlite3"):
            return {**given, "NAME": ":memory:"}
        return given
    host, port, user, password, name = task["parts"] or ("127.0.0.1", 1, "advisor", "", "none")
    kept = _FAMILIES[family].search(engine) is not None
    # Another driver would not know what one is told
    options = (given.get("OPTIONS") or {}) if kept else {}
    options = {key: value for key, value in options.items() if not _ADDRESSES.search(key)}
    return {
        **{key: value for key, value in given.items() if key in ("ATOMIC_REQUESTS", "AUTOCOMMIT", "TIME_ZONE")},
        "ENGINE": engine if kept else _ENGINES[family],
        "NAME": name,
        "USER": user,
        "PASSWORD": password,
        "HOST": host,
        "PORT": str(port),
        "OPTIONS": options,
        "CONN_MAX_AGE": None,
        # Cursors of the driver's own making pass by the hook that tells lines.
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "TEST": {},
    }


class Run:
    """The project's migrations, loaded."""

    def __init__(self, telling: Any, task: Any, places: Any) -> None:
        from django.db import connections
        from django.db.migrations.loader import MigrationLoader

        self.telling, self.task, self.places = telling, task, places
        self.connection = connections["default"]
        telling.tell(vendor=self.connection.vendor)
        self.at: Any = None
        self.done: set[Any] = set()
        self.loader = MigrationLoader(None, replace_migrations=False)
        asked = set(task["files"])
        self.paths: dict[Any, str] = {}
        for key, migration in self.loader.disk_migrations.items():
            path = os.path.realpath(str(sys.modules[type(migration).__module__].__file__))
            self.paths[key] = path
        self.wanted = [key for key in self.ordered() if self.paths[key] in asked]
        known = {self.paths[key] for key in self.wanted}
        self.places.first = known
        for path in task["files"]:
            if path not in known:
                telling.tell(absent=path, reason="no migration of this project's INSTALLED_APPS")
        conflicts = MigrationLoader(None).detect_conflicts()
        for app, names in sorted(conflicts.items()):
            files = [self.paths[(app, name)] for name in names if (app, name) in self.paths]
            telling.tell(
                heads=["%s.%s" % (app, name) for name in sorted(names)], files=[one for one in files if one in known]
            )

    def ordered(self) -> Any:
        """All migrations on the disk, in the order of the graph."""
        graph, found, seen = self.loader.graph, [], set()
        for leaf in sorted(graph.leaf_nodes()):
            for key in graph.forwards_plan(leaf):
                if key not in seen:
                    seen.add(key)
                    found.append(key)
        return [key for key in found if key in self.paths]

    def run(self) -> Any:
        """All migrations that are asked for, in their order."""
        if self.wanted:
            (self.offline if self.task["mode"] == "offline" else self.online)()

    def section(self, key: Any) -> Any:
        """What follows is this migration's."""
        self.telling.tell(section=self.paths[key], name="%s.%s" % key, line=1)

    def lines(self, key: Any, migration: Any) -> Any:
        """The line of each operation."""
        found = []
        try:
            with open(self.paths[key], "rb") as file:
                tree = ast.parse(file.read())
        except (OSError, SyntaxError):
            tree = ast.parse("")
        for node in ast.walk(tree):
            if not isinstance(node, ast.Assign) or not isinstance(node.value, (ast.List, ast.Tuple)):
                continue
            if any(isinstance(one, ast.Name) and one.id == "operations" for one in node.targets):
                found = [one.lineno for one in node.value.elts if not isinstance(one, ast.Starred)]
        count = len(migration.operations)
        return found if len(found) == count else [found[0] if found else 1] * count

    def offline(self) -> Any:
        """As ``manage.py sqlmigrate``, without a server."""
        connection = self.connection
        version = self.task.get("major")
        if connection.vendor == "postgresql":
            # What the backend would ask the server for.
            connection.__dict__["pg_version"] = (version or 17) * 10000
        elif connection.vendor == "mysql":
            connection.__dict__["mysql_server_data"] = {
                "version": "8.0.36",
                "sql_mode": "STRICT_TRANS_TABLES",
                "default_storage_engine": "InnoDB",
                "sql_auto_is_null": False,
                "lower_case_table_names": 0,
                "has_zoneinfo_database": False,
            }
            # It asks for a table's engine with a cursor at hand: what the server of above would say.
            connection.introspection.get_storage_engine = lambda cursor, table: "InnoDB"
            connection.cursor = lambda *a, **k: NoCursor()
        self.loader.connection = connection
        for key in self.wanted:
            self.section(key)
            self.offline_one(key, self.loader.get_migration(*key))

    def offline_one(self, key: Any, migration: Any) -> Any:
        state = self.loader.project_state((self.loader.graph.nodes[key].app_label, key[1]), at_end=False)
        lines = self.lines(key, migration)
        path = self.paths[key]
        deferred: dict[str, Any] = {}
        current = [None]
        editor = self.connection.schema_editor(collect_sql=True, atomic=migration.atomic)
        execute = editor.execute
        if self.connection.vendor == "mysql":  # whose own asks the driver's connection
            editor.quote_value = quoted

        def told(sql: Any, params: Any = ()) -> Any:
            before = len(editor.collected_sql)
            execute(sql, params)
            line = current[0] or deferred.get(str(sql), 1)
            place = self.places.here()
            if place is not None and place[0] == path:
                line = place[1]
            for text in editor.collected_sql[before:]:
                self.telling.tell(statement=text, place=(path, line))

        editor.execute = told
        atomic = editor.atomic_migration
        if atomic:
            self.telling.tell(statement="BEGIN;", place=None)
        # Not as a context: that would open a transaction, and so a connection.
        editor.atomic_migration = False
        with editor:
            editor.atomic_migration = atomic
            for number, operation in enumerate(migration.operations):
                current[0] = lines[number]
                at = len(editor.deferred_sql)
                if not getattr(operation, "reduces_to_sql", True):
                    self.telling.tell(
                        unread="%s: Python, which sqlmigrate does not show" % operation.describe(),
                        place=(path, lines[number]),
                    )
                    continue
                before = state.clone()
                try:
                    operation.state_forwards(migration.app_label, state)
                    operation.database_forwards(migration.app_label, editor, before, state)
                except Exception as error:
                    if is_connection(error):
                        text = "%s asks the server" % operation.describe()
                    else:
                        text = "%s: %s" % (operation.describe(), words(error))
                    self.telling.tell(unread=text, place=(path, lines[number]))
                for one in editor.deferred_sql[at:]:
                    deferred.setdefault(str(one), lines[number])
            current[0] = None
            editor.atomic_migration = False
        if atomic:
            self.telling.tell(statement="COMMIT;", place=None)

    def online(self) -> Any:
        """On the throwaway database: what comes before, then the migrations."""
        from django.db.migrations.executor import MigrationExecutor

        connection = self.connection
        current = [None]
        deferred: dict[str, Any] = {}
        wanted = set(self.wanted)

        def place() -> Any:
            found = self.places.here()
            if found is not None and found[0] in self.places.first:
                return found
            return current[0] or found

        def marked(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
            if isinstance(sql, str):
                at = place()
                at = None if self.places.looks() else deferred.get(sql) if at is None else at
                sql = mark(sql, at, many and connection.vendor == "mysql")
            return execute(sql, params, many, context)

        def progress(action: Any, migration: Any = None, fake: Any = False) -> Any:
            if action == "apply_start":
                key = (migration.app_label, migration.name)
                if key in wanted:
                    self.section(key)
                    self.watch(key, migration, current, deferred)
                else:
                    self.telling.tell(section="")
                self.at = key
            elif action == "apply_success":
                self.telling.tell(section="")
                self.done.add((migration.app_label, migration.name))

        executor = MigrationExecutor(connection, progress)
        if not self.task["empty"]:
            executor.recorder.ensure_schema()
            for key in self.ordered():
                if not self.rests_on(key, wanted):
                    executor.recorder.record_applied(*key)
            executor.loader.build_graph()
        targets = []
        for key in self.wanted:
            if key not in executor.loader.graph.nodes:
                self.telling.tell(absent=self.paths[key], reason="not run: another migration replaces it (squashed)")
            elif key in executor.loader.applied_migrations:
                self.telling.tell(absent=self.paths[key], reason="not run: the migrations that it replaces have run")
            else:
                targets.append(key)
        graph, plan = executor.loader.graph, []
        seen = set(executor.loader.applied_migrations)
        for target in targets:
            for key in graph.forwards_plan(target):
                if key not in seen:
                    seen.add(key)
                    plan.append((graph.nodes[key], False))
        with connection.execute_wrapper(marked):
            try:
                executor.migrate(targets, plan)
            except (Exception, SystemExit) as error:
                if self.at not in wanted:
                    raise
                found = self.places.of(error)
                if found is None or found[0] != self.paths[self.at]:
                    found = current[0] or (self.paths[self.at], 1)
                self.telling.tell(failed=words(error), place=found)
                for key in targets:
                    if key not in self.done and key != self.at:
                        self.telling.tell(absent=self.paths[key], reason="not run: %s.%s failed" % self.at)
        self.telling.tell(section="")

    def rests_on(self, key: Any, wanted: Any) -> Any:
        """Is it one of these, or comes after one?"""
        return any(one in wanted for one in self.loader.graph.forwards_plan(key))

    def watch(self, key: Any, migration: Any, current: Any, deferred: Any) -> Any:
        """Each operation says its line while it works."""
        lines = self.lines(key, migration)
        path = self.paths[key]
        for number, operation in enumerate(migration.operations):
            original = operation.database_forwards

            def forwards(
                app_label: Any, editor: Any, old: Any, new: Any, original: Any = original, number: Any = number
            ) -> Any:
                current[0] = (path, lines[number])
                at = len(editor.deferred_sql)
                try:
                    original(app_label, editor, old, new)
                finally:
                    for one in editor.deferred_sql[at:]:
                        deferred.setdefault(str(one), (path, lines[number]))
                current[0] = None

            operation.database_forwards = forwards


class NoCursor:
    """In place of a cursor, offline: it can be had, not used."""

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: Any) -> Any:
        return None

    def __getattr__(self, name: str) -> Any:
        from django.db.utils import OperationalError

        raise OperationalError("no server")


def quoted(value: Any) -> str:
    """A value as MySQL reads it."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (int, float)) or type(value).__name__ == "Decimal":
        return str(value)
    if isinstance(value, bytes):
        return "x'" + value.hex() + "'"
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


def is_connection(error: Any) -> Any:
    """Does it say that no server answers?"""
    from django.db.utils import Error

    return isinstance(error, Error)


if __name__ == "__main__":
    main()
