"""Runs revisions of an Alembic project one by one, offline or on the throwaway database."""

from __future__ import annotations

import argparse
import os
import re
import sys
from typing import Any

from telling import Places, has, mark, start, words

#: By module, the drivers of SQLAlchemy that can be had, in the order of preference.
_DRIVERS = {
    "postgresql": ("psycopg2", "psycopg", "asyncpg", "pg8000"),
    "mysql": ("pymysql", "MySQLdb", "aiomysql", "asyncmy"),
}


class NeedsConnectionError(Exception):
    """Offline there is no connection."""


class OfflineBind:
    """In place of a connection, offline: its dialect can be asked, and a statement that gives no rows be written."""

    def __init__(self, impl: Any) -> None:
        self.dialect = impl.dialect
        self._impl = impl

    @property
    def engine(self) -> Any:
        return self

    def execute(self, statement: Any, parameters: Any = None, **options: Any) -> Any:
        """Write the statement down, with its values."""
        from sqlalchemy import text

        if isinstance(statement, str):
            statement = text(statement)
        if parameters:
            if not isinstance(parameters, dict):
                raise NeedsConnectionError("several sets of values need a connection")
            statement = (
                statement.bindparams(**parameters)
                if hasattr(statement, "bindparams")
                else statement.values(**parameters)
            )
        written = str(statement.compile(dialect=self.dialect, compile_kwargs={"literal_binds": True}))
        if re.match(r"[\s(]*(select|with|values|show|table)\b", written, re.IGNORECASE):
            raise NeedsConnectionError("a query needs a connection")
        self._impl.static_output(written + ";")
        return Unknown()

    def exec_driver_sql(self, statement: Any, parameters: Any = None, **options: Any) -> Any:
        """The same, of a plain text."""
        if parameters:
            raise NeedsConnectionError("values need a connection")
        return self.execute(statement.replace(":", "\\:"))

    def __getattr__(self, name: Any) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NeedsConnectionError("it looks at the database through its connection")


class Unknown:
    """What a statement that was only written down would give."""

    def __getattr__(self, name: Any) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NeedsConnectionError("the answer of a statement needs a connection")

    def __iter__(self) -> Any:
        raise NeedsConnectionError("the answer of a statement needs a connection")


def main() -> Any:
    """One run of the program."""
    telling, task = start("alembic")
    places = Places(task["root"])
    try:
        Run(telling, task, places).run()
    except (Exception, SystemExit) as error:
        telling.tell(error=words(error), place=places.of(error))
        return
    telling.tell(done=True)


