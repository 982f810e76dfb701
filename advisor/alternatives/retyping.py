"""A column that changes its type by way of a new one (PostgreSQL)."""

from __future__ import annotations

import re

from advisor.alternatives import constraints
from advisor.alternatives.clauses import tokens_of
from advisor.alternatives.columns import function_of, of_new
from advisor.alternatives.ground import BATCH, Ground, alone, locked, made, together
from advisor.alternatives.parts import with_prefix
from advisor.alternatives.rows import REPEAT, filled
from advisor.model.catalog import Index, Table
from advisor.model.check import Step
from advisor.model.migration import Change

#: Types without equality: rows that are done could not be told from the others.
_UNEQUAL = re.compile(r"(json|xml|point|line|polygon|path|box|circle|lseg)\b", re.IGNORECASE)
_VOLATILE = re.compile(r"\b(random|nextval|gen_random_uuid|clock_timestamp|uuid_generate_\w+)\b", re.IGNORECASE)
LEFT = (
    "the column becomes the last one (an INSERT that names no columns meets another order), and privileges, comments, "
    "statistics targets and extended statistics on it are to be set again"
)


def retyped(ground: Ground, clause: str, change: Change) -> list[Step] | None:
    """A new column of the new type beside the old one, kept by a trigger, filled in batches, swapped at the end.

    None: something hangs on the column (a key, a view, a policy, a generated column, an index that enforces
    something), whose way is longer than can be written out blindly.
    """
    table, column = ground.table(change.table), change.column
    known = ground.column(change.table, column)
    type_ = _type(clause)
    if table is None or known is None or column is None or type_ is None or known.generated or known.identity:
        return None
    if table.kind != "table" or table.triggers or _bound(ground, table, column):
        return None
    if "nextval" in (known.default or "").lower():
        return None  # its sequence would go with the old column
    name, old = ground.sql_table(table.name), ground.sql(column)
    bare = _free(table, column, "new")
    new, kept = ground.sql(bare), ground.sql(_free(table, column, "old"))
    value = change.expression or old  # by assignment, as ALTER TYPE does: a text too long is an error, not cut
    fresh = of_new(ground, table.name, value)
    if fresh is None or _VOLATILE.search(value):
        return None
    function = function_of(ground, table.name, column, "copy")
    trigger = ground.sql(ground.free(table.name, column, suffix="copy"))
    steps = [
        together(
            f"ALTER TABLE {name} ADD COLUMN {new} {type_}",
            f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS\n"
            f"  $copy$ BEGIN NEW.{new} := {fresh}; RETURN NEW; END $copy$",
            f"CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {name}\n  FOR EACH ROW EXECUTE FUNCTION {function}()",
        )
    ]
    if change.expression is None:
        steps += filled(ground, table.name, f"{new} = {value}", f"{new} IS NULL AND {old} IS NOT NULL")
    elif _UNEQUAL.match(type_):
        return None
    else:
        plain = re.split(r"\sCOLLATE\s", type_, flags=re.IGNORECASE)[0]
        missing, key = f"{new} IS DISTINCT FROM CAST(({value}) AS {plain})", ground.key(table.name)
        wanted = f"({key})" if "," in key else key
        steps.append(
            alone(
                f"UPDATE {name} SET {new} = {value}\n"
                f"WHERE {wanted} IN (SELECT {key} FROM {name} WHERE {missing} LIMIT {BATCH}) AND {missing}",
                note=REPEAT,
            )
        )
    if known.nullable is False:
        required = constraints.set_not_null(ground, table.name, bare)
        if required is None:
            return None
        steps += required
    renames: list[str] = []
    for index in table.indexes:
        if not any(key.column == column for key in index.keys):
            continue
        written = _index(ground, table, index, column, new)
        if written is None:
            return None
        label = ground.free(table.name, base=index.name, suffix="new")
        again = ground.beside(table.name, label)
        steps.append(alone(f"CREATE INDEX CONCURRENTLY {ground.sql(label)} ON {name} {written}"))
        renames.append(f"ALTER INDEX {again} RENAME TO {ground.sql(index.name)}")
    checks = _checks(ground, table, column, new)
    if checks is None:
        return None
    steps += checks[0]
    swap = [
        f"DROP TRIGGER {trigger} ON {name}",
        f"DROP FUNCTION {function}()",
        f"ALTER TABLE {name} RENAME COLUMN {old} TO {kept}",
        f"ALTER TABLE {name} RENAME COLUMN {new} TO {old}",
    ]
    if known.default is not None:
        swap.append(f"ALTER TABLE {name} ALTER COLUMN {old} SET DEFAULT {known.default}")
        swap.append(f"ALTER TABLE {name} ALTER COLUMN {kept} DROP DEFAULT")
    if known.nullable is False:
        swap.append(f"ALTER TABLE {name} ALTER COLUMN {kept} DROP NOT NULL")
    steps.append(together(*swap, *checks[1], note="the two change places"))
    last = (f"ALTER TABLE {name} DROP COLUMN {kept}", *renames)
    steps.append(together(*last, note="when nobody misses it: its indexes go with it"))
    return steps


