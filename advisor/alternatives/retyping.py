"""A column that changes its type by way of a new one (PostgreSQL)."""

from __future__ import annotations

import re

from advisor.alternatives import constraints
from advisor.alternatives.carrying import carried
from advisor.alternatives.clauses import tokens_of
from advisor.alternatives.columns import constrained, function_of, of_new
from advisor.alternatives.copied_indexes import copied
from advisor.alternatives.ground import Ground, alone, locked, made, short, together
from advisor.alternatives.keys import moved
from advisor.alternatives.no_other_way import NoOtherWay
from advisor.alternatives.numbering import Numbered, numbered
from advisor.alternatives.parts import mentions as _mentions
from advisor.alternatives.parts import with_prefix
from advisor.alternatives.rows import filled, whole_key
from advisor.model.catalog import Table
from advisor.model.check import Step
from advisor.model.migration import Change

#: Types without equality: rows that are done could not be told from the others.
_UNEQUAL = re.compile(r"(json|xml|point|line|polygon|path|box|circle|lseg)\b", re.IGNORECASE)
_VOLATILE = re.compile(r"\b(random|nextval|gen_random_uuid|clock_timestamp|uuid_generate_\w+)\b", re.IGNORECASE)
LEFT = (
    "the column becomes the last one (an INSERT that names no columns meets another order), and extended "
    "statistics on it "
    "are to be made again"
)


def retyped(ground: Ground, clause: str, change: Change) -> list[Step]:
    """A new column of the new type beside the old one, kept by a trigger, filled in batches, swapped at the end.

    Indexes, CHECKs, foreign keys of both sides, sequence and default go over with it. Raises NoOtherWay where something
    else hangs on the column.
    """
    table, column = ground.table(change.table), change.column
    known = ground.column(change.table, column)
    type_ = _type(clause)
    if table is None or known is None or column is None or type_ is None:
        raise NoOtherWay("the schema given does not tell what hangs on the column: name it with --catalog")
    if constrained(ground, type_):
        raise NoOtherWay(
            f"the domain {type_} has constraints, for which the server rewrites the table whichever way such a column "
            "comes: give a column of its base type CHECKs of its own (NOT VALID, then VALIDATE)"
        )
    _as_it_was(ground, table.name, column)
    _free_of_the_rest(ground, table, column)
    name, old = ground.sql_table(table.name), ground.sql(column)
    bare = _free(table, column, "new")
    new, kept = ground.sql(bare), ground.sql(_free(table, column, "old"))
    value = change.expression or old  # by assignment, as ALTER TYPE does: a text too long is an error, not cut
    fresh = of_new(ground, table.name, value)
    if fresh is None or _VOLATILE.search(value):
        raise NoOtherWay(
            "its USING cannot stand in a trigger: it draws its value, or names more than columns of the row"
        )
    given = column in ground.defaults
    if given and "nextval" in (known.default or ""):
        raise NoOtherWay(
            "the statement takes the column's sequence away as well: do that in one of its own, afterwards"
        )
    counted = numbered(ground, table, known, kept) if not given else Numbered([])
    default = ground.defaults[column] if given else known.default
    function = function_of(ground, table.name, column, "copy")
    trigger = ground.sql(ground.free(table.name, column, suffix="copy"))
    steps = [
        together(
            f"ALTER TABLE {name} ADD COLUMN {new} {type_}",
            f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS\n"
            f"  $copy$ BEGIN NEW.{new} := {fresh}; RETURN NEW; END $copy$",
            f"CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {name}\n  FOR EACH ROW EXECUTE FUNCTION {function}()",
        ),
        *_rows(ground, table, change, type_, value, old, new),
    ]
    renames: list[str] = []
    swap = [f"DROP TRIGGER {trigger} ON {name}", f"DROP FUNCTION {function}()"]
    behind: list[str] = []
    if known.nullable is False:
        required = constraints.set_not_null(ground, table.name, bare)
        if required is None:
            raise NoOtherWay("before 12 NOT NULL of the new column is read under the lock")
        steps += required
        behind.append(f"ALTER TABLE {name} ALTER COLUMN {kept} DROP NOT NULL")
        if ground.major >= 18:  # its constraint has a name
            label = ground.sql(ground.free(table.name, bare, suffix="not_null"))
            last = ground.sql(made(short(table.name), column, suffix="not_null"))
            behind.append(f"ALTER TABLE {name} RENAME CONSTRAINT {label} TO {last}")
    built = copied(ground, table, column, new)
    checks = _checks(ground, table, column, new)
    keys = moved(ground, table, column, new)
    steps += [*built.steps, *checks[0], *keys.steps, *carried(ground, table.name, column, bare)]
    swap += [*keys.swap, *built.dropped]
    swap += [f"ALTER TABLE {name} RENAME COLUMN {old} TO {kept}", f"ALTER TABLE {name} RENAME COLUMN {new} TO {old}"]
    swap += built.promoted
    if default is not None and not counted.swap:
        swap.append(f"ALTER TABLE {name} ALTER COLUMN {old} SET DEFAULT {default}")
    if known.default is not None:
        behind.append(f"ALTER TABLE {name} ALTER COLUMN {kept} DROP DEFAULT")
    steps.append(together(*swap, *counted.swap, *behind, *checks[1], note="the two change places"))
    renames += built.renamed
    last_step = (f"ALTER TABLE {name} DROP COLUMN {kept}", *renames)
    steps.append(together(*last_step, note="when nobody misses it: its indexes go with it"))
    return steps


