"""Reads a schema file into a catalog."""

from __future__ import annotations

from advisor.catalog.ddl.apply import apply
from advisor.catalog.ddl.cursor import Unexpected, folded
from advisor.catalog.ddl.detect import detect, dumped_database
from advisor.catalog.ddl.draft import Draft
from advisor.catalog.ddl.lexer import statements
from advisor.catalog.ddl.operations import Irrelevant
from advisor.catalog.ddl.parse import parse
from advisor.model.catalog import Catalog, Unread
from advisor.model.engine import Engine, EngineName, dialect_of

_SHOWN = 200


def read_ddl(text: str, origin: str, engine: EngineName | None = None) -> Catalog:
    """The catalog that a schema file describes. What is not understood is in ``unread``, with line and reason."""
    found = detect(text)
    if engine is not None and engine != found.name:
        found = Engine(engine, None)
    database = dumped_database(text) if dialect_of(found.name) == "mysql" else None
    draft = Draft(found.name, database)
    unread: list[Unread] = []
    for statement in statements(text, dialect_of(found.name)):
        if statement.note is not None:
            unread.append(Unread(origin, statement.line, folded(statement.sql)[:_SHOWN], statement.note))
            continue
        try:
            operation = parse(statement, found.name)
            if not isinstance(operation, Irrelevant):
                apply(draft, operation, statement.line)
        except Unexpected as reason:
            unread.append(Unread(origin, statement.line, folded(statement.sql)[:_SHOWN], str(reason)))
    return Catalog(
        engine=found,
        tables=draft.freeze(),
        default_schema=draft.default_schema,
        known=frozenset(
            {"columns", "keys", "indexes", "policies"} if found.name == "postgresql" else {"columns", "keys", "indexes"}
        ),
        origin=origin,
        unread=unread,
        search_path=draft.path,
        types=draft.types,
        constrained_domains=frozenset(draft.constrained),
        functions=draft.functions,
        bodies=draft.bodies,
        parameters=draft.parameters,
    )
