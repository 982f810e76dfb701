"""The keys of indexes, and what may follow them."""

from __future__ import annotations

from advisor.catalog.ddl.cursor import Unexpected
from advisor.catalog.ddl.parentheses import strip_parentheses
from advisor.catalog.ddl.type_names import Clauses
from advisor.model.catalog import IndexKey


class IndexKeys(Clauses):
    """The parenthesised parts of an index or of a constraint that brings one."""

    def index_keys(self) -> tuple[IndexKey, ...]:
        """A parenthesised list of key parts."""
        c = self.cursor
        c.expect("(")
        keys = [self.index_key()]
        while c.accept(","):
            keys.append(self.index_key())
        c.expect(")")
        return tuple(keys)

    def index_key(self) -> IndexKey:
        """One key part: column or expression, prefix, collation, operator class, direction."""
        c = self.cursor
        column = expression = None
        prefix = None
        if c.sees("("):
            expression = strip_parentheses(c.parenthesised())
        elif c.token.kind in ("word", "quoted") and c.ahead(1).text not in ("(", ".", "::", "->", "->>", "||"):
            column = c.identifier()
        elif self.mysql and c.ahead(1).text == "(" and c.ahead(2).kind == "number" and c.ahead(3).text == ")":
            column = c.identifier()
            prefix = int(c.parenthesised())
        elif self.engine == "postgresql":
            start = c.at
            c.name()
            c.parenthesised()  # without parentheses around it, a key is a column or one function call
            expression = c.source(start, c.at)
        else:
            expression = c.until(",", "ASC", "DESC", "NULLS", "COLLATE", "WITH")
            if not expression:
                raise Unexpected(f"expected an index key before {c.token.text[:40]!r}")
        collation = opclass = None
        descending, nulls_first = False, None
        while not c.done and not c.sees(",") and not c.sees(")") and not c.sees("WITH"):
            if c.accept("COLLATE"):
                collation = self._collation()
            elif c.accept("ASC"):
                descending = False
            elif c.accept("DESC"):
                descending = True
            elif c.accept("NULLS", "FIRST"):
                nulls_first = True
            elif c.accept("NULLS", "LAST"):
                nulls_first = False
            elif c.accept("WITHOUT", "OVERLAPS"):  # the key of a temporal constraint
                continue
            elif self.engine == "postgresql" and c.token.kind in ("word", "quoted"):
                opclass = c.name().name
                c.skip_parenthesised()
            else:
                raise Unexpected(f"unknown index key clause at {c.token.text[:40]!r}")
        if self.engine == "postgresql" and nulls_first is None:
            nulls_first = descending  # NULL sorts as larger than every value
        return IndexKey(
            column=column,
            expression=expression,
            descending=descending,
            nulls_first=nulls_first,
            prefix=prefix,
            opclass=opclass,
            collation=collation,
        )

    def _index_tail(self) -> tuple[tuple[str, ...], str | None, bool, str | None]:
        c = self.cursor
        include: tuple[str, ...] = ()
        where, visible, method = None, True, None
        while True:
            if c.accept("INCLUDE"):
                include = c.names()
            elif c.accept("USING", "INDEX", "TABLESPACE") or c.accept("TABLESPACE"):
                c.identifier()
            elif c.accept("USING"):
                method = c.identifier().lower()
            elif c.accept("WITH", "PARSER"):
                c.identifier()
            elif c.sees("WITH", "("):
                c.at += 1
                c.parenthesised()
            elif c.accept("WHERE"):
                where = strip_parentheses(c.rest())
            elif c.accept_any("INVISIBLE", "IGNORED"):
                visible = False
            elif c.accept("NOT", "IGNORED") or c.accept("VISIBLE"):
                visible = True
            elif c.accept_any("COMMENT", "KEY_BLOCK_SIZE", "ENGINE_ATTRIBUTE", "CLUSTERING"):
                c.accept("=")
                c.next()
            elif self.engine == "sqlite" and c.sees("ON", "CONFLICT"):
                self._conflict()
            else:
                return include, where, visible, method

    def _conflict(self) -> None:
        if self.cursor.accept("ON", "CONFLICT"):
            self.cursor.next()

    def _collation(self) -> str:
        name = self.cursor.name()
        return name.name
