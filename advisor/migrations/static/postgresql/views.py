"""Views, materialised views, triggers, rules and policies."""

from __future__ import annotations

from advisor.catalog.ddl.cursor import Cursor
from advisor.catalog.ddl.lexer import Token
from advisor.migrations.static.postgresql import modes
from advisor.migrations.static.postgresql.queries import reads
from advisor.migrations.static.postgresql.run import Fails, Run
from advisor.migrations.static.postgresql.world import Relation


def create_view(c: Cursor, run: Run, *, replace: bool, temporary: bool) -> None:
    """CREATE VIEW."""
    name = c.name()
    key = run.world.canonical(name)
    known = run.world.relations.get(key)
    if known is not None and not known.guessed and not temporary:
        if not replace:
            run.exists(f'relation "{name.name}" already exists', "42P07")
        if known.kind != "view" and not run.maybe:
            raise Fails(f'"{name.name}" is not a view', "42809")
    if known is not None and replace:
        run.exclusive(known)
    view = Relation(
        key, run.world.schema_of(name), kind="view", temporary=temporary,
        preexisting=known.preexisting if known is not None else False,
    )  # fmt: skip
    listed = c.sees("(")
    c.until("AS")
    c.accept("AS")
    _named(c, run)
    if known is not None and replace and not listed and not run.maybe:
        _keeps_columns(c, known)
    view.definition = c.rest()
    run.change("create_view", view, conditional=replace)
    if known is None:
        run.created.append(key)
    run.world.add(view)


def _keeps_columns(c: Cursor, view: Relation) -> None:
    """Raises Fails where a view gets fewer columns, or another name for one (CREATE VIEW, OR REPLACE)."""
    tokens = c.tokens[c.at :]
    if not view.columns_of_view or not tokens or tokens[0].upper != "SELECT" or tokens[1].upper in ("DISTINCT", "ALL"):
        return
    items: list[list[Token]] = [[]]
    depth = 0
    for token in tokens[1:]:
        if token.kind == "op":
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)
            if token.text == "," and not depth:
                items.append([])
                continue
        if token.upper in ("FROM", "UNION", "EXCEPT", "INTERSECT", "WHERE", "ORDER", "LIMIT") and not depth:
            break
        items[-1].append(token)
    if any(not item or item[-1].text == "*" for item in items):
        return
    if len(items) < len(view.columns_of_view):
        raise Fails("cannot drop columns from view", "42P16")
    for item, had in zip(items, view.columns_of_view, strict=False):
        plain = len(item) in (1, 3) and all(one.text == "." for one in item[1::2])
        last = item[-1]
        named = last.kind in ("word", "quoted") and (plain or (len(item) > 2 and item[-2].upper == "AS"))
        name = c.fold(last) if named else had
        if name != had and not (plain and len(item) == 1 and last.upper in _CALLED):
            raise Fails(f'cannot change name of view column "{had}" to "{name}"', "42P16")


#: Words that are no column, and whose column has the word's name anyway or another one.
_CALLED = frozenset({"NULL", "TRUE", "FALSE", "CURRENT_DATE", "CURRENT_TIMESTAMP", "CURRENT_USER", "LOCALTIME", "USER"})


def _named(c: Cursor, run: Run) -> None:
    """The relations of a query must exist."""
    for one in reads(c.tokens[c.at :]):
        if run.world.find(one.name) is None and not run.world.is_system(one.name):
            run.table(one.name)


def create_materialized_view(c: Cursor, run: Run) -> None:
    """CREATE MATERIALIZED VIEW: reads what it is made of."""
    conditional = c.accept("IF", "NOT", "EXISTS")
    name = c.name()
    key = run.world.canonical(name)
    if key in run.world.relations and not run.world.relations[key].guessed:
        if not conditional:
            run.exists(f'relation "{name.name}" already exists', "42P07")
        run.change("create_materialized_view", key, conditional=True, no_op=True)
        return
    view = Relation(key, run.world.schema_of(name), kind="materialized_view", preexisting=False)
    c.until("AS")
    c.accept("AS")
    _named(c, run)
    tokens = c.tokens[c.at :]
    view.definition = c.rest()
    words = [token.upper for token in tokens[-3:]]
    view.populated = words != ["WITH", "NO", "DATA"]
    run.change("create_materialized_view", view, conditional=conditional)
    run.created.append(key)
    run.world.add(view)
    run.exclusive(view)
    if view.populated:
        scan_sources(run, view)