def _type(clause: str) -> str | None:
    """What stands between TYPE and USING, COLLATE included."""
    tokens = tokens_of(clause, "postgresql")
    words = [token.upper for token in tokens]
    if "TYPE" not in words[2:]:
        return None
    at = words.index("TYPE", 2) + 1
    end = words.index("USING", at) if "USING" in words[at:] else len(tokens)
    return clause[tokens[at].start : tokens[end - 1].end] if end > at else None


def _free(table: Table, column: str, suffix: str) -> str:
    taken, number, name = {one.name for one in table.columns}, 1, made(column, suffix=suffix)
    while name in taken:
        number += 1
        name = made(column, suffix=f"{suffix}{number}")
    return name


def _mentions(text: str | None, column: str) -> bool:
    return text is not None and with_prefix(text, {column: "\0"}) != text


def _bound(ground: Ground, table: Table, column: str) -> bool:
    """Does anything hang on it that a column of another name would lose?"""
    if ground.catalog is None or table.inherits or ground.children(table.name) or table.policies:
        return True
    if any(
        (one.unique or one.primary or one.constraint or one.clustered or one.replica_identity)
        and (any(k.column == column or _mentions(k.expression, column) for k in one.keys) or column in one.include)
        for one in table.indexes
    ):
        return True
    if any(column in key.columns for key in table.foreign_keys):
        return True
    if any(_mentions(one.generated, column) for one in table.columns):
        return True
    others = ground.catalog.tables.values()
    if any(key.parent == table.name and column in key.parent_columns for one in others for key in one.foreign_keys):
        return True
    bare = table.name.rpartition(".")[2]
    views = [one for one in others if one.kind in ("view", "materialized_view")]
    return any(one.definition is None or re.search(rf"\b{re.escape(bare)}\b", one.definition) for one in views)


def _index(ground: Ground, table: Table, index: Index, column: str, new: str) -> str | None:
    """An index as CREATE INDEX writes it behind the table's name, over the new column."""
    if index.where is not None or index.include or any(key.expression for key in index.keys) or not index.valid:
        return None
    if index.ddl is not None and re.search(r"\b(WITH|TABLESPACE)\b", index.ddl):
        return None
    keys = []
    for key in index.keys:
        same = key.column == column
        if same and (key.opclass or key.collation):
            return None  # the new type may not have it
        text = new if same else ground.sql(str(key.column))
        text += f' COLLATE "{key.collation}"' if key.collation else ""
        text += f" {key.opclass}" if key.opclass else ""
        text += " DESC" if key.descending else ""
        if key.nulls_first is not None and key.nulls_first != key.descending:
            text += " NULLS FIRST" if key.nulls_first else " NULLS LAST"
        keys.append(text)
    return f"USING {index.method} ({', '.join(keys)})"


def _checks(ground: Ground, table: Table, column: str, new: str) -> tuple[list[Step], list[str]] | None:
    """CHECKs over the column, said again of the new one, and how they take the places of the old; None: names are
    missing."""
    steps: list[Step] = []
    renames: list[str] = []
    name = ground.sql_table(table.name)
    for number, check in enumerate(table.checks):
        if not _mentions(check, column):
            continue
        if number >= len(table.check_names) or check in table.checks_not_valid:
            return None
        own = table.check_names[number]
        label = ground.sql(ground.free(table.name, base=own, suffix="new"))
        steps += [
            locked(f"ALTER TABLE {name} ADD CONSTRAINT {label} CHECK ({with_prefix(check, {column: new})}) NOT VALID"),
            alone(f"ALTER TABLE {name} VALIDATE CONSTRAINT {label}", note=constraints.VALIDATED),
        ]
        renames.append(f"ALTER TABLE {name} DROP CONSTRAINT {ground.sql(own)}")
        renames.append(f"ALTER TABLE {name} RENAME CONSTRAINT {label} TO {ground.sql(own)}")
    return steps, renames
