"""New columns of PostgreSQL, filled beside the traffic."""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor.alternatives import constraints
from advisor.alternatives.ground import Ground, alone, locked, short, together
from advisor.alternatives.no_other_way import NoOtherWay
from advisor.alternatives.parts import NewColumn, Part, keyed, new_column, with_prefix
from advisor.alternatives.rows import filled
from advisor.catalog.ddl.lexer import unquoted
from advisor.model.check import Step
from advisor.model.migration import Change

LEFT = (
    "afterwards the column is a plain one that a trigger and a CHECK keep equal to its expression (from 18 on, without "
    "constraints, a virtual one): an INSERT that names it is not refused but overruled, and what reads the schema does "
    "not see a generated column"
)
_SERIAL = {
    "serial": "integer",
    "serial4": "integer",
    "smallserial": "smallint",
    "serial2": "smallint",
    "bigserial": "bigint",
    "serial8": "bigint",
}
#: What may give NULL for some rows, which the batches would then meet for ever.
_MAYBE_NULL = re.compile(r"\b(null|nullif|case|select)\b", re.IGNORECASE)


def added(ground: Ground, head: str, clause: str, change: Change) -> list[Step] | None:
    """The column alone, its default for new rows, the old ones in batches, NOT NULL and constraints at the end.

    None: nobody can write it out (a domain with a constraint, an option that the sequence cannot take over).
    """
    new = new_column(clause)
    if new is None or change.table is None or change.column is None or change.new_type is None:
        return None
    if ground.children(change.table) and re.search(r"\bONLY\b", head, re.IGNORECASE):
        return None
    name = ground.sql_table(change.table)
    kind = change.default_kind or "none"
    if kind == "virtual":
        return _computed(ground, change, new)
    if constrained(ground, change.new_type):
        return None
    plain = f"ALTER TABLE {name} ADD COLUMN {new.column} {new.type}{new.text('collate', 'storage', 'compression')}"
    required = bool(new.of("not_null"))
    if kind == "stored":
        steps = _computed(ground, change, new)
        required = required and steps is not None
    elif kind in ("serial", "identity"):
        steps = _numbered(ground, change, new)
    elif kind == "volatile" and change.expression is not None:
        steps = _drawn(ground, change, new, plain) if not _MAYBE_NULL.search(change.expression) else None
    elif new.of("default") and not _MAYBE_NULL.search(change.expression or "null"):
        steps = [locked(f"{plain}{new.text('default', 'not_null')}")]
        required = False
    else:
        steps = [locked(f"{plain}{new.text('default')}")]
        if required:
            steps += filled(ground, change.table, f"{new.column} = :value", f"{new.column} IS NULL")
    if steps is None:
        return None
    if required and kind not in ("serial", "identity"):
        label = next((part.name for part in new.of("not_null") if part.name), None)
        last = constraints.set_not_null(
            ground, change.table, change.column, name=unquoted(label) if ground.major >= 18 and label else None
        )
        if last is None:
            return None
        steps = [*steps, *last]
    for part in new.of("unique", "primary", "check", "references"):
        more = _constraint(ground, change, part, filled=bool(new.of("not_null")) or kind in ("serial", "identity"))
        if more is None:
            return None
        steps = [*steps, *more]
    return steps


def eased(ground: Ground, sql: str, changes: Sequence[Change]) -> list[Step] | None:
    """DROP COLUMN of what every INSERT must name: code that leaves it out has to work before it goes. None: none is."""
    first: list[str] = []
    for change in changes:
        column, primary = ground.column(change.table, change.column), ground.primary(change.table)
        if change.action != "drop_column" or column is None or change.table is None:
            return None
        keyed_by = primary is not None and any(key.column == column.name for key in primary.keys)
        if column.nullable is not False or column.default is not None or column.identity or keyed_by:
            continue
        first.append(
            f"ALTER TABLE {ground.sql_table(change.table)} ALTER COLUMN {ground.sql(column.name)} DROP NOT NULL"
        )
    if not first:
        return None
    return [
        locked(*first, note="then deploy the code that neither reads nor writes it"),
        locked(sql, note="when the last instance of the old code has stopped"),
    ]