def left(ground: Ground, change: Change) -> str:
    """What the end differs in from the statement's, and what the statement itself leaves as it was."""
    known = ground.column(change.table, change.column)
    default = known.default or "" if known is not None else ""
    more = ""
    if "nextval" in default and (change.new_type or "").lower() in ("bigint", "int8"):
        more = "; the sequence keeps its type, here as there: ALTER SEQUENCE ... AS bigint lets it count on"
    return f"afterwards {LEFT}{more}"


def _rows(ground: Ground, table: Table, change: Change, type_: str, value: str, old: str, new: str) -> list[Step]:
    """The old rows in batches."""
    if change.expression is None:
        return filled(ground, table.name, f"{new} = {value}", f"{new} IS NULL AND {old} IS NOT NULL")
    if whole_key(ground, table.name) is not None:
        return filled(ground, table.name, f"{new} = {value}", f"{new} IS NULL")  # each key is met once
    if _UNEQUAL.match(type_):
        raise NoOtherWay(f"{type_} has no equality: rows that are done cannot be told from the others")
    plain = re.split(r"\sCOLLATE\s", type_, flags=re.IGNORECASE)[0]
    return filled(ground, table.name, f"{new} = {value}", f"{new} IS DISTINCT FROM CAST(({value}) AS {plain})")


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


def _free_of_the_rest(ground: Ground, table: Table, column: str) -> None:
    """Does anything hang on it that cannot go over to a column of another name?"""
    assert ground.catalog is not None
    if table.kind != "table" or table.inherits or ground.children(table.name):
        raise NoOtherWay("the table is partitioned, a partition, or inherits: all of the family would change at once")
    if table.triggers:
        raise NoOtherWay(f"its triggers ({', '.join(table.triggers[:3])}) would fire for every row of the batches")
    known = ground.column(table.name, column)
    if (known is not None and known.generated) or any(_mentions(one.generated, column) for one in table.columns):
        raise NoOtherWay(
            "a generated column is computed from it, or it is one: the server makes that anew with the table"
        )
    if any(_mentions(one.using, column) or _mentions(one.check, column) for one in table.policies):
        raise NoOtherWay("a row-level security policy reads it: drop the policy first, and make it again at the swap")
    bare = short(table.name)
    for view in ground.catalog.tables.values():
        text = view.definition
        if view.kind not in ("view", "materialized_view") or (text is not None and not _reads(text, bare, column)):
            continue
        raise NoOtherWay(
            f"the view {short(view.name)} reads it: drop the view in the transaction of the swap only, and make it "
            "again there, with its privileges"
        )


#: Changes that leave what hangs on other columns, and on the column, as the schema given has it.
_HARMLESS = frozenset(
    {
        "add_column", "set_statistics", "set_storage", "set_compression", "set_options", "insert", "update", "delete",
        "merge", "copy", "select", "validate_constraint", "comment", "privileges", "analyze", "vacuum", "reindex",
        "lock_table", "drop_view", "row_security",
    }
)  # fmt: skip


def _as_it_was(ground: Ground, table: str, column: str) -> None:
    """Do earlier statements of the run change what hangs on it? The schema given is that before them."""
    for one in ground.before:
        about = table in (one.table, one.parent)
        named = (*one.columns, one.expression or "")
        apart = (one.column is not None and one.column != column) or (
            bool(one.columns) and not any(text == column or _mentions(text, column) for text in named)
        )
        if one.parent == table and one.parent_columns:
            apart = column not in one.parent_columns
        if about and not apart and one.action not in _HARMLESS:
            raise NoOtherWay(
                "an earlier statement of the run changes what hangs on the column: check this one by itself, with the "
                "schema as it is after that"
            )


def _reads(text: str, table: str, column: str) -> bool:
    return re.search(rf"\b{re.escape(table)}\b", text) is not None and (
        "*" in text or re.search(rf"\b{re.escape(column)}\b", text) is not None
    )


def _checks(ground: Ground, table: Table, column: str, new: str) -> tuple[list[Step], list[str]]:
    """CHECKs over the column, said again of the new one, and how they take the places of the old."""
    steps: list[Step] = []
    renames: list[str] = []
    name = ground.sql_table(table.name)
    for number, check in enumerate(table.checks):
        if not _mentions(check, column):
            continue
        if number >= len(table.check_names) or check in table.checks_not_valid:
            raise NoOtherWay("a CHECK of the column is not validated, or its name is not known")
        own = table.check_names[number]
        label = ground.sql(ground.free(table.name, base=own, suffix="new"))
        steps += [
            locked(f"ALTER TABLE {name} ADD CONSTRAINT {label} CHECK ({with_prefix(check, {column: new})}) NOT VALID"),
            alone(f"ALTER TABLE {name} VALIDATE CONSTRAINT {label}", note=constraints.VALIDATED),
        ]
        renames.append(f"ALTER TABLE {name} DROP CONSTRAINT {ground.sql(own)}")
        renames.append(f"ALTER TABLE {name} RENAME CONSTRAINT {label} TO {ground.sql(own)}")
    return steps, renames
