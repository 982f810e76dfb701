"""DDL operations are applied to a schema in the order of the file.

So a migration history reads as well as a dump: a table created, altered and renamed ends as it would in the server.
"""

from __future__ import annotations

from advisor.catalog.ddl.changing import alter_index, alter_table, drop
from advisor.catalog.ddl.creating import create_index, create_table, create_view
from advisor.catalog.ddl.draft import Draft
from advisor.catalog.ddl.operations import (
    VOLATILITIES,
    AlterIndex,
    AlterTable,
    CreateFunction,
    CreateIndex,
    CreatePolicy,
    CreateTable,
    CreateTrigger,
    CreateType,
    CreateView,
    Drop,
    Irrelevant,
    Operation,
    RenameTables,
    SetPath,
    Truncate,
)


def apply(draft: Draft, operation: Operation, line: int) -> None:
    """Applies one operation; raises Unexpected when it cannot be."""
    match operation:
        case Irrelevant() | Truncate():
            return
        case CreateTable():
            create_table(draft, operation, line)
        case CreateIndex():
            create_index(draft, operation)
        case CreateView():
            create_view(draft, operation, line)
        case AlterTable():
            alter_table(draft, operation)
        case AlterIndex():
            alter_index(draft, operation)
        case Drop():
            drop(draft, operation)
        case CreatePolicy():
            draft.required(operation.table).policies.append(operation.policy)
        case CreateTrigger():
            draft.required(operation.table).triggers.append(operation.trigger)
        case CreateType():
            for key in {operation.type.name, draft.canonical(operation.type)}:
                draft.types[key] = operation.base
                if operation.not_null or operation.check is not None:
                    draft.constrained.add(key)
        case CreateFunction():
            for key in {operation.function.name, draft.canonical(operation.function)}:
                if operation.body is not None:
                    several = draft.parameters.get(key, operation.parameters) != operation.parameters
                    draft.bodies[key] = operation.body
                    draft.parameters[key] = None if several else operation.parameters
                known = draft.functions.get(key, "immutable")
                draft.functions[key] = max(known, operation.volatility, key=VOLATILITIES.index)
        case SetPath():
            _set_path(draft, operation)
        case RenameTables():
            for old, new in operation.renames:
                draft.rename(draft.required(old), draft.canonical(new), new.schema)


def _set_path(draft: Draft, operation: SetPath) -> None:
    if draft.mysql:
        if draft.default_schema is None:
            draft.default_schema = operation.schemas[0]
        draft.path = operation.schemas
    else:
        draft.path = operation.schemas