#: What may have given a domain its constraints in the run.
_DOMAINS = ("create_domain", "alter_domain_check", "alter_domain_not_null")


def constrained(ground: Ground, type_: str) -> bool:
    """Is the type a domain with constraints, or one that the run makes?"""
    bare = type_.strip().lower().rpartition(".")[2].strip('"')
    found = ground.catalog.constrained_domains if ground.catalog is not None else frozenset()
    made = {one.name or "" for one in ground.before if one.action in _DOMAINS}
    return any(one.rpartition(".")[2].lower() == bare for one in (*found, *made))


def _drawn(ground: Ground, change: Change, new: NewColumn, plain: str) -> list[Step]:
    """A default that is another for every row."""
    assert change.table is not None
    name = ground.sql_table(change.table)
    return [
        together(plain, f"ALTER TABLE {name} ALTER COLUMN {new.column} SET {new.text('default').strip()}"),
        *filled(ground, change.table, f"{new.column} = DEFAULT", f"{new.column} IS NULL"),
    ]


def _numbered(ground: Ground, change: Change, new: NewColumn) -> list[Step] | None:
    """serial: a sequence of its own; GENERATED AS IDENTITY: one that makes way for the column's at the end."""
    assert change.table is not None
    assert change.column is not None
    identity = new.of("generated")
    options = ""
    if identity:
        found = re.match(
            r"GENERATED\s+(?:ALWAYS|BY\s+DEFAULT)\s+AS\s+IDENTITY\s*(?:\((.*)\))?$",
            identity[0].text,
            re.IGNORECASE | re.DOTALL,
        )
        if found is None or re.search(r"\bSEQUENCE\b|\bOWNED\b", found[1] or "", re.IGNORECASE):
            return None
        options = f" {found[1].strip()}" if found[1] else ""
    type_ = new.type if identity else _SERIAL.get(new.type.lower())
    if type_ is None:
        return None
    name = ground.sql_table(change.table)
    bare = ground.free(change.table, change.column, suffix="fill" if identity else "seq")
    sequence = ground.beside(change.table, bare)
    literal = sequence.replace("'", "''")
    steps = [
        together(
            f"CREATE SEQUENCE {sequence} AS {type_}{options}",
            f"ALTER TABLE {name} ADD COLUMN {new.column} {type_}",
            f"ALTER TABLE {name} ALTER COLUMN {new.column} SET DEFAULT nextval('{literal}')",
            f"ALTER SEQUENCE {sequence} OWNED BY {name}.{new.column}",
        ),
        *filled(ground, change.table, f"{new.column} = DEFAULT", f"{new.column} IS NULL"),
    ]
    required = constraints.set_not_null(ground, change.table, change.column)
    if required is None:
        return None
    steps += required
    if identity:
        where, column = name.replace("'", "''"), change.column.replace("'", "''")
        steps.append(
            together(
                f"ALTER TABLE {name} ALTER COLUMN {new.column} DROP DEFAULT",
                f"ALTER TABLE {name} ALTER COLUMN {new.column} ADD {identity[0].text}",
                f"SELECT setval(pg_get_serial_sequence('{where}', '{column}'), nextval('{literal}'))",
                f"DROP SEQUENCE {sequence}",
                note="it goes on counting where the sequence of the batches stopped",
            )
        )
    return steps


