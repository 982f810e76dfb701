"""DO blocks, functions and procedures: the statements in a PL/pgSQL or SQL body, as far as they stand there plainly.

Statements within branches and loops count as run; those that a block puts together as text are not seen, and said so.
"""

from __future__ import annotations

from itertools import pairwise

from advisor.catalog.ddl.cursor import Cursor
from advisor.catalog.ddl.lexer import Statement, Token, single
from advisor.catalog.ddl.operations import Name
from advisor.migrations.static.postgresql.run import Run, Skipped

_DEEP = 8
#: Statements of PL/pgSQL that do nothing to a schema.
_PASSED = frozenset(
    "RAISE RETURN NULL EXIT CONTINUE GET OPEN CLOSE FETCH MOVE ASSERT COMMIT ROLLBACK END DECLARE".split()  # noqa: SIM905
)
_BLOCKS = frozenset({"IF", "ELSIF", "ELSEIF", "CASE", "WHEN"})


def do_block(c: Cursor, run: Run) -> None:
    """DO."""
    c.expect("DO")
    language, body = "plpgsql", None
    while not c.done:
        if c.accept("LANGUAGE"):
            language = c.next().text.lower()
            continue
        token = c.next()
        if token.kind == "string":
            body = token.text
    run.change("do")
    if body is None or language != "plpgsql":
        run.hide(f"a DO block in {language}")
        return
    read_body(body, run)


def create_routine(c: Cursor, run: Run) -> None:
    """CREATE FUNCTION or PROCEDURE: keeps its body for those who call it."""
    from advisor.catalog.ddl.operations import VOLATILITIES

    name = c.name()
    words = {token.upper for token in c.tokens[c.at :] if token.kind == "word"}
    language = next(
        (c.tokens[at + 1].text.lower() for at in range(len(c.tokens) - 1) if c.tokens[at].upper == "LANGUAGE"), "sql"
    )
    bodies = [
        c.tokens[at + 1].text
        for at in range(len(c.tokens) - 1)
        if c.tokens[at].upper == "AS" and c.tokens[at + 1].kind == "string"
    ]
    volatility = "immutable" if "IMMUTABLE" in words else "stable" if "STABLE" in words else "volatile"
    for key in {name.name, run.world.canonical(name)}:
        known = run.world.functions.get(key, "immutable")
        run.world.functions[key] = max(known, volatility, key=VOLATILITIES.index)
        if bodies and language in ("plpgsql", "sql"):
            run.world.bodies[key] = bodies[0]
        else:
            run.world.bodies.pop(key, None)
    run.change("create_function", name=run.world.canonical(name))


def call(c: Cursor, run: Run) -> None:
    """CALL of a procedure."""
    c.expect("CALL")
    name = c.name()
    run.change("call", name=run.world.canonical(name))
    body = run.world.bodies.get(run.world.canonical(name), run.world.bodies.get(name.name))
    if body is None:
        run.hide(f"the body of {name.name} is not among the migrations")
        return
    read_body(body, run)


def called(name: Name, run: Run, tokens: list[Token]) -> None:
    """A function that a SELECT calls: read where the migrations made it; one of an old schema may do anything."""
    if name.name == "set_config" and name.schema in (None, "pg_catalog"):
        from advisor.migrations.static.postgresql.settings import set_config

        set_config(tokens, run)
        return
    key = run.world.canonical(name) if run.world.canonical(name) in run.world.functions else name.name
    if key not in run.world.functions and not any(one.upper == "FROM" for one in tokens):
        from advisor.migrations.static.postgresql.volatility import is_builtin

        if name.schema != "pg_catalog" and not is_builtin(name.name) and name.name not in run.world.types:
            run.hide(f"function {name.name} is not in the schema")
    if key not in run.world.functions or run.world.functions[key] != "volatile":
        return
    body = run.world.bodies.get(key)
    if body is None:
        run.hide(f"the body of {name.name} is not among the migrations")
    else:
        read_body(body, run)


def read_body(body: str, run: Run) -> None:
    """The statements of a body, one after the other."""
    from advisor.migrations.static.postgresql.statements import read

    if run.depth >= _DEEP:
        run.hide("routines call each other too deeply to read")
        return
    statement = single(body, "postgresql")
    if statement.note is not None:
        run.hide("the body of a block cannot be read")
        return
    run.depth += 1
    was = run.in_transaction, run.maybe
    run.in_transaction = True
    branches = 0
    caught = any(a.upper == "EXCEPTION" and b.upper == "WHEN" for a, b in pairwise(statement.tokens))
    try:
        for piece in _pieces(statement.tokens):
            tokens, opened = _plain(piece)
            branches += opened
            words = [token.upper for token in piece[:2]]
            if words in (["END", "IF"], ["END", "CASE"], ["END", "LOOP"]):
                branches = max(branches - 1, 0)
            run.maybe = was[1] or caught or branches > 0
            if not tokens:
                continue
            first = tokens[0].upper
            one = Statement(tokens, 1, body)
            if first == "EXECUTE":
                inner = _executed(tokens, run)
                if inner is None or not inner.tokens:
                    continue
                one, tokens = inner, inner.tokens
                first = tokens[0].upper
            if first in _PASSED or _assigns(tokens):
                continue
            if first == "PERFORM":
                tokens = [tokens[0]._replace(text="SELECT"), *tokens[1:]]
                for name in list(_called(tokens)):
                    called(name, run, tokens)
                continue
            one = Statement(_without_into(tokens), 1, one.text)
            run.hidden.append(" ".join(one.text[token.start : token.end] for token in one.tokens)[:400])
            locks, works, changes = len(run.locks), len(run.works), len(run.changes)
            try:
                read(one, run)
            except Skipped:
                del run.locks[locks:], run.works[works:], run.changes[changes:], run.hidden[-1:]
    finally:
        run.depth -= 1
        run.in_transaction, run.maybe = was


