"""The statements of a PL/pgSQL or SQL body, one after the other.

Statements within branches and loops count as run; a loop whose values the text and the schema tell runs once for each.
Those that a block puts together as text are read where all parts of the text are known, else they are not seen, and
said so.
"""

from __future__ import annotations

from itertools import pairwise

from advisor.catalog.ddl.lexer import Statement, Token, single
from advisor.migrations.static.postgresql.loops import MANY, assigned, rounds, targets
from advisor.migrations.static.postgresql.run import Run, Skipped
from advisor.migrations.static.postgresql.texts import Unknown, Value, Variables, value_of

_DEEP = 8
#: Statements of PL/pgSQL that do nothing to a schema.
_PASSED = frozenset(
    "RAISE RETURN NULL EXIT CONTINUE GET OPEN CLOSE FETCH MOVE ASSERT COMMIT ROLLBACK END DECLARE".split()  # noqa: SIM905
)
_LEAVES = frozenset({"RETURN", "EXIT", "CONTINUE"})


def read_body(body: str, run: Run, variables: Variables | None = None) -> None:
    """Everything that a body does. ``variables``: its parameters, as far as the call tells them."""
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
    try:
        _Body(statement, run, variables or Variables()).read(_pieces(statement.tokens))
    finally:
        run.depth -= 1
        run.in_transaction, run.maybe = was


class _Body:
    """One body, while it is read."""

    def __init__(self, statement: Statement, run: Run, variables: Variables) -> None:
        self.run = run
        self.text = statement.text
        self.variables = variables
        self.branches = 0
        self.declaring = False
        self.left = False
        """A RETURN or EXIT may have ended it, or the loop."""
        self.maybe = run.maybe or any(
            a.upper == "EXCEPTION" and b.upper == "WHEN" for a, b in pairwise(statement.tokens)
        )
        self.declared: set[str] = set()
        self.twice: set[str] = set()
        """Declared in two blocks, or by a loop as well: which one is meant is not looked at."""

    def read(self, pieces: list[list[Token]]) -> None:
        at = 0
        while at < len(pieces):
            piece, loop = self._plain(pieces[at])
            if loop is None:
                if piece:
                    self._statement(piece)
                at += 1
                continue
            end = _end_of_loop(pieces, at)
            self._loop(piece[:loop], [piece[loop + 1 :], *pieces[at + 1 : end]])
            at = end + 1

    def _plain(self, piece: list[Token]) -> tuple[list[Token], int | None]:
        """A statement without the words of control before it; where LOOP stands if it is a loop."""
        while piece:
            word = piece[0].upper
            if piece[0].text == "<" or piece[0].text == "<<":
                piece = _after_label(piece)
            elif word == "DECLARE":
                self.declaring = True
                piece = piece[1:]
            elif word == "BEGIN":
                self.declaring = False
                piece = piece[1:]
            elif self.declaring:
                begin = next((at for at, token in enumerate(piece) if token.upper == "BEGIN"), None)
                if begin is None:
                    self._declare(piece)
                    return [], None
                piece = piece[begin:]
            elif word == "ELSE":
                piece = piece[1:]
            elif word in ("IF", "ELSIF", "ELSEIF", "WHEN", "EXCEPTION", "CASE"):
                then = next((at for at, token in enumerate(piece) if token.upper == "THEN"), None)
                if then is None:
                    return [], None
                self.branches += word in ("IF", "CASE", "EXCEPTION")
                piece = piece[then + 1 :]
            elif word in ("FOR", "FOREACH", "WHILE", "LOOP"):
                loop = next((at for at, token in enumerate(piece) if token.upper == "LOOP"), None)
                return (piece, loop) if loop is not None else ([], None)
            else:
                break
        return piece, None

    def _declare(self, piece: list[Token]) -> None:
        """name [CONSTANT] type [NOT NULL] [:= value]"""
        name = piece[0].folded
        if name in self.declared:
            self.twice.add(name)
        self.declared.add(name)
        self.variables.forget({name})
        rest = piece[2:] if len(piece) > 1 and piece[1].upper == "CONSTANT" else piece[1:]
        if any(token.upper in ("CURSOR", "ALIAS") for token in rest):
            return
        begins = (n for n, token in enumerate(rest) if token.text in (":=", "=", ":") or token.upper == "DEFAULT")
        at = next(begins, len(rest))
        kind = "".join(_spaced(token) for token in rest[:at]).strip().lower().removesuffix("not null").strip()
        self.variables.types[name] = kind
        value = rest[at:]
        while value and value[0].text.upper() in (":", ":=", "=", "DEFAULT"):
            value = value[1:]
        if value:
            self._assign(name, value)

    def _assign(self, name: str, tokens: list[Token]) -> None:
        self.variables.forget({name})
        value = value_of(tokens, self.variables, self.run.world, self.text)
        if value is None or self.branches or self.left or name in self.twice:
            return
        try:
            self.variables.put(name, value, self.run.world)
        except Unknown:
            return

    def _loop(self, header: list[Token], inside: list[list[Token]]) -> None:
        """Once for each value that is known; else once, with what is not known."""
        tokens = [token for piece in inside for token in (*piece, Token("op", ";", 0, 0))]
        changed = assigned(tokens)
        names = set(targets(header)) if header and header[0].upper != "WHILE" else set()
        known = None
        if header and header[0].upper in ("FOR", "FOREACH") and not names & self.twice:
            known = rounds(header, self.variables, self.run.world, self.text)
        if known is not None and len(known) + self.run.rounds > MANY:
            known = None
        leaves = any(token.upper in ("EXIT", "RETURN", "CONTINUE") for token in tokens)
        left = self.left
        if known is None:
            self.variables.forget(changed | names)
            self.branches += 1
            self._once(inside, {})
            self.branches -= 1
        for values in known or ():
            self.run.rounds += 1
            self.left = self.left or leaves
            self._once(inside, values)
        self.left = left or any(token.upper == "RETURN" for token in tokens)
        self.variables.forget(names)
        if known is None or leaves:
            self.variables.forget(changed)

    def _once(self, inside: list[list[Token]], values: dict[str, Value]) -> None:
        branches = self.branches
        self.variables.values.update(values)
        self.read(inside)
        self.branches = branches

    def _statement(self, piece: list[Token]) -> None:
        run = self.run
        first = piece[0].upper
        if first == "END" and len(piece) > 1 and piece[1].upper in ("IF", "CASE"):
            self.branches = max(self.branches - 1, 0)
        run.maybe = self.maybe or self.branches > 0 or self.left
        if first in _LEAVES and (self.branches or any(token.upper == "WHEN" for token in piece)):
            self.left = True
        if first in _PASSED:
            self.variables.forget(assigned(piece))
            return
        target = _assigned_to(piece)
        if target is not None:
            at, whole = target
            name = piece[0].folded
            self._assign(name, piece[at:]) if whole else self.variables.forget({name})
            return
        self.variables.forget(assigned(piece))
        if first == "EXECUTE":
            for inner in self._executed(piece):
                self._read(inner)
            return
        if first == "PERFORM":
            from advisor.migrations.static.postgresql.queries import calls
            from advisor.migrations.static.postgresql.routines import called

            tokens = [piece[0]._replace(text="SELECT"), *piece[1:]]
            for function in calls(tokens):
                called(function, run, tokens, self.text, self.variables)
            return
        self._read(Statement(_without_into(piece), 1, self.text))

    def _read(self, one: Statement) -> None:
        from advisor.migrations.static.postgresql.statements import read

        run = self.run
        run.hidden.append(" ".join(one.text[token.start : token.end] for token in one.tokens)[:400])
        locks, works, changes = len(run.locks), len(run.works), len(run.changes)
        try:
            read(one, run)
        except Skipped:
            del run.locks[locks:], run.works[works:], run.changes[changes:], run.hidden[-1:]

    def _executed(self, tokens: list[Token]) -> list[Statement]:
        """The statements of an EXECUTE whose text is known; of any other nothing is seen."""
        depth, end = 0, len(tokens)
        for at, token in enumerate(tokens):
            depth += token.kind == "op" and {"(": 1, ")": -1}.get(token.text, 0)
            if not depth and token.upper in ("INTO", "USING"):
                end = at
                break
        text = value_of(tokens[1:end], self.variables, self.run.world, self.text)
        inner = single(text, "postgresql") if isinstance(text, str) else None
        if inner is None or inner.note is not None:
            self.run.hide("a block puts statements together as text")
            return []
        return [Statement(piece, 1, inner.text) for piece in _pieces(inner.tokens)]