def _computed(ground: Ground, change: Change, new: NewColumn) -> list[Step] | None:
    """A plain column that a trigger keeps, since the server can only make a stored one whole; virtual, from 18 on.

    A CHECK says what GENERATED would: the two never differ. Raises NoOtherWay.
    """
    assert change.table is not None
    assert change.column is not None
    if change.expression is None:
        return None
    name, known = ground.sql_table(change.table), ground.table(change.table)
    rest = new.of("not_null", "unique", "primary", "check", "references")
    if ground.major >= 18 and not rest:
        return [
            locked(
                f"ALTER TABLE {name} ADD COLUMN {new.column} {new.type} GENERATED ALWAYS AS ({change.expression}) "
                "VIRTUAL",
                note="computed when it is read, not stored; it can have no index and no constraint",
            )
        ]
    if known is None or known.kind != "table" or known.inherits or ground.children(change.table):
        raise NoOtherWay("a stored column is computed for every row of the family by the statement that adds it")
    if known.triggers:
        raise NoOtherWay(
            "a stored column is computed for every row by the statement that adds it, and batches would fire the "
            f"table's triggers ({', '.join(known.triggers[:3])})"
        )
    fresh = of_new(ground, change.table, change.expression)
    if fresh is None:
        raise NoOtherWay("its expression cannot stand in a trigger")
    function = function_of(ground, change.table, change.column, "kept")
    trigger = ground.sql(ground.free(change.table, change.column, suffix="kept"))
    label = ground.sql(ground.free(change.table, change.column, suffix="is_kept"))
    differs = f"{new.column} IS DISTINCT FROM CAST(({change.expression}) AS {new.type})"
    return [
        together(
            f"ALTER TABLE {name} ADD COLUMN {new.column} {new.type}{new.text('collate', 'storage', 'compression')}",
            f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS\n"
            f"  $copy$ BEGIN NEW.{new.column} := {fresh}; RETURN NEW; END $copy$",
            f"CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {name}\n  FOR EACH ROW EXECUTE FUNCTION {function}()",
        ),
        *filled(ground, change.table, f"{new.column} = {change.expression}", differs),
        locked(f"ALTER TABLE {name} ADD CONSTRAINT {label} CHECK (NOT ({differs})) NOT VALID"),
        alone(f"ALTER TABLE {name} VALIDATE CONSTRAINT {label}", note=constraints.VALIDATED),
    ]


def _constraint(ground: Ground, change: Change, part: Part, *, filled: bool) -> list[Step] | None:
    """A constraint that stood in the column's clause, afterwards."""
    assert change.table is not None
    assert change.column is not None
    name = unquoted(part.name) if part.name else None
    column = ground.sql(change.column)
    if part.kind in ("unique", "primary"):
        cut = keyed(part.text)
        if cut is None:
            return None
        return constraints.of_index(ground, change.table, (change.column,), cut, name, filled=filled)
    key = part.kind == "references"
    label = name or ground.free(change.table, change.column, suffix="fkey" if key else "check")
    body = f"FOREIGN KEY ({column}) {part.text}" if key else part.text
    action = "add_foreign_key" if key else "add_check"
    made = Change(action=action, table=change.table, columns=(change.column,), name=label)  # type: ignore[arg-type]
    head = f"ALTER TABLE {ground.sql_table(change.table)}"
    return constraints.not_valid(ground, head, f"ADD CONSTRAINT {ground.sql(label)} {body}", made)


def function_of(ground: Ground, table: str, column: str, suffix: str) -> str:
    """A trigger function beside the table, as SQL."""
    return ground.beside(table, ground.free(table, column, suffix=suffix))


def of_new(ground: Ground, table: str, expression: str) -> str | None:
    """An expression over the row that a trigger gets; None: it has qualified names, sub-queries or dollar quotes."""
    known = ground.table(table)
    if known is None or re.search(r"\bselect\b|\$copy\$|\bnew\b", expression, re.IGNORECASE):
        return None
    if re.search(rf"\b{re.escape(short(table))}\s*\.", expression):
        return None
    return with_prefix(expression, {one.name: f"NEW.{ground.sql(one.name)}" for one in known.columns})
