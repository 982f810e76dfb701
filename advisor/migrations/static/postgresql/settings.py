"""SET, SET LOCAL, RESET and set_config: the settings that a migration runs under."""

from __future__ import annotations

from advisor.catalog.ddl.cursor import Cursor
from advisor.catalog.ddl.lexer import Token
from advisor.migrations.static.postgresql.run import Run, Session
from advisor.migrations.static.postgresql.world import World

_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "min": 60_000.0, "h": 3_600_000.0, "d": 86_400_000.0}


def set_(c: Cursor, run: Run) -> None:
    """SET [SESSION | LOCAL] name TO value."""
    c.expect("SET")
    local = c.accept("LOCAL")
    c.accept("SESSION")
    if c.accept("TIME", "ZONE"):
        name = "timezone"
    elif c.sees("TRANSACTION") or c.sees("CHARACTERISTICS") or c.sees("CONSTRAINTS") or c.sees("ROLE"):
        run.change("set", name=c.token.text.lower())
        return
    else:
        name = c.identifier().lower()
        while c.accept("."):
            name = f"{name}.{c.identifier().lower()}"
        if not c.accept("TO"):
            c.accept("=")
    parts = []
    while not c.done:
        token = c.next()
        if not (token.kind == "op" and token.text == ","):
            parts.append(token.text if token.kind in ("string", "quoted") else token.text.lower())
    value = ",".join(parts) if name == "search_path" else "".join(parts)
    assign(run, name, None if value == "default" else value, local)
    run.change("set", name=name, expression=value)


def reset(c: Cursor, run: Run) -> None:
    """RESET name or ALL."""
    c.expect("RESET")
    if c.accept("ALL"):
        run.session.values.clear()
        run.session.local.clear()
        run.change("set", name="all")
        return
    name = "timezone" if c.accept("TIME", "ZONE") else c.identifier().lower()
    assign(run, name, None, False)
    run.change("set", name=name, expression="default")


def set_config(tokens: list[Token], run: Run) -> None:
    """SELECT set_config(name, value, is_local)."""
    strings = [token.text for token in tokens if token.kind == "string"]
    words = {token.upper for token in tokens}
    if len(strings) >= 2:
        assign(run, strings[0].lower(), strings[1], "TRUE" in words)


def assign(run: Run, name: str, value: str | None, local: bool) -> None:
    """A setting gets a value; None: its default. SET LOCAL outside a transaction does nothing (SET, Notes)."""
    session = run.session
    if local and not run.in_transaction:
        return
    target = session.local if local else session.values
    if value is None:
        session.local.pop(name, None)
        session.values.pop(name, None)
    else:
        target[name] = value
        if not local:
            session.local.pop(name, None)
    if name == "search_path":
        place_path(run.world, session)


def place_path(world: World, session: Session) -> None:
    """The search path that is in force."""
    value = session.get("search_path")
    if value is None:
        world.path = world.default_path
    else:
        world.path = tuple(part.strip().strip('"') for part in value.split(",") if part.strip())


def milliseconds(text: str | None) -> float | None:
    """A duration as PostgreSQL reads it: a bare number counts milliseconds. None: none, or none that can be read."""
    if text is None:
        return None
    plain = text.strip().lower()
    digits = plain.rstrip("abcdefghijklmnopqrstuvwxyz ")
    unit = plain[len(digits) :].strip() or "ms"
    try:
        return float(digits) * _UNITS[unit]
    except (ValueError, KeyError):
        return None