def _spaced(token: Token) -> str:
    return f" {token.text}" if token.kind in ("word", "quoted") else token.text


def _after_label(piece: list[Token]) -> list[Token]:
    """After ``<<name>>``, whose signs may be tokens of their own."""
    at = 0
    while at < len(piece) and piece[at].text in ("<", "<<"):
        at += 1
    at += 1
    while at < len(piece) and piece[at].text in (">", ">>"):
        at += 1
    return piece[at:]


def _end_of_loop(pieces: list[list[Token]], at: int) -> int:
    """The piece that is END LOOP of the loop that begins in ``pieces[at]``."""
    depth = 0
    for number in range(at, len(pieces)):
        piece = pieces[number]
        if [token.upper for token in piece[:2]] == ["END", "LOOP"]:
            depth -= 1
            if depth <= 0:
                return number
            continue
        depth += sum(token.upper == "LOOP" for token in piece)
    return len(pieces)


def _pieces(tokens: list[Token]) -> list[list[Token]]:
    found: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "op" and token.text == ";":
            found.append([])
        else:
            found[-1].append(token)
    return [piece for piece in found if piece]


#: Statements of SQL in whose first words an equals sign may stand.
_SQL = frozenset("UPDATE SET ALTER DELETE SELECT INSERT WITH CREATE DROP EXECUTE PERFORM CALL".split())  # noqa: SIM905


def _assigned_to(tokens: list[Token]) -> tuple[int, bool] | None:
    """Of an assignment: where its value begins, and whether all of a variable gets it."""
    if tokens[0].upper in _SQL:
        return None
    for at, token in enumerate(tokens[1:8], 1):
        if token.kind != "op":
            if at > 1 and tokens[at - 1].text not in (".", "["):
                return None
            continue
        if token.text in (":=", "="):
            return at + 1, at == 1
        if token.text == ":" and at + 1 < len(tokens) and tokens[at + 1].text == "=":
            return at + 2, at == 1
        if token.text not in (".", "[", "]"):
            return None
    return None


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