def _called(tokens: list[Token]) -> list[Name]:
    from advisor.migrations.static.postgresql.queries import calls

    return calls(tokens)


def _pieces(tokens: list[Token]) -> list[list[Token]]:
    found: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "op" and token.text == ";":
            found.append([])
        else:
            found[-1].append(token)
    return [piece for piece in found if piece]


def _plain(piece: list[Token]) -> tuple[list[Token], int]:
    """A statement without the words of control before it, and how many branches they open."""
    opened = 0
    while piece:
        word = piece[0].upper
        if word == "DECLARE":
            begin = next((at for at, token in enumerate(piece) if token.upper == "BEGIN"), None)
            if begin is None:
                return [], opened
            piece = piece[begin:]
        elif word in ("BEGIN", "ELSE", "LOOP"):
            opened += word == "LOOP"
            piece = piece[1:]
        elif word in ("IF", "ELSIF", "ELSEIF", "WHEN", "EXCEPTION", "CASE"):
            then = next((at for at, token in enumerate(piece) if token.upper == "THEN"), None)
            if then is None:
                return [], opened
            opened += word in ("IF", "CASE", "EXCEPTION")
            piece = piece[then + 1 :]
        elif word in ("FOR", "FOREACH", "WHILE"):
            loop = next((at for at, token in enumerate(piece) if token.upper == "LOOP"), None)
            if loop is None:
                return [], opened
            opened += 1
            piece = piece[loop + 1 :]
        elif piece[0].text == "<<" and len(piece) > 2:
            piece = piece[3:]
        elif len(piece) > 2 and piece[1].upper in ("TEXT", "INT", "INTEGER", "RECORD", "BOOLEAN", "BIGINT", "UUID"):
            begin = next((at for at, token in enumerate(piece) if token.upper == "BEGIN"), None)
            if begin is None:
                return [], opened
            piece = piece[begin:]
        else:
            break
    return piece, opened


def _assigns(tokens: list[Token]) -> bool:
    return any(
        token.text in (":=", "=") or (token.text == ":" and n + 1 < len(tokens) and tokens[n + 1].text == "=")
        for n, token in enumerate(tokens[1:4], 1)
        if token.kind == "op"
    ) and tokens[0].upper not in ("UPDATE", "SET", "ALTER", "DELETE", "SELECT", "INSERT", "WITH", "CREATE", "DROP")


def _executed(tokens: list[Token], run: Run) -> Statement | None:
    """The statement of an EXECUTE whose text is put together of constants alone; of any other nothing is seen."""
    text = _constant_text(tokens[1:])
    if text is None:
        run.hide("a block puts statements together as text")
        return None
    inner = single(text, "postgresql")
    return Statement([token for token in inner.tokens if token.text != ";" or token.kind != "op"], 1, inner.text)


def _constant_text(tokens: list[Token]) -> str | None:
    """Constants joined by ``||``, and format() of constants."""
    found = ""
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "string":
            found += token.text
            at += 1
        elif token.upper in ("FORMAT", "QUOTE_IDENT") and at + 1 < len(tokens) and tokens[at + 1].text == "(":
            end = next((n for n in range(at + 2, len(tokens)) if tokens[n].text == ")"), None)
            if end is None:
                return None
            inside = tokens[at + 2 : end]
            if any(one.kind != "string" and one.text != "," for one in inside):
                return None
            values = [one.text for one in inside if one.kind == "string"]
            text = _formatted(values) if token.upper == "FORMAT" else _quoted(values[0]) if values else None
            if text is None:
                return None
            found += text
            at = end + 1
        elif token.upper in ("INTO", "USING"):
            return found if at else None
        else:
            return None
        if at < len(tokens) and tokens[at].text == "||":
            at += 1
        elif at < len(tokens) and tokens[at].upper not in ("INTO", "USING"):
            return None
    return found or None


def _formatted(values: list[str]) -> str | None:
    if not values:
        return None
    rest = iter(values[1:])
    parts = values[0].split("%")
    found = parts[0]
    for part in parts[1:]:
        if part[:1] not in ("I", "L", "s"):
            return None
        value = next(rest, None)
        if value is None:
            return None
        shown = _quoted(value) if part[0] == "I" else "'" + value.replace("'", "''") + "'" if part[0] == "L" else value
        found += shown + part[1:]
    return found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _without_into(tokens: list[Token]) -> list[Token]:
    """SELECT ... INTO variable, as a plain SELECT."""
    if tokens[0].upper != "SELECT":
        return tokens
    depth = 0
    for at, token in enumerate(tokens):
        if token.kind == "op":
            depth += {"(": 1, ")": -1}.get(token.text, 0)
        if not depth and token.upper == "INTO":
            end = at + 1
            end += end < len(tokens) and tokens[end].upper == "STRICT"
            end += 1
            while end + 1 < len(tokens) and tokens[end].text in (",", "."):
                end += 2
            return tokens[:at] + tokens[end:]
    return tokens