class Run:
    """The project, loaded."""

    def __init__(self, telling: Any, task: Any, places: Any) -> None:
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        self.telling, self.task, self.places = telling, task, places
        config = Config(task["ini"]) if task["ini"].endswith(".ini") else Config(toml_file=task["ini"])
        config.cmd_opts = argparse.Namespace(
            x=None,
            config=task["ini"],
            name=config.config_ini_section,
            raiseerr=None,
            autogenerate=False,
            sql=False,
            tag=None,
            cmd=(None, (), ()),
        )
        folder = os.path.dirname(task["ini"])
        self.locate(config, folder)
        parser = config.file_config
        for section in {config.config_ini_section, *parser.sections()}:
            given = (
                parser.get(section, "sqlalchemy.url", raw=True) if parser.has_option(section, "sqlalchemy.url") else ""
            )
            if given or section == config.config_ini_section:
                config.set_section_option(section, "sqlalchemy.url", self.url(given).replace("%", "%%"))
        telling.tell(vendor=(config.get_main_option("sqlalchemy.url") or "").partition(":")[0].partition("+")[0])
        self.config = config
        self.script = ScriptDirectory.from_config(config)
        self.revisions = list(self.script.walk_revisions())[::-1]
        self.wanted = {}
        asked = set(task["files"])
        for revision in self.revisions:
            path = os.path.realpath(revision.path)
            if path in asked:
                self.wanted[revision.revision] = path
        self.places.first = set(self.wanted.values())

    def locate(self, config: Any, folder: Any) -> Any:
        """The folder of env.py, where the configuration names it as seen from another one than its own."""
        named = config.get_main_option("script_location")
        if not named:
            if os.path.exists(os.path.join(folder, "env.py")):
                config.set_main_option("script_location", folder)
            return
        if ":" in named or os.path.isdir(named):
            return
        above = folder
        while above != os.path.dirname(above):
            above = os.path.dirname(above)
            if os.path.isdir(os.path.join(above, named)):
                os.chdir(above)
                sys.path.insert(0, above)
                return

    def url(self, given: Any) -> Any:
        """The throwaway database's address, by the driver of the project's own address where there is one."""
        match = re.match(r"(postgres(?:ql)?|mysql|mariadb)\+(\w+)://", given)
        family = self.task["family"] or (
            "mysql" if re.match(r"mysql|mariadb", given) else "sqlite" if given.startswith("sqlite") else "postgresql"
        )
        if family == "sqlite":
            return "sqlite://"
        driver = None
        scheme = family
        if match and (match[1].startswith(family[:5]) or (match[1] == "mariadb" and family == "mysql")):
            driver, scheme = match[2], match[1]
        elif self.task["address"]:
            driver = next((name for name in _DRIVERS[family] if has(name)), None)
            driver = "mysqldb" if driver == "MySQLdb" else driver
        scheme += "+" + driver if driver else ""
        address = self.task["address"] or "advisor@127.0.0.1:1/none"
        os.environ.setdefault("SQLALCHEMY_URL", "%s://%s" % (scheme, address))
        return "%s://%s" % (scheme, address)

    def run(self) -> Any:
        """All revisions that are asked for, in their order."""
        known = set(self.wanted.values())
        for path in self.task["files"]:
            if path not in known:
                self.telling.tell(absent=path, reason="no revision of this project")
        heads = self.script.get_heads()
        if len(heads) > 1:
            self.telling.tell(heads=sorted(heads), files=[self.wanted[one] for one in heads if one in self.wanted])
        (self.offline if self.task["mode"] == "offline" else self.online)()

    def targets(self) -> Any:
        """In the order of the graph."""
        return [one for one in self.revisions if one.revision in self.wanted]

    def downs(self, revision: Any) -> Any:
        """What must be there before it."""
        down = revision.down_revision
        found = [] if down is None else list(down) if isinstance(down, tuple) else [down]
        for one in getattr(revision, "dependencies", None) or ():
            found.append(self.script.get_revision(one).revision)
        return found

    def environment(self, revision: Any, steps: Any, **options: Any) -> Any:
        """Runs env.py, which runs these steps."""
        from alembic.runtime.environment import EnvironmentContext

        with EnvironmentContext(
            self.config, self.script, fn=lambda current, context: steps, destination_rev=revision, **options
        ):
            self.script.run_env()

    def step(self, revision: Any) -> Any:
        """To upgrade to it."""
        from alembic.runtime.migration import MigrationStep

        return MigrationStep.upgrade_from_script(self.script.revision_map, revision)

    def section(self, revision: Any) -> Any:
        """What follows is this revision's, also where it calls functions of another one's file."""
        self.places.first = {self.wanted[revision.revision]}
        self.telling.tell(
            section=self.wanted[revision.revision], name=revision.revision, line=self.upgrade_line(revision)
        )

    def upgrade_line(self, revision: Any) -> Any:
        """Of ``def upgrade``."""
        try:
            return revision.module.upgrade.__code__.co_firstlineno
        except AttributeError:
            return 1

    def offline(self) -> Any:
        """As ``alembic upgrade A:B --sql``, revision by revision."""
        from alembic.ddl.impl import DefaultImpl
        from alembic.operations import Operations
        from sqlalchemy.exc import CompileError

        def static_output(impl: Any, text: Any) -> Any:
            self.telling.tell(statement=text, place=self.places.here())

        def get_bind(operations: Any) -> Any:
            impl = operations.migration_context.impl
            self.telling.tell(bind=True, place=self.places.here())
            return OfflineBind(impl)

        base: Any = DefaultImpl
        base.static_output = static_output
        execute = base._exec

        def with_values(impl: Any, *arguments: Any, **more: Any) -> Any:
            # As context.configure(literal_binds=True): without it a value is a placeholder, which is no SQL.
            impl.literal_binds = True
            try:
                return execute(impl, *arguments, **more)
            except (CompileError, NotImplementedError):  # of a type that cannot be written down
                impl.literal_binds = False
                return execute(impl, *arguments, **more)

        base._exec = with_values
        for one in Operations.__mro__:
            if "get_bind" in vars(one):
                holder: Any = one
                holder.get_bind = get_bind
        options: Any = self.config.cmd_opts
        options.sql = True
        for revision in self.targets():
            self.section(revision)
            down = revision.down_revision
            try:
                self.environment(
                    revision.revision,
                    [self.step(revision)],
                    as_sql=True,
                    starting_rev="base" if down is None else down,
                )
            except (Exception, SystemExit) as error:
                place = self.places.of(error)
                if place is None or place[0] != self.wanted[revision.revision]:
                    raise
                known = isinstance(error, NeedsConnectionError)
                self.telling.tell(failed=str(error) if known else words(error), place=place)

    def online(self) -> Any:
        """On the throwaway database: what comes before, then each revision by itself."""
        from sqlalchemy import event
        from sqlalchemy.engine import Engine

        @event.listens_for(Engine, "before_cursor_execute", retval=True)
        def before(
            connection: Any, cursor: Any, statement: Any, parameters: Any, context: Any, executemany: Any
        ) -> Any:
            rewritten = executemany and connection.dialect.name in ("mysql", "mariadb")
            return mark(statement, self.places.here(), rewritten), parameters

        targets = self.targets()
        if not targets:
            return
        self.prepare(targets)
        failed: dict[str, str] = {}
        for revision in targets:
            because = next((failed[one] for one in self.downs(revision) if one in failed), None)
            if because is not None:
                failed[revision.revision] = because
                self.telling.tell(absent=self.wanted[revision.revision], reason="not run: %s failed" % because)
                continue
            self.section(revision)
            try:
                self.environment(revision.revision, [self.step(revision)])
            except (Exception, SystemExit) as error:
                place = self.places.of(error)
                if place is None or place[0] != self.wanted[revision.revision]:
                    raise
                failed[revision.revision] = revision.revision
                self.telling.tell(failed=words(error), place=place)
        self.telling.tell(section="")

    def prepare(self, targets: Any) -> Any:
        """What the targets rest on is run where the database is empty, else taken for run."""
        needed, open_ones = set(), [down for one in targets for down in self.downs(one)]
        while open_ones:
            one = open_ones.pop()
            if one not in needed and one not in self.wanted:
                needed.add(one)
                open_ones += self.downs(self.script.get_revision(one))
        before = [one for one in self.revisions if one.revision in needed]
        if not before:
            return
        self.places.first |= {os.path.realpath(one.path) for one in before}
        below = {down for one in before for down in self.downs(one)}
        tops = [one.revision for one in before if one.revision not in below]
        if self.task["empty"]:
            self.environment(tuple(tops), [self.step(one) for one in before])
        else:
            from alembic.runtime.environment import EnvironmentContext

            with EnvironmentContext(
                self.config,
                self.script,
                fn=lambda current, context: self.script._stamp_revs(tuple(tops), current),
                destination_rev=tuple(tops),
            ):
                self.script.run_env()
        self.places.first = set(self.wanted.values())


if __name__ == "__main__":
    main()