def scan_sources(run: Run, view: Relation) -> None:
    """The tables that a materialised view is made of are read."""
    from advisor.catalog.ddl.lexer import single

    seen = set()
    queue = [view]
    while queue:
        one = queue.pop()
        for source in reads(single(one.definition or "", "postgresql").tokens):
            table = run.world.find(source.name)
            if table is None or table.name in seen:
                continue
            seen.add(table.name)
            if table.kind == "view":
                queue.append(table)
            else:
                run.work("scan", table)


def refresh(c: Cursor, run: Run) -> None:
    """REFRESH MATERIALIZED VIEW: CONCURRENTLY lets readers go on, and needs a unique index."""
    c.expect("REFRESH", "MATERIALIZED", "VIEW")
    concurrently = c.accept("CONCURRENTLY")
    view = run.table(c.name())
    assert view is not None
    empty = "NO" in c.rest().upper().split()
    run.change("refresh_materialized_view", view, concurrently=concurrently)
    if not view.guessed and view.kind != "materialized_view" and not run.maybe:
        raise Fails(f'"{view.bare}" is not a materialized view', "0A000")
    if concurrently:
        usable = any(
            one.unique and one.where is None and all(key.column for key in one.keys) for one in view.indexes.values()
        )
        if not usable and not view.guessed and run.world.complete and not run.maybe:
            raise Fails(f'cannot refresh materialized view "{view.name}" concurrently', "55000")
        if not view.populated and not run.maybe:
            raise Fails("CONCURRENTLY cannot be used when the materialized view is not populated", "0A000")
        run.lock(view, modes.EXCLUSIVE)
        run.work("write", view)
        scan_sources(run, view)
        return
    run.exclusive(view)
    view.populated = not empty
    if not empty:
        run.work("rewrite", view)
        scan_sources(run, view)


def create_trigger(c: Cursor, run: Run) -> None:
    """CREATE [CONSTRAINT] TRIGGER."""
    name = c.identifier()
    c.until("ON")
    c.expect("ON")
    table = run.table(c.name())
    assert table is not None
    family = [table]
    if table.kind == "partitioned" and "ROW" in [token.upper for token in c.tokens]:
        family = list(run.world.family(table))
    run.lock(family, modes.SHARE_ROW_EXCLUSIVE)
    if c.accept("FROM"):
        other = run.table(c.name())
        if other is not None:
            run.lock(other, modes.SHARE_ROW_EXCLUSIVE)
    for one in family:
        one.triggers.add(name)
    run.change("create_trigger", table, name=name)


def drop_on(c: Cursor, run: Run, what: str) -> None:
    """DROP TRIGGER, POLICY or RULE name ON table."""
    conditional = c.accept("IF", "EXISTS")
    name = c.identifier()
    c.expect("ON")
    table = run.table(c.name(), conditional=conditional)
    action = {"TRIGGER": "drop_trigger", "POLICY": "policy", "RULE": "rule"}[what]
    if table is None:
        run.change(action, None, name=name, conditional=True, no_op=True)
        return
    known = table.triggers if what == "TRIGGER" else table.policies if what == "POLICY" else None
    missing = known is not None and name not in known and not table.guessed and run.world.complete and not run.maybe
    if missing and not conditional:
        raise Fails(f'{what.lower()} "{name}" for table "{table.bare}" does not exist', "42704")
    if not missing:
        run.lock_family(table, modes.ACCESS_EXCLUSIVE, only=what != "TRIGGER" or table.kind != "partitioned")
    if known is not None:
        known.discard(name)
    run.change(action, table, name=name, conditional=conditional, no_op=missing)


def policy(c: Cursor, run: Run) -> None:
    """CREATE or ALTER POLICY."""
    creating = c.ahead(-2).upper == "CREATE"
    name = c.identifier()
    c.expect("ON")
    table = run.table(c.name())
    assert table is not None
    run.exclusive(table)
    if creating and name in table.policies:
        run.exists(f'policy "{name}" for table "{table.bare}" already exists', "42710")
    table.policies.add(name)
    table.policy_texts.append(c.rest())
    run.change("policy", table, name=name)


def create_rule(c: Cursor, run: Run) -> None:
    """CREATE RULE."""
    name = c.identifier()
    c.until("TO")
    c.expect("TO")
    table = run.table(c.name())
    assert table is not None
    run.exclusive(table)
    run.change("rule", table, name=name)
